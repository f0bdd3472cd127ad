"""What pytest sees: options, ini keys, the marker, and the fixtures' names.

Declares and delegates; decides nothing, and imports nothing heavy: a run that doesn't use us pays
for this file.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from ._plugin.fixtures import (
    binance_options,
    binance_options_auth,
    binance_options_client,
    binance_options_clock,
    binance_options_config,
    binance_options_exchange,
    binance_options_listen_key,
    binance_options_server,
    binance_options_stream,
    binance_options_transport,
    binance_options_user_data_streams,
)

# The fixtures are here because pytest finds a plugin's fixtures by looking at its module.
__all__ = [
    "binance_options",
    "binance_options_auth",
    "binance_options_client",
    "binance_options_clock",
    "binance_options_config",
    "binance_options_exchange",
    "binance_options_listen_key",
    "binance_options_server",
    "binance_options_stream",
    "binance_options_transport",
    "binance_options_user_data_streams",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the command line options and ini keys."""
    group = parser.getgroup(
        "binance options", "Binance Options: listen keys recorded, simulated, or on the testnet"
    )
    group.addoption(
        "--binance-options",
        dest="binance_options_mode",
        metavar="MODE",
        help=(
            "who answers Options requests: offline (default), replay, simulate, testnet, record,"
            " verify"
        ),
    )
    group.addoption(
        "--binance-options-host",
        dest="binance_options_host",
        metavar="URL",
        help="REST base of the network modes (default: the testnet)",
    )
    group.addoption(
        "--binance-options-stream-host",
        dest="binance_options_stream_host",
        metavar="URL",
        help="stream base of the network modes (default: the testnet)",
    )
    group.addoption(
        "--binance-options-cassette-dir",
        dest="binance_options_cassette_dir",
        metavar="DIR",
        help="where cassettes are, from the rootdir (default: cassettes)",
    )
    group.addoption(
        "--binance-options-allow-production",
        dest="binance_options_allow_production",
        action="store_true",
        help=(
            "let the network modes use a production host; closing a listen key closes it for"
            " whatever else uses the account"
        ),
    )
    group.addoption(
        "--binance-options-list-cassettes",
        dest="binance_options_list_cassettes",
        metavar="FILE",
        help="write the path of each collected test's cassette to FILE, one a line",
    )
    parser.addini("binance_options_mode", "as --binance-options")
    parser.addini("binance_options_host", "as --binance-options-host")
    parser.addini("binance_options_stream_host", "as --binance-options-stream-host")
    parser.addini("binance_options_cassette_dir", "as --binance-options-cassette-dir")
    parser.addini(
        "binance_options_max_cassette_age", "days after which a cassette is stale (default: never)"
    )
    parser.addini(
        "binance_options_on_stale", "what a stale cassette does to its test: warn (default) or fail"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; a mode that doesn't exist ends the run before it begins."""
    config.addinivalue_line(
        "markers",
        "binance_options(mode=..., cassette='name', auth='hmac'|'rsa'|'ed25519'): "
        "how Options requests of this test are answered, whatever the run's mode",
    )
    from ._plugin.items import check_settings

    check_settings(config)


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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the list of cassettes where it was asked for."""
    target = session.config.getoption("binance_options_list_cassettes")
    if target:
        from ._plugin.items import list_cassettes

        list_cassettes(session.items, Path(target))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how a test that uses us ended: record mode writes a cassette only when it has
    passed."""
    report = yield
    from ._plugin.items import note_outcome

    note_outcome(item, report)
    return report
