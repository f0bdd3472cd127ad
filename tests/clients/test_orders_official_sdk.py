"""The official SDK trades: its own models, which are strict about types, take every answer and every
event, with every field of theirs and no other."""

from __future__ import annotations

from typing import Any

import pytest
from binance_common.configuration import ConfigurationRestAPI
from binance_common.constants import DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL
from binance_common.errors import BadRequestError, TooManyRequestsError
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from binance_sdk_derivatives_trading_options.rest_api.models import (
    NewOrderNewOrderRespTypeEnum,
    NewOrderSideEnum,
    NewOrderTypeEnum,
    PlaceMultipleOrdersOrdersParameterInner,
)
from binance_sdk_derivatives_trading_options.websocket_streams.models import (
    AccountUpdate,
    BalancePositionUpdate,
    OrderTradeUpdate,
    UserDataStreamEventsResponse,
)

from pytest_binance_options import BinanceAuth, Handle
from pytest_binance_options._frames import Text
from pytest_binance_options.exchange import Exchange, fills
from tests.exchange.listening import connected
from tests.support.sdk_models import whole

pytestmark = [
    pytest.mark.binance_options(mode="simulate"),
    pytest.mark.usefixtures("binance_options_time"),
]

SYMBOL = "BTC-301227-100000-C"
BUY = NewOrderSideEnum["BUY"].value
LIMIT = NewOrderTypeEnum["LIMIT"].value
RESULT = NewOrderNewOrderRespTypeEnum["RESULT"].value


class Sdk:
    """A client whose answers are whole."""

    def __init__(self, auth: BinanceAuth) -> None:
        configuration = ConfigurationRestAPI(
            auth.api_key, auth.secret_key, base_path=DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL
        )
        self._rest = DerivativesTradingOptions(config_rest_api=configuration).rest_api

    def __call__(self, operation: str, **arguments: Any) -> Any:
        return whole(getattr(self._rest, operation)(**arguments).data())

    def buy(self, quantity: float = 0.2, price: float = 1000, **more: Any) -> Any:
        order = {"symbol": SYMBOL, "side": BUY, "type": LIMIT, **more}
        return self("new_order", quantity=quantity, price=price, **order)


@pytest.fixture(autouse=True)
def _listed(binance_options_exchange: Exchange) -> None:
    binance_options_exchange.symbols.add(SYMBOL)


@pytest.fixture
def exchange(binance_options_exchange: Exchange) -> Exchange:
    return binance_options_exchange


@pytest.fixture
def sdk(binance_options: Handle, binance_options_auth: BinanceAuth) -> Sdk:
    return Sdk(binance_options_auth)


def test_an_order_is_placed_asked_for_and_cancelled(sdk: Sdk, exchange: Exchange) -> None:
    placed = sdk.buy(client_order_id="mine", new_order_resp_type=RESULT)
    assert (placed.client_order_id, placed.status, placed.side) == ("mine", "NEW", "BUY")
    found = sdk("query_single_order", symbol=SYMBOL, order_id=placed.order_id)
    assert (found.client_order_id, found.price, found.quantity) == ("mine", "1000", "0.2")
    (open_order,) = sdk("query_current_open_option_orders", symbol=SYMBOL)
    assert open_order.order_id == placed.order_id
    cancelled = sdk("cancel_option_order", symbol=SYMBOL, client_order_id="mine")
    assert (cancelled.status, cancelled.executed_qty) == ("CANCELED", "0")
    assert sdk("query_current_open_option_orders") == []
    (past,) = sdk("query_option_order_history", symbol=SYMBOL)
    assert (past.order_id, past.status) == (placed.order_id, "CANCELED")
    assert [order.status for order in exchange.orders] == ["CANCELED"]


def test_a_fill_is_in_trades_position_and_account(sdk: Sdk, exchange: Exchange) -> None:
    before = sdk("option_margin_account_information").asset[0]
    placed = sdk.buy()
    exchange.fill(placed.order_id, quantity="0.05", fee="0.3")
    exchange.fill(placed.order_id, fee="0.9")
    trades = sdk("account_trade_list", symbol=SYMBOL)
    assert sorted(trade.quantity for trade in trades) == ["0.05", "0.15"]
    assert {trade.order_id for trade in trades} == {placed.order_id}
    (position,) = sdk("option_position_information")
    assert (position.symbol, position.side, position.quantity) == (SYMBOL, "LONG", "0.2")
    assert float(position.entry_price) == 1000
    after = sdk("option_margin_account_information").asset[0]
    assert float(before.margin_balance) - float(after.margin_balance) == pytest.approx(201.2)
    (past,) = sdk("query_option_order_history", symbol=SYMBOL)
    assert (past.status, past.executed_qty) == ("FILLED", "0.2")


def test_batches(sdk: Sdk, exchange: Exchange) -> None:
    order = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": 0.1}
    batch = [
        PlaceMultipleOrdersOrdersParameterInner.from_dict({**order, "price": price, **more})
        for price, more in ((1000, {"clientOrderId": "a"}), (1001, {}), (1005, {}))
    ]
    # One that is refused has code and msg, which the SDK's model drops.
    first, refused, third = sdk._rest.place_multiple_orders(orders=batch).data()
    whole(first)
    assert refused.order_id is None
    assert (first.client_order_id, third.price) == ("a", "1005")
    ended = sdk(
        "cancel_multiple_option_orders",
        symbol=SYMBOL,
        order_ids=[first.order_id, third.order_id],
    )
    assert [order.status for order in ended] == ["CANCELED", "CANCELED"]
    assert exchange.orders.open() == []


