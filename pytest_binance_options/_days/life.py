"""A life: what became of a bot on a day, and what of it should not have been."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .._counts import many
from ..errors import InvariantError
from ..exchange._journal import Entry
from ..exchange._notes import Note
from .coverage import lived
from .record import Record
from .telling import told

if TYPE_CHECKING:
    from ..exchange import Exchange, Journal
    from .day import BadDay
    from .stage import Struck

__all__ = ["Bot", "Broken", "End", "Invariant", "Life", "tried"]

Bot = Callable[..., object]
"""A bot: an async function, or a plain one, that is given the world it lives in."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that did not hold: its ``name``, a ``sentence`` that says what was the case, and
    when that was (ms since the epoch)."""

    name: str
    sentence: str
    at_ms: int

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


@runtime_checkable
class Invariant(Protocol):
    """What holds for a sound bot."""

    @property
    def name(self) -> str:
        """What it is called in a failure."""

    def check(self, life: Life) -> Broken | None:
        """Where it did not hold; None: it held."""


class _Tried:
    """How many days the test that runs now has tried."""

    def __init__(self) -> None:
        self._test: str | None = None
        self.days = 0

    def one_more(self) -> int:
        test = os.environ.get("PYTEST_CURRENT_TEST")
        if test != self._test:
            self._test, self.days = test, 0
        self.days += 1
        return self.days


tried = _Tried()


@dataclass(frozen=True, slots=True)
class End:
    """How a bot has ended."""

    ended_ms: int
    error: BaseException | None
    returned: bool
    was_told: bool
    storm: int = 0
    """How many connections it had made when it was stopped for that."""


class Life:
    """What became of a bot on ``day``.

    ``exchange``, ``journal`` and ``requests`` are those of its world. ``world`` is what the bot was
    given: what it has put there, as in ``world.books = ...``, is there still. ``error`` is what the
    bot has failed with, or None. ``storm`` is how many connections it had made when it was stopped
    for that, before the day was over, or 0. ``struck`` are the troubles that have begun, each with
    when, and what the bot's session was then. ``record`` has what invariants ask for: ``.events``,
    ``.streams``, ``.without_key``, ``.disturbances``, up to ``.ended_ms``.
    """

    def __init__(
        self,
        day: BadDay,
        world: object,
        exchange: Exchange,
        *,
        struck: Sequence[Struck],
        began_ms: int,
        lines: int,
        end: End,
        invariants: Iterable[Invariant],
        call: str,
    ) -> None:
        self.day = day
        self.world = world
        self.exchange = exchange
        self.journal: Journal = exchange.journal
        self.struck = tuple(struck)
        self.error = end.error
        self.returned = end.returned
        self.was_told = end.was_told
        self.storm = end.storm
        self.record = Record(
            self.journal.lines[:lines], self.struck, began_ms=began_ms, ended_ms=end.ended_ms
        )
        self._invariants = tuple(invariants)
        self._call = call
        self._number = tried.one_more()
        lived.add(self.struck)

    @property
    def requests(self) -> list[Entry]:
        """What was asked, in order: ``.method``, ``.path``, ``.status``, ``.at``."""
        return list(self.journal)

    @cached_property
    def broken(self) -> tuple[Broken, ...]:
        """The invariants that did not hold; none on a day that the bot has got over."""
        if self.day.ends_it:
            # A sound bot may have stopped: what is said of one that goes on is not for it.
            kept = [each for each in self._invariants if each.name not in _FOR_THE_LIVING]
        else:
            kept = list(self._invariants)
        return tuple(found for each in kept if (found := each.check(self)) is not None)

    @property
    def timeline(self) -> str:
        """What happened, as a timeline of 80 columns without secrets. Where it is long, that is how
        it began, each trouble, and the moment, marked, at which an invariant did not hold."""
        lines = list(self.record.lines)
        places = [each.lines for each in self.struck]
        moment = None
        if self.broken:
            first = self.broken[0]
            moment = next(
                (n for n, line in enumerate(lines) if line.at_ms > first.at_ms), len(lines)
            )
            lines.insert(moment, Note(first.at_ms, None, f"HERE: {first.name} {'<' * 10}"))
            places = [place for place in places if place < moment]
        return "\n".join(told(lines, places, moment))

    def check(self) -> None:
        """Raise InvariantError, which says what did not hold, on which day, and what happened,
        where an invariant did not hold."""
        __tracebackhide__ = True
        if self.broken:
            # Of a kind of its own for each invariant: a search for the shortest day of one doesn't
            # end at another's then.
            raise _kind_of(self.broken[0].name)(self._told())

    def _told(self) -> str:
        first, *others = self.broken
        also = [f"Also: {each.name}." for each in others]
        days = f"{many(self._number, 'day')} tried in this test."
        return "\n".join(
            [
                str(first),
                *also,
                "",
                days,
                "The day, as a test:",
                "",
                *self._as_test(),
                "",
                self.timeline,
            ]
        )

    def _as_test(self) -> list[str]:
        day = repr(self.day).replace("\n", "\n    ")
        return [
            "from pytest_binance_options.bad_days import *",
            "",
            "def test_a_bad_day(binance_options):",
            *f"    day = {day}".split("\n"),
            f"    binance_options.live({self._call}).check()",
        ]

    def __repr__(self) -> str:
        broken = ", ".join(each.name for each in self.broken) or "all invariants hold"
        return f"<Life, {len(self.journal):,} requests, {broken}>"


_FOR_THE_LIVING = ("Alive", "LiveKey", "EventsHeard")
_kinds: dict[str, type[InvariantError]] = {}


def _kind_of(name: str) -> type[InvariantError]:
    if name not in _kinds:
        members = {"__module__": InvariantError.__module__, "__doc__": InvariantError.__doc__}
        _kinds[name] = type(InvariantError.__name__, (InvariantError,), members)
    return _kinds[name]
