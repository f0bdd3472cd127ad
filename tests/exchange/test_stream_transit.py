"""Events under way: those that are late come late, in order."""

from __future__ import annotations

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange, events

from .listening import connected, new_key, texts


def statuses(*orders: object) -> list[object]:
    return [order["o"]["X"] for order in orders if isinstance(order, dict)]


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account("mine")
    return exchange


def test_an_event_and_those_that_follow_it_are_late(exchange: Exchange) -> None:
    connection = connected(exchange, f"/private/ws/{new_key(exchange, exchange.accounts['mine'])}")
    exchange.streams.delay_next(seconds=30)
    for status in ("NEW", "FILLED"):
        assert exchange.emit(events.order_trade_update(status=status)) == 1
        exchange.clock.advance(seconds=10)
    assert connection.take() == []
    exchange.clock.advance(seconds=10)
    late = texts(connection.take())
    assert statuses(*late) == ["NEW", "FILLED"]
    # They say when they happened.
    assert late[1]["E"] - late[0]["E"] == 10_000
    exchange.emit(events.order_trade_update(status="CANCELED"))
    assert statuses(*texts(connection.take())) == ["CANCELED"]


def test_what_is_late_is_none_after_a_reset(exchange: Exchange) -> None:
    for _ in range(2):
        connection = connected(
            exchange, f"/private/ws/{new_key(exchange, exchange.accounts['mine'])}"
        )
        exchange.emit(events.order_trade_update(status="NEW"))
        assert statuses(*texts(connection.take())) == ["NEW"]
        exchange.streams.delay_next(seconds=30)
        exchange.emit(events.order_trade_update(status="FILLED"))
        exchange.reset()


def test_a_delay_that_can_not_be_is_refused(exchange: Exchange) -> None:
    with pytest.raises(
        UsageError, match=r"seconds is 0. Give a number above 0, up to 1000000000\."
    ):
        exchange.streams.delay_next(seconds=0)


def test_requests_and_events_are_told_before_anything_becomes_of_them(exchange: Exchange) -> None:
    told: list[object] = []
    exchange.on_request = lambda request: told.append((request.method, len(exchange.journal)))
    exchange.on_event = lambda: told.append(len(exchange.journal.lines))
    new_key(exchange, exchange.accounts["mine"])
    before = len(exchange.journal.lines)
    exchange.emit(events.order_trade_update(status="NEW"))

    assert told == [("POST", 0), before]
