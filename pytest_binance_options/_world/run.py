"""A bot at work in its world, from its beginning to its end: as a task of an event loop, or in a
thread, and with all threads that it starts."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Iterator
from typing import cast

from .._days.day import BadDay
from .._days.life import Bot, End
from .._days.stage import DayAtWork
from .._time.world import WorldOver
from .._transports.interception.belonging import outlives_tests
from ..errors import NotAtRestError, UsageError
from .simulated import World

__all__ = ["Run"]

#: So many seconds of the exchange's time a bot is given to end when it is told to.
_TO_END = 300
#: How often it is told within that time.
_TOLD = 5
#: How often, in seconds of that time, it is looked whether a thread of a bot still lives.
_LOOK_AGAIN = 60


class Run:
    """A bot's life, from its beginning to its end."""

    def __init__(self, day: BadDay, bot: Bot, world: World, work: DayAtWork) -> None:
        self._seconds = day.hours * 3600
        self._bot = bot
        self._world = world
        self._work = work
        self._ended_ms = 0
        self._has_loop = False
        self._is_over = False
        self._stubborn: UsageError | None = None
        #: How many lines the journal had by the end of the day.
        self.lines = 0

    def as_coroutine(self) -> End:
        """The life of an async function."""
        return self._with_loop(None)

    def _with_loop(self, begun: Awaitable[object] | None) -> End:
        """As an async function that may have been called already, and gave ``begun``."""
        try:
            return asyncio.run(self._live(begun))
        except NotAtRestError:
            if self._stubborn is None:
                raise
            raise self._stubborn from None
        except SystemExit as error:
            # asyncio lets it out of the loop: it is from another task of the bot.
            was_told = self._is_over
            if not was_told:
                self._day_is_over()
            return self._end(error, was_told=was_told)

    async def _live(self, begun: Awaitable[object] | None) -> End:
        try:
            return await self._live_through(begun)
        finally:
            # The loop's end waits for what runs in its pool of threads.
            for patience in self._end_threads():
                await asyncio.sleep(patience)

    async def _live_through(self, begun: Awaitable[object] | None) -> End:
        async def run() -> SystemExit | None:
            try:
                await (begun or cast("Awaitable[object]", self._bot(self._world)))
            except SystemExit as error:
                return error  # it would end the loop
            return None

        loop = asyncio.get_running_loop()
        task, storm = asyncio.create_task(run(), name="the bot"), loop.create_future()
        self._work.on_storm = lambda: loop.call_soon_threadsafe(_end, storm)
        await asyncio.wait(
            {task, storm}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
        )
        self._day_is_over()
        if task.done():
            error = asyncio.CancelledError() if task.cancelled() else _outcome(task)
            return self._end(error, was_told=False)
        # More than once: before Python 3.12, wait_for forgets a cancellation that comes together
        # with what it waits for.
        for _ in range(_TOLD):
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=_TO_END / _TOLD)
            if done:
                return self._end(None if task.cancelled() else _outcome(task), was_told=True)
        self._stubborn = UsageError(
            f"The bot was cancelled at the end of the day, and goes on {_TO_END} s later. Have it"
            " let CancelledError out."
        )
        raise self._stubborn

    def as_thread(self) -> End:
        """The life of a plain function, in a thread of its own."""
        ended = threading.Event()
        ends: list[End] = []

        def run() -> None:
            error: BaseException | None = None
            try:
                given = self._bot(self._world)
                if inspect.isawaitable(given):
                    # As a lambda does: it was an async function after all.
                    self._has_loop = True
                    ends.append(self._with_loop(given))
                else:
                    self._outlive()
            except WorldOver:
                pass
            except BaseException as raised:  # noqa: BLE001  it is the life's
                error = raised
            finally:
                if not ends:
                    now = self._world.clock.now_ms
                    ends.append(End(now, error, returned=error is None, was_told=False))
                ended.set()

        self._work.on_storm = ended.set
        threading.Thread(target=run, name="the bot", daemon=True).start()
        ended.wait(self._seconds)
        by_itself = bool(ends)
        if self._has_loop:
            ended.wait()
            if self._stubborn is not None:
                raise self._stubborn
            return ends[0]
        self._day_is_over()
        for patience in self._end_threads():
            threading.Event().wait(patience)
        return self._end(ends[0].error, was_told=not by_itself)

    def _outlive(self) -> None:
        """Go on while a thread of the bot does, whatever it was started by."""
        world = self._world.time.world
        while not world.over and world.others():
            threading.Event().wait(_LOOK_AGAIN)

    def _end_threads(self) -> Iterator[float]:
        """End all threads of the bot; gives how long to wait for them, in seconds, each time that
        some are left."""
        world = self._world.time.world
        told = 0.0
        ended: set[threading.Thread] = set()
        while others := world.others():
            if told >= _TO_END:
                names = ", ".join(each.name for each in others)
                self._stubborn = UsageError(
                    f"The bot was told to end at the end of the day, and goes on {_TO_END} s later:"
                    f" {names}. Have it let SystemExit out, which is raised where it waits."
                )
                raise self._stubborn
            ended |= self._threads()
            world.end_others()
            yield _TO_END / _TOLD
            told += _TO_END / _TOLD
        for each in ended:
            each.join()  # its last steps take no time

    def _threads(self) -> set[threading.Thread]:
        """Those of the bot, but for who waits in a pool for work."""
        idents = {each.ident for each in self._world.time.world.others()}
        return {
            each
            for each in threading.enumerate()
            if each.ident in idents and not outlives_tests(each)
        }

    def _end(self, error: BaseException | None, *, was_told: bool) -> End:
        if was_told and isinstance(error, SystemExit) and not error.code:
            error = None  # that is how a process ends that is told to
        return End(
            self._ended_ms,
            error,
            returned=error is None and not was_told,
            was_told=was_told,
            storm=self._work.storm,
        )

    def _day_is_over(self) -> None:
        self._is_over = True
        self._work.end()
        self._ended_ms = self._world.clock.now_ms
        self.lines = len(self._world.exchange.journal.lines)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _outcome(task: asyncio.Task[SystemExit | None]) -> BaseException | None:
    return task.exception() or task.result()
