"""Bad days of orders: what each does to requests, orders and streams."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_binance_options._messages import Later, Request, Response
from pytest_binance_options.exchange import Account, Exchange, fills, scenarios
from pytest_binance_options.exchange import (
    _order_scenarios as order_scenarios,
)
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .asking import hmac_signature
from .listening import connected, new_key
from .trading import CALL, Trader, heard, new

EXAMPLES = Path(__file__).parents[2] / "examples" / "tests" / "test_trader.py"


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


@pytest.mark.parametrize("name", order_scenarios.__all__)
def test_every_scenario_is_played_to_the_two_traders_of_the_examples(name: str) -> None:
    assert f"scenarios.{name}" in EXAMPLES.read_text(encoding="utf-8")


@pytest.mark.parametrize("executed", [True, False])
def test_order_of_unknown_outcome(exchange: Exchange, trader: Trader, executed: bool) -> None:
    armed = scenarios.order_of_unknown_outcome(exchange, executed=executed)
    answer = trader.call("POST", "order", **new(clientOrderId="mine-1"))
    assert (answer.status, json.loads(answer.body)["code"], armed.fired) == (503, -1000, 1)
    found = trader.call("GET", "order", symbol=CALL, clientOrderId="mine-1")
    assert found.status == (200 if executed else 400)
    again = trader.call("POST", "order", **new(clientOrderId="mine-1"))
    assert again.status == (400 if executed else 200)
    assert len(exchange.orders) == 1


def test_fill_before_reply(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    armed = scenarios.fill_before_reply(exchange, seconds=2)
    query = "&".join(f"{name}={value}" for name, value in new().items())
    query += f"&timestamp={exchange.clock.now_ms}"
    signature = hmac_signature(trader.key.secret_key or "", query)
    later = exchange.begin(
        Request(
            "POST",
            f"/eapi/v1/order?{query}&signature={signature}",
            {"X-MBX-APIKEY": trader.key.api_key},
        )
    )
    assert isinstance(later, Later)
    assert (later.answer, armed.fired) == (None, 1)
    orders = [event["o"]["X"] for event in heard(connection) if "o" in event]
    assert orders == ["NEW", "FILLED"]
    exchange.clock.advance(seconds=2)
    assert isinstance(later.answer, Response)
    assert json.loads(later.answer.body)["status"] == "NEW"
    trader.place()
    assert len(exchange.orders.open()) == 1


def test_disconnect_between_fills(
    exchange: Exchange, account: Account, trader: Trader, connection: StreamConnection
) -> None:
    theirs = exchange.open_account("theirs")
    other = connected(exchange, f"/private/ws/{new_key(exchange, theirs)}")
    scenarios.disconnect_between_fills(exchange, account)
    exchange.fills = fills.in_parts(2)
    trader.place()
    exchange.clock.advance(seconds=5)
    assert [event["o"]["X"] for event in heard(connection) if "o" in event] == [
        "NEW",
        "PARTIALLY_FILLED",
    ]
    assert (connection.closed, other.closed) == (True, False)
    assert next(iter(exchange.orders)).status == "FILLED"
    again = connected(exchange, f"/private/ws/{account.listen_key}")
    trader.place()
    exchange.clock.advance(seconds=5)
    assert not again.closed


def test_cancel_comes_too_late(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    scenarios.cancel_comes_too_late(exchange)
    first, second = (trader.place()["orderId"] for _ in range(2))
    connection.take()
    assert trader.refused("DELETE", "order", symbol=CALL, orderId=first)[1] == -6028
    assert [event["o"]["X"] for event in heard(connection) if "o" in event] == ["FILLED"]
    assert trader.json("DELETE", "order", symbol=CALL, orderId=second)["status"] == "CANCELED"


def test_all_end_with_a_reset(exchange: Exchange, account: Account, trader: Trader) -> None:
    for name in order_scenarios.__all__:
        getattr(scenarios, name)(exchange)
    exchange.reset()
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    order_id = trader.place()["orderId"]
    exchange.fill(quantity="0.05")
    assert not connection.closed
    cancelled = trader.json("DELETE", "order", symbol=CALL, orderId=order_id)
    assert (cancelled["status"], cancelled["executedQty"]) == ("CANCELED", "0.05")
