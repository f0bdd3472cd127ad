"""What the fixture ``binance_options_time`` gives: one test's world, from its beginning to its
end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
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

__all__ = ["OneTime", "opened"]

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
            self.world.at_rest.append(partial(self.world.wake, me))
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
            self.world.at_rest.append(partial(loop.call_soon_threadsafe, settle))
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
    world = World(clock, patience=patience, horizon_ms=round(horizon * 86_400_000))
    main = world.add("the test")
    world.main = main
    time = OneTime(world, main)
    threads.patch(_patches)
    pools.patch(_patches)
    loops.patch(_patches)
    sockets.patch(_patches)
    stop_watching = _patch_the_rest()
    try:
        originals = [(each.original, each) for each in FUNCTIONS.values()]
        with (
            watched(world),
            replaced_clocks(),
            replaced(originals, threads.FACTORIES, but=is_real),
        ):
            clock.live_until = world.live_until
            try:
                yield time
            finally:
                clock.live_until = None
                world.close()
    finally:
        stop_watching()
        _patches.lift()


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
