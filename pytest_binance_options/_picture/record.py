"""What is told of one test, or of one recording: how it ended, what the exchange can say about it,
and its picture."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from .._masking import mask
from .picture import Picture
from .steps import legible

__all__ = ["ClockKind", "Record"]

ClockKind = Literal["exchange", "real", "recording"]
"""What the picture's times are on: the simulated exchange's clock, the real one, or counted in ms
since a recording began."""

_LONGEST_ERROR = 20_000


@dataclass(frozen=True, slots=True)
class Record:
    """A record named ``name``, such as a test's node id. ``seconds`` is how long it really took,
    None where nobody knows. ``facts`` are short sentences; ``hints`` say what probably went wrong.
    """

    name: str
    outcome: str
    mode: str = ""
    clock: ClockKind = "exchange"
    seconds: float | None = None
    facts: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    error: str = ""
    picture: Picture = field(default_factory=Picture)
    #: Which run of the test this is, where a plugin ran it several times.
    attempt: int = 1

    def to_json(self) -> dict[str, object]:
        """The record as a JSON object, with everything that looks like a secret hidden."""
        return {
            "name": legible(mask(self.name), 1000),
            "outcome": self.outcome,
            "mode": self.mode,
            "clock": self.clock,
            "seconds": self.seconds,
            "facts": [legible(mask(fact), 1000) for fact in self.facts],
            "hints": [legible(mask(hint), 1000) for hint in self.hints],
            "error": _error(mask(self.error)),
            "attempt": self.attempt,
            "picture": self.picture.to_json(),
        }

    def dumps(self) -> str:
        """As JSON text in ASCII, whatever characters somebody has sent: it goes through any
        encoding."""
        return json.dumps(self.to_json(), separators=(",", ":"))


def _error(text: str) -> str:
    # What matters in a traceback is at its end.
    left = len(text) - _LONGEST_ERROR
    if left > 0:
        text = f"({left:,} characters more)...\n{text[left:]}"
    return legible(text, 2 * _LONGEST_ERROR)
