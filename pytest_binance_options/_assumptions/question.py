"""What can be said of an assumption, and the two kinds of entries of the catalogue: one that can be
asked over the wire, and one that can't be settled so.

An entry stands for a bullet of docs/reference/assumptions.md, and begins as that does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from .wire import Wire

__all__ = ["Confirmed", "Contradicted", "Entry", "Open", "Question", "Unasked", "Verdict", "judged"]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The exchange does as is assumed."""


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The exchange does something else: ``came``. It may hold secrets until it is shown."""

    came: str


@dataclass(frozen=True, slots=True)
class Open:
    """Not to be settled, and ``why``. ``blind``: it could have been, had there been an answer."""

    why: str
    blind: bool = False


Verdict = Confirmed | Contradicted | Open


@dataclass(frozen=True, slots=True)
class Question:
    """``assumption`` is how the bullet begins, to where it stands for the whole; ``ask`` asks and
    judges. ``part`` says which part of the bullet can be asked, where that is not all of it.

    ``streams``: it needs a WebSocket.
    """

    assumption: str
    ask: Callable[[Wire], Verdict]
    part: str = ""
    streams: bool = False


@dataclass(frozen=True, slots=True)
class Unasked:
    """``assumption`` as for :class:`Question`; ``why`` nothing is asked."""

    assumption: str
    why: str


Entry = Question | Unasked


def judged(*pairs: tuple[bool, object]) -> Verdict:
    """Confirmed where each ``(holds, came)`` holds, else contradicted by what came where the first
    did not."""
    for holds, came in pairs:
        if not holds:
            return Contradicted(json.dumps(came) if isinstance(came, dict) else str(came))
    return Confirmed()
