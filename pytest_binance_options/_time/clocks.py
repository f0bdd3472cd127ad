"""What tells the time in a world: the functions of ``time``, and ``datetime``'s now and today.

They ask who calls: a thread of the world gets the exchange's time, anybody else the real one. So
test runner, plugins and the loopback server go by real time while they are in place.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from ..errors import UsageError
from .world import World, current

__all__ = ["FUNCTIONS", "is_real", "replaced_clocks"]

# What these ask in a thread of a test is about the run, or about other processes: for both, time is
# real.
_REAL = frozenset(
    {
        "_pytest",
        "coverage",
        "execnet",
        "faulthandler",
        "hypothesis",
        "multiprocessing",
        "pluggy",
        "pytest",
        "pytest_benchmark",
        "pytest_binance_options",
        "pytest_rerunfailures",
        "pytest_timeout",
        "subprocess",
        "xdist",
    }
)


@lru_cache(maxsize=4096)
def is_real(module: str) -> bool:
    """Whether time is real to a module of that name: it is part of the run, not of what is tested,
    or it waits for other processes."""
    return module.partition(".")[0] in _REAL


# Ours that call what a test has given to a thread, which may be ``time.sleep`` itself.
_CALLERS = frozenset(
    {
        "pytest_binance_options._time.pools",
        "pytest_binance_options._time.threads",
        "pytest_binance_options._transports.interception.ownership",
    }
)


@lru_cache(maxsize=4096)
def _lives_really(caller: str) -> bool:
    return is_real(caller) and caller not in _CALLERS


def _world() -> World | None:
    """The world of who called a function of this module's."""
    me = current()
    if me is None:
        return None
    caller = sys._getframe(2).f_globals.get("__name__") or ""  # noqa: SLF001  as inspect does, for a tenth of the time
    return None if _lives_really(caller) else me.world


class _Function:
    """Stands for a function that is written in C. No function of Python's: those become methods
    where a class has them."""

    def __init__(self, original: Callable[..., object]) -> None:
        self.original = original
        self.__name__ = original.__name__
        self.__qualname__ = original.__qualname__
        self.__doc__ = original.__doc__
        self.__module__ = original.__module__

    def __repr__(self) -> str:
        return f"<{self.original!r}, or a test's own>"


class _Reading(_Function):
    """A function without arguments."""

    def __init__(self, original: Callable[[], object], read: Callable[[World], object]) -> None:
        super().__init__(original)
        self._read = read

    def __call__(self) -> object:
        world = _world()
        return self.original() if world is None else self._read(world)


class _Sleep(_Function):
    def __call__(self, seconds: float, /) -> None:
        __tracebackhide__ = True
        me = current()
        if me is None or not seconds > 0 or _lives_really(sys._getframe(1).f_globals["__name__"]):  # noqa: SLF001
            self.original(seconds)
        else:
            me.world.sleep(me, seconds)


class _Broken(_Function):
    """A function that takes a time, or else the present one: seconds, or what localtime gives of
    them."""

    def __init__(
        self, original: Callable[..., object], *, at: int = 0, parts: bool = False
    ) -> None:
        super().__init__(original)
        self._at = at
        self._parts = parts

    def __call__(self, *args: object) -> object:
        if len(args) <= self._at or (args[self._at] is None and not self._parts):
            world = _world()
            if world is not None:
                now: object = world.time()
                now = _LOCALTIME(world.time()) if self._parts else now
                return self.original(*args[: self._at], now)
        return self.original(*args)


class _ClockGettime(_Function):
    def __init__(self, original: Callable[[int], object], unit: int) -> None:
        super().__init__(original)
        self._unit = unit

    def __call__(self, clock: int, /) -> object:
        world = _world()
        if world is not None and clock in _KNOWN_CLOCKS:
            seconds = world.time() if clock == time.CLOCK_REALTIME else world.monotonic()
            return round(seconds * 1_000_000_000) if self._unit == 1_000_000_000 else seconds
        return self.original(clock)


_LOCALTIME = time.localtime
_KNOWN_CLOCKS = frozenset(
    getattr(time, name)
    for name in ("CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_BOOTTIME")
    if hasattr(time, name)
)

FUNCTIONS: dict[str, _Function] = {
    "time": _Reading(time.time, World.time),
    "time_ns": _Reading(time.time_ns, lambda world: world.clock.now_ms * 1_000_000),
    "monotonic": _Reading(time.monotonic, World.monotonic),
    "monotonic_ns": _Reading(
        time.monotonic_ns, lambda world: round(world.monotonic() * 1_000_000_000)
    ),
    "sleep": _Sleep(time.sleep),
    "localtime": _Broken(time.localtime),
    "gmtime": _Broken(time.gmtime),
    "ctime": _Broken(time.ctime),
    "asctime": _Broken(time.asctime, parts=True),
    "strftime": _Broken(time.strftime, at=1, parts=True),
}
if hasattr(time, "clock_gettime"):
    FUNCTIONS["clock_gettime"] = _ClockGettime(time.clock_gettime, 1)
    FUNCTIONS["clock_gettime_ns"] = _ClockGettime(time.clock_gettime_ns, 1_000_000_000)
"""What stands in for the functions of ``time``, by their names."""


# datetime's types are written in C, and many modules have them under names of their own; so their
# methods are replaced, where a type keeps them.
_NOW = vars(dt.datetime)["now"]
_UTCNOW = vars(dt.datetime)["utcnow"]
_TODAY = vars(dt.date)["today"]


def _now(cls: type[dt.datetime], tz: dt.tzinfo | None = None) -> object:
    world = _world()
    return _NOW.__get__(None, cls)(tz) if world is None else cls.fromtimestamp(world.time(), tz)


def _utcnow(cls: type[dt.datetime]) -> object:
    world = _world()
    if world is None:
        return _UTCNOW.__get__(None, cls)()
    return cls.fromtimestamp(world.time(), dt.timezone.utc).replace(tzinfo=None)


def _today(cls: type[dt.date]) -> object:
    world = _world()
    return _TODAY.__get__(None, cls)() if world is None else cls.fromtimestamp(world.time())


_METHODS: tuple[tuple[type, str, object, object], ...] = (
    (dt.datetime, "now", _NOW, classmethod(_now)),
    (dt.datetime, "utcnow", _UTCNOW, classmethod(_utcnow)),
    (dt.date, "today", _TODAY, classmethod(_today)),
)


def _set(owner: type, name: str, value: object) -> None:
    (attributes,) = gc.get_referents(vars(owner))
    attributes[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))


@contextmanager
def replaced_clocks() -> Iterator[None]:
    """While this lasts, time in a world is that world's. Afterwards nothing is left of it.

    Raises UsageError where another library has set the time.
    """
    _refuse_others()
    try:
        for owner, name, _, replacement in _METHODS:
            _set(owner, name, replacement)
        for name, function in FUNCTIONS.items():
            setattr(time, name, function)
        yield
    finally:
        for name, function in FUNCTIONS.items():
            setattr(time, name, function.original)
        for owner, name, original, _ in _METHODS:
            _set(owner, name, original)


def _refuse_others() -> None:
    in_use = [
        library
        for library, module, active in (
            ("freezegun", "freezegun.api", "freeze_factories"),
            ("time-machine", "time_machine", "traveller_stack"),
            ("time-machine", "time_machine", "coordinates_stack"),
        )
        if getattr(sys.modules.get(module), active, None)
    ]
    if in_use:
        raise UsageError(
            f"{in_use[0]} has set the time, which is to be the exchange's here. Leave it out:"
            " exchange_start of binance_options_config, or start= of simulated(), says when the"
            " exchange's time begins."
        )
