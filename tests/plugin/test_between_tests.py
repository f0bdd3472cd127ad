"""Where no test of ours runs: wider fixtures, what is left over, tests of other kinds.

No name server is asked: what is let through is only checked.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pytest_binance_options._plugin import blocking
from pytest_binance_options._transports.interception.between_tests import standing
from pytest_binance_options._transports.interception.guard import check_lookup
from pytest_binance_options.errors import NetworkRefusedError
from tests.support.testnet import Testnet

# These tests are to find out, and nothing else.
SWALLOWS = "-Wignore::pytest_binance_options.errors.LateRequestWarning"
REACHES = """
    import pytest, socket, threading
    from pytest_binance_options._transports.interception.guard import check_lookup
    from pytest_binance_options.errors import NetworkRefusedError

    def reaches(host):
        try:
            check_lookup(host, 443)
        except NetworkRefusedError:
            return False
        return True
"""


def test_the_exchange_s_hosts_are_out_of_reach_once_a_test_of_ours_has_begun(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        REACHES
        + """
    @pytest.fixture(scope="module")
    def wider():
        assert not reaches("eapi.binance.com"), "set-up"
        yield
        assert not reaches("fstream.binance.com"), "teardown"

    @pytest.fixture
    def earlier():
        assert not reaches("demo-fapi.binance.com")
        yield
        assert not reaches("EAPI.binance.com.")

    def test_before():
        assert reaches("eapi.binance.com")

    go, outcome = threading.Event(), []

    def test_ours(wider, earlier, binance_options):
        def work():
            go.wait()
            try:
                socket.create_connection(("eapi.binance.com", 443))
            except NetworkRefusedError as error:
                outcome.append(error)
        global thread
        thread = threading.Thread(target=work)
        thread.start()

    def test_after():
        go.set()
        thread.join()
        (error,) = outcome
        assert not reaches("eapi.binance.com")
        with pytest.raises(NetworkRefusedError, match="where no test of ours runs"):
            socket.getaddrinfo("eapi.binance.com", 443)
        assert reaches("prices.example")
    """
    )
    before = standing.rules

    pytester.runpytest("-p", "no:randomly", SWALLOWS).assert_outcomes(passed=3)
    assert standing.rules is before


def test_the_refusal_says_where_it_is_and_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest, socket

        @pytest.fixture(scope="module", autouse=True)
        def bot(request):
            yield
            socket.getaddrinfo("eapi.binance.com", 443)

        def test_it(binance_options):
            pass
        """)

    result = pytester.runpytest()

    result.assert_outcomes(passed=1, errors=1)
    # The traceback's own line: the short summary below has it too, cut unless CI is set.
    (line,) = [line for line in result.outlines if line.startswith("E ")]
    assert line.partition("NetworkRefusedError: ")[2] == (
        "a connection to"
        " eapi.binance.com:443 was asked for where no test of ours runs: in the set-up or teardown"
        " of a fixture, or by a thread or task that a test has left over. In mode offline that is"
        " answered within such a test only. Have the fixture use binance_options_session, and stop"
        " what a test has started before it ends; or, for tests that ask the exchange by"
        " themselves, set binance_options_block_network = none."
    )


@pytest.mark.parametrize(
    ("arguments", "testnet", "production"),
    [([], True, False), (["--binance-options-allow-production"], True, True)],
)
def test_in_a_network_mode_the_testnet_stays_in_reach(
    pytester: pytest.Pytester,
    account: Testnet,
    arguments: list[str],
    testnet: bool,
    production: bool,
) -> None:
    pytester.makepyfile(
        REACHES
        + f"""
    def test_ours(binance_options):
        pass

    def test_after():
        assert reaches("demo-fapi.binance.com") is {testnet}
        assert reaches("eapi.binance.com") is {production}
    """
    )

    pytester.runpytest(
        "-p",
        "no:randomly",
        "--binance-options=testnet",
        f"--binance-options-host={account.url}",
        SWALLOWS,
        *arguments,
    ).assert_outcomes(passed=2)


def test_none_leaves_other_tests_alone(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nbinance_options_block_network = none\n")
    pytester.makepyfile(
        REACHES
        + """
    def test_ours(binance_options):
        assert not reaches("eapi.binance.com")

    def test_after():
        assert reaches("eapi.binance.com")
    """
    )

    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)


