"""How an endpoint is entered: under its name, with the parameters that it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from .._call import Call, Reply
from .._rejections import Rejection
from .parameters import Asked, given

__all__ = ["Endpoints", "as_json"]

Answering = Callable[[Asked], Reply]


class Endpoints:
    """Some endpoints, by name."""

    def __init__(self) -> None:
        self.by_name: dict[str, Callable[[Call], Reply]] = {}

    def endpoint(self, *names: str) -> Callable[[Answering], Answering]:
        """Enter an endpoint, which has these parameters and no others. One that has none reads
        none."""

        def enter(answer: Answering) -> Answering:
            @wraps(answer)
            def checked(call: Call) -> Reply:
                asked = given(call, names)
                return asked if isinstance(asked, Rejection) else answer(asked)

            self.by_name[answer.__name__] = checked
            return answer

        return enter


def as_json(value: object) -> bytes:
    """``value`` as a body."""
    return json.dumps(value, separators=(",", ":")).encode()
