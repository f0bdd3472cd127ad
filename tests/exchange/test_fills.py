"""Fills that leave it to the exchange what they are: a bot that drops what it has seen, by order and
trade id, and adds up what is left, comes out right."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from pytest_binance_options._frames import Text
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events, fault
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import ask, connected, new_key


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.open_account("mine")


def orders(connection: StreamConnection) -> list[dict[str, Any]]:
    frames = connection.take()
    assert all(isinstance(frame, Text) for frame in frames)
    return [json.loads(frame.data)["o"] for frame in frames if isinstance(frame, Text)]


def emit(exchange: Exchange, *statuses: str, order_id: int = 7, quantity: str = "0.4") -> None:
    for status in statuses:
        exchange.emit(
            events.order_trade_update(order_id=order_id, quantity=quantity, status=status)
        )


def amounts(connection: StreamConnection) -> list[tuple[Decimal, Decimal]]:
    """Of each order update, what was filled and what was filled in all."""
    return [(Decimal(order["l"]), Decimal(order["z"])) for order in orders(connection)]


def test_a_later_fill_is_of_the_rest(exchange: Exchange, connection: StreamConnection) -> None:
    emit(exchange, "NEW", "PARTIALLY_FILLED", "PARTIALLY_FILLED", "FILLED")
    assert amounts(connection) == [
        (Decimal(last), Decimal(filled))
        for last, filled in (("0", "0"), ("0.2", "0.2"), ("0.1", "0.3"), ("0.1", "0.4"))
    ]


def test_a_given_fill_counts_too(exchange: Exchange, connection: StreamConnection) -> None:
    first = {"order_id": 7, "quantity": "0.4", "status": "PARTIALLY_FILLED"}
    exchange.emit(events.order_trade_update(**first, filled_quantity="0.1"))
    exchange.emit(events.order_trade_update(**first, last_filled_quantity="0.05"))
    emit(exchange, "FILLED")
    assert amounts(connection) == [
        (Decimal(last), Decimal(filled))
        for last, filled in (("0.1", "0.1"), ("0.05", "0.15"), ("0.25", "0.4"))
    ]


@pytest.mark.parametrize("status", ["CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"])
def test_an_order_that_ends_without_a_trade_keeps_what_was_filled(
    exchange: Exchange, connection: StreamConnection, status: str
) -> None:
    emit(exchange, "PARTIALLY_FILLED", status)
    last = orders(connection)[-1]
    assert (last["l"], Decimal(last["z"]), last["t"]) == ("0", Decimal("0.2"), 0)


@pytest.mark.parametrize("between", ["FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "NEW"])
def test_an_id_that_is_used_again_is_another_order(
    exchange: Exchange, connection: StreamConnection, between: str
) -> None:
    emit(exchange, "PARTIALLY_FILLED", between, "FILLED")
    assert amounts(connection)[-1] == (Decimal("0.4"), Decimal("0.4"))


def test_more_than_all_of_an_order_was_another_order(
    exchange: Exchange, connection: StreamConnection
) -> None:
    emit(exchange, "PARTIALLY_FILLED", quantity="100")
    emit(exchange, "FILLED", quantity="0.1")
    assert amounts(connection)[-1] == (Decimal("0.1"), Decimal("0.1"))


def test_less_than_before_is_taken_as_it_is_said(
    exchange: Exchange, connection: StreamConnection
) -> None:
    emit(exchange, "PARTIALLY_FILLED")
    exchange.emit(
        events.order_trade_update(
            order_id=7, quantity="0.4", filled_quantity="0.1", status="PARTIALLY_FILLED"
        )
    )
    assert amounts(connection)[-1] == (Decimal("0.1"), Decimal("0.1"))


def test_orders_and_accounts_are_told_apart(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    exchange.open_account("theirs")
    half = events.order_trade_update(order_id=7, quantity="0.4", status="PARTIALLY_FILLED")
    exchange.emit(half, "theirs")
    for order_id in (7, 8):
        exchange.emit(
            events.order_trade_update(order_id=order_id, quantity="0.4", status="FILLED"), account
        )
    assert amounts(connection) == [(Decimal("0.4"), Decimal("0.4"))] * 2


def test_each_trade_has_the_next_id_whatever_its_order(
    exchange: Exchange, connection: StreamConnection
) -> None:
    emit(exchange, "NEW", "PARTIALLY_FILLED", "FILLED")
    emit(exchange, "FILLED", order_id=8)
    assert [order["t"] for order in orders(connection)] == [0, 1, 2, 3]


def test_one_event_twice_is_two_fills(exchange: Exchange, connection: StreamConnection) -> None:
    fill = events.order_trade_update(status="FILLED")
    exchange.emit(fill)
    exchange.emit(fill)
    assert [(order["l"], order["t"]) for order in orders(connection)] == [("0.1", 1), ("0.1", 2)]


def test_a_given_trade_id_stays_and_does_not_come_again(
    exchange: Exchange, connection: StreamConnection
) -> None:
    for trade_id in (5, None, 2, None, 2**63 - 1, None):
        exchange.emit(events.order_trade_update(status="FILLED", trade_id=trade_id))
    assert [order["t"] for order in orders(connection)] == [5, 6, 2, 7, 2**63 - 1, 8]


def test_what_is_filled_while_nobody_listens_was_filled_all_the_same(
    exchange: Exchange, account: Account
) -> None:
    emit(exchange, "PARTIALLY_FILLED")
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    emit(exchange, "FILLED")
    (order,) = orders(connection)
    assert (Decimal(order["l"]), order["t"]) == (Decimal("0.2"), 2)


def test_a_fill_before_the_reply_is_one_of_them(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    half = events.order_trade_update(order_id=7, quantity="0.4", status="PARTIALLY_FILLED")
    exchange.faults.add(fault.event_before_reply(half), method="PUT")
    ask(exchange, account, "PUT")
    emit(exchange, "FILLED")
    assert [order["t"] for order in orders(connection)] == [1, 2]


def test_a_reset_begins_again(exchange: Exchange, account: Account) -> None:
    emit(exchange, "PARTIALLY_FILLED")
    exchange.reset()
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    emit(exchange, "FILLED")
    (order,) = orders(connection)
    assert (order["l"], order["t"]) == ("0.4", 1)


def test_the_client_order_id_follows_from_the_order_id() -> None:
    first, second = (
        events.order_trade_update(order_id=order_id).at(0)["o"]["c"] for order_id in (7, 8)
    )
    assert (first, second) == ("test-order-7", "test-order-8")


def test_a_raw_order_update_is_nothing_to_go_by(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.emit(events.raw({"e": "ORDER_TRADE_UPDATE", "o": {"i": 7, "z": "0.3", "t": 9}}))
    emit(exchange, "FILLED")
    assert orders(connection)[-1]["t"] == 1


@pytest.mark.parametrize("listening", [True, False])
def test_what_is_no_event_is_refused_at_once(
    exchange: Exchange, account: Account, listening: bool
) -> None:
    if listening:
        connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    with pytest.raises(UsageError) as caught:
        exchange.emit({"e": "ORDER_TRADE_UPDATE"})  # type: ignore[arg-type]
    assert str(caught.value) == (
        "emit takes an event, and this is of type dict. Make one with a builder of the events"
        " module, with events.from_json({...}) from the exchange's field names, or with"
        " events.raw({...}) to send an object as it is."
    )
