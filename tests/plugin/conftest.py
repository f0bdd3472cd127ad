from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import pytest_binance_options
from tests.support import testnet
from tests.support.testnet import Testnet

FLOW = """
    def test_flow(binance_options_user_data_streams):
        streams = binance_options_user_data_streams
        created = streams.options_create_listen_key_v1()
        assert len(created.listen_key) == 64
        assert streams.options_update_listen_key_v1() == {}
        assert streams.options_delete_listen_key_v1() == {}
"""


# Pytester forgets what an inner run imported. All of ours stays: cryptography and PyYAML's C part
# can't be imported twice in a process, the network guard's audit hook can't be taken out again, and
# each inner run would import the same anew.
for module in pkgutil.walk_packages(pytest_binance_options.__path__, "pytest_binance_options."):
    importlib.import_module(module.name)
importlib.import_module("pytest_binance_options.client.auth").generated_auth(
    "ed25519", "k" * 64, "s" * 64
)


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever account the developer's own environment names, the tests don't see it."""
    for name in (
        "BINANCE_API_KEY",
        "BINANCE_SECRET_KEY",
        "BINANCE_PRIVATE_KEY_PATH",
        "BINANCE_PRIVATE_KEY_PASSPHRASE",
        "BINANCE_OPTIONS_MODE",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inner run has our plugin and no other that happens to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin")


@pytest.fixture
def fake_testnet() -> Iterator[Testnet]:
    """A testnet on loopback; no account in the environment yet."""
    with testnet.running() as running:
        yield running


@pytest.fixture
def account(fake_testnet: Testnet, monkeypatch: pytest.MonkeyPatch) -> Testnet:
    """The testnet, with an account on it in the environment."""
    for name, value in fake_testnet.environ.items():
        monkeypatch.setenv(name, value)
    return fake_testnet
