"""Who sees an exception that its test may never see: one that ends a thread, a task or a pool's
job, or is only logged.

What is seen is told to the interception that the code belongs to; nothing is caught, and everybody
else is told as before.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Protocol, cast

from ..._places import is_users, raised_at

if TYPE_CHECKING:
    from .patching import Patches

__all__ = ["Nobody", "Seen", "is_of_ours", "note_job", "note_task", "patch"]


class Seen(Protocol):
    """Who is told what was seen."""

    def raised(
        self, error: BaseException, what: str, unseen: Callable[[], bool] = lambda: True
    ) -> None:
        """``error`` was raised, and ``what`` became of it; ``unseen`` tells whether nobody has
        asked for it since."""

    def forgotten(self, error: BaseException) -> None:
        """Nobody has asked for ``error``, and nobody can any more."""

    def strayed(self, where: str, advice: str) -> None:
        """A connection to ``where`` was refused; ``advice`` says what was meant, if that is
        known."""


class Nobody:
    """Who is told nothing."""

    def raised(
        self, error: BaseException, what: str, unseen: Callable[[], bool] = lambda: True
    ) -> None:
        """Does nothing."""

    def forgotten(self, error: BaseException) -> None:
        """Does nothing."""

    def strayed(self, where: str, advice: str) -> None:
        """Does nothing."""


_NEVER_RETRIEVED = "exception was never retrieved"
Here = Callable[[], "Seen | None"]


def patch(patches: Patches, here: Here) -> None:
    """See what ends threads and what is logged or printed. ``here`` gives whom that is told which
    happens here and now; None: nobody."""
    # Below threading.excepthook, which pytest before 8.4 takes for itself when a test begins.
    # (Private: where a Python has it no more, reports lack such ends, and all else works.)
    if hasattr(threading, "_make_invoke_excepthook"):
        patches.put(threading, "_make_invoke_excepthook", partial(_make_invoke_excepthook, here))
    # Below any handler: what is added to the root logger would change what others do there.
    patches.put(logging.Logger, "callHandlers", partial(_call_handlers, here))
    patches.put(traceback, "print_exc", partial(_print_exc, here))


def note_task(seen: Seen, task: asyncio.Task[object]) -> None:
    """Tell ``seen`` what ``task`` ends with, unless who started it waits for its end."""
    # Without a loop that runs, it is run_until_complete who starts it, and raises what it ends
    # with.
    if asyncio._get_running_loop() is not None and not is_of_ours():  # noqa: SLF001  without an error
        task.add_done_callback(partial(_task_done, seen))


def is_of_ours() -> bool:
    """Whether this thread is one of this package's, such as the loopback server's."""
    return threading.current_thread().name.startswith("binance_options ")


def note_job(seen: Seen, error: BaseException) -> None:
    """Tell ``seen`` what a job of a pool has ended with."""
    if isinstance(error, Exception):
        # Whether anybody asks its future for it can't be known.
        seen.raised(error, "ended a job of a pool", lambda: False)


def _task_done(seen: Seen, task: asyncio.Task[object]) -> None:
    if task.cancelled():
        return
    # task.exception() would count as having asked for it.
    error = getattr(task, "_exception", None)
    if isinstance(error, Exception):
        known = weakref.ref(task)

        def unseen() -> bool:
            # Of one that is gone asyncio has told, in its log.
            there = known()
            return there is not None and bool(getattr(there, "_log_traceback", False))

        seen.raised(error, f"ended {_called('task', task.get_name(), _coroutine(task))}", unseen)


# Names of those that nobody has named: numbered through the whole process, and so other ones each
# time the same test runs.
_NUMBERED = re.compile(r"(?:Task|Thread)-\d+(?: \((?P<target>.+)\))?")


def _called(kind: str, name: str, target: str = "") -> str:
    """The task or thread, by its ``name``, or by what it runs where nobody has named it."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return f"the {kind} {name}"
    runs = target or numbered["target"]
    return f"a {kind} of {runs}" if runs else f"a {kind}"


def _coroutine(task: asyncio.Task[object]) -> str:
    # Not get_coro(): of an eager task that has ended, it crashes Python before 3.12.2.
    coroutine = getattr(task, "_coro", None)
    return str(getattr(coroutine, "__qualname__", "")).replace("<locals>.", "")


def _make_invoke_excepthook(here: Here, original: object) -> object:
    make = cast("Callable[[], Callable[[threading.Thread], object]]", original)

    # What each thread asks for when it is made, and calls when an exception has ended it.
    def make_invoke_excepthook() -> Callable[[threading.Thread], object]:
        invoke = make()

        def invoke_excepthook(thread: threading.Thread) -> object:
            error, seen = sys.exc_info()[1], here()
            if seen is not None and isinstance(error, Exception):
                seen.raised(error, f"ended {_called('thread', thread.name)}")
            return invoke(thread)

        return invoke_excepthook

    return make_invoke_excepthook


def _call_handlers(here: Here, original: object) -> object:
    call = cast("Callable[[logging.Logger, logging.LogRecord], None]", original)

    @wraps(call)
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING or is_users(record.pathname):
            # Most say what they have caught, and few hand it on.
            error = record.exc_info[1] if record.exc_info else sys.exc_info()[1]
            seen = here() if isinstance(error, Exception) else None
            if seen is None or error is None or _is_chatter(record, error):
                pass
            elif record.name == "asyncio" and _NEVER_RETRIEVED in record.getMessage():
                # That may be a test's that is over long since.
                seen.forgotten(error)
            else:
                seen.raised(error, "was logged", lambda: False)
        call(self, record)

    return call_handlers


def _is_chatter(record: logging.LogRecord, error: BaseException) -> bool:
    """Whether a library tells of its own affairs, such as a handshake that was refused."""
    ours_to_tell = record.name == "asyncio" or is_users(record.pathname)
    return not ours_to_tell and not raised_at(error)[1]


def _print_exc(here: Here, original: object) -> object:
    call = cast("Callable[..., None]", original)

    @wraps(call)
    def print_exc(*args: object, **kwargs: object) -> None:
        error, seen = sys.exc_info()[1], here()
        if seen is not None and isinstance(error, Exception):
            seen.raised(error, "was printed", lambda: False)
        call(*args, **kwargs)

    return print_exc
