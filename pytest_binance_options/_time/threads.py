"""Threads of a world: who is started in a world is in it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import cast
from weakref import WeakKeyDictionary

from .._here import outside
from .._transports.interception.belonging import outlives_tests
from .._transports.interception.patching import Patches
from .locks import WorldLock, new_lock, new_rlock
from .world import Participant, WorldOver, current

__all__ = ["FACTORIES", "patch"]


_ends: WeakKeyDictionary[threading.Thread, tuple[Participant, WorldLock]] = WeakKeyDictionary()


def patch(patches: Patches) -> None:
    """Have threads started from now on in the world that they are started in, and locks that are
    made there wait there."""
    patches.put(threading.Thread, "start", _start)
    patches.put(threading.Thread, "join", _join)
    patches.put(threading, "_allocate_lock", lambda _: new_lock)
    patches.put(threading, "Lock", lambda _: new_lock)
    patches.put(threading, "RLock", lambda _: new_rlock)
    # C's waits where nobody sees it; this is its twin.
    patches.put(queue, "SimpleQueue", lambda _: _simple_queue)


_CSimpleQueue = queue.SimpleQueue
_PySimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined]  # noqa: SLF001


def _simple_queue() -> object:
    return _CSimpleQueue() if current() is None else _PySimpleQueue()


FACTORIES: tuple[tuple[object, object], ...] = (
    (threading.Lock, new_lock),
    (threading.RLock, new_rlock),
    (_CSimpleQueue, _simple_queue),
)
"""What makes locks and queues, and what makes them in its place."""


def _start(original: object) -> object:
    call = cast("Callable[[threading.Thread], None]", original)

    @wraps(call)
    def start(self: threading.Thread) -> None:
        me = current()
        if me is None or outlives_tests(self):
            with outside():
                call(self)
            return
        world = me.world
        participant = world.add(f"thread {self.name!r}")
        end = WorldLock()
        end.acquire()
        run = self.run

        def run_in_world() -> None:
            del self.run
            world.arrive(participant)
            try:
                # pytest reports whatever a thread ends with, SystemExit too.
                with suppress(WorldOver):
                    run()
            finally:
                # Whoever joins it is awake before it is gone.
                end.release()
                world.leave(participant)

        self.run = run_in_world  # type: ignore[method-assign]
        before = _ends.get(self)
        _ends[self] = (participant, end)
        try:
            call(self)
        except BaseException:
            # It has been started before, and may be running.
            del self.run, _ends[self]
            if before is not None:
                _ends[self] = before
            world.leave(participant)
            raise

    return start


def _join(original: object) -> object:
    call = cast("Callable[[threading.Thread, float | None], None]", original)

    @wraps(call)
    def join(self: threading.Thread, timeout: float | None = None) -> None:
        me = current()
        participant, end = _ends.get(self, (None, None))
        if (
            me is None
            or end is None
            or participant is None
            or participant.world is not me.world
            or self is threading.current_thread()
        ):
            call(self, timeout)
            return
        if end.acquire(timeout=-1 if timeout is None else max(0, timeout)):
            end.release()
            # What is left of it takes no time.
            with outside():
                call(self, None)

    return join
