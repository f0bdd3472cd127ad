"""Whose request is it: which interception a request belongs to, by the thread or task that it comes
from.

A thread or task that is started while an interception is active belongs to it, and so does what it
starts in turn. When that interception has ended, its leftovers get an error, never the answer of
the test that runs by then.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from ..._hosts import Scope
from ..._masking import mask
from ..._messages import Answer, Later, Request
from ...errors import TestOverError
from .passing import passing, under_way
from .patching import Patches

if TYPE_CHECKING:
    from ..memory_stream import ClientSocket

__all__ = [
    "Owner",
    "claim",
    "claim_stream",
    "concerned",
    "concerns",
    "enter",
    "forwarding",
    "is_forwarding",
    "leave",
    "offline",
    "outlives_tests",
    "patch",
    "reaches",
    "without_production",
]

T = TypeVar("T")


class Owner(Protocol):
    """An interception, as the doors see it."""

    mode: str
    network: bool
    #: Whether production may be reached, where there is a network.
    production: bool
    #: Whether nothing that is said with the exchange may pass it by: it is written down, or
    #: compared.
    complete: bool
    scope: Scope
    over: bool

    def answer(self, request: Request) -> Answer:
        """What the backend, or the network on its word, answers to ``request``."""

    def begin(self, request: Request) -> Answer | Later:
        """As :meth:`answer`, for who doesn't wait for what takes its time."""

    @property
    def one_time(self) -> bool:
        """Whether clients find out by the exchange's clock that they have waited for too long."""

    def stream(self, url: str) -> ClientSocket | None:
        """A connection to ``url`` that never leaves the process; None: there is none."""

    def stream_address(self) -> str | None:
        """The loopback server that stands in for the stream's hosts; None: there is none."""


class _Here(threading.local):
    job: Owner | None = None
    forwarding: int = 0


_stack: list[Owner] = []
_here = _Here()
_threads: WeakKeyDictionary[threading.Thread, Owner] = WeakKeyDictionary()
_tasks: WeakKeyDictionary[asyncio.Task[object], Owner] = WeakKeyDictionary()
# Whom the thread or task that installed an interception belonged to before.
_before: dict[Owner, tuple[threading.Thread | asyncio.Task[object], Owner]] = {}


def enter(owner: Owner) -> None:
    """Make ``owner`` the innermost: it gets every request that belongs to nobody else, and those
    made here."""
    _stack.append(owner)
    task, thread = _current_task(), threading.current_thread()
    if task is not None and task in _tasks:
        _before[owner] = (task, _tasks[task])
        _tasks[task] = owner
    elif thread in _threads:
        _before[owner] = (thread, _threads[thread])
        _threads[thread] = owner


def leave(owner: Owner) -> bool:
    """Take ``owner`` out, wherever it stands; True: nobody is left."""
    _stack.remove(owner)
    installer, before = _before.pop(owner, (None, owner))
    if isinstance(installer, threading.Thread):
        _threads[installer] = before
    elif installer is not None:
        _tasks[installer] = before
    return not _stack


@contextmanager
def forwarding() -> Iterator[None]:
    """What this thread sends in here is a backend's word to ask the network: nobody intercepts or
    refuses it."""
    _here.forwarding += 1
    try:
        yield
    finally:
        _here.forwarding -= 1


def claim(url: str) -> Owner | None:
    """Who answers a request to ``url`` made here and now; None: nobody, it is none of ours.

    Raises TestOverError where the request comes from a thread or task of an interception that has
    ended.
    """
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return None
    if owner.over:
        if owner.scope.request(url) or innermost.scope.request(url):
            raise TestOverError(_over(url))
        return None
    return owner if owner.scope.request(url) else None


def claim_stream(url: str) -> Owner | None:
    """As :func:`claim`, for a stream's address."""
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return None
    if owner.over:
        if owner.scope.stream(url) or innermost.scope.stream(url):
            raise TestOverError(_over(url))
        return None
    return owner if owner.scope.stream(url) else None


