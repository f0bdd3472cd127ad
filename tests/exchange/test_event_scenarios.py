"""The bad days of single events, on values: what a client meets in each."""

from __future__ import annotations

import pytest

from pytest_binance_options._frames import Text
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import (
    Account,
    Exchange,
    Fault,
    events,
)
from pytest_binance_options.exchange import (
    _event_scenarios as event_scenarios,
)
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import ask, connected, event_types, new_key, texts

FILL = events.order_trade_update(status="FILLED")
NEW = events.order_trade_update(status="NEW")


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.accounts["account-1"]


def states(connection: StreamConnection) -> list[tuple[str, int]]:
    """The statuses of the orders that came, and when they had them."""
    return [(event["o"]["X"], event["E"]) for event in texts(connection.take())]  # type: ignore[index]


def test_duplicate_events(exchange: Exchange, connection: StreamConnection) -> None:
    event_scenarios.duplicate_events(exchange, copies=3)
    exchange.emit(FILL)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"] * 3


def test_event_before_reply(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    fault = event_scenarios.event_before_reply(
        exchange, FILL, method="PUT", path="/eapi/v1/listenKey"
    )
    order: list[str] = []
    connection.on_ready = lambda: order.append("event")
    ask(exchange, account, "POST")
    assert order == []
    assert ask(exchange, account, "PUT").status == 200
    order.append("reply")
    assert order == ["event", "reply"]
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"]
    assert fault.fired == 1
    ask(exchange, account, "PUT")
    assert event_types(connection) == []
    assert str(fault).startswith("ORDER_TRADE_UPDATE before the reply; PUT /eapi/v1/listenKey")
    assert Fault.from_json(fault.to_json()).to_json() == {
        "fault": "event_before_reply",
        "event": FILL.payload,
        "to": account.name,
        "method": "PUT",
        "path": "/eapi/v1/listenKey",
        "times": 1,
    }


@pytest.mark.parametrize("text", ["", "<html>", "{"])
def test_frame_that_is_no_json(
    exchange: Exchange, account: Account, connection: StreamConnection, text: str
) -> None:
    other = connected(exchange, f"/private/ws/{new_key(exchange, exchange.open_account('other'))}")
    event_scenarios.frame_that_is_no_json(exchange, text, account)
    assert connection.take() == [Text(text)]
    exchange.emit(FILL, account)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"]
    assert other.take() == []


@pytest.mark.parametrize("times", [1, 2])
def test_one_event_lost(exchange: Exchange, connection: StreamConnection, times: int) -> None:
    event_scenarios.one_event_lost(exchange, times=times)
    assert [exchange.emit(NEW) for _ in range(times)] == [0] * times
    assert exchange.emit(FILL) == 1
    assert [status for status, _ in states(connection)] == ["FILLED"]


def test_what_nobody_would_have_heard_is_not_the_one_that_is_lost(
    exchange: Exchange, account: Account
) -> None:
    event_scenarios.one_event_lost(exchange)
    key = new_key(exchange, account)
    exchange.emit(NEW)
    connection = connected(exchange, f"/private/ws/{key}")
    exchange.emit(NEW)
    exchange.emit(FILL)
    assert [status for status, _ in states(connection)] == ["FILLED"]


def test_the_notice_of_expiry_is_not_lost(exchange: Exchange, connection: StreamConnection) -> None:
    event_scenarios.one_event_lost(exchange)
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired"]


@pytest.mark.parametrize("passed", [0, 250])
def test_out_of_order(exchange: Exchange, connection: StreamConnection, passed: int) -> None:
    event_scenarios.out_of_order(exchange)
    began = exchange.clock.now_ms
    assert exchange.emit(NEW) == 1
    exchange.clock.advance(milliseconds=passed)
    assert connection.take() == []
    assert exchange.emit(FILL) == 1
    assert states(connection) == [("FILLED", began + max(passed, 1)), ("NEW", began)]
    exchange.emit(NEW)
    assert states(connection) == [("NEW", began + passed)]
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired"]


def test_what_nothing_overtakes_arrives_late(
    exchange: Exchange, connection: StreamConnection
) -> None:
    event_scenarios.out_of_order(exchange, seconds=5)
    began = exchange.clock.now_ms
    exchange.emit(NEW)
    exchange.clock.advance(seconds=4.999)
    assert connection.take() == []
    exchange.clock.advance(seconds=0.001)
    assert states(connection) == [("NEW", began)]


def test_a_second_hold_has_all_of_its_time(
    exchange: Exchange, connection: StreamConnection
) -> None:
    event_scenarios.out_of_order(exchange, seconds=5)
    exchange.emit(NEW)
    exchange.emit(FILL)
    exchange.clock.advance(seconds=4)
    event_scenarios.out_of_order(exchange, seconds=5)
    exchange.emit(NEW)
    assert len(connection.take()) == 2
    exchange.clock.advance(seconds=4)
    assert connection.take() == []
    exchange.clock.advance(seconds=1)
    assert len(connection.take()) == 1


def test_events_of_two_accounts_go_their_own_ways(exchange: Exchange) -> None:
    other = exchange.open_account("other")
    first = connected(exchange, f"/private/ws/{new_key(exchange, exchange.accounts['account-1'])}")
    second = connected(exchange, f"/private/ws/{new_key(exchange, other)}")
    event_scenarios.one_event_lost(exchange, "account-1")
    event_scenarios.out_of_order(exchange, other)
    for account in ("account-1", other, "account-1", other):
        exchange.emit(FILL, account)
    assert (len(first.take()), len(second.take())) == (1, 2)


def test_a_reset_ends_what_was_to_be_lost_or_held(exchange: Exchange, account: Account) -> None:
    connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    event_scenarios.out_of_order(exchange)
    exchange.emit(NEW)
    event_scenarios.one_event_lost(exchange)
    exchange.reset()
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.emit(FILL)
    exchange.clock.advance(minutes=2)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"]


def test_a_new_hold_keeps_what_is_held_already(
    exchange: Exchange, connection: StreamConnection
) -> None:
    event_scenarios.out_of_order(exchange)
    exchange.emit(NEW)
    event_scenarios.out_of_order(exchange)
    exchange.emit(FILL)
    assert [status for status, _ in states(connection)] == ["FILLED", "NEW"]


def test_what_can_not_be_sent_or_counted_is_refused(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.streams.send_text("\ud800")
    assert str(caught.value) == "data is '\\ud800'. Give text that UTF-8 has."
    with pytest.raises(UsageError) as caught:
        exchange.streams.lose_next(times=0)
    assert str(caught.value) == "times is 0. Give a whole number from 1 up."
    with pytest.raises(UsageError) as caught:
        exchange.streams.zombie_next(times=0)
    assert str(caught.value) == "times is 0. Give a whole number from 1 up."
    with pytest.raises(UsageError) as caught:
        exchange.streams.hold_next(seconds=0)
    assert str(caught.value) == "seconds is 0. Give a number above 0, up to 1000000000."


def test_zombies_get_no_text(exchange: Exchange, connection: StreamConnection) -> None:
    exchange.streams.zombie()
    assert exchange.streams.send_text("hello") == 0
    assert connection.take() == []
