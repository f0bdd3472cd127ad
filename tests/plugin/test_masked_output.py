"""What a red test says about itself, and what nobody says while a real account is in use."""

from __future__ import annotations

import logging

import pytest

from pytest_binance_options._plugin.masked_output import masked_logs
from tests.support import testnet
from tests.support.testnet import Testnet

SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdce2b3a1c5d9a2f0d9e7b1"


def test_a_failure_shows_what_happened_on_the_exchanges_clock(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import datetime, pytest

        @pytest.fixture(scope="session")
        def binance_options_config():
            return {"exchange_start": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)}
        """)
    pytester.makepyfile("""
        def test_it(binance_options_clock, binance_options_user_data_streams):
            binance_options_user_data_streams.options_create_listen_key_v1()
            binance_options_clock.advance(minutes=60)
            binance_options_user_data_streams.options_update_listen_key_v1()
        """)

    result = pytester.runpytest("-q")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- Binance Options, mode simulate -*",
            "2026-01-01    requests                        | streams",
            "00:00:00.000  POST /eapi/v1/listenKey -> 200  | listen key made",
            "00:00:00.000  -- the clock moves on by 1 h",
            "01:00:00.000 * | listen key expired",
            "01:00:00.000  PUT /eapi/v1/listenKey -> 400   |",
            "                -1125 This listenKey does not |",
            "                exist.                        |",
        ]
    )


_REFUSED = """
    import pytest
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    def test_it(binance_options, binance_options_server):
        with pytest.raises(InvalidStatus):
            connect("wss://fstream.binance.com/private/userdata").__enter__()
        (error,) = binance_options_server.errors
        assert "/private/userdata" in str(error)
        assert 0, "as it was meant to"
    """


def test_a_failure_shows_why_a_handshake_was_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_REFUSED)
    result = pytester.runpytest("-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*as it was meant to*",
            "*- Binance Options, mode offline -*",
            "* | handshake /private/userdata ->",
            "* |   404 -1020 There is no stream",
        ]
    )


def test_a_failure_in_a_network_mode_shows_that_a_handshake_was_refused(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(_REFUSED)
    result = pytester.runpytest(
        "-q",
        "--binance-options=testnet",
        f"--binance-options-host={account.url}",
        f"--binance-options-stream-host={account.stream_url}",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- Binance Options, mode testnet -*",
            "No request was made.",
            "StreamClosedError: handshake /private/userdata -> 404",
        ]
    )


def test_a_failure_in_a_network_mode_shows_what_was_asked(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("def test_it(binance_options_listen_key): assert 0")

    result = pytester.runpytest(
        "-q", "--binance-options=testnet", f"--binance-options-host={account.url}"
    )

    result.stdout.fnmatch_lines(
        ["*- Binance Options, mode testnet -*", "POST /eapi/v1/listenKey -> 200"]
    )


def test_a_test_that_passes_or_does_not_use_us_has_no_such_section(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        def test_passes(binance_options_listen_key): pass
        def test_fails(): assert 0
        """)

    result = pytester.runpytest("-rA")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*Binance Options, mode*")


@pytest.mark.parametrize("mode", ["testnet", "record"])
def test_a_report_on_a_real_account_has_no_secrets(
    pytester: pytest.Pytester, account: Testnet, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest 8.0 cuts its summary's lines at the terminal's width
    monkeypatch.setenv("COLUMNS", "300")
    pytester.makepyfile("""
        import os
        import pytest, requests

        @pytest.fixture
        def broken(binance_options_listen_key):
            raise RuntimeError(binance_options_listen_key)

        def test_an_argument(binance_options_listen_key):
            print("printed", binance_options_listen_key)
            assert 0

        def test_a_message(binance_options_listen_key):
            assert not binance_options_listen_key

        def test_a_local_variable(binance_options):
            secret = os.environ["BINANCE_SECRET_KEY"]
            answer = requests.post(
                "https://eapi.binance.com/eapi/v1/listenKey", headers={"X-MBX-APIKEY": binance_options.auth.api_key}
            ).json()
            try:
                assert answer == {}
            except AssertionError as error:
                raise ValueError("a chain") from error

        def test_a_fixture(broken): pass

        def test_passes(binance_options_listen_key):
            print("printed", binance_options_listen_key)
        """)

    result = pytester.runpytest(
        "-rA", "-vv", "--showlocals", "--tb=long", "--junitxml=report.xml", "-o", "junit_logging=all",
        f"--binance-options={mode}", f"--binance-options-host={account.url}",
    )  # fmt: skip

    result.assert_outcomes(failed=3, errors=1, passed=1)
    result.stdout.fnmatch_lines_random(
        [
            "printed <hidden>",
            "binance_options_listen_key = '<hidden>'",
            "E * RuntimeError: <hidden>",
            "secret * = '<hidden>'",
            "E * ValueError: a chain",
            "FAILED *::test_a_message - AssertionError: assert not '<hidden>'",
        ]
    )
    said = result.stdout.str() + result.stderr.str() + (pytester.path / "report.xml").read_text()
    assert [
        secret
        for secret in (testnet.API_KEY, testnet.SECRET_KEY, *account.listen_keys)
        if secret in said
    ] == []
    assert len(account.listen_keys) >= 4


def test_a_report_on_the_simulated_exchange_is_left_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(binance_options_listen_key): assert 0")

    result = pytester.runpytest()

    result.stdout.re_match_lines(["binance_options_listen_key = '[A-Za-z0-9]{64}'"])


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "httpx"])
def test_a_signature_is_masked_and_the_rest_of_the_line_stays(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(name)
    with caplog.at_level(logging.DEBUG), masked_logs():
        logger.debug(
            '"%s %s HTTP/1.1" %s',
            "GET",
            f"/eapi/v1/marginAccount?timestamp=1&signature={SIGNATURE}",
            200,
        )

    assert caplog.messages == [
        '"GET /eapi/v1/marginAccount?timestamp=1&signature=<hidden> HTTP/1.1" 200'
    ]


def test_afterwards_lines_are_as_they_were(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("httpx")
    with masked_logs():
        pass
    with caplog.at_level(logging.INFO):
        logger.info("?signature=%s", SIGNATURE)

    assert caplog.messages == [f"?signature={SIGNATURE}"]
    assert logger.filters == []