def reaches(host: str, port: int | None) -> bool:
    """Whether a request made here to ``host`` may turn out to be ours: its path is not known
    yet."""
    owner, innermost = _candidates()
    return (
        owner is not None
        and innermost is not None
        and (owner.scope.host(host, port) or innermost.scope.host(host, port))
    )


def concerns(url: str) -> bool:
    """Whether any active interception answers ``url``, whoever asks."""
    return any(owner.scope.request(url) or owner.scope.stream(url) for owner in tuple(_stack))


def concerned() -> tuple[Owner, ...]:
    """The interceptions whose word counts for what is connected to here: this one's own, and where
    that is over, also the one that is in force."""
    owner, innermost = _candidates()
    if owner is None or innermost is None:
        return ()
    return (owner, innermost) if owner.over else (owner,)


def offline() -> bool:
    """Whether an interception forbids this thread the network."""
    return not all(owner.network for owner in concerned())


def is_forwarding() -> bool:
    """Whether this thread asks the network on a backend's word."""
    return _here.forwarding > 0


def without_production() -> Owner | None:
    """An active interception that may not ask production, where none may; None: one may."""
    active = tuple(_stack)
    return None if any(owner.production for owner in active) else next(iter(active), None)


def _candidates() -> tuple[Owner | None, Owner | None]:
    """Whom this thread or task belongs to, and who is innermost: the same where it belongs to
    nobody yet."""
    try:
        innermost = _stack[-1]
    except IndexError:
        return None, None
    if _here.forwarding:
        return None, None
    return _owner_here() or innermost, innermost


def _owner_here() -> Owner | None:
    task = _current_task()
    if task is not None:
        owner = _tasks.get(task)
        if owner is not None:
            return owner
    return _here.job or _threads.get(threading.current_thread())


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        return None


def _starter() -> Owner | None:
    """Whom what is started here will belong to."""
    return _owner_here() or (_stack[-1] if _stack else None)


@contextmanager
def _working_for(owner: Owner | None) -> Iterator[None]:
    before, _here.job = _here.job, owner
    try:
        yield
    finally:
        _here.job = before


def patch(patches: Patches) -> None:
    """Note who starts threads, tasks and executor jobs from now on."""
    patches.put(threading.Thread, "start", _start)
    patches.put(ThreadPoolExecutor, "submit", _submit)
    patches.put(asyncio.BaseEventLoop, "create_task", _create_task)


def _start(original: object) -> object:
    call = cast("Callable[[threading.Thread], None]", original)

    @wraps(call)
    def start(self: threading.Thread) -> None:
        if not outlives_tests(self):
            owner = _starter()
            if owner is not None:
                _threads[self] = owner
        call(self)

    return start


def outlives_tests(thread: threading.Thread) -> bool:
    """Whether ``thread`` is nobody's in particular: a pool's worker, whose jobs are noted one by
    one; anyio's, which waits for its jobs to end; the package's server."""
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
        owner = _starter()
        if owner is None:
            return call(self, fn, *args, **kwargs)

        url = under_way()

        def job(*args: object, **kwargs: object) -> T:
            with _working_for(owner), passing(url):
                return fn(*args, **kwargs)

        return call(self, job, *args, **kwargs)

    return submit


def _create_task(original: object) -> object:
    call = cast("Callable[..., asyncio.Task[object]]", original)

    @wraps(call)
    def create_task(
        self: asyncio.AbstractEventLoop, coro: Coroutine[object, object, object], **kwargs: object
    ) -> asyncio.Task[object]:
        owner = _starter()
        # An eager task runs its first step before it can be noted.
        with _working_for(owner):
            task = call(self, coro, **kwargs)
        if owner is not None:
            _tasks[task] = owner
        return task

    return create_task


def _over(url: str) -> str:
    task = _current_task()
    who = (
        f"task {task.get_name()!r}"
        if task is not None
        else f"thread {threading.current_thread().name!r}"
    )
    return (
        f"{mask(url)} was asked for by {who}, which was started in a test that is over. Nobody"
        " answered it: the test that runs now has a backend of its own. Stop the thread, or cancel"
        " and await the task, before its test ends."
    )
