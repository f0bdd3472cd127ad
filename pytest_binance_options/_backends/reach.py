"""What a test in a network mode is warned of when it is over: that nobody answered where it asked,
that nothing was recorded, or that the account was refused in all that was."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from .._cassette.content import decode
from .._cassette.model import Interaction
from .._messages import Answer, Failure, Response
from ..errors import HostUnreachableWarning, NothingRecordedWarning, OnlyErrorsRecordedWarning

__all__ = ["Reach", "warn_of_nothing", "warn_of_refused_account"]

# An unknown or wrong API key, and a signature that is none of the account's.
# https://developers.binance.com/docs/derivatives/options-trading/error-code
_OF_THE_ACCOUNT = frozenset({-1022, -2008, -2014, -2015})


class Reach:
    """Whether anybody answers at ``host``, a REST base. Any thread may tell."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = Lock()
        self._answered = False
        self._failures: list[Failure] = []

    def note(self, answer: Answer) -> None:
        """Take note of what came of a request."""
        with self._lock:
            if isinstance(answer, Failure):
                self._failures.append(answer)
            else:
                self._answered = True

    def warn(self) -> None:
        """Warn where there were requests and none got an answer: the client's own error names the
        host that the client wrote."""
        if self._failures and not self._answered:
            asked = len(self._failures)
            text = (
                f"Nobody answered at {self._host}, where this mode asks whatever address the client"
                f" wrote ({asked} request{'s' if asked > 1 else ''}, {self._failures[0]}). Look at"
                " --binance-options-host, and whether this machine has a network."
            )
            warnings.warn(HostUnreachableWarning(text), stacklevel=3)


def warn_of_nothing(cassette: Path, *, test: str, kept: bool) -> None:
    """Warn that ``test`` has recorded nothing; ``kept``: ``cassette`` holds what it did before."""
    became = (
        f"{cassette} stays as it was: delete it if the test is to ask nothing."
        if kept
        else f"{cassette} is empty, and a replay of the test may ask nothing."
    )
    text = (
        f"Nothing was recorded of {test}: it asked nothing, or by a client that is not intercepted."
        f" {became}"
    )
    warnings.warn(NothingRecordedWarning(text), stacklevel=3)


def warn_of_refused_account(
    interactions: Sequence[Interaction], api_key: str, *, cassette: Path, record_command: str
) -> None:
    """Warn where each request with ``api_key`` was answered that it, or its signature, is no
    good: such a recording replays nothing but that."""
    answers = [i.response for i in interactions if i.request.headers.get("x-mbx-apikey") == api_key]
    codes = {_code(answer) for answer in answers}
    if codes and codes <= _OF_THE_ACCOUNT:
        said = ", ".join(map(str, sorted(codes, key=str)))
        text = (
            f"Only errors were recorded in {cassette}: the exchange refused the account each time"
            f" ({said}). Look at BINANCE_API_KEY and what signs for it, and whether they are of the"
            f" exchange that was asked. Then record it again with: {record_command}"
        )
        warnings.warn(OnlyErrorsRecordedWarning(text), stacklevel=3)


def _code(answer: Response) -> object:
    try:
        body = json.loads(decode(answer.headers, answer.body).body)
    except ValueError:
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None