def test_everything_of_a_symbol_or_an_underlying_is_cancelled(sdk: Sdk, exchange: Exchange) -> None:
    for operation, which in (
        ("cancel_all_option_orders_on_specific_symbol", {"symbol": SYMBOL}),
        ("cancel_all_option_orders_by_underlying", {"underlying": "BTCUSDT"}),
    ):
        sdk.buy()
        sdk.buy(0.1)
        answer = sdk(operation, **which)
        assert int(answer.code) == 0
        assert exchange.orders.open() == []


def test_a_countdown_cancels(sdk: Sdk, exchange: Exchange) -> None:
    sdk.buy()
    asked = {"underlying": "BTCUSDT", "countdown_time": 30_000}
    answer = sdk("set_auto_cancel_all_open_orders", **asked)
    assert (answer.underlying, answer.countdown_time) == ("BTCUSDT", 30_000)
    assert sdk("get_auto_cancel_all_open_orders").countdown_time == 30_000
    exchange.clock.advance(seconds=20)
    assert sdk("auto_cancel_all_open_orders", underlyings="BTCUSDT").underlyings == ["BTCUSDT"]
    exchange.clock.advance(seconds=20)
    assert len(exchange.orders.open()) == 1
    exchange.clock.advance(seconds=10)
    assert exchange.orders.open() == []


def test_what_it_reads_of_the_market(sdk: Sdk, exchange: Exchange) -> None:
    exchange.symbols.set_mark_price(SYMBOL, 2105)
    assert sdk("check_server_time").server_time == exchange.clock.now_ms
    info = sdk("exchange_information")
    (symbol,) = [each for each in info.option_symbols if each.symbol == SYMBOL]
    assert (symbol.strike_price, symbol.filters[0].tick_size) == ("100000", "5")
    (mark,) = sdk("option_mark_price", symbol=SYMBOL)
    assert mark.mark_price == "2105"
    assert sdk("index_price", underlying="BTCUSDT").index_price == "60000"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"price": 1001}, (-4029, "Tick size precision is invalid.")),
        ({"quantity": 0.015}, (-1111, "Precision is over the maximum defined for this asset.")),
        ({"quantity": 100}, (-2018, "Balance is insufficient.")),
        ({"client_order_id": "there"}, (-6044, "clientOrderId is duplicated")),
    ],
)
def test_an_order_that_is_refused_raises_its_error(
    sdk: Sdk, exchange: Exchange, order: dict[str, Any], error: tuple[int, str]
) -> None:
    sdk.buy(client_order_id="there")
    with pytest.raises(BadRequestError) as caught:
        sdk.buy(**order)
    assert (caught.value.status_code, caught.value.error_message) == error
    assert len(exchange.orders) == 1


def test_too_many_orders_raise_its_error_for_that(sdk: Sdk, exchange: Exchange) -> None:
    exchange.orders.counts.limits["10S"] = 1
    sdk.buy()
    with pytest.raises(TooManyRequestsError):
        sdk.buy()


def test_every_event_of_an_order_s_life_fits_its_models(sdk: Sdk, exchange: Exchange) -> None:
    symbol = next(symbol for symbol in exchange.symbols if symbol.underlying == "BTCUSDT")
    assert (symbol.side, symbol.strike) == ("CALL", 50_000)
    exchange.clock.skip_to(symbol.expiry_ms - 60_000)
    listen_key = sdk("start_user_data_stream").listen_key
    stream = connected(exchange, f"/private/ws/{listen_key}")
    exchange.fills = fills.in_parts(2, every=3)
    sdk.buy(symbol=symbol.name)
    exchange.clock.advance(seconds=6)
    exchange.fills = fills.never()
    for end in (exchange.cancel, exchange.expire):
        end(sdk.buy(symbol=symbol.name).order_id)
    exchange.deposit(100)
    sdk.buy(symbol=symbol.name)
    exchange.clock.advance(minutes=1)
    texts = [frame.data for frame in stream.take() if isinstance(frame, Text)]
    heard = [UserDataStreamEventsResponse.from_json(text) for text in texts]
    models = [whole(event.actual_instance) for event in heard]
    updates = [model.o for model in models if isinstance(model, OrderTradeUpdate)]
    assert [(update.X, update.z) for update in updates] == [
        *(("NEW", "0"), ("PARTIALLY_FILLED", "0.1"), ("FILLED", "0.2")),
        *(("NEW", "0"), ("CANCELED", "0")),
        *(("NEW", "0"), ("EXPIRED", "0")),
        *(("NEW", "0"), ("EXPIRED", "0")),
    ]
    changes = [model for model in models if isinstance(model, BalancePositionUpdate)]
    held = [model.P[0].c for model in changes if model.P]
    assert held == ["0.1", "0.2", "0"]
    # 200 were paid for what pays 2,000: 0.2 of 60,000 - 50,000.
    assert float(changes[-1].B[0].b) > 10_000 + 100 - 200 + 1_990
    assert isinstance(models[-1], AccountUpdate)
