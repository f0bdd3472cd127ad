"""Rest, and what ends it: who of a test is awake, and who waits for what.

Time moves only when nothing can go on without it. Then it goes to the next moment at which anything
is due, and whoever is due there is woken, one after the other: see
:mod:`pytest_binance_options._time.turns`. All waiting in the test comes here; what makes Python's
own waiting come here is beside this module.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .._here import here
from ..errors import NotAtRestError, UsageError
from ..exchange import Clock
from .inner import InnerSockets
from .turns import Turns

__all__ = ["Participant", "World", "WorldOver", "current", "deadline_after"]

# Bound before anything is patched: this module's own waiting is real.
_real_monotonic = time.monotonic
_real_sleep = time.sleep

# Seconds of real time.
_GLANCE = 0.005
# The test itself is told first. Where it can't be, as it waits where nobody sees it (for a lock
# that was made before its world, say), another thread of it is, after so many times as long.
_OTHERS = 3.5
# Timers of a loop are that near to what they were asked for, in seconds: the float's last digits.
_ROUNDING = 5e-7
# So much of a millisecond can go by without the clock: more of it is a whole one.
_UNCOUNTED = 1e-5


class WorldOver(SystemExit):
    """Ends a thread whose test has ended."""


class Participant:
    """A thread of the test, or a job in a pool of threads: awake, or waiting."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.awake = True
        #: Whether its thread is in the world just now.
        self.here = False
        self.ended = False
        self.ident: int | None = None
        #: When this is due, in ms since the epoch; None: when something happens.
        self.deadline: int | None = None
        #: Whether something has come for it that nobody told this module of.
        self.poll: Callable[[], object] | None = None
        #: Ends its real waiting, where that is not on :attr:`parker`.
        self.nudge: Callable[[], object] | None = None
        #: Real waiting for at most so many seconds, where that is not on :attr:`parker`.
        self.wait: Callable[[float], object] | None = None
        #: Whether real time may bring something that it waits for: a connection of its own.
        self.looks_outside: Callable[[], bool] | None = None
        self.timed_out = False
        #: What is in the event loop that runs in its thread, a line each.
        self.tasks: Callable[[], list[str]] | None = None
        #: Lives through the time up to a moment in the thread's event loop, where one runs.
        self.live_until: Callable[[int], object] | None = None
        #: Whether it is finding out who goes on, and what it does meanwhile it does for all.
        self.deciding = False
        #: Woken before it waited.
        self.called = False
        self.error: BaseException | None = None
        self.order = 0
        self.parker = allocate_lock()
        self.parker.acquire()

    def wait_until(self, come: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until ``come`` says that it has come, for at most so many seconds (None: for ever)
        on the world's clock; whether it has."""
        world = self.world
        deadline = world.deadline_in(seconds)
        while not come():
            if world.over or (deadline is not None and world.clock.now_ms >= deadline):
                return False
            world.park(self, deadline, poll=come)
        return True

    def __repr__(self) -> str:
        return f"<{self.name}, {'awake' if self.awake else 'waiting'}>"


def current() -> Participant | None:
    """Whom this thread is in a world; None: it is in none, and its time is real."""
    participant = here.participant
    if isinstance(participant, Participant) and not participant.world.over:
        return participant
    return None


def deadline_after(now_ms: int, seconds: float) -> int:
    """The moment, in whole ms, at which ``seconds`` from now are over: not earlier."""
    return now_ms + max(0, math.ceil((seconds - _ROUNDING) * 1000))


class World:
    """All that lives by ``clock``, and the exchange behind it.

    ``patience`` is how long, in seconds of real time, this waits for somebody who neither comes to
    rest nor lets time go on; ``horizon_ms`` is how far time may go while the test waits for one
    thing.
    """

    def __init__(self, clock: Clock, *, patience: float, horizon_ms: int) -> None:
        self.clock = clock
        self.over = False
        self.patience = patience
        self.main: Participant | None = None
        self._start_ms = clock.now_ms
        # A whole second: some clients round their deadlines up to one (aiohttp's total does), and
        # would do so differently each time.
        self._start_monotonic = float(math.ceil(_real_monotonic()))
        #: A moment, in ms since the epoch, and how much more than that is over, in seconds.
        self._waited_by = (0, 0.0)
        self._mutex = allocate_lock()
        #: Who is here, in the order of their coming.
        self.participants: dict[Participant, None] = {}
        #: How many of them are awake.
        self.awake = 0
        self._deciding = False
        self._order = 0
        #: Its sockets whose other end is in this process, too.
        self.inner = InnerSockets()
        self._checked = (-1, 0.0)
        #: How many have left. What somebody brought is there before he leaves.
        self.departures = 0
        #: Who goes on where nobody is awake.
        self.turns: Turns[Participant] = Turns(self, horizon_ms)

    # Time

    def time(self) -> float:
        """Seconds since the epoch."""
        now_ms = self.clock.now_ms
        at_ms, uncounted = self._waited_by
        return now_ms / 1000 + uncounted if at_ms == now_ms else now_ms / 1000

    def monotonic(self) -> float:
        """Seconds since some moment: what ``time.monotonic`` was when this world began, rounded up
        to a second, and since then what the clock has gone on."""
        now_ms = self.clock.now_ms
        counted = self._start_monotonic + (now_ms - self._start_ms) / 1000
        at_ms, uncounted = self._waited_by
        return counted + uncounted if at_ms == now_ms else counted

    def _wait_by(self, seconds: float) -> int:
        """Somebody waits for less than the clock counts, as for what the last digits of a float
        leave of a time-out; gives for how many ms. For none, mostly; but whoever looks at the time
        within this millisecond finds that so much is over. Else he would wait for it again, for
        ever, as ``queue.get(timeout=)`` does.
        """
        now_ms = self.clock.now_ms
        at_ms, uncounted = self._waited_by
        if at_ms == now_ms:
            seconds += uncounted
        if seconds > _UNCOUNTED:
            return 1
        self._waited_by = now_ms, seconds
        return 0

    # Who is here

    def add(self, name: str, *, awake: bool = True) -> Participant:
        """Somebody who is awake from now on, in a thread that will say :meth:`arrive`; or who waits
        for such a thread, until he is woken."""
        participant = Participant(self, name)
        participant.awake = awake
        with self._mutex:
            self.participants[participant] = None
            self.awake += awake
        return participant

    def arrive(self, participant: Participant) -> None:
        """This thread is ``participant`` from now on."""
        participant.ident = threading.get_ident()
        here.participant = participant

    def leave(self, participant: Participant) -> None:
        """``participant`` is over."""
        if here.participant is participant:
            here.participant = None
        with self._mutex:
            if participant.ended:
                return
            participant.ended = True
            self.departures += 1
            del self.participants[participant]
            if participant.awake:
                self.awake -= 1
        self.stir()

    @contextmanager
    def inhabited_by(self, participant: Participant) -> Iterator[None]:
        """This thread is ``participant`` in here, and in no world beyond; there it counts as awake,
        so that time stands still until it comes back."""
        before, was_here = here.participant, participant.here
        self.arrive(participant)
        participant.here = True
        try:
            yield
        finally:
            here.participant, participant.here = before, was_here

    def close(self) -> None:
        """The end of this world: whoever waits goes on waiting, for real."""
        with self._mutex:
            self.over = True
            waiting = [each for each in self.participants if not each.awake]
        for each in waiting:
            self.wake(each)

    def others(self) -> list[Participant]:
        """Who is here beside the test and the one who asks."""
        me = current()
        with self._mutex:
            return [each for each in self.participants if each not in (me, self.main)]

    def end_others(self) -> None:
        """Have everybody else end: WorldOver is raised where they wait, or go to wait next."""
        for each in self.others():
            each.error = WorldOver()
            self.wake(each)

    # Waiting

    def live_until(self, when_ms: int) -> None:
        """Wait until the clock has come to ``when_ms`` (ms since the epoch) and all that is due by
        then has happened: what ``Clock.advance`` does in a world."""
        __tracebackhide__ = True
        me = current()
        if me is None or me.world is not self or me.deciding:
            self.clock.skip_to(when_ms)
        elif me.live_until is not None:
            me.live_until(when_ms)
        else:
            timed_out = False
            while not timed_out and not self.over:
                timed_out = self.park(me, when_ms, last=True)

    def deadline_in(self, seconds: float | None) -> int | None:
        """When so many seconds from now are over, in ms since the epoch; None: never."""
        return None if seconds is None else self._deadline_in(seconds)

    def _deadline_in(self, seconds: float) -> int:
        now_ms = self.clock.now_ms
        deadline = deadline_after(now_ms, seconds)
        if deadline == now_ms and seconds > 0:
            deadline += self._wait_by(seconds)
        return deadline

    def left_of(self, deadline: int | None) -> float | None:
        """Seconds until ``deadline``; None: for ever."""
        return None if deadline is None else max(0, deadline - self.clock.now_ms) / 1000

    def sleep(self, me: Participant, seconds: float) -> None:
        """Wait until so many seconds are over on the clock."""
        __tracebackhide__ = True
        deadline = self._deadline_in(seconds)
        while self.clock.now_ms < deadline:
            self.park(me, deadline)
            if self.over:
                # Its test has ended and it has not. Nothing is to come of it any more, and nobody
                # is to wait for it.
                if not threading.current_thread().daemon:
                    raise WorldOver
                _real_sleep(self.left_of(deadline) or 0)
                return

    def park(
        self,
        me: Participant,
        deadline: int | None,
        *,
        poll: Callable[[], object] | None = None,
        wait: Callable[[float], object] | None = None,
        nudge: Callable[[], object] | None = None,
        looks_outside: Callable[[], bool] | None = None,
        last: bool = False,
        heeds_calls: bool = False,
    ) -> bool:
        """Wait until somebody wakes ``me``, ``poll`` is true, or ``deadline`` (ms since the epoch)
        has come; True: it has come. ``last``: when all others have had their turn at that moment.
        ``heeds_calls``: it has let itself be called before this, and a call may have come by now.
        At the end of the world this returns at once.

        Raises NotAtRestError where nothing can ever happen, or somebody keeps the world awake.
        """
        __tracebackhide__ = True
        if me.deciding:
            raise UsageError(
                "What the exchange's clock calls when something falls due can't wait: nobody else"
                " could go on meanwhile. Start a thread or a task that waits."
            )
        if me.error is not None:
            error, me.error = me.error, None
            raise error
        me.deadline, me.poll, me.wait, me.nudge = deadline, poll, wait, nudge
        me.looks_outside, me.timed_out = looks_outside, False
        with self._mutex:
            called, me.called = me.called, False
            if called and heeds_calls:
                return False
            me.awake = False
            self.awake -= 1
            self._order += 1
            me.order = sys.maxsize if last else self._order
        try:
            self._wait(me)
        finally:
            with self._mutex:
                if not me.awake:
                    me.awake = True
                    self.awake += 1
        if me.error is not None:
            error, me.error = me.error, None
            raise error
        return me.timed_out

    def wake(self, participant: Participant, *, timed_out: bool = False) -> None:
        """``participant`` goes on."""
        with self._mutex:
            if participant.awake or participant.ended:
                participant.called = True
                return
            participant.awake = True
            participant.timed_out = timed_out
            self.awake += 1
        self._end_real_waiting(participant)

    def stir(self) -> None:
        """Something has changed: somebody who waits looks whether it is for him."""
        with self._mutex:
            if self.awake or self._deciding:
                return
            somebody = next(
                (
                    each
                    for each in self.participants
                    # Who has no thread yet can't look.
                    if not each.awake and each.ident is not None
                ),
                None,
            )
        if somebody is not None:
            self._end_real_waiting(somebody)

    def _end_real_waiting(self, participant: Participant) -> None:
        nudge = participant.nudge
        if participant.ident == threading.get_ident():
            return
        if nudge is not None:
            nudge()
        elif participant.parker.locked():
            with suppress(RuntimeError):  # somebody else has just done so
                participant.parker.release()

    def check_progress(self) -> None:
        """Somebody has been busy for a while: raise NotAtRestError where the world has not come to
        rest for longer than :attr:`patience`."""
        __tracebackhide__ = True
        rests, since = self._checked
        now = _real_monotonic()
        if rests != self.turns.rests:
            self._checked = (self.turns.rests, now)
        elif now - since >= self.patience:
            self._checked = (-1, now)
            raise NotAtRestError(self.turns.restless())

    def _wait(self, me: Participant) -> None:
        __tracebackhide__ = True
        began, rests = _real_monotonic(), self.turns.rests
        while not me.awake and not self.over:
            with self._mutex:
                decide = not self.awake and not self._deciding
                self._deciding = self._deciding or decide
            if decide:
                me.deciding = True
                try:
                    self.turns.decide(me)
                finally:
                    me.deciding = self._deciding = False
                # Whoever was woken may be at rest again, and have left the next decision to me.
                continue
            if me.wait is not None:
                me.wait(self.patience)
            elif me.parker.acquire(timeout=_GLANCE if me.poll is not None else self.patience):
                continue
            if me.poll is not None and me.poll():
                self.wake(me)
            if rests != self.turns.rests:
                began, rests = _real_monotonic(), self.turns.rests
            elif not me.awake and _real_monotonic() - began >= (
                self.patience if me is self.main else self.patience * _OTHERS
            ):
                raise NotAtRestError(self.turns.restless())
