"""Finding the cassettes that no test uses, and taking them away so that they can be had back.

A cassette is unused where that is known: every test that may use it was collected, whatever
deselects tests, and said which cassette it uses. Where it can't be known the file stays.
"""

from __future__ import annotations

import os
import re
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


# Where pytest finds settings, and what there are some by.
_SETTINGS = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}


class CollectionFailedError(BinanceOptionsError):
    """The tests can't be collected, so what they use isn't known."""


@dataclass(frozen=True)
class Usage:
    """What the tests use: ``cassettes`` and ``collected`` (files with tests) are real paths.
    ``unknown`` says of which tests it isn't known, a sentence each; ``patterns`` are those of the
    names of files with tests, ``functions`` those that were collected, each after its file."""

    root: Path
    cassettes: frozenset[str]
    collected: frozenset[str]
    unknown: tuple[str, ...]
    patterns: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def reason_to_keep(self, path: Path) -> str | None:
        """Why ``path``, which no collected test uses, has to stay all the same; None: it is
        unused."""
        try:
            cassette = load(path)
        except CassetteFormatError as error:
            # Whose file that is can't be known: it is not ours to remove.
            return str(error)
        by_place = [(file, _function_of(path.stem)) for file in _by_place(path)]
        for file, function in (*self._recorded_by(cassette), *by_place):
            if os.path.realpath(file) not in self.collected:
                return (
                    f"{path} belongs to {self._shown(file)}, which was not collected. Name it with"
                    " --tests"
                )
            if f"{os.path.realpath(file)}::{function}" not in self.functions and _defines(
                file, function
            ):
                return (
                    f"{path} belongs to {function} of {self._shown(file)}, which was not collected:"
                    " it may be elsewhere, on another machine or with other settings"
                )
        other = _project_of(path, self.root)
        if other is not None:
            return f"{path} may belong to a suite of its own, in {other}. Run this there"
        for file in self._sources():
            collected = os.path.realpath(file) in self.collected
            # What lies by the name of its module can't be named by a marker.
            if not (collected and by_place) and _names(file, path, quoted=collected):
                return f"{path} may be used by {self._shown(file)}{_HOW[collected]}"
        return None

    def _recorded_by(self, cassette: Cassette) -> Iterator[tuple[Path, str]]:
        for test in cassette.tests:
            module, _, name = test.partition("::")
            file = self.root / module
            if file.is_file():
                yield file, _function_of(name.rpartition("::")[2] or name)

    def _sources(self) -> Iterator[Path]:
        """The tests that were not collected, those that were, and their conftests."""
        for directory, below, files in os.walk(self.root):
            below[:] = [
                name for name in below if not name.startswith(".") and name not in _NOT_ONES_OWN
            ]
            for file in map(Path(directory).joinpath, files):
                if (
                    file.name == "conftest.py"
                    or any(map(file.match, (*_TEST_FILES, *self.patterns)))
                    or os.path.realpath(file) in self.collected
                ):
                    yield file

    def _shown(self, file: Path) -> Path:
        return file.relative_to(self.root) if file.is_relative_to(self.root) else file


_HOW = {True: ", which names it", False: ", which was not collected. Name it with --tests"}


def _by_place(path: Path) -> Iterator[Path]:
    """The modules whose tests' cassettes lie where ``path`` does, whatever suite they are of."""
    folder = Path(os.path.realpath(path.parent))
    for above in folder.parents:
        parts = folder.relative_to(above).parts
        for start in range(len(parts)):
            file = above.joinpath(*parts[start:]).with_suffix(".py")
            if file.is_file():
                yield file


def _function_of(name: str) -> str:
    return name.partition("[")[0].rpartition(".")[2]


def _defines(file: Path, function: str) -> bool:
    return bool(re.search(rf"\bdef {re.escape(function)}\b", _text(file)))


def _names(file: Path, path: Path, *, quoted: bool) -> bool:
    """Whether the name of the cassette at ``path`` is in ``file``, in quotes or at all."""
    name = rf"""["'/]{re.escape(path.stem)}["']""" if quoted else re.escape(path.stem)
    return bool(re.search(name, _text(file)))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _project_of(path: Path, root: Path) -> Path | None:
    """A directory between ``root`` and ``path`` with settings of pytest's own, which make it the
    rootdir of a suite."""
    real = Path(os.path.realpath(root))
    for above in Path(os.path.realpath(path)).parents:
        if not above.is_relative_to(real) or above == real:
            return None
        for name, section in _SETTINGS.items():
            if (above / name).is_file() and section in _text(above / name):
                return above
    return None


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
        found.patterns,
        frozenset(
            f"{os.path.realpath(file)}::{name}"
            for file, _, name in (each.rpartition("::") for each in found.functions)
        ),
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
