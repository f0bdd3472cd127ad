"""Whose turn it is in a world in which nobody is awake: who goes on, or how far time does.

What waiting is, and who waits, is in :mod:`pytest_binance_options._time.world`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Generic, Protocol, TypeVar

from ..errors import NotAtRestError
from ..exchange import Clock
from . import complaints

__all__ = ["Turns"]

# Bound before anything is patched: this module's own waiting is real.
_real_monotonic = time.monotonic
_real_sleep = time.sleep

# Seconds of real time.
_GLANCE = 0.005
_LOOK_AGAIN = 0.0005


class Sleeper(complaints.Somebody, Protocol):
    """Who is in a world, and waits there unless awake."""

    ended: bool
    #: When this is due, in ms since the epoch; None: when something happens.
    deadline: int | None
    #: Of those due at the same moment, the lowest comes first.
    order: int
    #: Whether something has come for it that nobody has told of.
    poll: Callable[[], object] | None
    #: Whether real time may bring something that it waits for: a connection of its own.
    looks_outside: Callable[[], bool] | None
    #: Whether it is finding out who goes on, and what it does meanwhile it does for all.
    deciding: bool
    error: BaseException | None


S = TypeVar("S", bound=Sleeper)


class Company(Protocol[S]):
    """What is to be known of a world."""

    clock: Clock
    over: bool
    patience: float
    #: How many are awake.
    awake: int
    #: How many have left. What somebody brought is there before he leaves.
    departures: int

    @property
    def main(self) -> S | None:
        """The test itself."""

    @property
    def participants(self) -> Collection[S]:
        """Who is here."""

    def wake(self, participant: S, *, timed_out: bool = False) -> None:
        """``participant`` goes on."""


class Turns(Generic[S]):
    """Time may go on for ``horizon_ms`` while the test waits for one thing."""

    def __init__(self, company: Company[S], horizon_ms: int) -> None:
        self._company = company
        self._clock = company.clock
        self._start_ms = self._clock.now_ms
        self._end_ms = self._start_ms + horizon_ms
        #: Say whether something that is no part of the world is at work for it.
        self.probes: list[Callable[[], bool]] = []
        #: Called, one each time, when the world is at rest, in place of time going on.
        self.at_rest: deque[Callable[[], object]] = deque()
        #: How often the world has come to rest.
        self.rests = 0

    def goes_on_for(self, me: S, deadline: int | None, departures: int) -> bool:
        """Where nobody but ``me`` is concerned, who waits until ``deadline`` (ms since the epoch):
        time has gone on, to the next moment. False: that is for :meth:`decide`. ``departures`` is
        how many there were before he last looked whether there is something for him."""
        company = self._company
        if (
            company.awake != 1
            or company.departures != departures
            or self.at_rest
            or (self.probes and self._is_helped())
        ):
            return False
        last = self._end_ms
        if len(company.participants) != 1:
            last = _until_others(me, list(company.participants), last)
            if deadline is not None and deadline > last:
                deadline = None
        me.deciding = True
        try:
            moved = self._clock.skip_to_next(deadline, last)
        finally:
            me.deciding = False
        self.rests += moved
        # What fell due may have woken somebody, whose turn it is.
        return moved and company.awake == 1

    def decide(self, me: S) -> None:
        """Find out who goes on. What runs in here is called by ``me``, for all."""
        __tracebackhide__ = True
        company = self._company
        began = _real_monotonic()
        looked_outside = False
        while not company.awake and not company.over:
            waiting = [each for each in list(company.participants) if not each.awake]
            for each in waiting:
                if each.poll is not None and each.poll():
                    company.wake(each)
                    return
            if self._is_helped():
                if _real_monotonic() - began >= company.patience:
                    raise NotAtRestError(self.restless())
                _real_sleep(_LOOK_AGAIN)
                continue
            if not looked_outside:
                outside = [each for each in waiting if each.looks_outside and each.looks_outside()]
                if outside:
                    looked_outside = True
                    _real_sleep(_GLANCE)
                    continue
            self.rests += 1
            if self.at_rest and not self._is_due(waiting):
                self.at_rest.popleft()()
                continue
            self._go_on(me, waiting)
            looked_outside = False

    def restless(self) -> str:
        """Who keeps this world from coming to rest, and what to do."""
        return complaints.restless(self._company.patience, list(self._company.participants))

    def _is_helped(self) -> bool:
        # Not by any(): this is asked before each step.
        for probe in self.probes:  # noqa: SIM110
            if probe():
                return True
        return False

    def _is_due(self, waiting: list[S]) -> bool:
        """Whether anything can go on without time passing: it is due at this very moment."""
        due, now = self._clock.due_ms, self._clock.now_ms
        return (due is not None and due <= now) or any(
            each.deadline is not None and each.deadline <= now for each in waiting
        )

    def _go_on(self, me: S, waiting: list[S]) -> None:
        __tracebackhide__ = True
        first = min(
            (each for each in waiting if each.deadline is not None),
            key=lambda each: (each.deadline, each.order),
            default=None,
        )
        due = self._clock.due_ms
        when = None if first is None else first.deadline
        if when is None and due is None:
            self._despair(me)
            return
        if when is None or (due is not None and due <= when):
            assert due is not None
            self._move(me, due)
            return
        if when > self._clock.now_ms:
            self._move(me, when)
        assert first is not None
        if not self._company.awake:
            self._company.wake(first, timed_out=True)

    def _move(self, me: S, when: int) -> None:
        __tracebackhide__ = True
        self._clock.skip_to(when)
        if when > self._end_ms:
            days = (self._end_ms - self._start_ms) / 86_400_000
            self._complain(me, complaints.lasts_too_long(days, list(self._company.participants)))

    def _despair(self, me: S) -> None:
        __tracebackhide__ = True
        company = self._company
        # Something outside may still bring what is waited for, in real time.
        began = _real_monotonic()
        # Before anybody else's patience is over.
        grace = min(company.patience / 2, 1.0)
        while _real_monotonic() - began < grace:
            for each in list(company.participants):
                if not each.awake and each.poll is not None and each.poll():
                    company.wake(each)
                    return
            if company.awake or company.over:
                return
            _real_sleep(_LOOK_AGAIN)
        self._complain(me, complaints.despair(list(company.participants)))

    def _complain(self, me: S, text: str) -> None:
        __tracebackhide__ = True
        error = NotAtRestError(text)
        main = self._company.main
        if main is None or main is me or main.awake or main.ended:
            raise error
        main.error = error
        self._company.wake(main)


def _until_others(me: Sleeper, everybody: Iterable[Sleeper], last: int) -> int:
    """The last moment, up to ``last``, until which no other than ``me`` has to look whether there
    is something for him, and none is due."""
    for each in everybody:
        if each is me:
            continue
        if each.poll is not None:
            return -1
        if each.deadline is not None and each.deadline <= last:
            last = each.deadline - 1
    return last
