"""Event loops in a world: a loop that waits is at rest, and its timers are the clock's.

Only the waiting is replaced, by what is in :mod:`pytest_binance_options._time.waiting`; all else is
asyncio's own.
"""

from __future__ import annotations

import asyncio
import heapq
import math
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
from .waiting import Waiting
from .world import Participant, current

if TYPE_CHECKING:
    import selectors

__all__ = ["patch", "patch_trio", "running_loop_on_the_clock"]

# Timers within so many seconds are due together: less than any that a float can tell from them.
_RESOLUTION = 1e-6


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
    if isinstance(getattr(vars(selector).get("select"), "__self__", None), Waiting):
        # It was running when its world began, and now runs again.
        yield
        return
    resolution = known(loop, "_clock_resolution")
    arrivals = Arrivals(loop, selector, me.world)
    waiting = Waiting(loop, selector, me, arrivals)
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
