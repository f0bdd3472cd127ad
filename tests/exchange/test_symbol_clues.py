"""Why an order's symbol, price or quantity was refused, as the section of a failing test says it."""

from __future__ import annotations

import json

import pytest

from pytest_binance_options.exchange import Account, Exchange
from pytest_binance_options.exchange._hints import hints

from .trading import CALL, Trader


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


def told(trader: Trader) -> str:
    """The hints, as one line."""
    return " ".join(line.strip() for line in hints(list(trader.exchange.journal)))


def test_an_option_that_has_expired(trader: Trader) -> None:
    trader.place_refused(symbol="BTC-251231-60000-C")
    assert told(trader) == (
        "* BTC-251231-60000-C expired at 2025-12-31 08:00, and it is 2026-01-01 00:00 UTC on the"
        " exchange's clock. Take one of exchange.symbols, or a later date."
    )


def test_one_that_is_not_listed(trader: Trader) -> None:
    trader.refused("GET", "userTrades", symbol="BTC-260925-60500-C")
    trader.refused("GET", "openOrders", symbol="BTC-260925-60500-C")
    assert "BTC-260925-60500-C isn't listed. Near it are: BTC-260925-60000-C," in told(trader)
    assert 'List it with exchange.symbols.add("BTC-260925-60500-C").' in told(trader)


@pytest.mark.parametrize("path", ["userTrades", "historyOrders", "openOrders", "position"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC-260925-60500-C", "XRP-251231-1-C"])
def test_who_asks_for_what_never_was_is_told(trader: Trader, path: str, symbol: str) -> None:
    assert trader.refused("GET", path, symbol=symbol) == (400, -1121, "Invalid symbol.")
    assert symbol in told(trader)


def test_what_is_no_option_at_all(trader: Trader) -> None:
    trader.place_refused(symbol="BTCUSDT")
    assert "name is 'BTCUSDT'. Give an option's name" in told(trader)


def test_in_a_batch(trader: Trader) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "5"}
    (refused,) = trader.json("POST", "batchOrders", orders=json.dumps([order]))
    assert refused["code"] == -1121
    assert trader.exchange.journal[-1].clue.startswith("name is 'BTCUSDT'.")


@pytest.mark.parametrize(
    ("wrong", "clue"),
    [
        ({"side": "buy"}, "side is 'buy': it can be BUY or SELL."),
        ({"type": "MARKET"}, "type is 'MARKET': it can be LIMIT."),
        ({"timeInForce": "DAY"}, "timeInForce is 'DAY': it can be GTC, IOC, FOK or GTX."),
        (
            {"newOrderRespType": "FULL"},
            "newOrderRespType is 'FULL': it can be ACK or RESULT.",
        ),
    ],
)
def test_a_word_that_there_is_none_of(trader: Trader, wrong: dict[str, str], clue: str) -> None:
    trader.place_refused(**wrong)
    assert told(trader) == f"* {clue}"


def test_where_only_the_exchange_s_own_words_tell_they_are_told_whole(trader: Trader) -> None:
    trader.place_refused(timeInForce="FOK")
    assert (
        "-6046 Due to the order could not be filled immediately, the FOK order has been rejected,"
        " and no request came after it." in told(trader)
    )


@pytest.mark.parametrize("wrong", [{"price": "2001"}, {"quantity": "0.015"}, {"price": "1"}])
def test_a_price_or_a_quantity_off_the_grid(trader: Trader, wrong: dict[str, object]) -> None:
    trader.place_refused(**wrong)
    order = {"quantity": "0.1", "price": "2000", **wrong}
    assert told(trader) == (
        f"* {CALL} takes prices from 5 to 300000 in steps of 5, and quantities from 0.01 to 1000 in"
        f" steps of 0.01; an order was for {order['quantity']} at {order['price']}."
    )
