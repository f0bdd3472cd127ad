"""An order flow of the official SDK, recorded against an exchange behind a real HTTP connection, and
replayed: with client order ids that are others each time, and without an account."""

from __future__ import annotations

import pytest

from tests.support import testnet

SUITE = """
import uuid

import pytest
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from binance_sdk_derivatives_trading_options.rest_api.models import (
    NewOrderSideEnum,
    NewOrderTimeInForceEnum,
    NewOrderTypeEnum,
)


@pytest.mark.binance_options(cassette="orders")
def test_a_flow(binance_options, binance_options_auth):
    # A replay needs no secret.
    secret = "s" * 64 if binance_options.mode == "replay" else SECRET
    configuration = ConfigurationRestAPI(
        api_key=binance_options_auth.api_key,
        api_secret=secret,
        base_path="https://eapi.binance.com",
        timeout=9000,
    )
    api = DerivativesTradingOptions(configuration).rest_api
    symbol = api.exchange_information().data().option_symbols[-1].symbol
    name = uuid.uuid4().hex

    def place(quantity):
        return api.new_order(
            symbol=symbol,
            side=NewOrderSideEnum["BUY"].value,
            type=NewOrderTypeEnum["LIMIT"].value,
            quantity=quantity,
            price=10,
            time_in_force=NewOrderTimeInForceEnum["GTC"].value,
            client_order_id=name,
        ).data()

    order = place(0.1)
    assert order.client_order_id == name
    found = api.query_single_order(symbol=symbol, client_order_id=name).data()
    assert (found.order_id, found.client_order_id) == (order.order_id, name)
    (pending,) = api.query_current_open_option_orders(symbol=symbol).data()
    assert pending.client_order_id == name
    gone = api.cancel_option_order(symbol=symbol, order_id=order.order_id).data()
    assert (gone.status, gone.client_order_id) == ("CANCELED", name)
    (past,) = api.query_option_order_history(symbol=symbol).data()
    assert past.client_order_id == name
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BINANCE_OPTIONS_MODE", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin")
    pytester.makepyfile(test_flow=SUITE.replace("SECRET", repr(testnet.SECRET_KEY)))


@pytest.mark.usefixtures("suite")
def test_a_recorded_order_flow_replays_through_the_official_sdk(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with testnet.running() as fake, monkeypatch.context() as account:
        for name, value in fake.environ.items():
            account.setenv(name, value)
        host = f"--binance-options-host={fake.url}"
        pytester.runpytest("--binance-options=record", host).assert_outcomes(passed=1)
        asked = len(fake.seen)
    (cassette,) = (pytester.path / "cassettes").glob("*.yaml")
    written = cassette.read_text()
    assert not [secret for secret in (testnet.API_KEY, testnet.SECRET_KEY) if secret in written]

    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)
    assert len(fake.seen) == asked
