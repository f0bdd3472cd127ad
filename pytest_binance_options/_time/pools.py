"""Jobs in pools of threads: who gives one to a pool in a world has it live there.

A job that a thread is free for is awake at once; one that comes after it waits for its turn, as
whatever waits does.
"""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import thread as pools
from contextlib import AbstractAsyncContextManager
from functools import wraps
from types import ModuleType
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from .._here import outside
from .._transports.interception.patching import Patches, known
from .locks import WorldLock
from .world import Participant, World, current

__all__ = ["patch", "patch_anyio"]


def patch(patches: Patches) -> None:
    """Have jobs that are given to pools from now on in the world of who gives them."""
    patches.put(ThreadPoolExecutor, "submit", _submit)
    patches.put(ThreadPoolExecutor, "shutdown", _shutdown)
    patches.put(pools._WorkItem, "run", _run_job)  # noqa: SLF001


class _Pool:
    """Jobs of worlds: all, how many of them have a thread, and those that wait for one."""

    def __init__(self) -> None:
        self.jobs: set[_Job] = set()
        self.busy = 0
        self.queued: deque[_Job] = deque()


_pools: WeakKeyDictionary[ThreadPoolExecutor, _Pool] = WeakKeyDictionary()
_mutex = allocate_lock()


class _Job:
    """A job, from when it is given to when all that waited for it has been told."""

    def __init__(self, world: World, name: str, pool: _Pool, threads: int) -> None:
        self.begun = False
        #: Held until the job is over.
        self.going_on = WorldLock()
        self.going_on.acquire()
        self._pool = pool
        self._over = False
        with _mutex:
            pool.jobs.add(self)
            self._queued = pool.busy >= threads
            self.participant = world.add(name, awake=not self._queued)
            if self._queued:
                pool.queued.append(self)
            else:
                pool.busy += 1

    def end(self) -> None:
        """Its thread is free for the next, which is awake before this one is gone."""
        with _mutex:
            if self._over:
                return
            self._over = True
            self._pool.jobs.remove(self)
            if not self._queued:
                self._make_room()
        self.going_on.release()
        self.participant.world.leave(self.participant)

    def _make_room(self) -> None:
        pool = self._pool
        while pool.queued:
            following = pool.queued.popleft()
            if not following._over:  # noqa: SLF001
                following._queued = False  # noqa: SLF001
                following.participant.world.wake(following.participant)
                return
        pool.busy -= 1


class _Worker(threading.local):
    # What this thread is at.
    job: _Job | None = None


_worker = _Worker()


def _name(job: object) -> str:
    return getattr(job, "__qualname__", None) or repr(job)


def _submit(original: object) -> object:
    call = cast("Callable[..., Future[object]]", original)

    @wraps(call)
    def submit(
        self: ThreadPoolExecutor, fn: Callable[..., object], /, *args: object, **kwargs: object
    ) -> Future[object]:
        me = current()
        if me is None:
            return call(self, fn, *args, **kwargs)
        world = me.world
        pool = _pools.setdefault(self, _Pool())
        threads = cast(int, known(self, "_max_workers"))
        mine = _Job(world, f"job {_name(fn)!r} in a pool of threads", pool, threads)

        def job(*args: object, **kwargs: object) -> object:
            mine.begun = True
            _worker.job = mine
            world.arrive(mine.participant)
            return fn(*args, **kwargs)

        def dropped(_: Future[object]) -> None:
            if not mine.begun:
                mine.end()

        try:
            future = call(self, job, *args, **kwargs)
        except BaseException:
            mine.end()
            raise
        future.add_done_callback(dropped)
        return future

    return submit


def _shutdown(original: object) -> object:
    call = cast("Callable[..., None]", original)

    @wraps(call)
    def shutdown(
        self: ThreadPoolExecutor,
        wait: bool = True,  # noqa: FBT001, FBT002  as ThreadPoolExecutor.shutdown has it
        *,
        cancel_futures: bool = False,
    ) -> None:
        me = current()
        if me is not None and wait and self in _pools:
            call(self, wait=False, cancel_futures=cancel_futures)
            for job in list(_pools[self].jobs):
                if job.participant.world is me.world:
                    with job.going_on:
                        pass
        # What is left of its threads takes no time on the clock.
        with outside():
            call(self, wait=wait, cancel_futures=cancel_futures)

    return shutdown


def _run_job(original: object) -> object:
    call = cast("Callable[..., None]", original)

    @wraps(call)
    def run(self: object, *args: object, **kwargs: object) -> None:  # a context, since Python 3.14
        try:
            call(self, *args, **kwargs)
        finally:
            # Whoever waits for the result has been told by now.
            job, _worker.job = _worker.job, None
            if job is not None:
                job.end()

    return run


def patch_anyio(patches: Patches, module: ModuleType) -> None:
    """Count jobs that anyio gives to threads; ``module`` is its backend for asyncio."""
    patches.put(module.AsyncIOBackend, "run_sync_in_worker_thread", _run_sync_in_worker_thread)


class _InTurn:
    """anyio's limiter of how many jobs there are at a time: from when this one has its turn, it is
    awake."""

    def __init__(self, limiter: AbstractAsyncContextManager[None], world: World, name: str) -> None:
        self._limiter = limiter
        self._world = world
        self._name = name
        self._participant: Participant | None = None
        self._begun = self._done = self._abandoned = False

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        self._participant = self._world.add(self._name)

    async def __aexit__(self, *exception: object) -> bool | None:
        self._abandoned = True
        if self._done or not self._begun:
            self._leave()
        return await self._limiter.__aexit__(*exception)  # type: ignore[arg-type]

    def _leave(self) -> None:
        assert self._participant is not None
        self._world.leave(self._participant)

    def run(self, func: Callable[..., object], *args: object) -> object:
        """The job, in its thread."""
        assert self._participant is not None
        self._begun = True
        try:
            with self._world.inhabited_by(self._participant):
                return func(*args)
        finally:
            self._done = True
            # Its loop may not wait for it any more. If it does, it is told first.
            if self._abandoned:
                self._leave()


def _run_sync_in_worker_thread(original: object) -> object:
    call = cast("Callable[..., Coroutine[object, object, object]]", original.__func__)  # type: ignore[attr-defined]

    @wraps(call)
    async def run_sync_in_worker_thread(
        cls: _Backend,
        func: Callable[..., object],
        args: tuple[object, ...],
        abandon_on_cancel: bool = False,  # noqa: FBT001, FBT002  as anyio has it
        limiter: AbstractAsyncContextManager[None] | None = None,
    ) -> object:
        me = current()
        if me is None:
            return await call(cls, func, args, abandon_on_cancel, limiter)
        name = f"job {_name(func)!r} in a thread of anyio's"
        turn = _InTurn(limiter or cls.current_default_thread_limiter(), me.world, name)
        return await call(cls, turn.run, (func, *args), abandon_on_cancel, turn)

    return classmethod(run_sync_in_worker_thread)  # type: ignore[arg-type]


class _Backend(Protocol):
    def current_default_thread_limiter(self) -> AbstractAsyncContextManager[None]: ...
