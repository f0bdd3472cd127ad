"""A scenario's beginning is in the journal: what happens from then on is the test's own doing."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from ._notes import Begun

if TYPE_CHECKING:
    from ._exchange import Exchange

__all__ = ["scenario"]

P = ParamSpec("P")
T = TypeVar("T")


def scenario(begin: Callable[Concatenate[Exchange, P], T]) -> Callable[Concatenate[Exchange, P], T]:
    """``begin``, which takes an exchange, and whose name and plain arguments its journal has."""
    names = list(inspect.signature(begin).parameters)[1:]
    name = begin.__name__

    @functools.wraps(begin)
    def noted(exchange: Exchange, /, *args: P.args, **kwargs: P.kwargs) -> T:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        said = ", ".join(
            f"{argument}={value!r}"
            for argument, value in given.items()
            if isinstance(value, int | float | str)
        )
        with exchange.lock:
            exchange.journal.write(Begun(exchange.clock.now_ms, None, f"scenario {name}({said})"))
            return begin(exchange, *args, **kwargs)

    return noted
