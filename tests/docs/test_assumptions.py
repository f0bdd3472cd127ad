"""Each assumption about the exchange names the tests that show it, and those tests exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from .markdown import ROOT

_BULLETS = re.compile(r"^- (?P<text>.+(?:\n  .+)*)$", re.M)
_TEST = re.compile(r"`(?P<path>tests/[\w/]+\.py)(?:::Test\w+)?::(?P<name>\w+)`")

_PAGE = (ROOT / "docs" / "reference" / "assumptions.md").read_text(encoding="utf-8")
ASSUMPTIONS = [" ".join(found["text"].split()) for found in _BULLETS.finditer(_PAGE)]


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize(
    "assumption", ASSUMPTIONS, ids=lambda text: re.sub(r"\W+", "-", text)[:60].strip("-")
)
def test_an_assumption_is_shown_by_tests_that_exist(assumption: str) -> None:
    _, dash, shown_by = assumption.rpartition(" — ")
    named = [(found["path"], found["name"]) for found in _TEST.finditer(shown_by)]

    assert dash, "an assumption is followed by a dash and the tests that show it"
    assert named, f"{shown_by!r} names no test, as in `tests/exchange/test_clock.py::test_...`"
    for path, name in named:
        assert (ROOT / path).exists(), f"there is no {path}"
        assert name in _tests_in(path), f"there is no {name} in {path}"


def test_there_are_assumptions() -> None:
    assert len(ASSUMPTIONS) > 20
