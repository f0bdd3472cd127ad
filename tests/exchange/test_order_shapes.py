"""What the order endpoints answer, and what the streams say of orders, has the shape that the
official SDK's models have, every field of it, and of the types that they want."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from binance_sdk_derivatives_trading_options.rest_api import models
from binance_sdk_derivatives_trading_options.websocket_streams import models as stream_models

from pytest_binance_options.exchange import Account, Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .trading import CALL, Trader, heard, new


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


@pytest.fixture
def order_id(exchange: Exchange, trader: Trader) -> int:
    """Of an order that was filled in part."""
    placed: int = trader.place(quantity="0.5")["orderId"]
    exchange.fill(quantity="0.2")
    return placed


def check(model: Any, value: object, *, lacks: tuple[str, ...] = ()) -> None:
    """``value`` is of this ``model``, and it and all that is in it has every field but ``lacks``
    and no other."""
    made = model.from_dict(value) if isinstance(value, list) else model.from_json(json.dumps(value))
    for one in made if isinstance(made, list) else [made]:
        one = getattr(one, "actual_instance", None) or one
        assert list(getattr(one, "additional_properties", ())) == []
        assert [name for name, each in vars(one).items() if each is None] == list(lacks)


def test_orders(trader: Trader, order_id: int) -> None:
    check(models.NewOrderResponse, trader.place())
    check(models.NewOrderResponse, trader.place(newOrderRespType="RESULT"))
    batch = json.dumps([new(), new(side="SELL", quantity=0.1, price=2000)])
    check(models.PlaceMultipleOrdersResponse, trader.json("POST", "batchOrders", orders=batch))
    one = {"symbol": CALL, "orderId": order_id}
    check(models.QuerySingleOrderResponse, trader.json("GET", "order", **one))
    check(models.QueryCurrentOpenOptionOrdersResponse, trader.json("GET", "openOrders"))
    check(models.CancelOptionOrderResponse, trader.json("DELETE", "order", **one))
    two = trader.json("DELETE", "batchOrders", symbol=CALL, orderIds=f"[{order_id + 1}]")
    check(models.CancelMultipleOptionOrdersResponse, two)
    past = trader.json("GET", "historyOrders", symbol=CALL)
    check(models.QueryOptionOrderHistoryResponse, past)
    check(
        models.CancelAllOptionOrdersOnSpecificSymbolResponse,
        trader.json("DELETE", "allOpenOrders", symbol=CALL),
    )
    check(
        models.CancelAllOptionOrdersByUnderlyingResponse,
        trader.json("DELETE", "allOpenOrdersByUnderlying", underlying="BTCUSDT"),
    )


@pytest.mark.usefixtures("order_id")
def test_trades_positions_and_the_account(trader: Trader) -> None:
    check(models.AccountTradeListResponse, trader.json("GET", "userTrades", symbol=CALL))
    check(models.OptionPositionInformationResponse, trader.json("GET", "position"))
    account = trader.json("GET", "marginAccount")
    check(models.OptionMarginAccountInformationResponse, account)
    inner = importlib.import_module(
        f"{models.__name__}.option_margin_account_information_response_asset_inner"
    )
    check(inner.OptionMarginAccountInformationResponseAssetInner, account["asset"][0])
    assert (account["time"], account["canTrade"], account["tradeGroupId"]) == (
        trader.exchange.clock.now_ms,
        True,
        -1,
    )


def test_the_account_as_older_clients_ask_for_it(trader: Trader) -> None:
    account = trader.json("GET", "account")
    assert account["asset"] == [
        {
            "asset": "USDT",
            "marginBalance": "10000.00000000",
            "equity": "10000.00000000",
            "available": "10000.00000000",
            "locked": "0.00000000",
            "unrealizedPNL": "0.00000000",
        }
    ]
    assert (account["riskLevel"], [greek["underlying"] for greek in account["greek"]]) == (
        "NORMAL",
        ["BTCUSDT", "ETHUSDT"],
    )


def test_countdowns(trader: Trader) -> None:
    set_ = trader.json("POST", "countdownCancelAll", underlying="BTCUSDT", countdownTime=5000)
    check(models.SetAutoCancelAllOpenOrdersResponse, set_)
    check(models.GetAutoCancelAllOpenOrdersResponse, trader.json("GET", "countdownCancelAll"))
    beat = trader.json("POST", "countdownCancelAllHeartBeat", underlyings="BTCUSDT")
    check(models.AutoCancelAllOpenOrdersResponse, beat)


def test_events(exchange: Exchange, trader: Trader, connection: StreamConnection) -> None:
    trader.place(quantity="0.5")
    exchange.fill(quantity="0.2")
    exchange.cancel()
    by_type: dict[str, Any] = {}
    for event in heard(connection):
        by_type.setdefault(event["e"], []).append(event)
    assert sorted(by_type) == ["ACCOUNT_UPDATE", "BALANCE_POSITION_UPDATE", "ORDER_TRADE_UPDATE"]
    for name, events in by_type.items():
        for event in events:
            model = stream_models.UserDataStreamEventsResponse.from_dict(event)
            made = model.actual_instance
            assert made is not None
            assert type(made).__name__.lower() == name.replace("_", "").lower()
            # The model has no field for the type, which is what it was chosen by.
            assert made.additional_properties == {"e": name}
