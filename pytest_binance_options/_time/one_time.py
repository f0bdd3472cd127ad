"""What the fixture ``binance_options_time`` gives: one test's world, from its beginning to its
end."""

from __future__ import annotations

import asyncio
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial

from .._checks import number
from .._transports.interception.patching import Patches, call_on_import
from ..errors import UsageError
from ..exchange import Clock
from . import loops, pools, sockets, threads
from .clocks import FUNCTIONS, is_real, replaced_clocks
from .modules import replaced
from .watchdog import watched
from .world import Participant, World, current

__all__ = ["OneTime", "opened", "refuse_a_second_clock"]

_patches = Patches()
_LATER = {
    "anyio._backends._asyncio": pools.patch_anyio,
    "trio._core._run": loops.patch_trio,
}


class OneTime:
    """The exchange's clock, by which the test and the code under test live."""

    def __init__(self, world: World, main: Participant) -> None:
        self.world = world
        self._main = main

    def inhabited(self) -> AbstractContextManager[None]:
        """This thread is the test's own in here, and none of its world's beyond."""
        return self.world.inhabited_by(self._main)

    @property
    def now(self) -> datetime:
        """The time as an aware datetime in UTC."""
        return self.world.clock.now

    def settle(self, timeout: float = 10.0) -> None:
        """Return when nothing can go on without time passing; time stands still meanwhile.

        Raises NotAtRestError where that takes longer than ``timeout``, in seconds of real time, and
        UsageError where an event loop runs in this thread: it could not go on.
        """
        me = self._here()
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            raise UsageError(
                "settle() would block the event loop that runs in this thread, which could not come"
                " to rest then. Use: await binance_options_time.settle_async()."
            )
        with self._patience(timeout):
            self.world.turns.at_rest.append(partial(self.world.wake, me))
            self.world.park(me, None)

    async def settle_async(self, timeout: float = 10.0) -> None:
        """As :meth:`settle`, in an event loop."""
        self._here()
        loop = asyncio.get_running_loop()
        settled: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            # The wait may have been cancelled.
            if not settled.done():
                settled.set_result(None)

        with self._patience(timeout):
            self.world.turns.at_rest.append(partial(loop.call_soon_threadsafe, settle))
            await settled

    @contextmanager
    def _patience(self, timeout: float) -> Iterator[None]:
        before = self.world.patience
        self.world.patience = number("timeout", timeout, 0, 86_400)
        try:
            yield
        finally:
            self.world.patience = before

    def _here(self) -> Participant:
        me = current()
        if me is None or me.world is not self.world:
            raise UsageError(
                "Only the test, and threads that it has started, can wait for the test to come to"
                " rest."
            )
        return me

    def __repr__(self) -> str:
        return f"<binance_options_time {self.now.isoformat(sep=' ', timespec='milliseconds')}>"


@contextmanager
def opened(clock: Clock, *, patience: float = 10.0, horizon: float = 400) -> Iterator[OneTime]:
    """One time for this thread and all that it starts, until the block is left.

    ``patience``, in seconds of real time: how long anybody may keep the world from coming to rest.
    ``horizon``, in days of the exchange's time: how long the test may last.
    """
    refuse_a_second_clock()
    world = World(clock, patience=patience, horizon_ms=round(horizon * 86_400_000))
    main = world.add("the test")
    world.main = main
    time = OneTime(world, main)
    with _stand_ins.in_place(), watched(world):
        clock.live_until = world.live_until
        try:
            yield time
        finally:
            clock.live_until = None
            world.close()


def refuse_a_second_clock() -> None:
    """Raise UsageError where this thread lives in a world already."""
    if current() is not None:
        raise UsageError(
            "This thread lives on the clock of an exchange already (binance_options_time, or"
            " simulated(time=True)), and another exchange would have another clock. Use the one"
            " that is there, or begin where that is over."
        )


class _StandIns:
    """What is there in place of Python's own clocks and waiting while there are worlds: it comes
    with the first, and goes with the last."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._worlds = 0
        self._in_place = ExitStack()

    @contextmanager
    def in_place(self) -> Iterator[None]:
        with self._lock:
            if not self._worlds:
                with ExitStack() as stack:
                    self._put(stack)
                    self._in_place = stack.pop_all()
            self._worlds += 1
        try:
            yield
        finally:
            with self._lock:
                self._worlds -= 1
                if not self._worlds:
                    self._in_place.close()

    def _put(self, stack: ExitStack) -> None:
        stack.callback(_patches.lift)
        threads.patch(_patches)
        pools.patch(_patches)
        loops.patch(_patches)
        sockets.patch(_patches)
        stack.callback(_patch_the_rest())
        stack.enter_context(replaced_clocks())
        originals = [(each.original, each) for each in FUNCTIONS.values()]
        stack.enter_context(replaced(originals, threads.FACTORIES, but=is_real))


_stand_ins = _StandIns()


def _patch_the_rest() -> Callable[[], None]:
    later = []
    for name, patch in _LATER.items():
        if name in sys.modules:
            patch(_patches, sys.modules[name])
        else:
            later.append((name, partial(_imported, name)))
    return call_on_import(later)


def _imported(name: str) -> None:
    _LATER[name](_patches, sys.modules[name])
