"""ccxt, in an environment of its own: it wants each of its dependencies in one version.

`make ccxt`. Through the installed plugin, as a user has it; sync and async, unmodified and at
production's address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from pytest_binance_options import BinanceAuth, Handle
from pytest_binance_options.exchange import Exchange, scenarios

SYMBOL = "BTC/USDT:USDT-301227-100000-C"
NAME = "BTC-301227-100000-C"


@pytest.fixture
def exchange(binance_options_exchange: Exchange) -> Exchange:
    binance_options_exchange.symbols.add(NAME)
    return binance_options_exchange


@pytest.fixture
def settings(binance_options: Handle, binance_options_auth: BinanceAuth) -> dict[str, object]:
    """Options alone: else it reads the markets of all of Binance, at other hosts."""
    options = {
        "defaultType": "option",
        "fetchMarkets": {"types": ["option"]},
        "fetchPositions": {"method": "option"},
    }
    return {
        "apiKey": binance_options_auth.api_key,
        "secret": binance_options_auth.secret_key,
        "options": {**options, "fetchCurrencies": False},
    }


@pytest.fixture
def client(settings: dict[str, object]) -> Any:
    return ccxt.binance(settings)


def test_its_markets_are_the_exchange_s_symbols(client: Any, exchange: Exchange) -> None:
    markets = client.load_markets()
    assert sorted(market["id"] for market in markets.values()) == sorted(
        symbol.name for symbol in exchange.symbols
    )
    market = client.market(SYMBOL)
    symbol = exchange.symbols[NAME]
    assert (market["id"], market["type"], market["optionType"]) == (NAME, "option", "call")
    assert (market["strike"], market["expiry"]) == (100_000, symbol.expiry_ms)
    assert market["precision"]["price"] == 5
    assert (market["limits"]["amount"]["min"], market["limits"]["amount"]["max"]) == (0.01, 1000)


def test_a_day_of_trading(client: Any, exchange: Exchange) -> None:
    placed = client.create_order(SYMBOL, "limit", "buy", 0.2, 1000)
    assert (placed["status"], placed["symbol"]) == ("open", SYMBOL)
    (waiting,) = client.fetch_open_orders(SYMBOL)
    assert (waiting["id"], waiting["price"], waiting["amount"]) == (placed["id"], 1000, 0.2)

    exchange.fill(int(placed["id"]), quantity="0.05")
    found = client.fetch_order(placed["id"], SYMBOL)
    assert (found["status"], found["filled"], found["remaining"]) == ("open", 0.05, 0.15)
    assert client.cancel_order(placed["id"], SYMBOL)["status"] == "canceled"
    assert client.fetch_open_orders(SYMBOL) == []
    (past,) = client.fetch_orders(SYMBOL)
    assert (past["status"], past["filled"], past["average"]) == ("canceled", 0.05, 1000)

    (trade,) = client.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["side"], trade["amount"]) == (placed["id"], "buy", 0.05)
    assert trade["fee"]["currency"] == "USDT"
    (position,) = client.fetch_positions([SYMBOL])
    assert (position["side"], position["contracts"]) == ("long", 0.05)
    assert position["entryPrice"] == 1000
    assert client.fetch_position(SYMBOL)["contracts"] == 0.05

    for amount in (0.1, 0.2):
        client.create_order(SYMBOL, "limit", "buy", amount, 500, {"timeInForce": "GTC"})
    client.cancel_all_orders(SYMBOL)
    assert exchange.orders.open() == []


def test_the_balance_for_which_it_has_no_unified_call(client: Any, exchange: Exchange) -> None:
    order = client.create_order(SYMBOL, "limit", "buy", 0.2, 1000)
    exchange.fill(int(order["id"]), fee=1)
    (usdt,) = client.eapiPrivateGetMarginAccount()["asset"]
    assert float(usdt["marginBalance"]) == 10_000 - 200 - 1


def test_worths(client: Any, exchange: Exchange) -> None:
    client.load_markets()
    exchange.symbols.set_mark_price(NAME, 2105)
    assert client.fetch_greeks(SYMBOL)["markPrice"] == 2105


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (
            lambda client: client.create_order(SYMBOL, "limit", "buy", 100, 1000),
            ccxt.InsufficientFunds,
        ),
        (lambda client: client.fetch_order("7", SYMBOL), ccxt.OrderNotFound),
        (lambda client: client.cancel_order("7", SYMBOL), ccxt.OrderNotFound),
        (
            lambda client: client.create_order(
                SYMBOL, "limit", "buy", 1, 1000, {"clientOrderId": "there"}
            ),
            ccxt.ExchangeError,
        ),
    ],
    ids=["too poor", "unknown", "unknown to cancel", "twice"],
)
def test_what_is_refused_raises_its_own_error(
    client: Any, exchange: Exchange, act: Callable[[Any], object], error: type[Exception]
) -> None:
    client.create_order(SYMBOL, "limit", "buy", 0.1, 1000, {"clientOrderId": "there"})
    with pytest.raises(error):
        act(client)
    assert len(exchange.orders) == 1


def test_a_ban_raises_its_own_error(client: Any, exchange: Exchange) -> None:
    client.load_markets()
    scenarios.rate_limited_then_banned(exchange)
    for _ in range(3):
        with pytest.raises(ccxt.DDoSProtection):
            client.fetch_open_orders(SYMBOL)


def test_the_async_client_trades_as_well(settings: dict[str, object], exchange: Exchange) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        client = ccxt.async_support.binance(settings)
        try:
            yield client
        finally:
            await client.close()

    async def trade() -> None:
        async with opened() as client:
            placed = await client.create_order(SYMBOL, "limit", "buy", 0.2, 1000)
            exchange.fill(int(placed["id"]))
            (trade,) = await client.fetch_my_trades(SYMBOL)
            (position,) = await client.fetch_positions([SYMBOL])
            assert (trade["amount"], position["contracts"]) == (0.2, 0.2)

    asyncio.run(trade())


@pytest.mark.usefixtures("binance_options_time")
def test_what_it_watches_is_what_becomes_of_its_orders(
    settings: dict[str, Any], exchange: Exchange
) -> None:
    settings["options"]["watchPositions"] = {"fetchPositionsSnapshot": False}

    async def trade() -> list[tuple[str, float]]:
        client = ccxt.pro.binance(settings)
        try:
            await client.load_markets()
            heard: list[tuple[str, float]] = []

            async def watch() -> None:
                while True:
                    heard.extend(
                        (order["status"], order["filled"])
                        for order in await client.watch_orders(SYMBOL)
                    )

            watching = asyncio.create_task(watch())
            await asyncio.sleep(5)
            placed = await client.create_order(SYMBOL, "limit", "buy", 0.2, 1000)
            for _ in range(2):
                exchange.fill(int(placed["id"]), quantity="0.1")
                await asyncio.sleep(1)
            watching.cancel()
            return heard
        finally:
            await client.close()

    heard = asyncio.run(trade())
    assert heard[-1] == ("closed", 0.2)
    assert ("open", 0.1) in heard
