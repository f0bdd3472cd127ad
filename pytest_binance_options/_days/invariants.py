"""What holds for a sound bot on any day, each with the span that it is given to get over things.

An invariant is an object with a ``name`` and a ``check(life)``, which gives where and why it did
not hold, or None; a plain function of a life will do as well.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

from .._checks import number
from .._masking import mask
from ..errors import UsageError
from ..exchange._notes import Heard, span
from .life import Broken, Invariant, Life
from .record import Record
from .trace import trace_of

__all__ = [
    "INVARIANTS",
    "Alive",
    "EventsHeard",
    "LiveKey",
    "NoRequestDuringBan",
    "OneStream",
    "as_invariant",
    "said",
]

_BANNED_UNTIL = re.compile(r"banned until (\d+)")


@dataclass(frozen=True)
class _Invariant:
    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name == "within":
                number(f"{type(self).__name__}(within)", value, 0)

    @property
    def name(self) -> str:
        """What it is called in a failure."""
        return type(self).__name__

    def _broken(self, sentence: str, at_ms: int) -> Broken:
        return Broken(self.name, sentence, at_ms)


@dataclass(frozen=True)
class LiveKey(_Invariant):
    """The account has a live listen key, but for ``within`` seconds after something that could take
    it, or keep the bot from a new one, and after the beginning. It never runs out where nothing has
    gone wrong for so long: to renew it is not the same as to make a new one when it is gone.

    A key can be lost in silence, and then only the next keepalive can tell: a bot that renews it
    every 30 to 50 minutes, and once more where that fails, needs the hour and a bit that it is
    given.
    """

    within: float = 65 * 60

    def check(self, life: Life) -> Broken | None:
        """Where there was no key for longer, or none for want of a keepalive."""
        ms = round(self.within * 1000)
        for at in life.record.ran_out:
            if at - life.record.last_disturbance(at) > ms:
                return self._broken(
                    f"the listen key has run out, though nothing had gone wrong for {span(ms)}:"
                    " nobody had renewed it.",
                    at,
                )
        for since, until in life.record.without_key:
            # Whatever came in between has kept it from a new one, if for a while.
            begins = since
            for each in (*life.record.disturbances, until):
                if each < since:
                    continue
                if min(each, until) - begins > ms:
                    return self._broken(
                        f"for {span(ms)} the account has had no listen key, and nothing has kept"
                        " the bot from getting one.",
                        begins + ms,
                    )
                if each >= until:
                    break
                begins = each
        return None


@dataclass(frozen=True)
class EventsHeard(_Invariant):
    """Every event that was sent while there was a listen key is heard by the bot, or is asked for
    later. What was lost on its way is the day's doing.

    Heard: it was sent to a connection that gets events. Where nothing has gone wrong for ``within``
    seconds events are heard; it is not enough to ask. Asked for: a signed GET had an answer after
    it, ``within`` seconds later at the latest, not counting those in which something went wrong.
    ``asks``: whether that is judged; None: where the bot signs any request at all, as one that
    trades does. A minute and a half without a connection is a change of connections.
    """

    within: float = 2 * 60 * 60
    asks: bool | None = None
    _CHANGE_MS: ClassVar[int] = 90_000

    def check(self, life: Life) -> Broken | None:
        """The first event that was neither."""
        record, ms = life.record, round(self.within * 1000)
        missed = [
            each
            for each in record.events
            if not each.numbers
            and not each.why.startswith("lost on the way")
            and not each.why.startswith("there is no")
        ]
        if not missed:
            return None
        signed = [each for each in record.entries if _SIGNED in each.parameters]
        answers = [each.at_ms for each in signed if each.method == "GET" and each.status == _OK]
        last_answer = max(answers, default=-1)
        asks = bool(signed) if self.asks is None else self.asks
        last_trouble = record.last_disturbance(record.ended_ms)
        for each in missed:
            if self._deaf(each, record, ms):
                return self._broken(
                    f"{each.type} was heard by nobody ({each.why}), though nothing had gone wrong"
                    f" for {span(ms)}.",
                    each.at_ms,
                )
            judged = record.ended_ms - max(each.at_ms, last_trouble) > ms
            if asks and judged and last_answer < each.at_ms:
                return self._broken(
                    f"{each.type} was heard by nobody ({each.why}), and the bot has not asked for"
                    f" what it missed within {span(ms)}.",
                    each.at_ms,
                )
        return None

    def _deaf(self, missed: Heard, record: Record, ms: int) -> bool:
        """Whether nobody is to blame for it but the bot."""
        connected = record.connected
        since = record.last_disturbance(missed.at_ms)
        if "zombie" in missed.why:
            # It may have been born so, long after that was set up.
            since = max([since, *(at for at in connected if at <= missed.at_ms)])
        changes = any(0 <= at - missed.at_ms <= self._CHANGE_MS for at in connected)
        return missed.at_ms - since > ms and not changes


_OK = 200
_SIGNED = "signature"


@dataclass(frozen=True)
class OneStream(_Invariant):
    """There is one connection for user data at a time, but for ``within`` seconds in which a new
    one takes over from an old one."""

    within: float = 60

    def check(self, life: Life) -> Broken | None:
        """Where there were two for longer."""
        ms = round(self.within * 1000)
        earlier: list[tuple[int, int]] = []
        for stream in life.record.streams:
            until = life.record.ended_ms if stream.until_ms is None else stream.until_ms
            for number_, other_until in earlier:
                if min(until, other_until) - stream.since_ms > ms:
                    return self._broken(
                        f"for {span(ms)} there have been two connections, #{number_} and"
                        f" #{stream.number}.",
                        stream.since_ms + ms,
                    )
            earlier.append((stream.number, until))
        return None


@dataclass(frozen=True)
class NoRequestDuringBan(_Invariant):
    """Who has been told that it is banned (418), and until when, asks nothing by then: what was
    under way already, for ``within`` seconds, doesn't count."""

    within: float = 1

    def check(self, life: Life) -> Broken | None:
        """The first request during a ban."""
        told_ms, until_ms = 0, 0
        for entry in life.record.entries:
            if entry.client != _THIS_MACHINE:
                continue
            if told_ms + self.within * 1000 < entry.at_ms < until_ms:
                return self._broken(
                    f"{entry.method} {entry.path} was asked during a ban, of which the bot had been"
                    f" told {span(entry.at_ms - told_ms)} before.",
                    entry.at_ms,
                )
            found = _BANNED_UNTIL.search(entry.msg) if entry.status == 418 else None
            if found and int(found[1]) != until_ms:
                told_ms, until_ms = entry.at_ms, int(found[1])
        return None


