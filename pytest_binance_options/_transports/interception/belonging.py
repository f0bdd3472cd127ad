"""Whom the code that runs here and now belongs to: by its context, which tasks, callbacks, timers
and greenlets bring along from who started them, or by its thread, whose starter is noted.

What they may claim is :mod:`.ownership`'s.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import Context, ContextVar
from functools import wraps
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from .owner import Owner
from .passing import passing, under_way
from .patching import Patches
from .witness import note_job, note_task

__all__ = [
    "active",
    "enter",
    "forwarding",
    "is_forwarding",
    "leave",
    "note_creations",
    "outlives_tests",
    "owner_here",
    "patch",
    "who",
    "working_for",
]

T = TypeVar("T")


class _Here(threading.local):
    forwarding: int = 0


#: The interceptions that are in force, the innermost last.
active: list[Owner] = []
_owner: ContextVar[Owner | None] = ContextVar("binance_options_owner", default=None)
_threads: WeakKeyDictionary[threading.Thread, Owner] = WeakKeyDictionary()
# Whom the context that installed an interception belonged to before.
_before: dict[Owner, Owner | None] = {}
_here = _Here()


def enter(owner: Owner, *, outermost: bool = False) -> None:
    """Make ``owner`` the innermost: what runs here belongs to it, and what is nobody else's.

    As the ``outermost`` it gets that only where there is no other: now, or when they have ended.
    """
    above = _owner.get() if outermost else None
    if above is None:
        _before[owner] = _owner.get()
        _owner.set(owner)
    else:
        while (below := _before.get(above)) is not None:
            above = below
        _before[above], _before[owner] = owner, None
    active.insert(0 if outermost else len(active), owner)


def leave(owner: Owner) -> bool:
    """Take ``owner`` out, wherever it stands; True: nobody is left."""
    active.remove(owner)
    before = _before.pop(owner)
    for other, its in _before.items():
        if its is owner:
            _before[other] = before
    if _owner.get() is owner:
        _owner.set(before)
    return not active


def owner_here() -> Owner | None:
    """Whom this context or thread belongs to, which may be over; None: nobody in particular."""
    return _owner.get() or _threads.get(threading.current_thread())


@contextmanager
def working_for(owner: Owner | None) -> Iterator[None]:
    """What runs in here, and what it starts, belongs to ``owner``."""
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


@contextmanager
def forwarding() -> Iterator[None]:
    """What this thread sends in here is a backend's word to ask the network: nobody intercepts
    it."""
    _here.forwarding += 1
    try:
        yield
    finally:
        _here.forwarding -= 1


def is_forwarding() -> bool:
    """Whether this thread asks the network on a backend's word."""
    return _here.forwarding > 0


def who() -> str:
    """What runs here, for an error."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        task = None
    if task is not None:
        return f"task {task.get_name()!r}"
    return f"thread {threading.current_thread().name!r}"


def patch(patches: Patches) -> None:
    """Note who starts threads, tasks and executor jobs from now on."""
    patches.put(threading.Thread, "start", _start)
    patches.put(ThreadPoolExecutor, "submit", _submit)
    note_creations(patches, asyncio.BaseEventLoop)


def note_creations(patches: Patches, loop: type) -> None:
    """Note who creates the tasks of ``loop``, a class of event loops."""
    patches.put(loop, "create_task", _create_task)


def _start(original: object) -> object:
    call = cast("Callable[[threading.Thread], None]", original)

    @wraps(call)
    def start(self: threading.Thread) -> None:
        if not outlives_tests(self):
            owner = owner_here()
            if owner is not None:
                _threads[self] = owner
        call(self)

    return start


def outlives_tests(thread: threading.Thread) -> bool:
    """Whether ``thread`` is nobody's in particular: a pool's worker, whose jobs are noted one by
    one; anyio's, whose jobs bring their context; the package's server."""
    target = getattr(thread, "_target", None)
    return (
        getattr(target, "__module__", "") == "concurrent.futures.thread"
        or type(thread).__module__.startswith("anyio.")
        or thread.name.startswith("binance_options ")
    )


def _submit(original: object) -> object:
    call = cast("Callable[..., Future[object]]", original)

    @wraps(call)
    def submit(
        self: ThreadPoolExecutor, fn: Callable[..., T], /, *args: object, **kwargs: object
    ) -> Future[object]:
        owner = owner_here()
        if owner is None:
            return call(self, fn, *args, **kwargs)

        url = under_way()
        sent = forwarding if is_forwarding() else nullcontext

        def job(*args: object, **kwargs: object) -> T:
            with working_for(owner), passing(url), sent():
                try:
                    return fn(*args, **kwargs)
                except Exception as error:
                    note_job(owner.seen, error)
                    raise

        return call(self, job, *args, **kwargs)

    return submit


def _depth(owner: Owner | None) -> int:
    """How many interceptions ``owner`` is within; fewer than any, where it is in force no more."""
    return active.index(owner) if owner in active else -1


def _create_task(original: object) -> object:
    call = cast("Callable[..., asyncio.Task[object]]", original)

    @wraps(call)
    def create_task(
        self: asyncio.AbstractEventLoop, coro: Coroutine[object, object, object], **kwargs: object
    ) -> asyncio.Task[object]:
        owner = owner_here()
        context = kwargs.get("context")
        if isinstance(context, Context):
            # A runner's, for example, which may be an earlier test's by now; or that of a test
            # that has an interception of its own, begun in its set-up.
            if _depth(context.get(_owner)) <= _depth(owner):
                with suppress(RuntimeError):  # it runs already
                    context.run(_owner.set, owner)
        elif _owner.get() is not owner:
            # A task has a copy of the context that it is created in.
            with working_for(owner):
                return _noted(owner, call(self, coro, **kwargs))
        return _noted(owner, call(self, coro, **kwargs))

    return create_task


def _noted(owner: Owner | None, task: asyncio.Task[object]) -> asyncio.Task[object]:
    if owner is not None:
        note_task(owner.seen, task)
    return task
