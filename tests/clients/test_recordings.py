"""What one client recorded, every other replays: against an exchange behind a real HTTP connection
on loopback."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import suppress
from itertools import product

import pytest

from tests.support import testnet

from .drivers import DRIVERS

NAMES = [driver.__name__ for driver in DRIVERS]

SUITE = """
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tests.clients import drivers

import pytest


def cases(pairs):
    return pytest.mark.parametrize(
        "kind",
        [
            pytest.param(getattr(drivers, kind), id=f"{kind}-{cassette}", marks=pytest.mark.binance_options(cassette=cassette))
            for kind, cassette in pairs
        ],
    )


@cases(PAIRS)
def test_flow(kind, binance_options):
    driver = kind(binance_options.auth.api_key, "s" * 64)
    try:
        listen_key = driver.create()
        assert len(listen_key) == 64
        assert driver.create() == listen_key
        driver.keepalive()
        driver.close()
        with pytest.raises(drivers.Refusal) as caught:
            driver.keepalive()
        assert (caught.value.code, caught.value.msg) == (-1125, "This listenKey does not exist.")
    finally:
        driver.leave()
    assert [(asked.method, asked.status) for asked in binance_options.requests] == [
        ("POST", 200), ("POST", 200), ("PUT", 200), ("DELETE", 200), ("PUT", 400)
    ]
"""


@pytest.fixture
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An inner run has our plugin and no other that happens to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin")
    yield
    # python-binance makes an event loop where there is none, and leaves it.
    with suppress(RuntimeError), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    monkeypatch.delenv("BINANCE_OPTIONS_MODE", raising=False)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")


def run(pytester: pytest.Pytester, pairs: list[tuple[str, str]], *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_clients=SUITE.replace("PAIRS", repr(pairs)))
    return pytester.runpytest("-q", "-p", "no:cacheprovider", *options)


@pytest.mark.usefixtures("alone")
def test_a_recording_through_any_client_replays_through_every_other(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with testnet.running() as fake, monkeypatch.context() as account:
        for name, value in fake.environ.items():
            account.setenv(name, value)
        recorded = run(
            pytester,
            list(zip(NAMES, NAMES, strict=True)),
            "--binance-options=record",
            f"--binance-options-host={fake.url}",
        )
        recorded.assert_outcomes(passed=len(NAMES))
        assert len(fake.seen) == 5 * len(NAMES)

    written = {path.stem: path.read_text() for path in (pytester.path / "cassettes").glob("*.yaml")}
    assert sorted(written) == sorted(NAMES)
    secrets = [testnet.API_KEY, testnet.SECRET_KEY]
    assert not [name for name, text in written.items() for secret in secrets if secret in text]

    replayed = run(pytester, list(product(NAMES, NAMES)), "--binance-options=replay")
    replayed.assert_outcomes(passed=len(NAMES) ** 2)
    assert len(fake.seen) == 5 * len(NAMES)
