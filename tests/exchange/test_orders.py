"""An order's life: placed by a request, filled, cancelled, expired or rejected by a test, and what
each of these changes and tells."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .trading import CALL, Trader, heard

LEFT = "Give a quantity above 0, up to the 0.1 that are left of the order, of 2 decimals at most."


@pytest.fixture
def trader(exchange: Exchange, account: Account) -> Trader:
    return Trader(exchange, account)


def types(connection: StreamConnection) -> list[tuple[str, str]]:
    """Of each event its type, and an order's status."""
    return [(event["e"], event.get("o", {}).get("X", "")) for event in heard(connection)]


def test_a_new_order_is_answered_found_and_heard_of(
    trader: Trader, connection: StreamConnection
) -> None:
    placed = trader.place(clientOrderId="mine-1")
    assert (placed["status"], placed["executedQty"], placed["clientOrderId"]) == (
        "NEW",
        "0",
        "mine-1",
    )
    by_id = trader.json("GET", "order", symbol=CALL, orderId=placed["orderId"])
    by_name = trader.json("GET", "order", symbol=CALL, clientOrderId="mine-1")
    assert by_id == by_name
    assert trader.json("GET", "openOrders")[0]["orderId"] == placed["orderId"]
    (event,) = heard(connection)
    order = event["o"]
    assert (order["i"], order["c"], order["x"], order["X"]) == (
        placed["orderId"],
        "mine-1",
        "NEW",
        "NEW",
    )
    assert (order["q"], order["p"], order["b"], order["a"]) == ("0.1", "2000", "0.1", "0")


def test_an_order_without_a_client_order_id_is_given_one(trader: Trader) -> None:
    first, second = trader.place(), trader.place()
    assert len({first["clientOrderId"], second["clientOrderId"], ""}) == 3
    found = trader.json("GET", "order", symbol=CALL, clientOrderId=first["clientOrderId"])
    assert found["orderId"] == first["orderId"]