_THIS_MACHINE = "127.0.0.1"


@dataclass(frozen=True)
class Alive(_Invariant):
    """The bot is alive at the end, and ends without an error when it is told to. Where the day has
    brought what a sound bot may stop for, this says nothing.

    A bot that connects again and again, a thousand times a day, is stopped, as it would be at that
    for minutes of real time, and is told so here.
    """

    def check(self, life: Life) -> Broken | None:
        """How it has ended."""
        if life.storm:
            return self._broken(
                f"the bot had made {life.storm:,} connections by then, and was stopped: it connects"
                " again and again, though connections are made.",
                life.record.ended_ms,
            )
        if life.error is None:
            if life.returned:
                return self._broken("the bot has ended by itself.", life.record.ended_ms)
            return None
        told = "when it was told to end" if life.was_told else "on the way"
        return self._broken(
            f"the bot has failed {told}.\n{trace_of(life.error)}",
            life.record.ended_ms,
        )


@dataclass(frozen=True)
class _Function:
    """A plain function as an invariant."""

    function: Callable[[Life], object]

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", None) or repr(self.function)

    def check(self, life: Life) -> Broken | None:
        try:
            held = self.function(life)
        except AssertionError as error:
            said = str(error) or inspect.getdoc(self.function) or "it did not hold."
            return Broken(self.name, mask(said), life.record.ended_ms)
        if isinstance(held, Broken):
            return held
        if held is None or held is True:
            return None
        reason = held if isinstance(held, str) else inspect.getdoc(self.function)
        return Broken(self.name, mask(reason or "it did not hold."), life.record.ended_ms)


#: Those that a life is held against where nothing else is said.
INVARIANTS: tuple[Invariant, ...] = (
    Alive(),
    LiveKey(),
    EventsHeard(),
    OneStream(),
    NoRequestDuringBan(),
)


def as_invariant(given: object) -> Invariant:
    """``given`` as an invariant. Raises UsageError for what is none."""
    if isinstance(given, type):
        raise UsageError(
            f"{given.__name__} is a class. Make one, as in invariants=[{given.__name__}()]."
        )
    if isinstance(given, Invariant):
        return given
    if callable(given):
        return _Function(given)
    raise UsageError(
        f"invariants has a {type(given).__name__} in it. Give those of"
        " pytest_binance_options.bad_days, as in [*INVARIANTS, books_agree], and functions that"
        " take a life."
    )


def said(invariant: Invariant) -> str:
    """``invariant`` in Python: what differs from its defaults, or a function's name."""
    if isinstance(invariant, _Function):
        return invariant.name
    if not isinstance(invariant, _Invariant):
        return repr(invariant)
    given = [
        f"{each.name}={getattr(invariant, each.name)!r}"
        for each in fields(invariant)
        if getattr(invariant, each.name) != each.default
    ]
    return f"{type(invariant).__name__}({', '.join(given)})"
