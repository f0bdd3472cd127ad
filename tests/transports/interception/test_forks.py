"""A forked process has a copy of the test's exchange: what it asks is an error there, and nothing
here."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from pytest_binance_options import Handle, Server
from pytest_binance_options.errors import ForkedProcessError

pytestmark = [
    # Who is told here tells.
    pytest.mark.binance_options(mode="simulate", unanswered="ignore"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="not on this system"),
    # Python 3.12 warns where there are other threads.
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]

URL = "https://eapi.binance.com/eapi/v1/time"
WHAT_TO_DO = (
    " was asked for in a process that was forked from the test's: it would be answered by a copy"
    " that the test never sees. Have the test ask for the fixture binance_options_server, and give"
    " the other process that server's address: the test's own process answers there."
)


def in_a_fork(work: Callable[[], object], path: Path) -> str:
    """What became of ``work`` in a forked process: what it gave, or its error."""
    child = os.fork()
    if child == 0:  # pragma: no cover  the child ends before it could tell
        try:
            path.write_text(str(work()))
        except ForkedProcessError as error:
            path.write_text(f"refused: {error}")
        except BaseException:  # noqa: BLE001
            path.write_text(traceback.format_exc())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return path.read_text()


def test_a_request_of_a_forked_process_is_refused_and_told_the_way(
    binance_options: Handle, tmp_path: Path
) -> None:
    told = in_a_fork(lambda: requests.get(URL, timeout=5).text, tmp_path / "outcome")
    assert told == f"refused: GET /eapi/v1/time{WHAT_TO_DO}"
    assert binance_options.requests == []
    assert requests.get(URL, timeout=5).ok


def test_so_is_our_own_client_s(binance_options: Handle, tmp_path: Path) -> None:
    streams = binance_options.user_data_streams
    told = in_a_fork(streams.options_create_listen_key_v1, tmp_path / "outcome")
    assert told == f"refused: POST /eapi/v1/listenKey{WHAT_TO_DO}"


def test_so_is_a_stream(binance_options: Handle, tmp_path: Path) -> None:
    told = in_a_fork(lambda: binance_options.server, tmp_path / "outcome")
    assert told == f"refused: A stream, or the loopback server,{WHAT_TO_DO}"


def test_by_the_server_of_the_test_it_is_answered(
    binance_options: Handle, binance_options_server: Server, tmp_path: Path
) -> None:
    url = f"{binance_options_server.url}/eapi/v1/time"
    assert "serverTime" in in_a_fork(
        lambda: requests.get(url, timeout=5).text, tmp_path / "outcome"
    )
    assert [asked.path for asked in binance_options.requests] == ["/eapi/v1/time"]


def test_a_test_that_begins_in_a_forked_process_is_at_home_there(
    pytester: pytest.Pytester,
) -> None:
    """As pytest-forked has them."""
    pytester.makepyfile("""
        import requests

        def test_it(binance_options):
            assert requests.get("https://eapi.binance.com/eapi/v1/time").ok
        """)
    outcome = in_a_fork(
        lambda: pytester.inline_run("-p", "no:cacheprovider").ret, pytester.path / "outcome"
    )
    assert outcome in ("0", "ExitCode.OK")


OTHERS = ("-p", "no:randomly", "-p", "no:asyncio")
SWALLOWS = """
    import contextlib, os, warnings
    import requests

    def test_it(binance_options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12's, where there are other threads
            child = os.fork()
        if child == 0:
            with contextlib.suppress(Exception):
                requests.get("https://eapi.binance.com/eapi/v1/time")
            os._exit(0)
        os.waitpid(child, 0)

    def test_next(binance_options):
        pass
"""


def test_where_the_forked_process_swallows_the_error_the_test_is_told(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_bot=SWALLOWS)

    result = pytester.runpytest("-Wdefault", *OTHERS)

    result.assert_outcomes(passed=2, warnings=1)
    told = (
        "*LateRequestWarning: a process that was forked from test_bot.py::test_it has asked the"
        " exchange. It was told that nobody answers there, and may have told nobody. Have the test"
        " ask for the fixture binance_options_server, and give the other process that server's"
        " address."
    )
    result.stdout.fnmatch_lines([told])
    ignoring = ("-Werror", "-o", "binance_options_unanswered=ignore")
    pytester.runpytest(*ignoring, *OTHERS).assert_outcomes(passed=2)
