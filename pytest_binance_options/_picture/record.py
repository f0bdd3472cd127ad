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
    #: The error in one line.
    summary: str = ""
    #: Where the rest is, if the picture leaves something out.
    rest: str = ""
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
            "summary": legible(mask(self.summary), 400),
            "rest": self.rest,
            "attempt": self.attempt,
            "picture": self.picture.to_json(),
        }

    def dumps(self) -> str:
        """Two lines of JSON: what a list of records shows of this one, and the whole. They are in
        ASCII, whatever characters somebody has sent: that goes through any encoding."""
        said = self.to_json()
        head = {name: said[name] for name in ("name", "outcome", "seconds", "attempt")}
        head["says"] = "".join(legible(mask(says), 200) for says in (*self.hints, self.summary)[:1])
        return "\n".join(json.dumps(part, separators=(",", ":")) for part in (head, said))


def _error(text: str) -> str:
    # What matters in a traceback is at its end.
    left = len(text) - _LONGEST_ERROR
    if left > 0:
        text = f"({left:,} characters more)...\n{text[left:]}"
    return legible(text, 2 * _LONGEST_ERROR)
