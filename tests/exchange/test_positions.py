"""While an account holds a position it is told how it stands every ten seconds (Binance: Options,
User Data Streams, "Event: Account data")."""

from __future__ import annotations

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Account, Exchange, events
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import connected, event_types, new_key, texts


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.accounts["account-1"]


def seconds(exchange: Exchange, connection: StreamConnection) -> list[tuple[float, object]]:
    """When each event came, in seconds since the start, and what the position was worth."""
    began = 1_767_225_600_000
    return [((event["E"] - began) / 1000, event["m"]) for event in texts(connection.take())]  # type: ignore[index]


def test_it_is_told_at_once_every_ten_seconds_and_at_the_end(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(seconds=1)
    exchange.hold_position()
    exchange.clock.advance(seconds=29.999)
    assert seconds(exchange, connection) == [(1, "200"), (11, "200"), (21, "200")]
    exchange.clock.advance(seconds=5)
    exchange.hold_position(held=False)
    exchange.clock.advance(minutes=2)
    assert seconds(exchange, connection) == [(31, "200"), (35.999, "0")]


def test_what_it_is_told_can_be_given_and_a_change_begins_another_ten_seconds(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.hold_position(update=events.account_update(position_value="7"))
    exchange.clock.advance(seconds=4)
    exchange.hold_position(update=events.account_update(position_value="8"))
    exchange.clock.advance(seconds=10)
    assert seconds(exchange, connection) == [(0, "7"), (4, "8"), (14, "8")]


def test_each_account_has_its_own(exchange: Exchange, connection: StreamConnection) -> None:
    other = exchange.open_account("other")
    of_another = connected(exchange, f"/private/ws/{new_key(exchange, other)}")
    exchange.hold_position("other")
    exchange.hold_position("account-1")
    exchange.hold_position("account-1", held=False)
    exchange.clock.advance(seconds=10)
    assert event_types(connection) == ["ACCOUNT_UPDATE"] * 2
    assert event_types(of_another) == ["ACCOUNT_UPDATE"] * 2


def test_who_holds_none_is_not_told_that_it_holds_none(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.hold_position(held=False)
    exchange.clock.advance(minutes=1)
    assert event_types(connection) == []


def test_a_reset_ends_it(exchange: Exchange, account: Account) -> None:
    exchange.hold_position()
    exchange.reset()
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    exchange.clock.advance(minutes=1)
    assert event_types(connection) == []
    exchange.hold_position(held=False)
    assert event_types(connection) == []


def test_a_connection_that_falls_silent_can_be_told_by_it(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.hold_position()
    exchange.streams.zombie()
    connection.take()
    exchange.clock.advance(minutes=1)
    assert event_types(connection) == []


def test_another_event_is_refused(exchange: Exchange, connection: StreamConnection) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.hold_position(update=events.listen_key_expired())
    assert str(caught.value).startswith("update is Event(type='listenKeyExpired'")
    assert str(caught.value).endswith("Give an event that events.account_update(...) makes.")
    exchange.clock.advance(minutes=1)
    assert event_types(connection) == []
