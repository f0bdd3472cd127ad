"""The matrix: what its rows need, and the table that is made of what came of them."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from tests.environments import matrix

ROOT = Path(__file__).parents[1]
PROJECT = {
    "project": {
        "dependencies": ["pytest>=8", "requests>=2.31"],
        "optional-dependencies": {"server": ["aiohttp>=3.11"]},
    },
    "dependency-groups": {
        "demo": ["pytest-asyncio>=1"],
        "clients": ["python-binance>=1.0.30"],
        "test": [{"include-group": "demo"}, {"include-group": "clients"}, "coverage[toml]>=7"],
    },
}


def test_a_row_needs_what_the_project_the_server_and_the_tests_do() -> None:
    assert matrix.requirements(PROJECT) == [
        "pytest>=8",
        "requests>=2.31",
        "aiohttp>=3.11",
        "pytest-asyncio>=1",
        "python-binance>=1.0.30",
        "coverage[toml]>=7",
    ]
    assert matrix.requirements(PROJECT, ["python-binance", "coverage"]) == [
        "pytest>=8",
        "requests>=2.31",
        "aiohttp>=3.11",
        "pytest-asyncio>=1",
    ]


def test_the_outcome_is_what_pytest_says_in_the_end() -> None:
    assert matrix.outcome("...\n=== 2 failed, 698 passed in 260.70s (0:04:20) ===\n") == (
        "2 failed, 698 passed"
    )
    assert matrix.outcome("325 passed, 2 skipped in 53.62s\n") == "325 passed, 2 skipped"
    assert matrix.outcome("ERROR: no such file\n") == "did not run"


def test_a_part_that_is_run_again_takes_the_place_of_its_last_run() -> None:
    def result(row: str, tests: str, outcome: str) -> dict[str, str]:
        return {"row": row, "pytest": "9", "tests": tests, "outcome": outcome}

    other, old = result("3.12", "all", "9 passed"), result("3.13", "tests/time", "1 failed")
    client = result("3.13", "tests/client", "2 passed")
    again = result("3.13", "tests/time", "3 passed")
    everything = result("3.13", "all", "4 passed")

    assert matrix.updated([other, old], client) == [other, old, client]
    assert matrix.updated([other, old, client], again) == [other, client, again]
    assert matrix.updated([other, client, again], everything) == [other, everything]
    never = result("3.13", "", "not run: no such Python on the machine")
    assert matrix.updated([other, never], client) == [other, client]
    assert matrix.updated([other, client], never) == [other, client]
    assert matrix.updated([other], never) == [other, never]


def test_every_python_that_is_promised_has_a_row() -> None:
    classifiers = metadata.metadata("pytest-binance-options").get_all("Classifier") or []
    prefix = "Programming Language :: Python :: "
    promised = {
        each.removeprefix(prefix)
        for each in classifiers
        if re.fullmatch(r"3\.\d+", each.removeprefix(prefix))
    }

    assert promised == {row.python for row in matrix.ROWS}
    assert len({row.name for row in matrix.ROWS}) == len(matrix.ROWS)


def test_the_table_in_the_guide_is_the_one_that_was_made() -> None:
    results = matrix.known()

    in_order = list(dict.fromkeys(each["row"] for each in results))
    assert in_order == [row.name for row in matrix.ROWS]
    assert matrix.table(results) in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
