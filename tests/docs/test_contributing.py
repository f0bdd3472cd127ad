"""The worked examples of CONTRIBUTING.md work: each is carried out on a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import pytest_binance_options

from .markdown import ROOT

PACKAGE = Path(pytest_binance_options.__file__).parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

_FENCE = re.compile(r"^```(?P<language>python|diff)\n(?P<text>.*?)^```$", re.M | re.S)
_FILE = re.compile(r"# (?P<name>[\w/]+\.py)\n")


@dataclass(frozen=True)
class Example:
    """A section of the page: new files, and changes to those that are there."""

    title: str
    files: dict[str, str]
    changes: dict[str, str]

    @property
    def tests(self) -> list[str]:
        return [name for name in self.files if Path(name).name.startswith("test_")]


def _examples() -> list[Example]:
    found = []
    for section in PAGE.split("\n### ")[1:]:
        title, _, text = section.partition("\n")
        files, changes = {}, {}
        for block in _FENCE.finditer(text):
            if block["language"] == "diff":
                header, _, change = block["text"].partition("\n")
                changes[header.removeprefix("--- ")] = change
            else:
                named = _FILE.match(block["text"])
                assert named, f"{title}: a block begins with its file's name"
                files[named["name"]] = block["text"]
        if files or changes:
            found.append(Example(title, files, changes))
    return found


EXAMPLES = _examples()


def changed(text: str, change: str) -> str:
    """``text`` with the lines of ``change`` that begin with "+" in, and those with "-" out."""
    for hunk in re.split(r"^@@\n", change, flags=re.M):
        lines = hunk.splitlines()
        before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
        after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
        assert text.count(f"{before}\n") == 1, f"this is not there, or more than once:\n{before}"
        text = text.replace(f"{before}\n", f"{after}\n")
    return text


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    # With what is compiled of it, but for what is just being compiled elsewhere.
    half_written = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=half_written)
    return tmp_path


def write(files: dict[str, str], clone: Path) -> None:
    for name, text in files.items():
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(clone: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    # Nobody's account, and no measuring: the copy is not the package.
    environ = {
        name: value
        for name, value in os.environ.items()
        if "BINANCE" not in name and not name.startswith("COV")
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"),
            *("-p", f"{PACKAGE.name}.plugin", "--rootdir", str(clone), *tests),
        ],
        cwd=clone,
        env={
            **environ,
            "PYTHONPATH": str(clone),
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.title))
def test_a_worked_example_works(example: Example, clone: Path) -> None:
    write(example.files, clone)
    for name, change in example.changes.items():
        path = clone / name
        path.write_text(changed(path.read_text(encoding="utf-8"), change), encoding="utf-8")
    done = run(clone, example.tests)

    assert done.returncode == 0, done.stdout + done.stderr


def test_without_its_changes_none_of_their_tests_passes(clone: Path) -> None:
    for example in EXAMPLES:
        write(example.files, clone)

    done = run(clone, ["-rA", *(name for example in EXAMPLES for name in example.tests)])

    assert done.returncode == 1
    told = re.findall(r"^([A-Z]+) (\w+\.py)", done.stdout, re.M)
    assert {kind for kind, _ in told} <= {"FAILED", "ERROR"}, done.stdout
    assert {name for _, name in told} == {name for one in EXAMPLES for name in one.tests}


def test_there_is_an_example_for_each_thing_that_can_be_added() -> None:
    assert [example.title for example in EXAMPLES] == [
        "A backend, and the mode that it answers in",
        "A door",
        "An event",
        "A fault",
        "An endpoint",
        "A scenario",
    ]
