"""Where an event loop in a world asks its selector for news: what it does there is to wait, and a
loop that waits is at rest.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from .._transports.interception.patching import known
from .arrivals import Arrivals
from .complaints import place
from .sockets import real_select
from .world import Participant, World

if TYPE_CHECKING:
    import selectors
    from socket import socket

    Events = list[tuple[selectors.SelectorKey, int]]
    Select = Callable[[float | None], Events]

__all__ = ["Waiting"]

# How often a loop may come round in a row without time going on, and without anything to read,
# until it is asked for how long it has done so.
_MANY_ROUNDS = 20_000
# In how many rounds in a row a loop that has enough to do doesn't ask for more.
_PASSED_OVER = 3
# In how many rounds what has begun is done without the loop: a ping takes two, an event that
# asyncio.wait_for waits for five.
_ROUNDS = 8
# How often a loop that is told of everything doesn't ask its selector.
_UNASKED = 50
# So many tasks are named in an error.
_SHOWN = 10


def _nothing() -> None:
    pass


class Waiting:
    """What a loop asks for news in place of its selector."""

    def __init__(
        self,
        loop: asyncio.SelectorEventLoop,
        selector: selectors.BaseSelector,
        me: Participant,
        arrivals: Arrivals,
    ) -> None:
        self._loop = loop
        self._selector = selector
        self._real: Select = real_select(selector)
        self._me = me
        self._arrivals = arrivals
        self._ready = cast("deque[asyncio.Handle]", known(loop, "_ready"))
        self._nudge = cast("Callable[[], None]", known(loop, "_write_to_self"))
        known(loop, "_stopping"), known(loop, "_scheduled")  # asked for in each round
        self._rounds = 0
        self._rests = 0
        self._passed_over = 0
        self._unasked = 0
        self._looked_at = (0, 0)
        self._outside = False
        # While somebody in the loop has the clock advanced: to when, and whether it is there.
        self._limit: int | None = None
        self._arrived = False

    def select(self, timeout: float | None = None) -> Events:
        __tracebackhide__ = True
        world = self._me.world
        departures = world.departures
        if world.over:
            return self._real(timeout)
        watched = self._arrivals.watched
        at_once = timeout is not None and timeout <= 0
        if (
            at_once
            and self._passed_over < _PASSED_OVER
            and (len(watched) == 1 or not self._looks_outside())
        ):
            # What has come from within can wait until what is ready has been done, or for a while.
            self._passed_over += 1
            self._count_round(world)
            return []
        self._passed_over = 0
        events = self._real(0) if at_once else self._news()
        if events or at_once or self._ready:
            self._count_round(world)
            return events
        clock = world.clock
        deadline = world.deadline_in(timeout)
        if self._limit is not None and (deadline is None or deadline >= self._limit):
            deadline = self._limit
        last = self._limit is not None and deadline == self._limit
        # Otherwise there may be something to do at that moment, first.
        there = last and clock.now_ms == deadline
        if len(watched) == 1 or not self._looks_outside():
            ready = self._ready
            scheduled: list[asyncio.TimerHandle] = self._loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001
            first = scheduled[0] if scheduled else None
            goes_on_for = world.turns.goes_on_for
            while goes_on_for(self._me, deadline, departures):
                self._unasked += 1
                if self._unasked >= _UNASKED or len(watched) != 1:
                    events = self._ask()
                    if events:
                        return events
                # What fell due may itself have moved the clock, and past that.
                if deadline is not None and clock.now_ms >= deadline:
                    self._arrived = there and not ready
                    return events
                departures = world.departures
                if ready and not (self._goes_rounds() and self._comes_round(first)):
                    return events
        self._arrived = there & world.park(
            self._me,
            deadline,
            poll=self._poll,
            wait=self._real,
            nudge=self._nudge,
            looks_outside=self._looks_outside,
            last=last,
        )
        return self._real(world.left_of(deadline) if world.over else 0)

    def _goes_rounds(self) -> bool:
        # Not where the loop is called from within a task, by a library that allows that; nor where
        # it measures what takes long.
        loop = self._loop
        return asyncio.current_task(loop) is None and not loop.get_debug()

    def _comes_round(self, first: asyncio.TimerHandle | None) -> bool:
        """Do what is ready as the loop would, of whose timers the ``first`` is not due yet: in
        rounds, each of what was ready at its beginning. Whether the loop has nothing to do now, and
        nothing else to wait for than before; where that is not to be seen at once, the loop sees to
        it itself.

        A stream says a thing, which its client answers in a few rounds: nine in ten of all the
        moments of a day, each of which would take the loop two more ways through its own round.
        """
        loop, ready, world = self._loop, self._ready, self._me.world
        clock, watched = world.clock, self._arrivals.watched
        now_ms = clock.now_ms
        for _ in range(_ROUNDS):
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:  # noqa: SLF001  as in the loop's own round
                    handle._run()  # noqa: SLF001
            # The loop makes another list of them now and then.
            scheduled: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001
            if (
                loop._stopping  # type: ignore[attr-defined]  # noqa: SLF001
                or (scheduled[0] if scheduled else None) is not first
                or (first is not None and first._cancelled)  # noqa: SLF001
                or clock.now_ms != now_ms
                or world.over
                or (len(watched) != 1 and self._looks_outside())
            ):
                return False
            if not ready:
                return True
        return False

    def _news(self) -> Events:
        # Who calls the loop from another thread, or tells it of what has come in memory, has made
        # something ready. Only a signal is heard of nowhere else, and can wait for a while.
        self._unasked += 1
        if self._unasked < _UNASKED and len(self._arrivals.watched) == 1:
            return []
        return self._ask()

    def _ask(self) -> Events:
        self._unasked = 0
        return self._real(0)

    def _count_round(self, world: World) -> None:
        __tracebackhide__ = True
        self._rounds = self._rounds + 1 if self._rests == world.turns.rests else 0
        self._rests = world.turns.rests
        if self._rounds % _MANY_ROUNDS == _MANY_ROUNDS - 1:
            world.check_progress()

    def live_until(self, when_ms: int) -> None:
        """Run the loop, in which somebody has called this, until the clock has come to ``when_ms``
        (ms since the epoch) and nothing can go on then."""
        loop = self._loop
        run_once = cast("Callable[[], None]", known(loop, "_run_once"))
        # The round that this is called in counts on what is ready by now.
        counted_on = len(self._ready)
        caller = asyncio.current_task(loop)
        if caller is not None:
            asyncio.tasks._leave_task(loop, caller)  # noqa: SLF001  as asyncio itself does between two tasks
        limit, self._limit = self._limit, when_ms
        self._arrived = False
        try:
            while not self._arrived and not self._me.world.over:
                run_once()
        finally:
            self._limit, self._arrived = limit, False
            if caller is not None:
                asyncio.tasks._enter_task(loop, caller)  # noqa: SLF001
            while len(self._ready) < counted_on:
                loop.call_soon(_nothing)

    def _poll(self) -> object:
        return self._ready or self._real(0)

    def _looks_outside(self) -> bool:
        watched, world = self._arrivals.watched, self._me.world
        if len(watched) == 1:
            return False
        looked_at = (len(watched), world.inner.seen)
        if self._looked_at != looked_at:
            self._looked_at = looked_at
            # To be woken by.
            own = cast("socket", known(self._loop, "_ssock")).fileno()
            others = (fd for fd in watched if fd != own)
            self._outside = world.inner.outside(others)
        return self._outside

    def tasks(self) -> list[str]:
        """Where the loop's tasks are."""
        pending = sorted(asyncio.all_tasks(self._loop), key=lambda task: task.get_name())
        return [f"task {task.get_name()!r}{_where(task)}" for task in pending[:_SHOWN]] + (
            [f"and {len(pending) - _SHOWN} tasks more"] if len(pending) > _SHOWN else []
        )


def _where(task: asyncio.Task[object]) -> str:
    frames = []
    awaited: object = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            frames.append((frame, frame.f_lineno))
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return place(traceback.StackSummary.extract(iter(frames)))
