"""A day at work on an exchange: its troubles begin at their times, and the account is in use.

Everything happens on the exchange's clock and under its lock; whoever lives there lives through
the day.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..exchange._notes import Begun, Connected, Ended
from .trouble import Fired, Stage, Trouble

if TYPE_CHECKING:
    from .._messages import Request
    from ..exchange import Exchange
    from ..exchange._journal import Entry, Note
    from .day import BadDay
    from .trading import Trading

__all__ = ["SESSIONS", "DayAtWork", "Struck", "session_of"]

#: What a bot's session can be: see :func:`session_of`.
SESSIONS = ("listening", "no stream", "no key", "several streams", "banned")

_MINUTE_MS = 60_000
#: As often, once a minute, a trouble is tried for which there is nothing yet to happen to.
_TRIES = 60
#: So many connections a day, each of which was made, are a storm. The exchange ends some one
#: hundred on the worst of days.
_STORM = 1000
#: After how long an order is filled, and its position is sold off: before ten seconds are over, at
#: which the account would be told of it again and again.
_FILLED_MS, _SOLD_MS = 2_000, 5_000


@dataclass(frozen=True, slots=True)
class Struck:
    """``trouble`` began at ``at_ms`` (since the epoch), when the bot's session was ``session``: "no
    key", "no stream", "listening", "several streams" or "banned". ``lines`` is how many lines the
    journal had by then."""

    trouble: Trouble
    at_ms: int
    session: str
    lines: int
    _waits_for: Fired | None = field(default=None, repr=False, compare=False)

    @property
    def met(self) -> bool:
        """Whether it has met anything by now: a fault for a request that never came has not."""
        return self._waits_for is None or self._waits_for.fired > 0


def session_of(exchange: Exchange) -> str:
    """What the bot of the exchange's first account has just now: "no key", "no stream", "listening"
    or "several streams", or that its address is "banned"."""
    account = next(iter(exchange.accounts), None)
    if exchange.limits.banned_until("127.0.0.1") is not None:
        return "banned"
    if account is None or account.listen_key is None:
        return "no key"
    streams = [each for each in exchange.streams.connections if each.route.private]
    if not any(account.name in each.account_names for each in streams):
        return "no stream"
    return "listening" if len(streams) == 1 else "several streams"


class DayAtWork(Stage):
    """``day`` at work on ``exchange``, from now on. ``struck``: which troubles have begun so
    far. ``storm``: how many connections the bot had made when it was clear that it would go on and
    on; 0: it was not. ``on_storm`` is called then, once, in any thread."""

    def __init__(self, day: BadDay, exchange: Exchange) -> None:
        self.day = day
        self.exchange = exchange
        self.struck: list[Struck] = []
        self.storm = 0
        self.on_storm: Callable[[], object] | None = None
        self._connections, self._too_many = 0, _STORM * math.ceil(day.hours / 24)
        self._clock = exchange.clock
        self._requests: list[_Awaited] = []
        self._events: list[_Awaited] = []
        self._disconnects: list[_Awaited] = []
        self._over = False
        self._trading: Trading | None = None
        with exchange.lock:
            self._account = exchange.accounts.resolve(next(iter(exchange.accounts)))
            began = self.began_ms = self._clock.now_ms
            exchange.on_request = self._request
            exchange.on_event = self._event
            exchange.journal.on_note = self._noted
            exchange.journal.limit = None  # all of a day is judged
            for each in day.troubles:
                if each.at_ms:
                    self._clock.call_at(began + each.at_ms, partial(self._try, each, _TRIES))
                else:  # before anything else, though the clock may never move
                    self._try(each, _TRIES)
            if day.orders_every:
                self._clock.call_at(began + day.first_order_ms, self._use)

    def end(self) -> None:
        """The day is over: nothing more begins. What has begun stays so."""
        with self.exchange.lock:
            self._over = True
            self._requests.clear()
            self._events.clear()
            self._disconnects.clear()
            self.exchange.on_request = self.exchange.on_event = None
            self.exchange.journal.on_note = None

    # What troubles ask for

    def at_request(
        self, matches: Callable[[str, str], bool], nth: int, do: Callable[[], object]
    ) -> Fired:
        return _added(self._requests, _Awaited(nth, do, matches))

    def at_event(self, nth: int, do: Callable[[], object]) -> Fired:
        return _added(self._events, _Awaited(nth, do))

    def at_disconnect(self, do: Callable[[], object]) -> Fired:
        return _added(self._disconnects, _Awaited(1, do))

    def trade(self) -> None:
        # Before anybody who was not there can be back.
        self._trade("BUY", filled_ms=0)
        self._sell_later()

    def _sell_later(self) -> None:
        self._clock.call_at(self._clock.now_ms + _SOLD_MS, partial(self._trade, "SELL"))

    # What the exchange tells

    def _request(self, request: Request) -> None:
        _come(self._requests, lambda each: each.matches(request.method, request.path))

    def _event(self) -> None:
        _come(self._events, lambda _each: True)

    def _noted(self, note: Entry | Note) -> None:
        if isinstance(note, Connected):
            self._connections += 1
            if self._connections == self._too_many:
                self._clock.call_at(self._clock.now_ms, self._storms)
        if not isinstance(note, Ended) or note.by == "client":
            return
        # Nobody is to be told while somebody is being told.
        due = [each.happens for each in self._disconnects]
        self._disconnects.clear()
        if self.day.orders_every:
            due.append(self.trade)
        for do in due:
            self._clock.call_at(self._clock.now_ms + 1, partial(self._unless_over, do))

    def _storms(self) -> None:
        if not self._over and self.on_storm is not None:
            self.storm = self._too_many
            self.on_storm()

    # The day

    def _try(self, trouble: Trouble, tries: int) -> None:
        if self._over:
            return
        now, journal = self._clock.now_ms, self.exchange.journal
        session, lines = session_of(self.exchange), len(journal.lines)
        try:
            waits_for = trouble.begin(self)
        except UsageError:
            # There is no key yet that could be lost, say.
            if tries:
                self._clock.call_at(now + _MINUTE_MS, partial(self._try, trouble, tries - 1))
            return
        self.struck.append(Struck(trouble, now, session, lines, waits_for))
        if len(journal.lines) == lines or not isinstance(journal.lines[lines], Begun):
            journal.write(Begun(now, None, f"from now on: {trouble!r}"))

    @property
    def _pause_ms(self) -> int:
        return self.day.orders_every * _MINUTE_MS

    def _use(self) -> None:
        if self._over:
            return
        self._clock.call_at(self._clock.now_ms + self._pause_ms, self._use)
        self._trade("BUY")
        self._sell_later()

    def _trade(self, side: str, filled_ms: int = _FILLED_MS) -> None:
        if self._over:
            return
        if self._trading is None:
            from .trading import Trading

            self._trading = Trading(self.exchange, self._account)
        self._trading.trade(side, filled_ms)

    def _unless_over(self, do: Callable[[], object]) -> None:
        if not self._over:
            do()


class _Awaited:
    """What is done when something comes for the ``left``-th time; ``fired``: how often it was."""

    __slots__ = ("_do", "fired", "left", "matches")

    def __init__(
        self,
        left: int,
        do: Callable[[], object],
        matches: Callable[[str, str], bool] = lambda _method, _path: True,
    ) -> None:
        self.left = left
        self.fired = 0
        self.matches = matches
        self._do = do

    def happens(self) -> None:
        self.fired += 1
        with suppress(UsageError):  # there was nothing that it could have happened to
            self._do()


def _added(to: list[_Awaited], awaited: _Awaited) -> _Awaited:
    to.append(awaited)
    return awaited


def _come(awaited: list[_Awaited], concerns: Callable[[_Awaited], bool]) -> None:
    if not awaited:
        return
    due = []
    for each in awaited:
        if concerns(each):
            each.left -= 1
            if not each.left:
                due.append(each)
    for each in due:
        awaited.remove(each)
        each.happens()
