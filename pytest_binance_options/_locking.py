"""Locks between the processes of one user on this machine: for files that several write, and for
the one account.

A lock is a file in the system's directory for temporary files; the operating system lets go of it
when its holder ends, however that happens.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import LockTimeoutError

__all__ = ["FileLock", "Holder", "account_lock", "directory_lock"]

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_POLL = 0.02  # seconds between two tries
# Seconds after which it is told that somebody waits, and after which it is told again.
_SOON = 1.5
_AGAIN = 60.0
# Bytes of what a lock file says of its holder.
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lock, as it says itself: ``name`` is what for, ``run`` what it belongs to."""

    pid: int
    since: float
    run: str
    name: str

    def __str__(self) -> str:
        seconds = max(0, round(time.time() - self.since))
        span = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
        return f"process {self.pid} ({self.name}, for {span})"

    def write(self, descriptor: int) -> None:
        """Say it in the lock's file; that it can't be said, on a full disk, is no reason to
        stop."""
        text = f"\n{self.pid}\n{self.since}\n{self.run}\n{self.name}"
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, text.encode(errors="replace")[:_LONGEST])

    @classmethod
    def read(cls, descriptor: int) -> Holder | None:
        """What the lock's file says; None where it says nothing."""
        try:
            # The first byte is what Windows locks.
            os.lseek(descriptor, 1, os.SEEK_SET)
            said = os.read(descriptor, _LONGEST).decode(errors="replace")
            pid, since, run, name = said.split("\n", 3)
            return cls(int(pid), float(since), run, name)
        except (OSError, ValueError):
            return None


class FileLock:
    """Exclusive among processes and among threads; not re-entrant.

    ``with FileLock(path, what="...")`` waits up to ``timeout`` seconds (None: for ever) and raises
    :class:`LockTimeoutError`, which names ``what`` and the file. ``holder`` is what others are told
    who wait for it: the run that has it, and its name there. ``waiting`` is called with the
    holder (None: it doesn't say) and the seconds waited, after a moment and once a minute then.
    """

    def __init__(
        self,
        path: Path,
        *,
        timeout: float | None = 60.0,
        what: str = "a lock",
        holder: tuple[str, str] | None = None,
        waiting: Callable[[Holder | None, float], None] | None = None,
    ) -> None:
        self._path = path
        self._holder = holder
        self._waiting = waiting
        self._timeout = timeout
        self._what = what
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        # Another user's file, or a link laid out in a shared directory, is not followed.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self._path, flags, 0o600)
        began, told = time.monotonic(), _SOON
        try:
            while True:
                try:
                    _try_lock(descriptor)
                    break
                except OSError:
                    waited = time.monotonic() - began
                    if self._timeout is not None and waited >= self._timeout:
                        raise LockTimeoutError(
                            f"{self._what} is in use by"
                            f" {Holder.read(descriptor) or 'another process of yours'}, for more"
                            f" than {self._timeout:g} s now. Wait for it or end it (the lock is"
                            f" {self._path}; it goes with its holder)."
                        ) from None
                    if self._waiting is not None and waited >= told:
                        self._waiting(Holder.read(descriptor), waited)
                        told = waited + _AGAIN
                time.sleep(_POLL)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        if self._holder is not None:
            run, name = self._holder
            Holder(os.getpid(), time.time(), run, name).write(descriptor)

    def __exit__(self, *_exc: object) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                if self._holder is not None:
                    with contextlib.suppress(OSError):
                        os.ftruncate(descriptor, 0)
                # A forked child that still has the file open must not keep the lock alive.
                _unlock(descriptor)
            finally:
                os.close(descriptor)


def _lock_path(kind: str, identity: str) -> Path:
    name = hashlib.sha256(
        f"{_user()}\0{kind}\0{identity}".encode("utf-8", "surrogatepass")
    ).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"pytest-binance-options-{kind}-{name}.lock"


def _user() -> str:
    if hasattr(os, "getuid"):
        return str(os.getuid())
    with contextlib.suppress(Exception):
        return getpass.getuser()
    return ""


@contextlib.contextmanager
def account_lock(
    api_key: str,
    *,
    timeout: float | None = 600.0,
    holder: tuple[str, str] | None = None,
    waiting: Callable[[Holder | None, float], None] | None = None,
) -> Iterator[None]:
    """Hold the account that ``api_key`` opens: no two tests of this user on this machine use it at
    once.

    Waits up to ``timeout`` seconds for the test that has it; ``holder`` and ``waiting`` as in
    :class:`FileLock`. Two API keys of one account can't be
    told to be so: use one, where tests run side by side.
    """
    with FileLock(
        _lock_path("account", api_key),
        timeout=timeout,
        what="the exchange account of this API key",
        holder=holder,
        waiting=waiting,
    ):
        yield


@contextlib.contextmanager
def directory_lock(directory: Path, *, timeout: float | None = 60.0) -> Iterator[None]:
    """Hold ``directory`` for reading, changing and writing back a file in it."""
    with FileLock(
        _lock_path("cassettes", os.path.realpath(directory)),
        timeout=timeout,
        what=f"the directory {directory}",
    ):
        yield