@pytest.mark.parametrize("way", ["option", "ini"])
def test_all_lets_nothing_leave_in_the_whole_run(
    pytester: pytest.Pytester, account: Testnet, way: str
) -> None:
    if way == "ini":
        pytester.makeini("[pytest]\nbinance_options_block_network = all\n")
    pytester.makepyfile(
        REACHES
        + """
    import requests

    def test_nobody_s():
        with pytest.raises(NetworkRefusedError, match="prices.example:443"):
            socket.create_connection(("prices.example", 443))
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()

    def test_ours(binance_options):
        assert requests.get("https://eapi.binance.com/eapi/v1/time").ok
        assert not reaches("prices.example")
    """
    )
    flags = ["--binance-options-block-network"] if way == "option" else []

    pytester.runpytest(*flags).assert_outcomes(passed=2)
    pytester.runpytest(
        *flags, "--binance-options=testnet", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=2)
    assert len(account.seen) == 1
    assert not standing.everything


def test_all_is_said_by_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import socket

        def test_it():
            socket.getaddrinfo("prices.example", 443)
        """)

    pytester.runpytest("--binance-options-block-network").stdout.fnmatch_lines(
        [
            (
                "E *NetworkRefusedError: a connection to prices.example:443 was asked for, and this"
                " run lets nothing leave this machine (--binance-options-block-network)."
            )
        ]
    )


def test_what_is_not_known_ends_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nbinance_options_block_network = some\n")
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*binance_options_block_network*'some'*options, all, none*"])


def test_a_run_that_does_not_use_us_refuses_nothing(pytester: pytest.Pytester) -> None:
    before, standing.rules = standing.rules, None
    pytester.makepyfile("def test_it(): pass")
    try:
        pytester.runpytest().assert_outcomes(passed=1)
        check_lookup("eapi.binance.com", 443)
        assert not standing
    finally:
        standing.rules = before


def test_a_process_that_is_started_takes_the_rules_along(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    """A copy of the test's process has more: see test_forks."""
    pytester.makepyfile(
        bot="""
        from pytest_binance_options._transports.interception.guard import check_lookup
        from pytest_binance_options.errors import NetworkRefusedError

        check_lookup("prices.example", 443)
        try:
            check_lookup("eapi.binance.com", 443)
        except NetworkRefusedError as error:
            said = str(error)
        else:
            said = "reached"

        def work(path):
            path.write_text(said)
        """,
        test_it=f"""
        import multiprocessing, pathlib, bot
        outcome = pathlib.Path({str(tmp_path / "outcome")!r})

        def test_ours(binance_options):
            pass

        def test_after():
            process = multiprocessing.get_context("spawn").Process(target=bot.work, args=(outcome,))
            process.start()
            process.join()
        """,
    )

    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)

    assert (tmp_path / "outcome").read_text() == (
        "a connection to eapi.binance.com:443 was asked for in a process that the test's has"
        " started. In mode offline nobody answers there. Have the test ask for the fixture"
        " binance_options_server, and give the other process that server's address; or, for"
        " processes that ask the exchange by themselves, set binance_options_block_network = none."
    )
    assert "binance_options" not in vars(multiprocessing.current_process())["_config"]


def test_what_runs_when_the_process_ends_reaches_nobody(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a bot's clean-up, which closes its listen key."""
    at_exit: list[Callable[[], object]] = []
    monkeypatch.setattr(
        blocking.atexit,
        "register",
        lambda call, *arguments: at_exit.append(partial(call, *arguments)),
    )
    pytester.makepyfile("""
        import atexit
        from pytest_binance_options._transports.interception.guard import check_lookup

        def test_it(binance_options):
            atexit.register(check_lookup, "eapi.binance.com", 443)
        """)

    pytester.runpytest_inprocess().assert_outcomes(passed=1)

    check_lookup("eapi.binance.com", 443)
    *ours, bots_own = reversed(at_exit)
    for call in ours:
        call()
    with pytest.raises(NetworkRefusedError, match="where no test of ours runs"):
        bots_own()
