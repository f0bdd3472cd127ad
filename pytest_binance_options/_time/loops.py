"""Event loops in a world: a loop that waits is at rest, and its timers are the clock's.

Only the waiting is replaced, where a loop asks its selector for news; all else is asyncio's own.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from functools import wraps
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from .._transports.interception.patching import Patches, known
from ..errors import UsageError
from .arrivals import Arrivals
from .complaints import place
from .sockets import real_select
from .world import Participant, World, current

if TYPE_CHECKING:
    import selectors
    from socket import socket

    Events = list[tuple[selectors.SelectorKey, int]]
    Select = Callable[[float | None], Events]

__all__ = ["patch", "patch_trio", "running_loop_on_the_clock"]

# Timers within so many seconds are due together: less than any that a float can tell from them.
_RESOLUTION = 1e-6
# How often a loop may come round in a row without time going on, and without anything to read,
# until it is asked for how long it has done so.
_MANY_ROUNDS = 20_000
# In how many rounds in a row a loop that has enough to do doesn't ask for more.
_PASSED_OVER = 3
# How often a loop that is told of everything doesn't ask its selector.
_UNASKED = 50
# So many tasks are named in an error.
_SHOWN = 10


def patch(patches: Patches) -> None:
    """Put loops that run from now on in a world on its clock."""
    patches.put(asyncio.BaseEventLoop, "run_forever", _run_forever)
    patches.put(asyncio.events, "TimerHandle", lambda _: _Timer)
    runner = getattr(asyncio, "Runner", None)  # since Python 3.11
    if runner is not None:
        patches.put(runner, "run", _run)


_orders = count()


class _TimerKind(type):
    """While :class:`_Timer` stands where TimerHandle is looked for, asyncio's own handles compare
    themselves by it: those of loops in no world, the loopback server's too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, asyncio.TimerHandle)


class _Timer(asyncio.TimerHandle, metaclass=_TimerKind):
    """Those due at the same moment go off in the order in which they were asked for. On a clock
    that goes by itself there are none; here there are many, which a heap has in any order."""

    __slots__ = ("_moment",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: Sequence[Any],
        loop: asyncio.AbstractEventLoop,
        context: Context | None = None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        # There are some that never go off.
        moment = round(when / _RESOLUTION) if math.isfinite(when) else when
        self._moment = (moment, next(_orders))

    def __lt__(self, other: asyncio.TimerHandle) -> bool:
        if type(other) is _Timer:
            return self._moment < other._moment
        return super().__lt__(other)


def _run_forever(original: object) -> object:
    call = cast("Callable[[asyncio.BaseEventLoop], None]", original)

    @wraps(call)
    def run_forever(self: asyncio.BaseEventLoop) -> None:
        __tracebackhide__ = True
        me = current()
        if me is None:
            call(self)
            return
        _check(self)
        with _on_the_clock(cast("asyncio.SelectorEventLoop", self), me):
            call(self)

    return run_forever


def _run(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def run(self: _Runner, *args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        if current() is not None:
            # Before its coroutine is there, so that nothing is left that was never awaited.
            _check(self.get_loop())
        return call(self, *args, **kwargs)

    return run


class _Runner(Protocol):
    def get_loop(self) -> asyncio.AbstractEventLoop: ...


def _check(loop: asyncio.AbstractEventLoop) -> None:
    __tracebackhide__ = True
    if isinstance(loop, asyncio.SelectorEventLoop):
        return
    kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
    raise UsageError(
        f"An event loop of the type {kind} can't be put on the exchange's clock, as it waits by"
        " means of its own. Run this with asyncio's SelectorEventLoop: on"
        " Windows, and beside uvloop, by asyncio.Runner(loop_factory=asyncio.SelectorEventLoop), or"
        " by the event loop policy of your async plugin."
    )


@contextmanager
def running_loop_on_the_clock() -> Iterator[None]:
    """The event loop that runs in this thread, which has come to live in a world meanwhile, is on
    its clock until the block ends. Timers that it has had before are no part of that: they stand
    still, and go off afterwards.

    Raises UsageError for a loop that can't be put on a clock.
    """
    loop = asyncio.get_running_loop()
    me = current()
    assert me is not None
    _check(loop)
    scheduled = _timers(loop)
    before = list(scheduled)
    scheduled.clear()
    try:
        with _on_the_clock(cast("asyncio.SelectorEventLoop", loop), me):
            yield
    finally:
        scheduled = _timers(loop)  # the loop may have made a new list of those not cancelled
        scheduled += before
        heapq.heapify(scheduled)


def _timers(loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    return cast("list[asyncio.TimerHandle]", known(loop, "_scheduled"))


@contextmanager
def _on_the_clock(loop: asyncio.SelectorEventLoop, me: Participant) -> Iterator[None]:
    selector = cast("selectors.BaseSelector", known(loop, "_selector"))
    if isinstance(getattr(vars(selector).get("select"), "__self__", None), _Waiting):
        # It was running when its world began, and now runs again.
        yield
        return
    resolution = known(loop, "_clock_resolution")
    arrivals = Arrivals(loop, selector, me.world)
    waiting = _Waiting(loop, selector, me, arrivals)
    before, me.live_until = me.live_until, waiting.live_until
    tasks_before, me.tasks = me.tasks, waiting.tasks
    selector.select = waiting.select  # type: ignore[method-assign]
    loop.time = me.world.monotonic  # type: ignore[method-assign]
    loop._clock_resolution = _RESOLUTION  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        with arrivals.told():
            yield
    finally:
        me.live_until, me.tasks = before, tasks_before
        del selector.select
        del loop.time
        loop._clock_resolution = resolution  # type: ignore[attr-defined]  # noqa: SLF001


def _nothing() -> None:
    pass


class _Waiting:
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
        self._ready = cast("list[object]", known(loop, "_ready"))
        self._nudge = cast("Callable[[], None]", known(loop, "_write_to_self"))
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
        at_once = timeout is not None and timeout <= 0
        if at_once and self._passed_over < _PASSED_OVER and not self._looks_outside():
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
        if not self._looks_outside():
            while world.goes_on_for(deadline, departures):
                events = self._news()
                if events or self._ready:
                    return events
                if clock.now_ms == deadline:
                    self._arrived = there
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

    def _news(self) -> Events:
        # Who calls the loop from another thread, or tells it of what has come in memory, has made
        # something ready. Only a signal is heard of nowhere else, and can wait for a while.
        self._unasked += 1
        if self._unasked < _UNASKED and len(self._arrivals.watched) == 1:
            return []
        self._unasked = 0
        return self._real(0)

    def _count_round(self, world: World) -> None:
        __tracebackhide__ = True
        self._rounds = self._rounds + 1 if self._rests == world.rests else 0
        self._rests = world.rests
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
        looked_at = (len(watched), world.inner_seen)
        if self._looked_at != looked_at:
            self._looked_at = looked_at
            # To be woken by.
            own = cast("socket", known(self._loop, "_ssock")).fileno()
            others = (fd for fd in watched if fd != own)
            self._outside = world.leads_outside(others)
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


def patch_trio(patches: Patches, module: ModuleType) -> None:
    """Refuse trio in a world; ``module`` is where its loop begins."""
    patches.put(module, "setup_runner", _setup_runner)


def _setup_runner(original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def setup_runner(*args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        if current() is not None:
            raise UsageError(
                "trio can't be put on the exchange's clock, as it waits by means"
                " of its own. Run this with asyncio: where anyio's plugin runs it, by"
                ' @pytest.mark.parametrize("anyio_backend", ["asyncio"]).'
            )
        return call(*args, **kwargs)

    return setup_runner
