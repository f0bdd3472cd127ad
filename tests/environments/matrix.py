"""The project's tests with each Python, pytest and age of dependencies that it is for.

`make matrix`: every row in an environment of its own, one after the other, and what came of each is
kept in matrix.json, in its order, from which the table in CONTRIBUTING.md is made (`--table`). With `--row TEXT`
those rows whose name has it; further arguments are tests, in place of all.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("matrix.json")
UV = "uv"

# What they need pulls everything else up, so the oldest of all can't be had beside them.
HEAVY = ("binance-sdk-derivatives-trading-options", "python-binance")
_SUMMARY = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s", re.M)


@dataclass(frozen=True)
class Row:
    """An environment. ``without`` are dependencies of the tests that are left out, and ``ignored``
    the tests that need them; ``pins`` come on top."""

    python: str
    dependencies: str = "newest"
    pins: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How it is asked for, and called in the table."""
        return ", ".join((f"Python {self.python}", f"{self.dependencies} dependencies", *self.pins))


_LOWEST = Row(
    "3.10",
    "lowest",
    without=HEAVY,
    ignored=(
        "tests/clients",
        "tests/docs",
        # they hold ours against the models of the official SDK
        "tests/exchange/test_events.py",
        "tests/exchange/test_market.py",
        "tests/exchange/test_order_shapes.py",
    ),
)
_MOCKING = "tests/transports/interception/mocking_libraries"
_DOORS = "tests/transports/interception/doors/test_registry.py"
_SESSION = "tests/plugin/test_session_fixture.py"
_LEFT_OUT = "-p no:html -p no:metadata -p no:recording -p no:rerunfailures"
_OLD_PYTEST = Row(
    "3.11",
    pins=("pytest==8.0.0", "pytest-asyncio==0.23.*"),
    options=(
        # That pytest-asyncio doesn't know the setting.
        *("-o", f"addopts=-ra --strict-markers {_LEFT_OUT}"),
        *("-W", "ignore::pytest.PytestConfigWarning"),
        # And it leaves event loops open, which that pytest puts down to the next test.
        *("-W", "ignore::pytest.PytestUnraisableExceptionWarning"),
        # It has no loop_scope.
        "--deselect=tests/plugin/test_one_time.py::test_pytest_asyncio_s_loops_are_on_the_clock",
        f"--deselect={_SESSION}::test_async_fixtures_and_their_tasks_are_its_own",
        f"--deselect={_DOORS}::test_every_row_names_a_module_whose_door_opens_and_shuts[pytest_httpx]",
    ),
    # pytest-httpx wants a later pytest
    without=("pytest-asyncio", "pytest-httpx"),
    ignored=(
        "tests/clients",
        "tests/docs",
        f"{_MOCKING}/test_pytest_httpx.py",
        f"{_MOCKING}/test_all_at_once.py",
        "tests/plugin/test_neighbours.py",
    ),
)
ROWS = (
    _LOWEST,
    Row("3.10"),
    Row("3.11"),
    _OLD_PYTEST,
    Row("3.12"),
    Row("3.13"),
    Row("3.14"),
)


def requirements(project: Mapping[str, object], without: Iterable[str] = ()) -> list[str]:
    """All that a row's tests need: the project's own, its extra `server`, and the group `test`."""
    described = project["project"]
    groups = project["dependency-groups"]
    assert isinstance(described, Mapping)
    assert isinstance(groups, Mapping)

    def of(group: str) -> list[str]:
        found: list[str] = []
        for each in groups[group]:
            found += [each] if isinstance(each, str) else of(each["include-group"])
        return found

    needed = [
        *described["dependencies"],
        *described["optional-dependencies"]["server"],
        *of("test"),
    ]
    left_out = set(without)
    return [each for each in needed if re.split(r"[^A-Za-z0-9-]", each)[0] not in left_out]


def outcome(printed: str) -> str:
    """What pytest says of a run in its last line, without the time it took."""
    found = _SUMMARY.findall(printed)
    return found[-1] if found else "did not run"


def table(results: Sequence[Mapping[str, str]]) -> str:
    """The results, in Markdown."""
    columns = ("row", "pytest", "tests", "as of", "outcome")
    lines = [
        "| environment | pytest | tests | as of | outcome |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join(each[column] for column in columns)} |" for each in results]
    return "\n".join(lines)


