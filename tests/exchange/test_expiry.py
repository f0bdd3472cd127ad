"""An option expires at its time on the clock: its orders end, its positions are paid out, and
whoever has them is told."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from pytest_binance_options.exchange import Account, Exchange, fills

from .listening import connected, new_key
from .trading import Trader, heard

DAY = datetime(2026, 1, 1, 8, tzinfo=timezone.utc)
CALL, PUT = "BTC-260101-60000-C", "BTC-260101-60000-P"
LATER = "BTC-260102-60000-C"


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


def hold(trader: Trader, symbol: str, side: str, quantity: str = "0.1") -> None:
    order = trader.place(symbol=symbol, side=side, quantity=quantity, price="500")
    trader.exchange.fill(order["orderId"], fee=0)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
@pytest.mark.parametrize(
    ("symbol", "index", "worth"),
    [
        (CALL, "61000", "1000"),
        (CALL, "60000", "0"),
        (CALL, "59000", "0"),
        (PUT, "59000", "1000"),
        (PUT, "60000", "0"),
        (PUT, "61000", "0"),
    ],
)
def test_a_position_is_paid_what_it_is_in_the_money(
    trader: Trader, side: str, symbol: str, index: str, worth: str
) -> None:
    exchange = trader.exchange
    hold(trader, symbol, side)
    exchange.symbols.set_index_price("BTCUSDT", index)
    exchange.clock.advance(hours=8)
    ledger = exchange.orders.ledger()
    sign = 1 if side == "BUY" else -1
    profit = sign * (Decimal(worth) - 500) * Decimal("0.1")
    assert (ledger.balance, ledger.realized) == (10_000 + profit, profit)
    assert ledger.positions == []
    assert trader.json("GET", "position") == []


def test_one_contract_may_be_of_several_units(trader: Trader) -> None:
    trader.exchange.symbols.add(CALL, unit=10)
    hold(trader, CALL, "BUY")
    trader.exchange.symbols.set_index_price("BTCUSDT", 61_000)
    trader.exchange.clock.advance(hours=8)
    assert trader.exchange.orders.ledger().balance == 10_000 - 500 + 1_000


def test_it_happens_at_eight_and_not_before(trader: Trader) -> None:
    exchange = trader.exchange
    hold(trader, CALL, "BUY")
    trader.place(symbol=CALL)
    exchange.clock.advance(hours=8, milliseconds=-1)
    assert [order.status for order in exchange.orders] == ["FILLED", "NEW"]
    assert len(trader.json("GET", "position")) == 1
    exchange.clock.advance(milliseconds=1)
    assert [order.status for order in exchange.orders] == ["FILLED", "EXPIRED"]
    assert trader.json("GET", "position") == []


def test_who_listens_hears_of_orders_positions_and_the_account_in_that_order(
    trader: Trader, exchange: Exchange, account: Account
) -> None:
    exchange.clock.advance(hours=7, minutes=59)
    stream = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    hold(trader, CALL, "BUY")
    hold(trader, PUT, "BUY")
    trader.place(symbol=CALL)
    trader.place(symbol=LATER)
    exchange.clock.advance(minutes=1, milliseconds=-1)
    heard(stream)
    exchange.clock.advance(milliseconds=1)
    events = heard(stream)
    of_call = [event for event in events if CALL in str(event)]
    assert [event["e"] for event in of_call] == ["ORDER_TRADE_UPDATE", "BALANCE_POSITION_UPDATE"]
    expired, settled = of_call
    assert (expired["o"]["X"], expired["o"]["x"], expired["o"]["s"]) == ("EXPIRED", "EXPIRED", CALL)
    assert settled["P"] == [{"s": CALL, "c": "0", "p": "0.00000000", "a": "0.00000000"}]
    assert all(event["E"] == DAY.timestamp() * 1000 for event in events)
    assert not [event for event in events if LATER in str(event)]
    assert events[-1]["e"] == "ACCOUNT_UPDATE"
    assert events[-1]["m"] == "0.00000000"


def test_where_nobody_listens_it_happens_all_the_same(trader: Trader) -> None:
    hold(trader, CALL, "BUY")
    trader.exchange.clock.advance(hours=8)
    (order,) = trader.json("GET", "historyOrders", symbol=CALL)
    assert order["status"] == "FILLED"
    assert len(trader.json("GET", "userTrades", symbol=CALL)) == 1


def test_what_has_expired_can_be_asked_for_and_not_traded(trader: Trader) -> None:
    placed = trader.place(symbol=CALL)
    trader.exchange.clock.advance(hours=8)
    assert trader.place_refused(symbol=CALL) == (400, -1121, "Invalid symbol.")
    assert trader.refused("GET", "openOrders", symbol=CALL) == (400, -1121, "Invalid symbol.")
    found = trader.json("GET", "order", symbol=CALL, orderId=placed["orderId"])
    assert found["status"] == "EXPIRED"
    assert trader.json("GET", "openOrders") == []


def test_each_account_is_paid_for_itself(exchange: Exchange) -> None:
    long, short = (Trader(exchange, exchange.open_account(name)) for name in ("long", "short"))
    hold(long, CALL, "BUY")
    hold(short, CALL, "SELL")
    exchange.symbols.set_index_price("BTCUSDT", 62_000)
    exchange.clock.advance(hours=8)
    balances = [exchange.orders.ledger(name).balance for name in ("long", "short")]
    assert balances == [10_000 - 50 + 200, 10_000 + 50 - 200]


def test_expiries_come_one_after_the_other_each_at_its_index(trader: Trader) -> None:
    exchange = trader.exchange
    hold(trader, CALL, "BUY")
    hold(trader, LATER, "BUY")
    exchange.symbols.set_index_price("BTCUSDT", 61_000)
    exchange.clock.call_at(
        int(DAY.timestamp()) * 1000 + 1,
        lambda: exchange.symbols.set_index_price("BTCUSDT", 63_000),
    )
    exchange.clock.advance(days=3)
    assert exchange.orders.ledger().balance == 10_000 - 100 + 100 + 300


def test_a_fill_that_was_to_come_later_comes_no_more(trader: Trader) -> None:
    exchange = trader.exchange
    exchange.fills = fills.after(8 * 3600 + 1)
    trader.place(symbol=CALL)
    exchange.clock.advance(days=1)
    (order,) = exchange.orders
    assert (order.status, order.trades) == ("EXPIRED", [])


def test_the_clock_has_nothing_to_do_for_options_that_nobody_has(trader: Trader) -> None:
    exchange = trader.exchange
    placed = trader.place(symbol=CALL)
    assert exchange.clock.due_ms == DAY.timestamp() * 1000
    trader.json("DELETE", "order", symbol=CALL, orderId=placed["orderId"])
    assert exchange.clock.due_ms is None
    for side in ("BUY", "SELL"):
        hold(trader, CALL, side)
    assert exchange.clock.due_ms is None
