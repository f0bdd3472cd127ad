"""Testnet, record and verify, against an exchange behind a real HTTP connection on loopback."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.support.testnet import API_KEY, SECRET_KEY, Testnet

from .conftest import FLOW

NETWORK_MODES = ["testnet", "record", "verify"]


def cassettes(pytester: pytest.Pytester) -> list[Path]:
    return sorted((pytester.path / "cassettes").rglob("*.yaml"))


@pytest.mark.parametrize("mode", NETWORK_MODES)
def test_without_credentials_the_test_is_skipped_and_told_which_are_missing(
    pytester: pytest.Pytester, mode: str
) -> None:
    pytester.makepyfile(FLOW)

    result = pytester.runpytest("-rs", f"--binance-options={mode}")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        [
            (
                f"*mode {mode} needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
                " BINANCE_PRIVATE_KEY_PATH"
            )
        ]
    )


MISSING = (
    "*mode testnet needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
    " BINANCE_PRIVATE_KEY_PATH"
)


@pytest.mark.parametrize("way", ["command line", "environment", "ini", "code"])
def test_where_an_account_is_required_its_lack_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    pytester.makepyfile(FLOW)
    arguments = ["--binance-options-require"]
    if way == "command line":
        arguments.append("--binance-options=testnet")
    if way == "environment":
        monkeypatch.setenv("BINANCE_OPTIONS_MODE", "testnet")
    if way == "ini":
        pytester.makeini("[pytest]\nbinance_options_mode = testnet\n")
    if way == "code":
        arguments = []
        pytester.makeconftest("""
            import pytest

            @pytest.fixture(scope="session")
            def binance_options_config():
                return {"mode": "testnet", "require": True}
            """)

    result = pytester.runpytest(*arguments)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"{MISSING}. Without --binance-options-require the test is skipped."]
    )


def test_where_only_a_marker_asks_for_an_account_none_is_required(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.binance_options(mode='testnet')\n"
        + _dedented(FLOW)
    )

    result = pytester.runpytest("--binance-options-require", "-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([MISSING])


@pytest.mark.parametrize("mode", NETWORK_MODES)
@pytest.mark.parametrize(
    ("option", "base"),
    [
        ("--binance-options-host", "https://eapi.binance.com"),
        ("--binance-options-stream-host", "wss://fstream.binance.com"),
    ],
)
def test_production_is_refused(
    pytester: pytest.Pytester, account: Testnet, mode: str, option: str, base: str
) -> None:
    pytester.makepyfile(FLOW)

    result = pytester.runpytest(f"--binance-options={mode}", f"{option}={base}")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                f"*mode {mode} would use {base} ({option}), which is production:"
                " *--binance-options-allow-production."
            ),
        ]
    )
    assert account.seen == []


def test_production_with_the_testnets_streams_is_refused(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(FLOW)

    result = pytester.runpytest(
        "--binance-options=testnet",
        "--binance-options-host=https://eapi.binance.com",
        "--binance-options-allow-production",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*UsageError: https://eapi.binance.com (--binance-options-host) is production, and"
                " wss://demo-fstream.binance.com (--binance-options-stream-host) is the testnet: *"
            )
        ]
    )


def test_a_local_exchange_needs_a_stream_host_where_a_stream_is_asked_for(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("""
        import pytest
        from pytest_binance_options.errors import StreamClosedError, UsageError
        from pytest_binance_options._transports.server.user_data_stream import UserDataStream

        def test_rest(binance_options_server, binance_options_listen_key):
            with pytest.raises(StreamClosedError):
                UserDataStream(binance_options_server, binance_options_listen_key)
            (error,) = binance_options_server.errors
            assert isinstance(error, UsageError)
            assert "(--binance-options-host) is on this machine, and" in str(error)
        """)

    pytester.runpytest(
        "--binance-options=testnet", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    assert len(account.seen) == 2


@pytest.mark.parametrize("mode", NETWORK_MODES)
def test_a_test_that_steers_the_exchange_is_skipped(
    pytester: pytest.Pytester, account: Testnet, mode: str
) -> None:
    pytester.makepyfile("def test_it(binance_options_clock): pass")

    result = pytester.runpytest(
        "-rs", f"--binance-options={mode}", f"--binance-options-host={account.url}"
    )

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"*needs the simulated exchange; mode {mode} asks the testnet"])


def test_testnet_mode_asks_the_testnet_and_writes_nothing(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(FLOW)

    pytester.runpytest(
        "--binance-options=testnet", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)

    assert account.exchange.journal.calls == [
        ("POST", "/eapi/v1/listenKey", 200),
        ("PUT", "/eapi/v1/listenKey", 200),
        ("DELETE", "/eapi/v1/listenKey", 200),
    ]
    assert cassettes(pytester) == []


def test_what_record_mode_wrote_replays_in_the_same_suite(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(test_bot=FLOW)

    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    asked = len(account.seen)

    assert [str(path.relative_to(pytester.path)) for path in cassettes(pytester)] == [
        "cassettes/test_bot/test_flow.yaml"
    ]
    for mode in ("replay", "offline", "simulate"):
        pytester.runpytest(f"--binance-options={mode}").assert_outcomes(passed=1)
    assert len(account.seen) == asked == 3
    # and what a real connection looks like is what was recorded
    assert all("gzip" in headers["Accept-Encoding"] for _, _, headers in account.seen)


def test_a_recording_holds_no_secret(pytester: pytest.Pytester, account: Testnet) -> None:
    pytester.makepyfile(
        test_bot="""
        def test_flow(binance_options_client, binance_options_listen_key, binance_options_user_data_streams):
            binance_options_user_data_streams.options_update_listen_key_v1()
            binance_options_client.request("GET", "/eapi/v1/marginAccount", signed=True)
            (open("key.txt", "w")).write(binance_options_listen_key)
        """
    )

    result = pytester.runpytest_subprocess(
        "-vv",
        "--log-cli-level=DEBUG",
        "--binance-options=record",
        f"--binance-options-host={account.url}",
    )

    result.assert_outcomes(passed=1)
    listen_key = (pytester.path / "key.txt").read_text()
    signatures = [
        m.group(1) for _, path, _ in account.seen if (m := re.search(r"signature=([^&]+)", path))
    ]
    assert len(listen_key) == 64
    assert signatures
    # The log was written, as far as it may be.
    assert '"GET /eapi/v1/marginAccount?' in result.stdout.str()
    written = (
        b"".join(path.read_bytes() for path in cassettes(pytester)).decode()
        + result.stdout.str()
        + result.stderr.str()
    )
    for secret in (API_KEY, SECRET_KEY, listen_key, *signatures):
        assert secret not in written


def test_a_test_that_fails_writes_nothing(pytester: pytest.Pytester, account: Testnet) -> None:
    pytester.makepyfile("""
        import pytest

        def test_fails(binance_options_listen_key):
            assert 0

        @pytest.mark.xfail
        def test_fails_as_expected(binance_options_listen_key):
            assert 0

        def test_skips(binance_options_listen_key):
            pytest.skip("half way")
        """)

    result = pytester.runpytest("--binance-options=record", f"--binance-options-host={account.url}")

    result.assert_outcomes(failed=1, xfailed=1, skipped=1)
    assert cassettes(pytester) == []
    assert len(account.seen) == 6


def test_a_failed_recording_leaves_the_old_one(pytester: pytest.Pytester, account: Testnet) -> None:
    pytester.makepyfile(test_bot=FLOW)
    arguments = (
        "--binance-options=record",
        f"--binance-options-host={account.url}",
        "-p",
        "no:cacheprovider",
    )
    pytester.runpytest(*arguments).assert_outcomes(passed=1)
    before = cassettes(pytester)[0].read_bytes()

    pytester.makepyfile(test_bot=FLOW + "        assert 0\n")
    pytester.runpytest(*arguments).assert_outcomes(failed=1)

    assert cassettes(pytester)[0].read_bytes() == before


def test_verify_passes_where_the_testnet_still_answers_in_the_recorded_shape(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(test_bot=FLOW)
    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    before = cassettes(pytester)[0].read_bytes()

    pytester.runpytest(
        "--binance-options=verify", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)

    assert len(account.seen) == 6
    assert cassettes(pytester)[0].read_bytes() == before


def test_verify_fails_where_the_shape_has_changed(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(test_bot=FLOW)
    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    path = cassettes(pytester)[0]
    edited = re.sub(r"(?m)^\s*digest: .*\n", "", path.read_text()).replace(
        "expiration", "expiresAt"
    )
    assert "expiresAt" in edited
    path.write_text(edited)

    result = pytester.runpytest("--binance-options=verify", f"--binance-options-host={account.url}")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*VerificationError*", "*expir*"])


def test_a_shared_cassette_has_the_name_the_marker_gives(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.binance_options(cassette='shared/flow')\n"
        + _dedented(FLOW)
    )

    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)

    assert [str(path.relative_to(pytester.path)) for path in cassettes(pytester)] == [
        "cassettes/shared/flow.yaml"
    ]
    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)


def _dedented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text)


def test_classes_and_parameters_have_their_own_cassettes(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.mkdir("deep")
    (pytester.path / "deep" / "test_bot.py").write_text(
        _dedented("""
            import pytest

            class TestBot:
                @pytest.mark.parametrize("n", [1, 2])
                def test_it(self, n, binance_options_listen_key):
                    pass
            """)
    )

    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=2)

    assert [str(path.relative_to(pytester.path)) for path in cassettes(pytester)] == [
        "cassettes/deep/test_bot/TestBot.test_it[1].yaml",
        "cassettes/deep/test_bot/TestBot.test_it[2].yaml",
    ]
    listing = pytester.path / "used.txt"
    pytester.runpytest("--collect-only", f"--binance-options-list-cassettes={listing}")
    assert listing.read_text().splitlines() == [str(path) for path in cassettes(pytester)]


@pytest.mark.parametrize(
    ("on_stale", "outcome"),
    [("warn", {"passed": 1, "warnings": 1}), ("fail", {"errors": 1})],
    ids=["warn", "fail"],
)
def test_a_stale_cassette_is_told(
    pytester: pytest.Pytester, account: Testnet, on_stale: str, outcome: dict[str, int]
) -> None:
    pytester.makepyfile(test_bot=FLOW)
    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    path = cassettes(pytester)[0]
    path.write_text(
        re.sub(
            r"(?m)(recorded_at: ['\"]?)\d{4}",
            r"\g<1>2020",
            re.sub(r"(?m)^\s*digest: .*\n", "", path.read_text()),
        )
    )

    pytester.makeini(
        f"[pytest]\nbinance_options_max_cassette_age = 30\nbinance_options_on_stale = {on_stale}\n"
    )
    result = pytester.runpytest("-W", "default")

    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(
        [
            (
                "*test_flow.yaml was recorded * days ago, and binance_options_max_cassette_age is 30."
                " Record*"
            )
        ]
    )


def test_the_account_is_locked_while_a_test_uses_it(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("""
        import subprocess, sys

        def test_it(binance_options):
            code = (
                "import os, sys\\n"
                "from pytest_binance_options.errors import LockTimeoutError\\n"
                "from pytest_binance_options._locking import account_lock\\n"
                "try:\\n"
                "    with account_lock(os.environ['BINANCE_API_KEY'], timeout=0.1): sys.exit(0)\\n"
                "except LockTimeoutError: sys.exit(3)\\n"
            )
            assert subprocess.run([sys.executable, "-c", code]).returncode == 3
        """)

    pytester.runpytest(
        "--binance-options=testnet", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)


def test_in_a_network_mode_a_client_with_productions_address_reaches_the_testnet_alone(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("""
        import requests

        def test_it(binance_options):
            key = {"X-MBX-APIKEY": binance_options.auth.api_key}
            assert requests.post("https://eapi.binance.com/eapi/v1/listenKey", headers=key).status_code == 200
        """)

    pytester.runpytest(
        "--binance-options=testnet", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)

    assert [(method, path) for method, path, _ in account.seen] == [("POST", "/eapi/v1/listenKey")]


def test_a_test_that_comes_to_the_fixture_through_request_is_recorded_too(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(
        test_bot="""
        def test_it(request):
            request.getfixturevalue("binance_options_listen_key")
        """
    )

    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)

    (cassette,) = pytester.path.glob("cassettes/**/*.yaml")
    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)
    pytester.runpytest("--collect-only", "--binance-options-list-cassettes=list.txt")
    assert (pytester.path / "list.txt").read_text() == f"{cassette}\n"


def test_a_test_that_passes_first_and_then_does_not_get_that_far_is_not_recorded_again(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makeconftest("""
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):  # as plugins that run tests again do
            runtestprotocol(item, nextitem=nextitem)
            (first,) = item.config.rootpath.glob("cassettes/**/*.yaml")
            first.unlink()
            item._initrequest()
            runtestprotocol(item, nextitem=nextitem)
            return True
        """)
    pytester.makepyfile("""
        import pytest
        runs = []

        @pytest.fixture
        def fragile(binance_options_listen_key):
            runs.append(binance_options_listen_key)
            assert len(runs) == 1

        def test_it(fragile): pass
        """)

    result = pytester.runpytest("--binance-options=record", f"--binance-options-host={account.url}")

    result.assert_outcomes(passed=1, errors=1)
    assert list(pytester.path.glob("cassettes/**/*.yaml")) == []


def test_the_age_of_a_cassette_that_another_tool_saved_is_read_from_its_answers(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile(test_bot=FLOW)
    pytester.runpytest(
        "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)
    path = cassettes(pytester)[0]
    theirs = re.sub(r"(?ms)^binance_options:\n(?:  .*?\n)+?(?=interactions:)", "", path.read_text())
    assert "recorded_at" not in theirs
    path.write_text(re.sub(r"(Date:\n\s+- ).*", r"\1Wed, 01 Jan 2020 00:00:00 GMT", theirs))

    pytester.makeini(
        "[pytest]\nbinance_options_max_cassette_age = 30\nbinance_options_on_stale = fail\n"
    )
    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*test_flow.yaml was recorded * days ago, and binance_options_max_cassette_age is 30. *"]
    )


def test_a_recording_says_what_the_configuration_says_of_its_source(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makeconftest(
        """
        import dataclasses, pytest

        @pytest.fixture(scope="session")
        def binance_options_config(binance_options_config):
            return dataclasses.replace(binance_options_config, recorded_from="a simulated exchange")
        """
    )
    pytester.makepyfile(FLOW)

    result = pytester.runpytest("--binance-options=record", f"--binance-options-host={account.url}")

    result.assert_outcomes(passed=1)
    [path] = cassettes(pytester)
    assert "\n  source: a simulated exchange\n" in path.read_text()


NOBODY = (
    "HostUnreachableWarning: Nobody answered at {url}, where this mode asks whatever address the"
    " client wrote (1 request, connection refused). Look at --binance-options-host, and whether"
    " this machine has a network."
)


@pytest.mark.parametrize("strict", [False, True])
def test_a_host_that_is_not_reached_is_named_and_not_the_clients_own(
    pytester: pytest.Pytester, account: Testnet, strict: bool
) -> None:
    pytester.makepyfile("""
        import pytest, requests

        def test_it(binance_options):
            with pytest.raises(requests.ConnectionError):
                requests.get("https://eapi.binance.com/eapi/v1/time", timeout=5)
        """)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and doesn't listen
        url = "http://{}:{}".format(*nobody.getsockname())

        result = pytester.runpytest(
            "--binance-options=record",
            f"--binance-options-host={url}",
            "-Werror" if strict else "-Wdefault",
        )

    result.assert_outcomes(passed=1, errors=int(strict), warnings=int(not strict))
    result.stdout.fnmatch_lines([f"*{NOBODY.format(url=url)}"])


def test_a_recording_in_which_the_account_was_refused_each_time_is_told(
    pytester: pytest.Pytester, account: Testnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "n" * 64)
    pytester.makepyfile(
        test_bot="""
        import requests

        def test_it(binance_options):
            key = {"X-MBX-APIKEY": binance_options.auth.api_key}
            requests.get("https://eapi.binance.com/eapi/v1/time")
            requests.post("https://eapi.binance.com/eapi/v1/listenKey", headers=key)
            requests.put("https://eapi.binance.com/eapi/v1/listenKey", headers=key)

        def test_of_another_key(binance_options):
            requests.post("https://eapi.binance.com/eapi/v1/listenKey", headers={"X-MBX-APIKEY": "m" * 64})
        """
    )

    result = pytester.runpytest(
        "-Wdefault", "--binance-options=record", f"--binance-options-host={account.url}"
    )

    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*OnlyErrorsRecordedWarning: Only errors were recorded in"
                f" {pytester.path}/cassettes/test_bot/test_it.yaml: the exchange refused the account"
                " each time (-2008). Look at BINANCE_API_KEY and what signs for it, and whether they"
                " are of the exchange that was asked. Then record it again with: pytest"
                " test_bot.py::test_it --binance-options=record"
            )
        ]
    )


def test_an_account_that_was_refused_once_is_not_worth_a_warning(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("""
        def test_it(binance_options_listen_key, binance_options):
            import requests
            url = "https://eapi.binance.com/eapi/v1/marginAccount?timestamp=1&signature=0"
            assert requests.get(url, headers={"X-MBX-APIKEY": binance_options.auth.api_key}).status_code >= 400
        """)

    pytester.runpytest(
        "-Werror", "--binance-options=record", f"--binance-options-host={account.url}"
    ).assert_outcomes(passed=1)


def test_a_recording_of_nothing_is_told_and_takes_the_place_of_no_other(
    pytester: pytest.Pytester, account: Testnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        test_bot="""
        import os, requests

        def test_it(binance_options):
            if "ASK" in os.environ:
                requests.get("https://eapi.binance.com/eapi/v1/time")
        """
    )
    arguments = "--binance-options=record", f"--binance-options-host={account.url}"

    def told() -> str:
        result = pytester.runpytest("-Wdefault", *arguments)
        result.assert_outcomes(passed=1, warnings=1)
        (line,) = [line for line in result.outlines if "NothingRecordedWarning" in line]
        return line.strip()

    asked_nothing = (
        "NothingRecordedWarning: Nothing was recorded of test_bot.py::test_it: it asked nothing, or"
        " by a client that is not intercepted."
    )
    first = told()
    (cassette,) = cassettes(pytester)
    assert first.endswith(
        f"{asked_nothing} {cassette} is empty, and a replay of the test may ask nothing."
    )
    pytester.runpytest("-Werror", "--binance-options=replay").assert_outcomes(passed=1)

    monkeypatch.setenv("ASK", "1")
    pytester.runpytest("-Werror", *arguments).assert_outcomes(passed=1)
    recorded = cassette.read_bytes()
    monkeypatch.delenv("ASK")
    assert told().endswith(
        f"{asked_nothing} {cassette} stays as it was: delete it if the test is to ask nothing."
    )
    assert cassette.read_bytes() == recorded


@pytest.mark.parametrize("mode", ["testnet", "record"])
def test_a_client_that_is_not_intercepted_reaches_no_production(
    pytester: pytest.Pytester, account: Testnet, mode: str
) -> None:
    pytester.makepyfile("""
        import httpcore

        def test_it(binance_options):
            with httpcore.HTTPConnection(httpcore.Origin(b"https", b"eapi.binance.com", 443)) as bot:
                bot.request("POST", "https://eapi.binance.com/eapi/v1/listenKey")
        """)

    result = pytester.runpytest(
        f"--binance-options={mode}", f"--binance-options-host={account.url}"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*NetworkRefusedError: a connection to eapi.binance.com:443 was asked for, which is"
                f" production, and mode {mode} is not allowed that. *"
            )
        ]
    )
    assert account.seen == []
    assert cassettes(pytester) == []
