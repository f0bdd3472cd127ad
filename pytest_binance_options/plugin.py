"""What pytest sees: options, ini keys, the marker, and the fixtures' names.

Declares and delegates; decides nothing, and imports nothing heavy: a run that doesn't use us pays
for this file.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ._environment import remember
from ._plugin import fixtures, options
from ._plugin.fixtures import *  # noqa: F403  pytest finds a plugin's fixtures by looking at its module

if TYPE_CHECKING:
    from ._plugin.terminal import Status

__all__ = fixtures.__all__


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the command line options and ini keys."""
    options.add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Say what was meant by an argument that is misspelt, before pytest says that it doesn't know
    it."""
    result = yield
    if any(argument.startswith("--binance") for argument in args):
        from ._plugin.misspelt import argument_problem

        problem = argument_problem(parser.parse_known_and_unknown_args(args)[1])
        if problem:
            raise pytest.UsageError(problem)
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; a mode that doesn't exist ends the run before it begins."""
    config.addinivalue_line(
        "markers",
        "binance_options(mode=..., cassette='name', auth='hmac'|'rsa'|'ed25519', "
        "unanswered='ignore'|'warn'|'fail', unplayed='ignore'|'warn'|'fail', "
        "chaos=False): "
        "how Options requests of this test are answered, whatever the run's mode",
    )
    from ._plugin.items import check_settings

    check_settings(config)
    if config.getoption("binance_options_report") or config.getoption("htmlpath", None):
        from ._plugin.recorder import keep_records

        keep_records(config)
    if config.getoption("binance_options_chaos"):
        from ._plugin.chaos import give_bad_days

        give_bad_days(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """The mode, the host and the cassettes, where that is worth a line."""
    if not options.worth_a_line(config, os.environ):
        return None
    from ._plugin.terminal import header

    return header(config)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The id of a test of ours shows no key."""
    if "binance_options" in metafunc.fixturenames:
        from ._plugin.hidden_ids import hide_ids

        hide_ids(metafunc, looks=True)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Check the markers of whatever was collected, unittest's cases too: one that can't work is a
    collection error."""
    report = yield
    if report.outcome == "passed":
        marked = [
            item
            for item in report.result
            if isinstance(item, pytest.Item) and item.get_closest_marker("binance_options")
        ]
        if marked:
            from ._plugin.items import marker_problems

            problems = marker_problems(marked)
            if problems:
                report.outcome, report.longrepr, report.result = "failed", problems, []
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Where the list of cassettes was asked for, it is made here and not in pytest-xdist's
    workers."""
    if config.getoption("binance_options_list_cassettes"):
        options.stay_in_this_process(config)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Where the list of cassettes was asked for, look before tests are deselected; and note that
    some were."""
    if config.getoption("binance_options_list_cassettes"):
        from ._plugin.listing import note_items

        note_items(config, items)
    collected = len(items)
    yield
    if len(items) < collected:
        from ._plugin.items import run_is_a_part

        run_is_a_part(config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Where the list of cassettes was asked for, write it, and run nothing; else the run begins, in
    the environment as it is."""
    remember()
    target = session.config.getoption("binance_options_list_cassettes")
    if not target or session.testsfailed:
        return None
    from ._plugin.listing import listing_of

    listing_of(session.config).write(Path(target))
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a test that uses us, and before its wider fixtures, the exchange's hosts are out of
    reach."""
    names = getattr(item, "fixturenames", ())
    if "binance_options" in names or "binance_options_session" in names:
        from ._plugin.items import expect
        from ._plugin.searches import settle_search

        expect(item)
        settle_search(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test that uses us ended: record mode writes a cassette only when it has
    passed."""
    from ._plugin.items import note_outcome, reported

    with reported(item, call):
        report = yield
    note_outcome(item, report, None if call.excinfo is None else call.excinfo.value)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> Generator[None, Status, Status]:
    """With ``--verbose``: whether a test was replayed or simulated, and that a cassette was
    written."""
    status = yield
    if hasattr(report, "binance_options"):
        from ._plugin.terminal import with_who_answered

        return with_who_answered(config, report, status)
    return status


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Where pytest prints in colours, what failing tests of ours show has some too."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or not session.config.get_terminal_writer().hasmarkup:
        return (yield)
    failing = [
        report
        for outcome in ("failed", "error")
        for report in terminal.stats.get(outcome, ())
        if hasattr(report, "binance_options")
    ]
    if not failing:
        return (yield)
    from ._plugin.colours import painted

    with painted(session.config, failing):
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """What is worth saying of all tests of ours together."""
    reports = [
        report
        for listed in terminalreporter.stats.values()
        for report in listed
        if hasattr(report, "binance_options")
    ]
    if reports:
        from ._plugin.summary import write_summary

        write_summary(terminalreporter, reports, exitstatus)
