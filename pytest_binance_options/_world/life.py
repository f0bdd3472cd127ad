"""``live``: a bot lives through a day, in a world of its own."""

from __future__ import annotations

import asyncio
import inspect
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from .._checks import instance
from .._days.day import BadDay
from .._days.invariants import INVARIANTS, as_invariant, said
from .._days.life import Bot, Invariant, Life
from .._days.stage import DayAtWork
from .._time.world import current as _current
from ..errors import UsageError
from .run import Run
from .simulated import simulated

__all__ = ["live"]


def live(
    day: BadDay,
    bot: Bot,
    *,
    invariants: Iterable[Invariant | Callable[[Life], object]] = INVARIANTS,
) -> Life:
    """Have ``bot`` live through ``day``, in a world of its own, and tell what became of it.

    ``bot`` is given that world (``.auth``, ``.exchange``, ``.clock``, ``.host``,
    ``.stream_host``), and runs on its clock for the day's hours; then it is cancelled, or where it
    is a plain function, SystemExit is raised where it and its threads wait. Such a bot is alive as
    long as a thread of it is, though the function may have returned.

    Nothing is kept from one life to the next, and the same day gives the same life: ``random`` is
    seeded for it.

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
    # Ours are known to be what they are: to find that out takes longer than some of them.
    held = INVARIANTS if invariants is INVARIANTS else tuple(map(as_invariant, invariants))
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
            run = Run(day, bot, world, work)
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
