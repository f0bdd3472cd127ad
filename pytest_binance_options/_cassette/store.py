"""Cassettes on disk: read once per process, written whole or not at all, never with a secret in
them.

What stands in a file is :mod:`.format`'s, what must not stand in it :mod:`.redaction`'s.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from .._locking import directory_lock
from ..errors import CassetteError, CassetteFormatError, CassetteMissingError
from .bounds import LARGEST_FILE
from .format import Syntax, parse, serialise
from .model import Cassette
from .redaction import Redactor

__all__ = ["TRASH", "load", "rewrite", "save"]

TRASH = ".binance-options-trash"
"""The directory, beside a cassette, to which it is moved when nobody uses it any more."""

_TEMPORARY = ".binance-options-"

# What stands in a file for git LFS to replace (its specification: docs/spec.md).
_POINTER = b"version https://git-lfs.github.com/spec/"

_cache: OrderedDict[str, tuple[tuple[int, ...], Cassette]] = OrderedDict()
_cache_lock = Lock()
_CACHED_FILES = 64


def load(path: Path) -> Cassette:
    """The cassette at ``path``; a file that has not changed since is not read again.

    Raises :class:`CassetteMissingError` where there is no file, :class:`CassetteFormatError` where
    it can't be read.
    """
    key = os.fspath(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            # Opened, a pipe would wait for somebody at its other end.
            raise CassetteFormatError(_irregular(path))
        stamp = found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns
        with _cache_lock:
            cached = _cache.get(key)
        if cached is not None and cached[0] == stamp:
            return cached[1]
        if found.st_size > LARGEST_FILE:
            raise CassetteFormatError(
                f"{path} is {found.st_size / 1024**2:.0f} MB large; no cassette of more than"
                f" {LARGEST_FILE // 1024**2} MB is read. Record it again, in several tests where it"
                " is one test's."
            )
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise CassetteFormatError(
                f"{path} is a link to {path.readlink()}, where nothing is. Fetch what it leads to,"
                " or remove the link and record the cassette again."
            ) from None
        raise CassetteMissingError(f"there is no cassette {path}.") from None
    except OSError as error:
        raise CassetteFormatError(
            f"{path} can't be read: {error.strerror}. Check the file's permissions."
        ) from None
    except ValueError:  # a null byte, say
        raise CassetteFormatError(
            f"{str(path)!r} can't be read: no file has such a name. Check the name."
        ) from None
    if data.startswith(_POINTER):
        raise CassetteFormatError(
            f"{path} is git LFS's pointer to a cassette that was not fetched. Fetch it: git lfs"
            " pull."
        )
    cassette = parse(_decode(data, path), name=str(path))
    with _cache_lock:
        _cache[key] = (stamp, cassette)
        _cache.move_to_end(key)
        while len(_cache) > _CACHED_FILES:
            _cache.popitem(last=False)
    return cassette


def _irregular(path: Path) -> str:
    kind = "a directory" if path.is_dir() else "no file but a pipe, a socket or a device"
    return f"{path} is {kind}, where a cassette's file is expected."


def _decode(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CassetteFormatError(
            f"{path}, line {line}: the byte 0x{data[error.start]:02x} is not UTF-8. The file is"
            " damaged, or is no cassette: restore it from version control, or record it again."
        ) from None


def save(
    path: Path,
    cassette: Cassette,
    *,
    redactor: Redactor | None = None,
    test: str | None = None,
    shared: bool = False,
) -> None:
    """Write ``cassette`` to ``path``, without secrets, so that a kill at any moment leaves the old
    file or the new one.

    ``redactor`` knows secrets beforehand; what traffic shows to be one is taken out in any case.
    ``test`` is the node id of the test that recorded it. With ``shared``, what other tests have
    recorded in the file stays, and what this test had recorded is replaced, also when several
    processes do so at once; without it the file is replaced whole.

    Raises :class:`CassetteError` where it can't be written, with nothing changed.
    """
    redactor = redactor or Redactor()
    cassette = replace(
        cassette,
        interactions=tuple(replace(i, test=test or i.test) for i in cassette.interactions),
        frames=tuple(replace(f, test=test or f.test) for f in cassette.frames),
    )

    def beside_others(target: Path) -> Cassette:
        others = _others(target, path, redactor, test, shared=shared)
        fresh = redactor.redact(cassette, beside=others)
        return _joined(others, fresh) if others else fresh

    rewrite(path, beside_others)


def rewrite(path: Path, make: Callable[[Path], Cassette], *, syntax: Syntax = "yaml") -> None:
    """Replace the file at ``path`` by the cassette that ``make`` gives, whole or not at all.

    ``make`` is given the file that ``path`` leads to, which no other process changes meanwhile; no
    secrets may be left in its cassette. Raises :class:`CassetteError` where it can't be written,
    with nothing changed.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with directory_lock(target.parent):
            if target.exists() and not target.is_file():
                raise CassetteError(f"{_irregular(path)} What was recorded is lost.")
            _sweep(target.parent)
            _write(target, serialise(make(target), syntax))
    except OSError as error:
        raise CassetteError(
            f"{path} can't be written: {error.strerror or error}. What was recorded is lost."
        ) from None


def _others(
    target: Path, path: Path, redactor: Redactor, test: str | None, *, shared: bool
) -> Cassette | None:
    """What stays of the file as it is: other tests' recordings in a shared one."""
    try:
        existing = load(target)
    except CassetteMissingError:
        return None
    except CassetteFormatError:
        if shared:
            raise  # there may be other tests' recordings in it
        return None
    name = redactor.name(test)
    if not shared:
        strangers = [other for other in existing.tests if other != name]
        if (
            name is not None
            and name not in existing.tests
            and any(other.lower() == name.lower() for other in strangers)
        ):
            raise CassetteError(
                f"{path} belongs to the test {strangers[0]}, whose name differs from {name} in"
                " upper and lower case only, and this file system does not tell the two apart."
                " Rename one of them, or give one a cassette of its own with"
                ' @pytest.mark.binance_options(cassette="...").'
            )
        return None
    return replace(
        existing,
        interactions=tuple(i for i in existing.interactions if name is None or i.test != name),
        frames=tuple(f for f in existing.frames if name is None or f.test != name),
    )


def _joined(others: Cassette, fresh: Cassette) -> Cassette:
    # Connections are numbered within a test's recording; the test's name tells equal numbers apart.
    return Cassette(
        others.interactions + fresh.interactions,
        others.frames + fresh.frames,
        fresh.facts or others.facts,
        fresh.metadata or others.metadata,
    )


def _sweep(directory: Path) -> None:
    # The directory is locked: whoever wrote these was killed.
    for leftover in directory.glob(f"{_TEMPORARY}*.tmp"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _write(target: Path, text: str) -> None:
    data = text.encode()
    if len(data) > LARGEST_FILE:
        raise CassetteError(
            f"{target} would be {len(data) / 1024**2:.0f} MB large, and no cassette of more than"
            f" {LARGEST_FILE // 1024**2} MB is read: nothing was written. Record it in several"
            " tests."
        )
    temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # On the same file system, so that the name changes from the old file to the new one in one
        # step.
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