def known() -> list[dict[str, str]]:
    """What came of each row when it was last run: with all tests, or with each part of them."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    return [
        each
        for row in ROWS
        for each in [one for one in kept if one["row"] == row.name] or [_result(row, "not run yet")]
    ]


def updated(results: Sequence[dict[str, str]], result: dict[str, str]) -> list[dict[str, str]]:
    """``results`` with ``result``, which takes the place of what it has run again; one that could
    not be run takes no other's."""
    row, tests = result["row"], result["tests"]
    others = [one for one in results if one["row"] != row]
    before = [one for one in results if one["row"] == row and one["tests"]]
    if not tests:
        return [*others, *(before or [result])]
    parts = [] if tests == "all" else [one for one in before if one["tests"] != tests]
    return [*others, *parts, result]


def _keep(result: dict[str, str]) -> None:
    results = updated(known(), result)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _result(
    row: Row, outcome: str, tests: Sequence[str] = (), pytest: str = "", as_of: str = ""
) -> dict[str, str]:
    ran = " ".join(tests) or ("all" if pytest else "")
    return {"row": row.name, "pytest": pytest, "tests": ran, "as of": as_of, "outcome": outcome}


def _as_of() -> str:
    """Which tests those are: the last commit's date, as its author has it, which stays the same
    where it is picked. What isn't committed is said."""

    def told(*command: str) -> str:
        return subprocess.run(
            ["git", *command], cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout.strip()

    ours = f":!{RESULTS.relative_to(REPOSITORY)}"
    changed = told("status", "--porcelain", "--untracked-files=no", "--", ours)
    date = told("log", "-1", "--format=%ad", "--date=format:%Y-%m-%d %H:%M")
    return f"{date} and changes" if changed else date


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0: no test has failed, in the rows that could be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", default="", help="only those rows whose name has this text")
    parser.add_argument("--table", action="store_true", help="print the table, and run nothing")
    parser.add_argument("--workers", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument("tests", nargs="*", help="tests to run (default: all)")
    args = parser.parse_args(argv)
    if args.table:
        sys.stdout.write(table(known()) + "\n")
        return 0
    good = True
    for row in ROWS:
        if args.row in row.name:
            result = _try(row, args.tests, args.workers)
            _keep(result)
            sys.stdout.write(f"{row.name}: {result['outcome']}\n")
            sys.stdout.flush()
            good = good and not re.search("failed|error|did not run", result["outcome"])
    return 0 if good else 1


def _try(row: Row, tests: Sequence[str], workers: int) -> dict[str, str]:
    interpreter = _interpreter(row.python)
    if interpreter is None:
        return _result(row, "not run: no such Python on the machine")
    as_of = _as_of()
    with tempfile.TemporaryDirectory() as above:
        directory = Path(above) / "environment"
        _install(row, directory, interpreter)
        python = str(directory / "bin" / "python")
        shown = subprocess.run(
            [python, "-c", "import pytest; print(pytest.__version__)"],
            capture_output=True,
            text=True,
            check=True,
        )
        ignored = [f"--ignore={each}" for each in row.ignored]
        command = [
            python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *row.options,
            *ignored,
            *tests,
        ]
        log = Path(tempfile.gettempdir()) / f"matrix {row.name}.log"
        # Written as it goes: an hour is long without a word.
        with log.open("wb") as written:
            status = subprocess.run(
                [*command, "-n", str(workers)],
                cwd=REPOSITORY,
                stdout=written,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
    printed = log.read_text(encoding="utf-8", errors="replace")
    if status:
        sys.stdout.write("\n".join(printed.splitlines()[-30:]) + f"\nAll of it: {log}\n")
    return _result(row, outcome(printed), tests, shown.stdout.strip(), as_of)


def _interpreter(version: str) -> str | None:
    """Where there is such a Python: pyenv's, or one on the path. (A shim of pyenv's is on the path,
    and is none.)"""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for each in (
        *sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True),
        shutil.which(f"python{version}"),
    ):
        if each is not None:
            asked = [str(each), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
            if told.strip() == version:
                return str(each)
    return None


def _install(row: Row, directory: Path, interpreter: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = directory.with_name("requirements.txt")
    wanted.write_text("\n".join([*requirements(project, row.without), *row.pins]), encoding="utf-8")
    resolution = ["--resolution", "lowest-direct"] if row.dependencies == "lowest" else []
    for command in (
        ["venv", "--quiet", "--python", interpreter, str(directory)],
        ["pip", "install", "--quiet", *resolution, "-r", str(wanted)],
        ["pip", "install", "--quiet", "--no-deps", "--editable", str(REPOSITORY)],
    ):
        subprocess.run(
            [UV, *command],
            env={**os.environ, "VIRTUAL_ENV": str(directory)},
            check=True,
        )


if __name__ == "__main__":
    sys.exit(main())
