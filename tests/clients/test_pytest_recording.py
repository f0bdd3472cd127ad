"""Suites of pytest-recording, as their owners have them, with one line of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_binance_options._cassette.store import load

from ..support.recorded import leaks, neighbour
from ..support.testnet import API_KEY, SECRET_KEY, Testnet, running

ROOT = Path(__file__).resolve().parents[2]

AS_A_PLUGIN = 'pytest_plugins = ["pytest_binance_options.vcr"]'
AS_A_HOOK = """
from pytest_binance_options.vcr import protect

def pytest_recording_configure(config, vcr):
    protect(vcr, secrets=["correct horse battery"])
"""

SUITE = """
import os

import pytest

from tests.support.recorded import CLIENTS, flow


@pytest.mark.vcr
@pytest.mark.parametrize("send", CLIENTS[:int(os.environ.get("CLIENTS", 5))])
def test_the_flow(send):
    flow(send, os.environ["EXCHANGE"], os.environ["OTHER"], os.environ["KEY"], os.environ["SECRET"])
"""


@pytest.fixture
def testnet() -> Iterator[Testnet]:
    with running() as net:
        yield net


@pytest.fixture
def other() -> Iterator[str]:
    with neighbour() as url:
        yield url


@pytest.fixture
def suite(
    testnet: Testnet, other: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_recording.plugin")
    for name, value in (
        ("EXCHANGE", testnet.url),
        ("OTHER", other),
        ("KEY", API_KEY),
        ("SECRET", SECRET_KEY),
    ):
        monkeypatch.setenv(name, value)
    return pytester


def secrets_of(testnet: Testnet) -> list[str]:
    signatures = [
        path.partition("signature=")[2].partition("&")[0]
        for _method, path, _headers in testnet.seen
        if "signature=" in path
    ]
    return [API_KEY, SECRET_KEY, *signatures, *testnet.listen_keys]


@pytest.mark.parametrize("conftest", [AS_A_PLUGIN, AS_A_HOOK], ids=["plugin", "hook"])
def test_a_suite_is_recorded_without_a_secret_and_replays_with_the_network_blocked(
    conftest: str,
    testnet: Testnet,
    suite: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite.makeconftest(conftest)
    suite.makepyfile(test_bot=SUITE)

    suite.runpytest("--record-mode=once").assert_outcomes(passed=5)

    cassettes = suite.path / "cassettes" / "test_bot"
    assert len(list(cassettes.iterdir())) == 5
    secrets = secrets_of(testnet)
    assert len(secrets) > 7
    assert leaks(suite.path / "cassettes", secrets) == []
    asked = len(testnet.seen)

    monkeypatch.setenv("EXCHANGE", "https://eapi.binance.com")
    monkeypatch.setenv("KEY", "another0" * 8)
    monkeypatch.setenv("SECRET", "nobody00" * 8)
    suite.runpytest("--record-mode=none", "--block-network").assert_outcomes(passed=5)
    assert len(testnet.seen) == asked


def test_without_the_line_there_would_be_secrets(testnet: Testnet, suite: pytest.Pytester) -> None:
    suite.makepyfile(test_bot=SUITE)
    suite.runpytest("--record-mode=once").assert_outcomes(passed=5)
    assert leaks(suite.path / "cassettes", secrets_of(testnet)) != []


def test_a_suite_is_recorded_anew(
    testnet: Testnet, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mode is what matters: one client asks.
    monkeypatch.setenv("CLIENTS", "1")
    suite.makeconftest(AS_A_PLUGIN)
    suite.makepyfile(test_bot=SUITE)
    for mode in ("once", "rewrite", "all", "new_episodes"):
        suite.runpytest(f"--record-mode={mode}").assert_outcomes(passed=1)
        for path in (suite.path / "cassettes" / "test_bot").iterdir():
            assert load(path).interactions
    assert leaks(suite.path / "cassettes", secrets_of(testnet)) == []
    suite.runpytest("--block-network").assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
def test_a_damaged_cassette_is_an_error_that_names_it(mode: str, suite: pytest.Pytester) -> None:
    suite.makeconftest(AS_A_PLUGIN)
    suite.makepyfile(
        test_bot="""
        import os, pytest, requests

        @pytest.mark.vcr
        @pytest.mark.parametrize("damage", ["cut", "garbage", "edited", "empty"])
        def test_it(damage):
            requests.get(os.environ["EXCHANGE"] + "/eapi/v1/exchangeInfo")
        """
    )
    suite.runpytest("--record-mode=once").assert_outcomes(passed=4)
    cassettes = suite.path / "cassettes" / "test_bot"
    files = {
        name: cassettes / f"test_it[{name}].yaml" for name in ("cut", "garbage", "edited", "empty")
    }
    text = files["cut"].read_text()
    damaged = {
        "cut": text[: len(text) * 2 // 3],
        "garbage": "ga\0rbage",
        "edited": text.replace("USDT", "USDC", 1),
        "empty": "",
    }
    for name, content in damaged.items():
        files[name].write_text(content)

    result = suite.runpytest(f"--record-mode={mode}")

    result.assert_outcomes(errors=4)
    for name, content in damaged.items():
        result.stdout.fnmatch_lines([f"E *CassetteFormatError: *test_it[[]{name}].yaml*"])
        assert files[name].read_text() == content


def test_cassettes_beside_the_own_one_play_and_are_left_alone(
    testnet: Testnet, suite: pytest.Pytester
) -> None:
    suite.makeconftest(AS_A_PLUGIN)
    suite.makepyfile(
        test_bot="""
        import os, pytest, requests

        def get(name):
            requests.get(os.environ["EXCHANGE"] + f"/eapi/v1/time?of={name}")

        @pytest.mark.vcr
        @pytest.mark.default_cassette("extra.yaml")
        def test_first():
            get("extra")

        @pytest.mark.vcr("extra.yaml", "nowhere.yaml")
        def test_second():
            get("extra")
            get("own")
        """
    )
    suite.runpytest("--record-mode=once", "-k", "first").assert_outcomes(passed=1)
    for mode in ("new_episodes", "new_episodes", "none"):
        suite.runpytest(f"--record-mode={mode}").assert_outcomes(passed=2)
    assert len(testnet.seen) == 2
    cassettes = suite.path / "cassettes" / "test_bot"
    queries = {
        path.name: [i.request.query for i in load(path).interactions]
        for path in cassettes.iterdir()
    }
    assert queries == {"extra.yaml": ["of=extra"], "test_second.yaml": ["of=own"]}


def test_tests_that_share_a_cassette_on_several_workers_lose_nothing(
    testnet: Testnet, suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_recording.plugin,xdist.plugin")
    suite.makeconftest(AS_A_PLUGIN)
    suite.makepyfile(
        test_bot="""
        import os, pytest, requests

        @pytest.mark.vcr
        @pytest.mark.default_cassette("shared.yaml")
        @pytest.mark.parametrize("n", range(16))
        def test_it(n):
            assert requests.get(os.environ["EXCHANGE"] + f"/eapi/v1/time?of={n}").ok
        """
    )
    suite.runpytest_subprocess("-n", "2", "--record-mode=new_episodes").assert_outcomes(passed=16)
    shared = load(suite.path / "cassettes" / "test_bot" / "shared.yaml")
    assert {i.request.query for i in shared.interactions} == {f"of={n}" for n in range(16)}
    suite.runpytest("--record-mode=none", "--block-network").assert_outcomes(passed=16)


def test_the_plugin_without_pytest_recording_is_an_error(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another plugin for vcrpy doesn't ask us, and its cassettes would not be protected.
    monkeypatch.delenv("PYTEST_PLUGINS")
    suite.makeconftest(AS_A_PLUGIN)
    result = suite.runpytest()
    result.stdout.fnmatch_lines(["*unknown hook 'pytest_recording_configure'*"])
