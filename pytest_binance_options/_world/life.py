"""``live``: a bot lives through a day, in a world of its own."""

from __future__ import annotations

import asyncio
import inspect
import random
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from .._checks import instance
from .._days.day import BadDay
from .._days.invariants import INVARIANTS, as_invariant, said
from .._days.life import Bot, End, Invariant, Life
from .._days.stage import DayAtWork
from .._time.world import WorldOver
from .._time.world import current as _current
from ..errors import NotAtRestError, UsageError
from .simulated import World, simulated

__all__ = ["live"]

#: So many seconds of the exchange's time a bot is given to end when it is told to.
_TO_END = 300
#: How often it is told within that time.
_TOLD = 5


def live(
    day: BadDay,
    bot: Bot,
    *,
    invariants: Iterable[Invariant | Callable[[Life], object]] = INVARIANTS,
) -> Life:
    """Have ``bot`` live through ``day``, in a world of its own, and tell what became of it.

    ``bot`` is given that world (``.auth``, ``.exchange``, ``.clock``, ``.host``,
    ``.stream_host``), and runs on its clock for the day's hours; then it is cancelled, or where it
    is a plain function, SystemExit is raised where it waits. Nothing is kept from one life to the
    next, and the same day gives the same life: ``random`` is seeded for it.

    ``invariants`` is what is held against it: instead of, or beside, those in ``INVARIANTS``.
    Raises UsageError for what is no day or no bot, and where the caller lives on an exchange's
    clock already.
    """
    instance("day", day, (BadDay,), "a BadDay, as in BadDay() or one of bad_days()")
    if not callable(bot):
        raise UsageError(
            f"bot is a {type(bot).__name__}. Give an async function, or a plain one, that takes the"
            " world it is to live in, and not what calling it has given."
        )
    if _current() is not None:
        raise UsageError(
            "live() makes a world with a clock of its own, and this test lives on an exchange's"
            " clock already (binance_options_time, or simulated(time=True)). Leave that out."
        )
    held = tuple(map(as_invariant, invariants))
    if not _in_loop():
        return _lived(day, bot, held)
    # In a thread of its own: an event loop runs here, and is not to be on that clock.
    lives: list[Life] = []
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            lives.append(_lived(day, bot, held))
        except BaseException as error:  # noqa: BLE001  raised again where it was asked for
            errors.append(error)

    thread = threading.Thread(target=elsewhere, name="binance_options life")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return lives[0]


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def _untraced() -> Iterator[None]:
    """Hypothesis traces each line of a test, to explain a failure by it (up to Python 3.11): a day
    of them takes four times as long, and explains nothing."""
    tracer = sys.gettrace()
    owner = type(getattr(tracer, "__self__", None)).__module__
    if not owner.startswith("hypothesis."):
        yield
        return
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def _lived(day: BadDay, bot: Bot, invariants: tuple[Invariant, ...]) -> Life:
    state = random.getstate()
    random.seed(0)
    try:
        with _untraced(), simulated(time=True, time_horizon=day.hours / 24 + 1) as world:
            work = DayAtWork(day, world.exchange)
            run = _Run(day, bot, world, work)
            end = run.as_coroutine() if _is_async(bot) else run.as_thread()
            lines = run.lines
    finally:
        random.setstate(state)
    return Life(
        day,
        world,
        world.exchange,
        struck=work.struck,
        began_ms=work.began_ms,
        lines=lines,
        end=end,
        invariants=invariants,
        call=_call(bot, invariants),
    )


def _call(bot: Bot, invariants: tuple[Invariant, ...]) -> str:
    """The arguments of the call, as somebody would write them."""
    name = getattr(bot, "__name__", "")
    given = [name if name.isidentifier() else "bot"]
    if invariants != INVARIANTS:
        given.append(f"invariants=[{', '.join(map(said, invariants))}]")
    return ", ".join(["day", *given])


def _is_async(bot: object) -> bool:
    return (
        inspect.iscoroutinefunction(bot)
        or inspect.iscoroutinefunction(
            getattr(bot, "__call__", None)  # noqa: B004  an object whose calling is async
        )
        or inspect.iscoroutinefunction(getattr(bot, "func", None))
    )


class _Run:
    """A bot's life, from its beginning to its end."""

    def __init__(self, day: BadDay, bot: Bot, world: World, work: DayAtWork) -> None:
        self._seconds = day.hours * 3600
        self._bot = bot
        self._world = world
        self._work = work
        self._ended_ms = 0
        self._has_loop = False
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

    async def _live(self, begun: Awaitable[object] | None) -> End:
        async def run() -> None:
            await (begun or cast("Awaitable[object]", self._bot(self._world)))

        task = asyncio.create_task(run(), name="the bot")
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        self._day_is_over()
        if done:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            return End(self._ended_ms, error, returned=error is None, was_told=False)
        # More than once: before Python 3.12, wait_for forgets a cancellation that comes together
        # with what it waits for.
        for _ in range(_TOLD):
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=_TO_END / _TOLD)
            if done:
                error = None if task.cancelled() else task.exception()
                return End(self._ended_ms, error, returned=False, was_told=True)
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
            except WorldOver:
                pass
            except BaseException as raised:  # noqa: BLE001  it is the life's
                error = raised
            finally:
                if not ends:
                    now = self._world.clock.now_ms
                    ends.append(End(now, error, returned=error is None, was_told=False))
                ended.set()

        threading.Thread(target=run, name="the bot", daemon=True).start()
        by_itself = ended.wait(self._seconds)
        if self._has_loop:
            ended.wait()
            if self._stubborn is not None:
                raise self._stubborn
            return ends[0]
        self._day_is_over()
        self._end_threads()
        return End(
            self._ended_ms,
            ends[0].error,
            returned=by_itself and ends[0].returned,
            was_told=not by_itself,
        )

    def _end_threads(self) -> None:
        world = self._world.time.world
        told = 0.0
        while world.others():
            if told >= _TO_END:
                names = ", ".join(each.name for each in world.others())
                raise UsageError(
                    f"The bot was told to end at the end of the day, and goes on {_TO_END} s later:"
                    f" {names}. Have it let SystemExit out, which is raised where it waits."
                )
            world.end_others()
            threading.Event().wait(_TO_END / _TOLD)
            told += _TO_END / _TOLD

    def _day_is_over(self) -> None:
        self._work.end()
        self._ended_ms = self._world.clock.now_ms
        self.lines = len(self._world.exchange.journal.lines)
