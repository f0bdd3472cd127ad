"""``--binance-options-chaos``: a bad day for every test that the simulated exchange answers.

Loaded where that was asked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from typing import Protocol

import pytest

from .._days.chaos import day_of
from .._days.coverage import lived
from .._days.search import bad_days
from .._days.stage import DayAtWork
from ..errors import UsageError
from .items import HANDLE
from .marker import MARKER, MarkerArguments

__all__ = ["Chaos", "give_bad_days"]

_OPTION = "--binance-options-chaos"
_AUTO = "auto"
_TOLD = "binance_options_chaos"
_LARGEST = 2**32 - 1


def give_bad_days(config: pytest.Config) -> None:
    """Have the tests of this run have bad days. Raises pytest.UsageError for what is no seed, and
    where Hypothesis is missing."""
    # What pytest-xdist's workers are told: ``auto`` is one seed for all.
    told = getattr(config, "workerinput", {}).get(_TOLD)
    try:
        seed = _seed(config.getoption("binance_options_chaos")) if told is None else told
        bad_days()  # Hypothesis is there
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    # For the header.
    config.option.binance_options_chaos = str(seed)
    config.pluginmanager.register(Chaos(seed), "binance_options_chaos")


def _seed(given: str) -> int:
    if given.strip() == _AUTO:
        return secrets.randbelow(1_000_000)
    if not (given.strip().isdecimal() and given.isascii() and int(given) <= _LARGEST):
        raise UsageError(
            f"{_OPTION}={given} won't do. Give a whole number from 0 to {_LARGEST}, or {_AUTO}."
        )
    return int(given)


class _Worker(Protocol):
    workerinput: dict[str, object]


class Chaos:
    """Gives each test its day, from its call on: what sets it up is spared."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: _Worker) -> None:
        """Tell a worker of pytest-xdist's which seed it is."""
        node.workerinput[_TOLD] = self._seed

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """The day of ``item``."""
        item.stash[_DAY] = None  # plugins run a test again
        handle = item.stash.get(HANDLE, None)
        if handle is None or handle.exchange is None or not _wanted(item):
            return (yield)
        work = item.stash[_DAY] = DayAtWork(day_of(self._seed, item.nodeid), handle.exchange)
        try:
            return (yield)
        finally:
            work.end()
            lived.add(work.struck)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A failure says which day it was, and how to have it again."""
        report = yield
        work = item.stash.get(_DAY, None)
        if report.failed and work is not None and report.when != "setup":
            report.sections.append(("Binance Options, a bad day", self._told(work)))
        return report

    def _told(self, work: DayAtWork) -> str:
        lines = [
            f"Seed {self._seed} gave this test a bad day, and gives it the same one again:",
            f"{_OPTION}={self._seed}. To leave a test out: @pytest.mark.{MARKER}(chaos=False).",
            "",
            *(f"    {line}" for line in repr(work.day).splitlines()),
        ]
        if not work.struck:
            lines += ["", "Nothing of it had begun: the test fails without it, too."]
        return "\n".join(lines)


_DAY: pytest.StashKey[DayAtWork | None] = pytest.StashKey()


def _wanted(item: pytest.Item) -> bool:
    return MarkerArguments.of(item.iter_markers(MARKER)).chaos
