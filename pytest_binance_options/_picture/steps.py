"""What a picture is made of: one step for each thing that happened, whoever has the record of it.

A step says at once what it takes to find repetitions, and its words only when it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

__all__ = ["Lane", "Step", "Tone", "Words", "lane", "legible"]

Tone = Literal["plain", "good", "warn", "bad"]
"""What a reader should make of a step: as it should be, worth a look, or wrong."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of thing, drawn in a row of its own."""

    key: str
    title: str


_LANES = (
    Lane("requests", "REST"),
    Lane("keys", "Listen key"),
    Lane("orders", "Orders"),
    Lane("connections", "Connections"),
    Lane("events", "Events"),
    Lane("faults", "Faults"),
    Lane("code", "The code"),
    Lane("test", "The test"),
)
"""In the order in which they are drawn. A lane without a row here comes after them, under its own
name."""

_ORDER = {lane.key: position for position, lane in enumerate(_LANES)}


def lane(key: str) -> tuple[int, Lane]:
    """The lane called ``key``, and where it stands among the others."""
    position = _ORDER.get(key)
    if position is None:
        return len(_LANES), Lane(key, key[:1].upper() + key[1:])
    return position, _LANES[position]


@dataclass(frozen=True, slots=True)
class Words:
    """What is written about a step, without secrets: a ``label`` of a word or two with its outcome
    in ``sub``, the whole ``text`` on a line, and what there is beside it in ``detail``."""

    label: str
    text: str
    _: KW_ONLY
    sub: str = ""
    tone: Tone = "plain"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened at ``at_ms``, in ms since the epoch or since a recording began.

    ``key`` is equal for steps that differ in nothing but their time. What lasts (a connection, a
    listen key) begins with the step that ``opens`` it, by name, and ends with the one that
    ``closes`` it; what happens to it in between is ``of`` it. A step that is ``joined`` is a
    consequence of the one before, and stands at the same place.
    """

    at_ms: int
    lane: str
    key: Hashable
    say: Callable[[], Words]
    _: KW_ONLY
    opens: str = ""
    closes: str = ""
    of: str = ""
    joined: bool = False


def legible(text: str, most: int) -> str:
    """``text``, whoever wrote it, as it can be shown: so many characters at most, and no control
    characters but line ends."""
    shown = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}"
        for c in text[:most].replace("\r\n", "\n").expandtabs(4)
    )
    left = len(text) - most
    return f"{shown}... ({left:,} characters more)" if left > 0 else shown