def test_a_fill_changes_order_trades_position_and_balance_and_is_told_in_this_order(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    order_id = trader.place(quantity="0.5")["orderId"]
    connection.take()

    trade = exchange.fill(quantity="0.2", price="1995", fee="1.5")

    assert (trade.trade_id, trade.price, trade.quantity) == (1, Decimal("1995"), Decimal("0.2"))
    order = trader.json("GET", "order", symbol=CALL, orderId=order_id)
    assert (order["status"], order["executedQty"], order["avgPrice"]) == (
        "PARTIALLY_FILLED",
        "0.2",
        "1995",
    )
    (mine,) = trader.json("GET", "userTrades", symbol=CALL)
    assert (mine["tradeId"], mine["orderId"], mine["fee"], mine["liquidity"]) == (
        1,
        order_id,
        "-1.5",
        "MAKER",
    )
    (position,) = trader.json("GET", "position")
    assert (position["side"], position["quantity"], position["entryPrice"]) == (
        "LONG",
        "0.2",
        "1995",
    )
    assert (position["bidQuantity"], position["askQuantity"]) == ("0.3", "0")
    (asset,) = trader.json("GET", "marginAccount")["asset"]
    assert (asset["marginBalance"], asset["equity"]) == ("9599.50000000", "9998.50000000")

    told, balance, account = heard(connection)
    assert [event["e"] for event in (told, balance, account)] == [
        "ORDER_TRADE_UPDATE",
        "BALANCE_POSITION_UPDATE",
        "ACCOUNT_UPDATE",
    ]
    filled = told["o"]
    assert [filled[name] for name in ("x", "X", "l", "z", "L", "ap", "n", "t", "m", "rp", "b")] == [
        "TRADE",
        "PARTIALLY_FILLED",
        "0.2",
        "0.2",
        "1995",
        "1995",
        "-1.5",
        1,
        True,
        "0",
        "0.3",
    ]
    assert (balance["m"], balance["B"]) == (
        "ORDER",
        [{"a": "USDT", "b": "9599.50000000", "bc": "0"}],
    )
    assert balance["P"] == [
        {"s": CALL, "c": "0.2", "p": "399.00000000", "a": "1995.00000000"},
    ]
    assert (account["b"], account["m"], account["eq"]) == (
        "9599.50000000",
        "399.00000000",
        "9998.50000000",
    )


def test_what_is_left_is_filled_where_no_quantity_is_given(
    exchange: Exchange, trader: Trader
) -> None:
    order_id = trader.place(quantity="0.5")["orderId"]
    exchange.fill(order_id, quantity="0.2")
    exchange.fill(order_id)
    order = trader.json("GET", "order", symbol=CALL, orderId=order_id)
    assert (order["status"], order["executedQty"]) == ("FILLED", "0.5")
    assert trader.json("GET", "openOrders") == []


def test_a_sale_realises_the_profit(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    trader.place(quantity="0.4")
    exchange.fill(fee=0)
    trader.place(side="SELL", quantity="0.3", price="2100")
    connection.take()
    exchange.fill(fee=0)
    (sold, *_) = heard(connection)
    assert sold["o"]["rp"] == "30"
    ledger = exchange.orders.ledger()
    assert (ledger.balance, ledger.realized) == (Decimal("9830"), Decimal("30"))
    (position,) = ledger.positions
    assert (position.quantity, position.cost) == (Decimal("0.1"), Decimal("200"))


def test_more_than_what_is_held_is_sold_short(exchange: Exchange, trader: Trader) -> None:
    trader.place(quantity="0.1")
    exchange.fill(fee=0)
    trader.place(side="SELL", quantity="0.3", price="2100")
    exchange.fill(fee=0)
    (position,) = trader.json("GET", "position")
    assert (position["side"], position["quantity"], position["entryPrice"]) == (
        "SHORT",
        "-0.2",
        "2100",
    )
    assert exchange.orders.ledger().realized == 10


def test_while_there_is_a_position_the_account_is_told_every_ten_seconds(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    trader.place()
    exchange.fill()
    connection.take()
    exchange.clock.advance(seconds=30)
    assert types(connection) == [("ACCOUNT_UPDATE", "")] * 3
    trader.place(side="SELL")
    exchange.fill()
    connection.take()
    exchange.clock.advance(seconds=30)
    assert types(connection) == []


def test_each_update_says_how_the_account_stands_by_then(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    trader.place()
    exchange.fill()
    exchange.symbols.set_mark_price(CALL, "3000")
    connection.take()
    exchange.clock.advance(seconds=10)
    (update,) = heard(connection)
    assert (update["m"], update["u"]) == ("300.00000000", "100.00000000")


@pytest.mark.parametrize(
    ("what", "status"),
    [("cancel", "CANCELED"), ("expire", "EXPIRED")],
)
def test_a_test_can_end_an_order(
    exchange: Exchange, trader: Trader, connection: StreamConnection, what: str, status: str
) -> None:
    order_id = trader.place(quantity="0.5")["orderId"]
    exchange.fill(quantity="0.2")
    connection.take()
    ended = getattr(exchange, what)(order_id)
    assert (ended.status, ended.remaining) == (status, Decimal("0.3"))
    assert types(connection) == [("ORDER_TRADE_UPDATE", status)]
    (past,) = trader.json("GET", "historyOrders", symbol=CALL)
    assert (past["orderId"], past["status"], past["executedQty"]) == (order_id, status, "0.2")


def test_self_trade_prevention_ends_an_order_under_its_own_name(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    trader.place()
    connection.take()
    exchange.expire(in_match=True)
    (event,) = heard(connection)
    assert (event["o"]["x"], event["o"]["X"]) == ("EXPIRED", "EXPIRED_IN_MATCH")


def test_a_rejected_order_is_rejected_for_whoever_asks_and_nobody_is_told(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    order_id = trader.place()["orderId"]
    connection.take()
    exchange.reject()
    assert heard(connection) == []
    assert trader.json("GET", "order", symbol=CALL, orderId=order_id)["status"] == "REJECTED"
    assert trader.json("GET", "openOrders") == []


def test_a_client_cancels_its_order(trader: Trader, connection: StreamConnection) -> None:
    order_id = trader.place()["orderId"]
    connection.take()
    cancelled = trader.json("DELETE", "order", symbol=CALL, orderId=order_id)
    assert (cancelled["status"], cancelled["executedQty"]) == ("CANCELED", "0")
    assert types(connection) == [("ORDER_TRADE_UPDATE", "CANCELED")]
    assert trader.refused("DELETE", "order", symbol=CALL, orderId=order_id) == (
        400,
        -6028,
        "Order is in final state",
    )


def test_orders_happen_while_nobody_listens(exchange: Exchange, trader: Trader) -> None:
    trader.place()
    exchange.fill()
    assert trader.json("GET", "position")[0]["quantity"] == "0.1"


def test_what_the_exchange_says_of_orders_is_what_a_test_could_have_said(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    trader.place(quantity="0.3")
    exchange.fill(quantity="0.1", fee="-0.5")
    exchange.fill(price="1999.5")
    trader.place(side="SELL", timeInForce="IOC")
    exchange.deposit("-7.25")

    # It isn't checked on its way, as a test's events are: here it is.
    told = heard(connection)
    assert [events.from_json(event).at(0) for event in told] == told
    assert {event["e"] for event in told} == {
        "ORDER_TRADE_UPDATE",
        "BALANCE_POSITION_UPDATE",
        "ACCOUNT_UPDATE",
    }
    assert {event["o"]["X"] for event in told if "o" in event} == {
        *("NEW", "PARTIALLY_FILLED", "FILLED", "EXPIRED"),
    }


def test_accounts_are_told_of_their_own(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    theirs = Trader(exchange, exchange.open_account("theirs", balance="250"))
    theirs.place()
    exchange.fill(fee=0)
    assert heard(connection) == []
    assert trader.json("GET", "position") == trader.json("GET", "openOrders") == []
    (asset,) = theirs.json("GET", "marginAccount")["asset"]
    assert asset["marginBalance"] == "50.00000000"


def test_a_deposit_is_told(
    exchange: Exchange, trader: Trader, connection: StreamConnection
) -> None:
    exchange.deposit("500")
    exchange.deposit("-0.5")
    events = heard(connection)
    assert [(event["e"], event.get("m")) for event in events] == [
        ("BALANCE_POSITION_UPDATE", "DEPOSIT"),
        ("ACCOUNT_UPDATE", "0.00000000"),
        ("BALANCE_POSITION_UPDATE", "WITHDRAW"),
        ("ACCOUNT_UPDATE", "0.00000000"),
    ]
    assert events[2]["B"] == [{"a": "USDT", "b": "10499.50000000", "bc": "-0.5"}]
    assert events[2]["P"] == []


def test_what_happens_to_orders_is_in_the_journal_with_whoever_did_it(
    exchange: Exchange, trader: Trader
) -> None:
    order_id = trader.place(quantity="0.5")["orderId"]
    exchange.fill(quantity="0.2")
    trader.json("DELETE", "order", symbol=CALL, orderId=order_id)
    said = [note.text for note in exchange.journal.notes if note.text.startswith("order ")]
    assert said == [
        f"order {order_id} placed: BUY 0.5 {CALL} at 2000, GTC",
        f"order {order_id} filled: 0.2 at 2000 by the test, 0.3 left",
        f"order {order_id} cancelled: by the client",
    ]


def test_a_reset_forgets_orders_and_gives_accounts_what_they_began_with(
    exchange: Exchange, trader: Trader
) -> None:
    before = trader.place()
    exchange.fill()
    exchange.reset()
    assert (len(exchange.orders), exchange.orders.ledger().balance) == (0, 10000)
    assert trader.json("GET", "position") == []
    assert trader.place() == before
    exchange.clock.advance(minutes=1)
    assert [event.text for event in exchange.journal.notes if "ACCOUNT" in event.text] == []


def test_an_option_that_expires_takes_its_orders_and_pays_its_positions(
    exchange: Exchange, account: Account, trader: Trader, connection: StreamConnection
) -> None:
    symbol = exchange.symbols["BTC-260101-50000-C"]
    trader.place(symbol=symbol.name, quantity="0.2")
    exchange.fill(fee=0)
    trader.place(symbol=symbol.name, side="SELL", price="9000")
    exchange.symbols.set_index_price("BTCUSDT", "61000")
    connection.take()
    until_ms = symbol.expiry_ms - exchange.clock.now_ms
    for _ in range(10):
        exchange.clock.advance(milliseconds=until_ms / 10)
        account.keep_alive()
    assert [event for event in types(connection) if event != ("ACCOUNT_UPDATE", "")] == [
        ("ORDER_TRADE_UPDATE", "EXPIRED"),
        ("BALANCE_POSITION_UPDATE", ""),
    ]
    ledger = exchange.orders.ledger()
    assert (ledger.positions, ledger.balance, ledger.realized) == ([], 11800, 1800)
    exchange.clock.advance(minutes=5)
    assert heard(connection) == []


def state(exchange: Exchange) -> Any:
    return json.loads(json.dumps(exchange.state()))["orders"]


def test_open_orders_are_in_the_exchanges_state(exchange: Exchange, trader: Trader) -> None:
    assert state(exchange) == []
    order_id = trader.place(quantity="0.5")["orderId"]
    exchange.fill(quantity="0.2")
    assert state(exchange) == [
        {
            "orderId": order_id,
            "account": "mine",
            "symbol": CALL,
            "side": "BUY",
            "quantity": "0.5",
            "price": "2000",
            "executedQty": "0.2",
            "status": "PARTIALLY_FILLED",
        }
    ]


def test_the_same_seed_and_calls_give_the_same_bytes() -> None:
    def live(seed: int) -> list[bytes]:
        exchange = Exchange(seed)
        trader = Trader(exchange, exchange.open_account("mine"))
        answers = [trader.call("POST", "order", **_new()).body]
        exchange.fill(quantity="0.03")
        return [*answers, trader.call("GET", "userTrades", symbol=CALL).body]

    assert live(1) == live(1) != live(2)


def _new() -> dict[str, object]:
    return {"symbol": CALL, "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "2000"}


@pytest.mark.parametrize(
    ("which", "text"),
    [
        (None, "Which order? Open are: none. Give one, or its id."),
        (7, "There is no order 7. There are: none."),
        ("mine-1", "There is no order 'mine-1'. There are: none."),
    ],
)
def test_an_order_that_is_not_there_is_said_to_be_so(
    exchange: Exchange, account: Account, which: int | str | None, text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.fill(which)
    assert str(caught.value) == text


def test_of_several_open_orders_one_has_to_be_named(exchange: Exchange, trader: Trader) -> None:
    first, second = (trader.place()["orderId"] for _ in range(2))
    with pytest.raises(UsageError) as caught:
        exchange.cancel()
    assert str(caught.value) == (
        f"Which order? Open are: <Order {first}: BUY 0.1 {CALL} at 2000, GTC, NEW>; <Order"
        f" {second}: BUY 0.1 {CALL} at 2000, GTC, NEW>. Give one, or its id."
    )
    assert exchange.cancel(second).order_id == second


@pytest.mark.parametrize("what", ["fill", "cancel", "expire", "reject"])
def test_what_has_ended_stays_so(exchange: Exchange, trader: Trader, what: str) -> None:
    trader.place(clientOrderId="mine-1")
    order = exchange.orders["mine-1"]
    exchange.cancel(order)
    done = {"fill": "filled", "cancel": "cancelled", "expire": "expired", "reject": "rejected"}
    with pytest.raises(UsageError) as caught:
        getattr(exchange, what)(order)
    assert str(caught.value) == (
        f"Order {order.order_id}: BUY 0.1 {CALL} at 2000 is CANCELED, and can't be"
        f" {done[what]} any more."
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"quantity": "0.11"},
            f"quantity is '0.11'. {LEFT}",
        ),
        (
            {"quantity": "0.001"},
            f"quantity is '0.001'. {LEFT}",
        ),
        (
            {"price": "2001"},
            "price is '2001'. Give a price that isn't above the order's, 2000.",
        ),
    ],
)
def test_a_fill_that_cannot_be_is_refused(
    exchange: Exchange, trader: Trader, given: dict[str, str], text: str
) -> None:
    trader.place()
    with pytest.raises(UsageError) as caught:
        exchange.fill(**given)
    assert str(caught.value) == text


def test_an_order_that_was_filled_in_part_is_not_rejected(
    exchange: Exchange, trader: Trader
) -> None:
    trader.place()
    exchange.fill(quantity="0.04")
    order = exchange.orders[None]
    with pytest.raises(UsageError) as caught:
        exchange.reject()
    assert str(caught.value) == (
        f"Order {order} has been filled in part, and can't be rejected any more. Expire or cancel"
        " it."
    )


def test_an_order_of_before_a_reset_is_none(exchange: Exchange, trader: Trader) -> None:
    trader.place()
    order = exchange.orders[None]
    exchange.reset()
    with pytest.raises(UsageError) as caught:
        exchange.cancel(order)
    assert str(caught.value) == f"Order {order} is of before a reset. There are: none."


def test_a_deposit_of_nothing_is_refused(exchange: Exchange, account: Account) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.deposit("0.00", account)
    assert str(caught.value) == "amount is '0.00'. Give an amount other than 0."


def test_orders_say_how_many_they_are(exchange: Exchange, trader: Trader) -> None:
    trader.place()
    trader.place()
    exchange.cancel(next(iter(exchange.orders)))
    assert repr(exchange.orders) == "<Orders, 2, open: 1>"


def test_what_an_account_has_reads_well_in_an_assertion(exchange: Exchange, trader: Trader) -> None:
    order_id = trader.place(quantity="0.5")["orderId"]
    trade = exchange.fill(quantity="0.2", fee=1)
    assert repr(trade) == f"<Trade 1: 0.2 at 2000 of order {order_id}>"
    assert repr(exchange.orders.ledger()) == f"<Ledger 9599 USDT, [<Position 0.2 {CALL} at 2000>]>"
    assert repr(exchange.orders[order_id]) == (
        f"<Order {order_id}: BUY 0.5 {CALL} at 2000, GTC, PARTIALLY_FILLED, 0.2 filled>"
    )


def test_a_test_may_look_while_bots_in_threads_place_orders(exchange: Exchange) -> None:
    traders = [Trader(exchange, exchange.open_account(f"bot-{n}")) for n in range(20)]
    threads = [threading.Thread(target=trader.place) for trader in traders]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert len(exchange.orders.open()) <= len(traders)
    for thread in threads:
        thread.join()
    assert len({order.order_id for order in exchange.orders}) == len(traders)
