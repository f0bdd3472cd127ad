"""Ends a test that keeps its own world from coming to rest and never waits: nothing else could.

One thread, for as long as there are worlds, that looks once a second of real time.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import NotAtRestError
from .world import World

__all__ = ["watched"]

_real_sleep = time.sleep
_real_monotonic = time.monotonic

# How often, and for how long after the last world, in seconds.
_INTERVAL = 1.0
_LINGER = 5.0
# A test may have a lot to compute: it is given more time than whoever is waited for.
_PATIENCE = 3

_lock = allocate_lock()
_worlds: dict[World, None] = {}
_running = False


def _saying(text: str) -> type[NotAtRestError]:
    # Python makes the exception, in the test's thread, and gives it no text.
    members = {"__str__": lambda _: text, "__module__": NotAtRestError.__module__}
    return type(NotAtRestError.__name__, (NotAtRestError,), members)


@contextmanager
def watched(world: World) -> Iterator[None]:
    """While this lasts, a main thread that is busy for too long is told to end: NotAtRestError is
    raised in it, wherever it is."""
    global _running
    with _lock:
        _worlds[world] = None
        start, _running = not _running, True
    if start:
        threading.Thread(target=_watch, name="binance_options watchdog", daemon=True).start()
    try:
        yield
    finally:
        with _lock:
            del _worlds[world]


def _watch() -> None:
    global _running
    seen: dict[World, tuple[int, float]] = {}
    idle_since = _real_monotonic()
    while True:
        _real_sleep(_INTERVAL)
        now = _real_monotonic()
        with _lock:
            worlds = list(_worlds)
            if worlds:
                idle_since = now
            elif now - idle_since >= _LINGER:
                _running = False
                return
        # What a world was like when it was last seen to do something, and when that was.
        seen = {
            world: seen[world]
            if world in seen and seen[world][0] == world.turns.rests
            else (world.turns.rests, now)
            for world in worlds
        }
        for world, (_, since) in seen.items():
            if now - since >= _PATIENCE * world.patience:
                _end(world)
                seen[world] = (world.turns.rests, now)


def _end(world: World) -> None:
    main = world.main
    if (
        main is None
        or main.ident is None
        or not main.awake
        or not main.here
        or _debugged(main.ident)
    ):
        return
    error = _saying(world.turns.restless())
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main.ident), ctypes.py_object(error))


def _debugged(ident: int) -> bool:
    frame = sys._current_frames().get(ident)  # noqa: SLF001
    while frame is not None:
        if frame.f_globals.get("__name__") in ("bdb", "pdb"):
            return True
        frame = frame.f_back
    return False
