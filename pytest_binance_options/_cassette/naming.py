"""Where a test's cassette lives: the rule from a test's name to a file's, safe on every file
system.

Two tests get two files, however long or odd their names; reading and writing are :mod:`.store`'s.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from .._key_material import KEY_LENGTH, SIGNATURE_SHORTEST, is_varied
from ..errors import UsageError

__all__ = ["SUFFIX", "cassette_path", "named_cassette_path", "without_keys"]

SUFFIX = ".yaml"

# Bytes of one path component that Linux, macOS and Windows all take, less the suffix.
_LONGEST = 255 - len(SUFFIX)
# "~" is left out on purpose: it marks the names that were changed, so that no unchanged one can
# equal them.
_PLAIN = re.compile(r"[A-Za-z0-9_.,;+=@()\[\]{}!#$%&'^ -]+")
_CHANGED = re.compile(r"[^A-Za-z0-9_.,;+=@()\[\]{}!#$%&'^ -]+")
# Names that Windows keeps for devices, whatever follows the first dot.
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
# Must not show in a file name.
_KEYS = re.compile(rf"[A-Za-z0-9]{{{KEY_LENGTH},}}|[A-Za-z0-9+/]{{{SIGNATURE_SHORTEST},}}={{0,2}}")


def _is_plain(name: str) -> bool:
    return (
        _PLAIN.fullmatch(name) is not None
        and len(name) <= _LONGEST
        and name.strip(" ") == name
        and not name.startswith(".")
        and not name.endswith((".", SUFFIX))
        and _RESERVED.match(name) is None
        and without_keys(name, "") == name
    )


def without_keys(name: str, instead: str) -> str:
    """``name`` with ``instead`` in place of what looks like a key or a signature."""
    # A run of one letter is no key, however long.
    return _KEYS.sub(lambda run: instead if is_varied(run[0]) else run[0], name)


def _tame(name: str) -> str:
    text = _CHANGED.sub("_", without_keys(name, "_")).strip(" .")[:80]
    return f"_{text}" if _RESERVED.match(text) else text


def cassette_path(directory: Path, module: str, name: str) -> Path:
    """The file for one test.

    ``module`` is the test module's path from the rootdir, without ``.py``, with ``/`` between its
    parts; ``name`` is ``Class.test_name[param]``. Ordinary names are kept as they are. A name that
    some file system would not take (too long, slashes, control characters, anything but ASCII,
    names reserved by Windows), or that holds what looks like a key, is shortened and tamed, and
    ends in ``~`` and a hash of the whole name.
    """
    folder = _folder(directory, module)
    if folder is not None and _is_plain(name):
        return folder / (name + SUFFIX)
    # The hash is over both: a module whose path had to be tamed may otherwise meet another one's.
    digest = hashlib.sha256(f"{module}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    folders = [part if _is_plain(part) else _tame(part) for part in _parts(module)]
    return directory.joinpath(
        *(folder for folder in folders if folder), f"{_tame(name)}~{digest}{SUFFIX}"
    )


def _parts(module: str) -> list[str]:
    return module.replace("\\", "/").split("/")


# A module's tests come one after the other.
@lru_cache(maxsize=16)
def _folder(directory: Path, module: str) -> Path | None:
    parts = _parts(module)
    return directory.joinpath(*parts) if all(map(_is_plain, parts)) else None


def named_cassette_path(directory: Path, name: str) -> Path:
    """The file that ``cassette="name"`` in a marker means: ``<directory>/name.yaml``; ``name`` may
    have folders.

    Raises :class:`UsageError` where the name leads out of ``directory`` or would not do on every
    file system.
    """
    if name.endswith((SUFFIX, ".yml", ".json")):
        stem = name.rpartition(".")[0]
        raise UsageError(
            f"cassette={name!r}: give the name without its suffix, as in cassette={stem!r}."
        )
    parts = name.split("/")
    if not all(_is_plain(part) for part in parts):
        raise UsageError(
            f"cassette={_shown(name)!r} can't be a file name everywhere. Use letters, digits, '-',"
            " '_' and '.', and '/' for a folder inside the cassette directory; no part may begin"
            f" or end with a dot or be longer than {_LONGEST} characters."
        )
    return directory.joinpath(*parts[:-1], parts[-1] + SUFFIX)


def _shown(name: str) -> str:
    name = without_keys(name, "<hidden>")
    return name if len(name) <= 80 else f"{name[:80]}…"
