"""The bad days of the stream, on values: what a client meets in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_binance_options._frames import Close, Drop, Ping, Pong, Text
from pytest_binance_options._messages import Failure, FailureKind, Request
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import (
    Account,
    Exchange,
    events,
)
from pytest_binance_options.exchange import (
    _event_scenarios as event_scenarios,
)
from pytest_binance_options.exchange import (
    _stream_scenarios as stream_scenarios,
)
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import ask, connected, event_types, new_key, texts

EXAMPLES = Path(__file__).parents[2] / "examples" / "tests" / "test_listener.py"
FILL = events.order_trade_update(status="FILLED")


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


@pytest.fixture
def account(exchange: Exchange) -> Account:
    return exchange.accounts["account-1"]


@pytest.mark.parametrize("name", [*stream_scenarios.__all__, *event_scenarios.__all__])
def test_every_scenario_is_played_to_the_two_listeners_of_the_examples(name: str) -> None:
    stories = EXAMPLES.read_text(encoding="utf-8")
    assert f"scenarios.{name}" in stories


def test_expired_twice(exchange: Exchange, connection: StreamConnection) -> None:
    exchange.streams.on_expiry = "close"
    stream_scenarios.expired_twice(exchange)
    exchange.clock.advance(hours=1)
    assert event_types(connection) == ["listenKeyExpired", "listenKeyExpired"]
    assert not connection.closed


@pytest.mark.parametrize("minutes", [0, 20])
def test_expires_early(
    exchange: Exchange, account: Account, connection: StreamConnection, minutes: int
) -> None:
    stream_scenarios.expires_early(exchange, after_minutes=minutes)
    if minutes:
        exchange.clock.advance(minutes=minutes / 2)
        assert ask(exchange, account, "PUT").status == 200
        exchange.clock.advance(minutes=minutes / 2)
    assert event_types(connection) == ["listenKeyExpired"]
    assert not connection.closed
    assert account.listen_key is None
    assert b"-1125" in ask(exchange, account, "PUT").body
    assert exchange.emit(FILL) == 0
    connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    assert exchange.emit(FILL) == 1
    exchange.clock.advance(minutes=59)
    assert account.listen_key is not None


def test_a_key_that_is_no_more_can_t_expire_early(exchange: Exchange, account: Account) -> None:
    stream_scenarios.expires_early(exchange)
    assert not account.expire_listen_key()
    assert "expired" not in str(exchange.journal)


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


@pytest.mark.parametrize("times", [1, 2])
def test_born_a_zombie(exchange: Exchange, connection: StreamConnection, times: int) -> None:
    [key] = connection.subscriptions
    stream_scenarios.born_a_zombie(exchange, times=times)
    public = connected(exchange, "/public/ws")
    born = [connected(exchange, f"/private/ws/{key}") for _ in range(times)]
    sound = connected(exchange, f"/private/ws/{key}")
    assert exchange.emit(FILL) == 2
    assert event_types(connection) == event_types(sound) == ["ORDER_TRADE_UPDATE"]
    exchange.clock.advance(minutes=3)
    for zombie in born:
        assert [type(frame) for frame in zombie.take()] == [Ping]
    assert not public.zombie


def test_a_reset_has_nobody_born_a_zombie(exchange: Exchange, account: Account) -> None:
    stream_scenarios.born_a_zombie(exchange)
    exchange.reset()
    connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    assert exchange.emit(FILL) == 1


@pytest.mark.parametrize("minutes", [0, 30])
def test_idle_drop(exchange: Exchange, connection: StreamConnection, minutes: int) -> None:
    stream_scenarios.idle_drop(exchange, after_minutes=minutes)
    assert connection.closed == (minutes == 0)
    exchange.clock.advance(minutes=minutes)
    assert connection.closed
    assert connection.take()[-1] == Drop()


def test_pongs_lost(exchange: Exchange, account: Account) -> None:
    stream_scenarios.pongs_lost(exchange)
    for _ in range(2):
        connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
        # On the exchange's clock, whatever a shell would wait.
        connection.real_peer = True
        for _ in range(25):
            exchange.clock.advance(seconds=30)
            for frame in connection.take():
                assert isinstance(frame, Ping)
                connection.receive(Pong(frame.data))
        exchange.clock.advance(seconds=29, milliseconds=999)
        assert connection.take() == []
        exchange.clock.advance(milliseconds=1)
        assert connection.take() == [Close(1008, "Pong timeout")]
        assert connection.ended_because == "its pongs were lost"


def test_what_came_before_the_lost_pongs_end_is_heard_however_far_the_clock_leaps(
    exchange: Exchange, connection: StreamConnection
) -> None:
    stream_scenarios.pongs_lost(exchange)
    exchange.emit(FILL)
    exchange.clock.advance(minutes=30)
    frames = connection.take()
    assert [type(frame) for frame in frames] == [Text, *[Ping] * 4, Close]


def test_pongs_lost_are_no_messages(exchange: Exchange, connection: StreamConnection) -> None:
    stream_scenarios.pongs_lost(exchange)
    for _ in range(20):
        connection.receive(Pong())
    assert not connection.closed


def test_server_shutdown(
    exchange: Exchange, account: Account, connection: StreamConnection
) -> None:
    other = exchange.open_account("other")
    of_another = connected(exchange, f"/private/ws/{new_key(exchange, other)}")
    stream_scenarios.server_shutdown(exchange, account, minutes=2)
    [notice] = texts(connection.take())
    assert notice == {"e": "serverShutdown", "E": exchange.clock.now_ms}
    moved = connected(exchange, f"/private/ws/{account.listen_key}")
    exchange.clock.advance(minutes=1)
    assert exchange.emit(FILL, account) == 2
    exchange.clock.advance(minutes=1)
    assert connection.take()[-1] == Close(1001)
    assert (moved.closed, of_another.closed) == (False, False)
    assert exchange.emit(FILL, account) == 1
    assert event_types(of_another) == []


@pytest.mark.parametrize(
    ("form", "kind"), [("reset", FailureKind.RESET), ("timeout", FailureKind.TIMEOUT)]
)
def test_network_gone(
    exchange: Exchange,
    account: Account,
    connection: StreamConnection,
    form: str,
    kind: FailureKind,
) -> None:
    [key] = connection.subscriptions
    gone = stream_scenarios.network_gone(exchange, minutes=3, form=form)
    assert connection.take() == [Drop()]
    request = Request("PUT", "/eapi/v1/listenKey", {"X-MBX-APIKEY": account.api_keys[0].api_key})
    assert exchange.connect(f"/private/ws/{key}") == exchange.handle(request) == Failure(kind)
    assert exchange.emit(FILL) == 0
    exchange.clock.advance(minutes=2, seconds=59, milliseconds=999)
    assert exchange.connect(f"/private/ws/{key}") == exchange.handle(request) == Failure(kind)
    exchange.clock.advance(milliseconds=1)
    assert ask(exchange, account, "PUT").status == 200
    back = connected(exchange, f"/private/ws/{key}")
    assert event_types(back) == []
    assert exchange.emit(FILL) == 1
    assert gone.fired == 2


def test_the_network_is_gone_in_one_of_two_forms(
    exchange: Exchange, connection: StreamConnection
) -> None:
    with pytest.raises(UsageError, match="form is 'dns'"):
        stream_scenarios.network_gone(exchange, form="dns")
    assert not connection.closed


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
