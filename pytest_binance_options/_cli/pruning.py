"""Finding the cassettes that no test uses, and taking them away so that they can be had back.

A cassette is unused where that is known: every test that may use it was collected, whatever
deselects tests, and said which cassette it uses. Where it can't be known the file stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._cassette.listing import Listing
from .._cassette.model import Cassette
from .._cassette.store import TRASH, load
from ..errors import BinanceOptionsError, CassetteFormatError

__all__ = ["CollectionFailedError", "Usage", "discard", "usage"]

_TEST_FILES = ("test_*.py", "*_test.py")
_NOT_ONES_OWN = frozenset({"node_modules", "site-packages", "build", "dist", "venv"})


class CollectionFailedError(BinanceOptionsError):
    """The tests can't be collected, so what they use isn't known."""


@dataclass(frozen=True)
class Usage:
    """What the tests use: ``cassettes`` and ``collected`` (files with tests) are real paths.
    ``unknown`` says of which tests it isn't known, a sentence each."""

    root: Path
    cassettes: frozenset[str]
    collected: frozenset[str]
    unknown: tuple[str, ...]

    def reason_to_keep(self, path: Path) -> str | None:
        """Why ``path``, which no collected test uses, has to stay all the same; None: it is
        unused."""
        try:
            cassette = load(path)
        except CassetteFormatError as error:
            # Whose file that is can't be known: it is not ours to remove.
            return str(error)
        for module in _modules(path, cassette):
            file = self.root / module
            if file.is_file() and os.path.realpath(file) not in self.collected:
                return f"{path} belongs to {module}, which was not collected. Name it with --tests"
        for file in self._not_collected():
            if path.stem in file.read_text(encoding="utf-8", errors="replace"):
                return (
                    f"{path} may be used by {file.relative_to(self.root)}, which was not collected."
                    " Name it with --tests"
                )
        return None

    def _not_collected(self) -> Iterator[Path]:
        for directory, below, files in os.walk(self.root):
            below[:] = [
                name for name in below if not name.startswith(".") and name not in _NOT_ONES_OWN
            ]
            for file in map(Path(directory).joinpath, files):
                if _has_tests(file) and os.path.realpath(file) not in self.collected:
                    yield file


def _modules(path: Path, cassette: Cassette) -> Iterator[Path]:
    """The files whose tests recorded ``cassette``, from the rootdir: by what it says, and by where
    it lies."""
    for test in cassette.tests:
        yield Path(test.partition("::")[0])
    parts = path.absolute().parent.parts
    by_place = (Path(*parts[start:]).with_suffix(".py") for start in range(1, len(parts)))
    yield from filter(_has_tests, by_place)


def _has_tests(file: Path) -> bool:
    return any(map(file.match, _TEST_FILES))


def usage(tests: Sequence[str]) -> Usage:
    """Ask pytest, which collects ``tests`` or what it finds here and runs none of them. Raises
    CollectionFailedError where it can't."""
    with tempfile.TemporaryDirectory() as directory:
        listing = Path(directory) / "cassettes.json"
        command = [sys.executable, "-m", "pytest", "-q"]
        # What failed last is not known here: --last-failed would not even collect the rest.
        command += ["-o", f"cache_dir={directory}/cache"]
        command += ["--binance-options-list-cassettes", str(listing), *tests]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  this very interpreter
        # 0: collected, 1: a fixture that was asked for its settings failed, 5: there are no tests.
        # Anything else, and a cassette in use could look unused.
        if done.returncode not in (0, 1, 5) or not listing.exists():
            raise CollectionFailedError(
                "the tests can't be collected, so what they use is not known; pytest says:\n"
                + (done.stdout + done.stderr).strip()[-2000:]
            )
        found = Listing.read(listing)
    return Usage(
        Path(found.root),
        frozenset(map(os.path.realpath, found.cassettes)),
        frozenset(map(os.path.realpath, found.files)),
        tuple(sorted(found.unknown)),
    )


def discard(path: Path) -> str:
    """Take ``path`` away, and say how: removed where git has it as it is, else moved to
    a folder of ours beside it."""
    if _git_has(path):
        path.unlink()
        return f"removed: {path} (git has it)"
    trash = path.parent / TRASH
    trash.mkdir(exist_ok=True)
    target = trash / path.name
    number = 1
    while target.exists():
        number += 1
        target = trash / f"{path.stem}~{number}{path.suffix}"
    path.rename(target)
    return f"moved: {path} to {target}"


def _git_has(path: Path) -> bool:
    """Whether git's newest commit has ``path`` as it is."""

    def asked(*arguments: str) -> bool:
        command = ["git", "-C", str(path.parent), *arguments, "--", path.name]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  git, of the user's own
        except OSError:
            return False

    return asked("ls-files", "--error-unmatch") and asked("diff", "--quiet", "HEAD")
