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
from collections.abc import Iterator
from pathlib import Path

from .errors import LockTimeoutError

__all__ = ["FileLock", "account_lock", "directory_lock"]

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


class FileLock:
    """Exclusive among processes and among threads; not re-entrant.

    ``with FileLock(path, what="...")`` waits up to ``timeout`` seconds (None: for ever) and raises
    :class:`LockTimeoutError`, which names ``what`` and the file.
    """

    def __init__(self, path: Path, *, timeout: float | None = 60.0, what: str = "a lock") -> None:
        self._path = path
        self._timeout = timeout
        self._what = what
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        # Another user's file, or a link laid out in a shared directory, is not followed.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self._path, flags, 0o600)
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        try:
            while True:
                try:
                    _try_lock(descriptor)
                    break
                except OSError:
                    if deadline is not None and time.monotonic() >= deadline:
                        raise LockTimeoutError(
                            f"{self._what} is in use by another process of yours, for more than"
                            f" {self._timeout:g} s now. Wait for it or end it (the lock is"
                            f" {self._path}; it goes with its holder)."
                        ) from None
                time.sleep(_POLL)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def __exit__(self, *_exc: object) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
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
def account_lock(api_key: str, *, timeout: float | None = 600.0) -> Iterator[None]:
    """Hold the account that ``api_key`` opens: no two tests of this user on this machine use it at
    once.

    Waits up to ``timeout`` seconds for the test that has it. Two API keys of one account can't be
    told to be so: use one, where tests run side by side.
    """
    with FileLock(
        _lock_path("account", api_key), timeout=timeout, what="the exchange account of this API key"
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
