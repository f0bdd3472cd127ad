"""What ``explore`` says: what it is about to do, what it has found, what its days were worth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._counts import many
from .._days.coverage import Coverage
from ..exchange._notes import span
from .child import died_of
from .outside_life import Ending

if TYPE_CHECKING:
    from .._days.day import BadDay
    from .._days.life import Broken, Life

__all__ = ["Found", "ending_of", "found_lines", "never_came", "plan", "survived_lines"]


@dataclass
class Found:
    """A ``life`` in which the invariant ``name`` was ``broken``. Of ``tried`` times more it has
    ``failed`` so many."""

    life: Life
    broken: Broken
    tried: int = 0
    failed: int = 0

    @classmethod
    def of(cls, life: Life, name: str = "") -> Found | None:
        """What of ``life`` is broken: the invariant ``name``, or with none the first."""
        return next((cls(life, each) for each in life.broken if name in ("", each.name)), None)

    @property
    def name(self) -> str:
        """The invariant's."""
        return self.broken.name

    @property
    def day(self) -> BadDay:
        """The day."""
        return self.life.day


def ending_of(life: Life) -> Ending:
    """How the process of ``life`` has ended."""
    ending = life.world
    assert isinstance(ending, Ending)
    return ending


def never_came(life: Life, seconds: float) -> str:
    """Why a bot that has asked for nothing has not, and what it said."""
    ending = ending_of(life)
    if ending.was_told:
        why = f"{seconds:g} s have passed since it was started."
    else:
        why = f"it has ended {died_of(ending.status or 0)}."
    said = "".join(f"\n    {line}" for line in ending.said)
    return (
        f"The bot has asked the exchange for nothing: {why} Have it go where BINANCE_OPTIONS_URL"
        " and BINANCE_OPTIONS_STREAM_URL say, or give it these as arguments: {url}, {stream_url}."
        + (f" It has said:{said}" if said else "")
    )


def plan(days: int, hours: float, speed: float) -> str:
    """What is about to be done, and how long that takes."""
    ms = hours * 3_600_000
    bound = "up to " if days > 1 else ""
    return (
        f"{bound}{many(days, 'day')} of {span(round(ms))} at {speed:g} times real time,"
        f" {span(round(days * ms / speed))} in all if none breaks the bot"
    )


def found_lines(
    found: Found, lived: int, coverage: Coverage, *, interrupted: bool
) -> Iterator[str]:
    """What was found."""
    yield str(found.broken)
    for each in found.life.broken:
        if each.name != found.name:
            yield f"Also: {each.name}."
    yield ""
    again = (
        f"tried again {many(found.tried, 'time')}, it failed {found.failed}."
        if found.tried
        else "it was not tried again."
    )
    yield f"{many(lived, 'day')} lived. Of the day below: {again}"
    if interrupted:
        yield "Interrupted: there may be a shorter one."
    elif found.failed < found.tried:
        yield "Not each time: when what happens is up to the machine, too, or to the bot."
    yield from ("", "The day, in Python:", "")
    yield "from pytest_binance_options.bad_days import *"
    yield ""
    yield f"day = {found.day!r}"
    yield from ("", "And as JSON, for explore --day FILE:", "")
    yield json.dumps(found.day.to_json())
    yield ""
    yield found.life.timeline
    said = ending_of(found.life).said
    if said:
        yield from ("", "The last that the bot has said:", "")
        yield from (f"    {line}" for line in said)
    yield ""
    yield from _met(coverage)


def survived_lines(
    lived: int, passing: Sequence[Found], coverage: Coverage, *, interrupted: bool
) -> Iterator[str]:
    """That nothing was found, and what that is worth."""
    yield f"{many(lived, 'day')} lived, and none was found that breaks the bot."
    if interrupted:
        yield "Interrupted: these were not all."
    for each in passing:
        yield f"Once, and not when it was tried again: {each.broken}"
        yield f"    {json.dumps(each.day.to_json())}"
    yield from _met(coverage)


def _met(coverage: Coverage) -> Iterator[str]:
    yield f"{many(len(coverage.met), 'kind')} of trouble met. The bot was then"
    yield from coverage.lines()
