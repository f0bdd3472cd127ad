"""The bad days of the stream, on values: what a client meets in each."""

from __future__ import annotations

import pytest

from pytest_binance_options._frames import Close, Drop, Ping
from pytest_binance_options.exchange import (
    Account,
    Exchange,
    Fault,
    events,
)
from pytest_binance_options.exchange import (
    _stream_scenarios as stream_scenarios,
)
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import ask, connected, event_types, new_key

FILL = events.order_trade_update(status="FILLED")


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.accounts["account-1"]


@pytest.fixture
def connection(exchange: Exchange, account: Account) -> StreamConnection:
    return connected(exchange, f"/private/ws/{new_key(exchange, account)}")


def test_every_scenario_says_what_users_see_and_where_it_was_reported() -> None:
    for name in stream_scenarios.__all__:
        text = getattr(stream_scenarios, name).__doc__
        assert "What users see: " in text, name
        assert "https://github.com/" in text, name


def test_expired_twice(exchange: Exchange, connection: StreamConnection) -> None:
    exchange.streams.on_expiry = "close"
    stream_scenarios.expired_twice(exchange)
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired", "listenKeyExpired"]
    assert not connection.closed


def test_silenced_by_another_consumer(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    stream_scenarios.silenced_by_another_consumer(exchange)
    assert not connection.closed
    assert exchange.emit(FILL) == 0
    new_key(exchange, account)
    assert exchange.emit(FILL) == 0
    assert connection.take() == []


def test_silenced_by_another_consumer_leaves_nothing_to_close(
    exchange: Exchange, account: Account
) -> None:
    new_key(exchange, account)
    stream_scenarios.silenced_by_another_consumer(exchange, account)
    assert b"-1125" in ask(exchange, account, "DELETE").body


def test_stale_key_on_reconnect(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    [stale] = connection.subscriptions
    stream_scenarios.stale_key_on_reconnect(exchange)
    assert connection.take() == [Drop()]
    again = connected(exchange, f"/private/ws/{stale}")
    fresh = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    assert exchange.emit(FILL) == 1
    assert event_types(fresh) == ["ORDER_TRADE_UPDATE"]
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in again.take()] == [Ping]


def test_day_is_over(exchange: Exchange, connection: StreamConnection) -> None:
    [key] = connection.subscriptions
    stream_scenarios.day_is_over(exchange, FILL, FILL)
    assert connection.take() == [Close(1001)]
    again = connected(exchange, f"/private/ws/{key}")
    exchange.emit(events.risk_level_change())
    assert event_types(again) == ["RISK_LEVEL_CHANGE"]


@pytest.mark.parametrize("minutes", [0, 90])
def test_zombie_socket(exchange: Exchange, account: Account, minutes: int) -> None:
    exchange.clock.advance(hours=1)
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    stream_scenarios.zombie_socket(exchange, after_minutes=minutes)
    if minutes:
        exchange.clock.advance(minutes=minutes / 2)
        ask(exchange, account, "PUT")
        assert exchange.emit(FILL) == 1
        exchange.clock.advance(minutes=minutes / 2)
    connection.take()
    assert exchange.emit(FILL) == 0
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in connection.take()] == [Ping]
    connected(exchange, f"/private/ws/{account.listen_key}")
    assert exchange.emit(FILL) == 1


@pytest.mark.parametrize("minutes", [0, 30])
def test_idle_drop(exchange: Exchange, connection: StreamConnection, minutes: int) -> None:
    stream_scenarios.idle_drop(exchange, after_minutes=minutes)
    assert connection.closed == (minutes == 0)
    exchange.clock.advance(minutes=minutes)
    assert connection.closed
    assert connection.take()[-1] == Drop()


def test_duplicate_events(exchange: Exchange, connection: StreamConnection) -> None:
    stream_scenarios.duplicate_events(exchange, copies=3)
    exchange.emit(FILL)
    assert event_types(connection) == ["ORDER_TRADE_UPDATE"] * 3


def test_event_before_reply(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    fault = stream_scenarios.event_before_reply(
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


def test_path_form_falls_silent(exchange: Exchange, connection: StreamConnection) -> None:
    key = exchange.accounts["account-1"].listen_key
    stream_scenarios.path_form_falls_silent(exchange)
    others = [
        connected(exchange, target)
        for target in (
            f"/private/ws?listenKey={key}",
            f"/private/stream?streams={key}",
            f"/private/ws/{key}",
        )
    ]
    assert exchange.emit(FILL) == 2
    assert [event_types(other) for other in others] == [
        ["ORDER_TRADE_UPDATE"],
        ["ORDER_TRADE_UPDATE"],
        [],
    ]
    exchange.clock.advance(minutes=3)
    assert [type(frame) for frame in connection.take()] == [Ping]
    exchange.clock.advance(hours=1)
    assert event_types(connection) == []


def test_old_address_falls_silent(exchange: Exchange, account: Account) -> None:
    stream_scenarios.old_address_falls_silent(exchange)
    connection = connected(exchange, f"/ws/{new_key(exchange, account)}")
    assert exchange.emit(FILL) == 0
    assert connection.take() == []
