"""A bot's day, in one time: bots that sleep, by the clients that people build them on, unmodified.
They hear every event, and what they ask for is the same in each run, to the byte."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from pytest_binance_options import BinanceAuth, Exchange
from pytest_binance_options.exchange import events

from .bots import (
    BOTS,
    Aiohttp,
    AsyncPythonBinance,
    Bot,
    HttpxAndWebsockets,
    OfficialSdk,
    SyncWebsockets,
    WebSocket,
    WebSocketApp,
)

pytestmark = [
    pytest.mark.binance_options(mode="simulate"),
    pytest.mark.usefixtures("binance_options_time"),
]

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001  as the journal has it
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# Every hour, at 17 past; the last one is heard on the connection after the one of 24 hours.
EVENTS = {hour: hour * HOUR + 17 * MINUTE for hour in range(25)}
# What is asked for at the end of that connection, beside the 48th PUT; and when, in ms, the next one
# is made.
RECONNECTS: dict[type[Bot], tuple[list[str], int | None]] = {
    Aiohttp: (["POST", "PUT"], DAY),
    HttpxAndWebsockets: (["PUT", "POST"], DAY),
    # Comes back by itself an hour earlier, with its key.
    OfficialSdk: (["PUT"], 82_805_000),
    # Comes back by itself, with its key, after a second or two, as chance will have it.
    AsyncPythonBinance: (["PUT"], None),
    WebSocketApp: (["POST", "PUT"], DAY),
    WebSocket: (["POST", "PUT"], DAY),
    SyncWebsockets: (["POST", "PUT"], DAY),
}


def expected(last: list[str]) -> list[str]:
    asked = [("POST", 0), *(("PUT", at * 30 * MINUTE) for at in range(1, 48))]
    asked += [(method, DAY) for method in last]
    return [
        f"{(BEGIN + timedelta(milliseconds=at)).isoformat(' ', 'milliseconds')}"
        f"  account-1@127.0.0.1  {method} /eapi/v1/listenKey -> 200"
        for method, at in asked
    ]


@pytest.mark.parametrize("run", range(2))
@pytest.mark.parametrize("kind", BOTS, ids=lambda kind: kind.__name__)
def test_a_day(
    binance_options_exchange: Exchange, binance_options_auth: BinanceAuth, kind: type[Bot], run: int
) -> None:
    clock, streams = binance_options_exchange.clock, binance_options_exchange.streams
    random.seed(run)
    began = clock.now_ms
    heard: dict[int, int] = {}
    connected: dict[int, list[int]] = {}

    def hear(order: int) -> None:
        assert order not in heard
        heard[order] = clock.now_ms - began

    def emit(order: int) -> None:
        binance_options_exchange.emit(events.order_trade_update(order_id=order))
        connected[order] = [
            connection.since_ms - began
            for connection in streams.connections
            if connection.account_names
        ]

    for order, at in EVENTS.items():
        clock.call_at(began + at, lambda order=order: emit(order))
    kind(binance_options_auth.api_key, hear).live(24 * 3600 + 20 * 60)

    last, reconnected = RECONNECTS[kind]
    assert heard == EVENTS
    assert [str(entry) for entry in binance_options_exchange.journal] == expected(last)
    # One connection at a time: the pings of a day were answered.
    (second,) = connected[24]
    assert {each for hour in range(23) for each in connected[hour]} == {0}
    assert second == reconnected if reconnected else DAY < second <= DAY + 2000
