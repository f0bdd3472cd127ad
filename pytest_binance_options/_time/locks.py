"""Locks that a world knows of: who waits for one is at rest, and who is let go is awake at once.

Everything that waits in Python's threading (conditions, events, queues, barriers, futures) waits
for such a lock in the end.
"""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock
from collections import deque
from contextlib import suppress

from .world import Participant, current

__all__ = ["WorldLock", "new_lock", "new_rlock"]

_PyRLock = threading._PyRLock  # type: ignore[attr-defined]  # noqa: SLF001
_real_rlock = threading.RLock


class WorldLock:
    """A ``threading.Lock``."""

    __slots__ = ("__weakref__", "_lock", "_waiters")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._waiters: deque[Participant] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002  as threading.Lock has it
        """As ``threading.Lock.acquire``; the time-out, in seconds, is on the world's clock."""
        __tracebackhide__ = True
        if self._lock.acquire(blocking=False):
            return True
        if not blocking:
            return False
        me = current()
        if me is None or me.deciding:
            return self._lock.acquire(timeout=timeout)
        world = me.world
        deadline = world.deadline_in(None if timeout < 0 else timeout)
        while True:
            me.called = False
            self._waiters.append(me)
            if self._lock.acquire(blocking=False):
                self._forget(me)
                return True
            try:
                timed_out = world.park(me, deadline, heeds_calls=True)
            finally:
                self._forget(me)
            if self._lock.acquire(blocking=False):
                return True
            if timed_out:
                return False
            if world.over:
                left = world.left_of(deadline)
                return self._lock.acquire(timeout=-1 if left is None else left)

    def release(self) -> None:
        """As ``threading.Lock.release``."""
        self._lock.release()
        try:
            waiter = self._waiters.popleft()
        except IndexError:
            return
        waiter.world.wake(waiter)

    def locked(self) -> bool:
        """As ``threading.Lock.locked``."""
        return self._lock.locked()

    def _forget(self, me: Participant) -> None:
        with suppress(ValueError):  # whoever released the lock has done so
            self._waiters.remove(me)

    def _at_fork_reinit(self) -> None:
        self._lock = allocate_lock()
        self._waiters.clear()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{'locked' if self.locked() else 'unlocked'} lock of a test's world>"


def new_lock() -> WorldLock | LockType:
    """``threading.Lock()``, in a world or in none."""
    return allocate_lock() if current() is None else WorldLock()


def new_rlock(*args: object, **kwargs: object) -> object:
    """``threading.RLock()``, in a world or in none."""
    # Python's own, in Python: it has a lock of the kind above in it.
    return _real_rlock() if current() is None else _PyRLock()
