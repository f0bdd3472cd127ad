"""One connection: pings and pongs, 24 hours, message rate, slow readers, and how it ends."""

from __future__ import annotations

import gc
import weakref

import pytest

from pytest_binance_options._frames import Close, Drop, Frame, Ping, Pong, Text
from pytest_binance_options.exchange import Exchange, events
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import connected, event_types, new_key, say

LIST = Text('{"method":"LIST_SUBSCRIPTIONS","id":1}')


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account()
    return exchange


@pytest.fixture
def connection(exchange: Exchange) -> StreamConnection:
    return connected(exchange, "/private/stream")


def pings(frames: list[Frame]) -> list[Ping]:
    return [frame for frame in frames if isinstance(frame, Ping)]


# Pings and pongs


def test_the_server_pings_every_three_minutes(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(seconds=179, milliseconds=999)
    assert connection.take() == []
    exchange.clock.advance(milliseconds=1)
    [ping] = connection.take()
    assert ping == Ping(str(exchange.clock.now_ms).encode())
    connection.receive(Pong(ping.data))
    exchange.clock.advance(minutes=9)
    assert len(pings(connection.take())) == 3


def test_a_client_that_answers_stays_for_a_day(
    exchange: Exchange, connection: StreamConnection
) -> None:
    for _ in range(24 * 20 - 1):
        exchange.clock.advance(minutes=3)
        [ping] = connection.take()
        connection.receive(Pong(ping.data))
    assert not connection.closed


def test_a_client_without_a_pong_is_cut_off_ten_minutes_after_the_ping(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(minutes=3)
    connection.take()
    exchange.clock.advance(minutes=9, seconds=59, milliseconds=999)
    assert not connection.closed
    exchange.clock.advance(milliseconds=1)
    assert connection.closed
    assert connection.take()[-1] == Close(1008, "Pong timeout")
    assert connection.ended_because == "no pong in time"


@pytest.mark.parametrize("data", [b"", b"unsolicited"])
def test_an_unsolicited_pong_is_allowed_and_shows_that_the_client_is_there(
    exchange: Exchange, connection: StreamConnection, data: bytes
) -> None:
    exchange.clock.advance(minutes=3)
    connection.take()
    exchange.clock.advance(minutes=9)
    connection.receive(Pong(data))
    exchange.clock.advance(minutes=9)
    assert not connection.closed


def test_a_pong_that_nobody_asked_for_changes_nothing(connection: StreamConnection) -> None:
    connection.receive(Pong(b"hello"))
    assert connection.take() == []


def test_a_clock_that_leaps_cuts_nobody_off_who_could_not_answer(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(hours=23)
    frames = connection.take()
    assert len(pings(frames)) == 23 * 20
    # The client reads them all now, and answers each.
    for ping in pings(frames):
        connection.receive(Pong(ping.data))
    exchange.clock.advance(minutes=59)
    assert not connection.closed


def test_after_a_leap_a_dead_client_is_still_cut_off(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(hours=2)
    connection.take()
    exchange.clock.advance(minutes=10)
    assert connection.closed


def test_a_pong_that_is_on_its_way_is_waited_for_in_real_time(exchange: Exchange) -> None:
    account = exchange.accounts["account-1"]
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    connection.real_peer = True
    woken: list[bool] = []
    exchange.clock.advance(minutes=3)
    [ping] = connection.take()
    connection.on_ready = lambda: woken.append(connection.pong_overdue)
    exchange.clock.advance(minutes=11)
    assert (connection.closed, connection.pong_overdue) == (False, True)
    assert True in woken
    exchange.emit(events.risk_level_change())
    assert connection.take() == []
    woken.clear()
    connection.receive(Pong(ping.data))
    assert woken == [False]
    frames = connection.take()
    assert [type(frame) for frame in frames] == [Ping, Ping, Ping, Text]
    assert not connection.closed


def test_a_pong_that_does_not_come_in_real_time_either(exchange: Exchange) -> None:
    account = exchange.accounts["account-1"]
    connection = connected(exchange, f"/private/ws/{new_key(exchange, account)}")
    connection.real_peer = True
    exchange.streams.pong_grace = 0.25
    assert connection.pong_grace == 0.25
    connection.pong_timed_out()
    assert not connection.closed
    exchange.clock.advance(minutes=3)
    connection.take()
    exchange.clock.advance(minutes=10)
    exchange.emit(events.risk_level_change())
    connection.pong_timed_out()
    assert connection.take() == [Close(1008, "Pong timeout")]


def test_a_connection_whose_pong_is_overdue_still_ends_with_the_day(
    exchange: Exchange, connection: StreamConnection
) -> None:
    connection.real_peer = True
    exchange.clock.advance(minutes=3)
    connection.take()
    exchange.clock.advance(hours=24)
    assert connection.take()[-1] == Close(1001)
    assert not connection.pong_overdue


def test_a_clients_ping_is_answered_with_its_bytes(connection: StreamConnection) -> None:
    connection.receive(Ping(b"abc"))
    assert connection.take() == [Pong(b"abc")]


# 24 hours


def test_a_connection_ends_at_the_24_hour_mark(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(hours=23, minutes=59, seconds=59, milliseconds=999)
    assert not connection.closed
    exchange.clock.advance(milliseconds=1)
    assert connection.closed
    assert connection.ended_because == "it had reached its greatest age"
    frames = connection.take()
    assert frames[-1] == Close(1001)
    assert len(pings(frames)) == 24 * 20 - 1
    exchange.clock.advance(hours=24)
    assert connection.take() == []


def test_frames_of_a_leap_come_in_the_order_in_which_they_fell_due(exchange: Exchange) -> None:
    exchange.clock.advance(seconds=90)
    connection = connected(
        exchange, f"/private/ws/{new_key(exchange, exchange.accounts['account-1'])}"
    )
    exchange.clock.advance(hours=24)
    frames = connection.take()
    kinds = "".join(type(frame).__name__[0] for frame in frames)
    assert kinds == "P" * 19 + "TP" + "P" * (24 * 20 - 21) + "C"
    assert '"e":"listenKeyExpired"' in frames[19].data


def test_the_day_and_the_intervals_can_be_changed(exchange: Exchange) -> None:
    streams = exchange.streams
    streams.ping_interval, streams.pong_timeout, streams.max_age = 1, 0.5, 10
    connection = connected(exchange, "/private/stream")
    exchange.clock.advance(seconds=1)
    assert len(connection.take()) == 1
    exchange.clock.advance(milliseconds=499)
    assert not connection.closed
    exchange.clock.advance(milliseconds=1)
    assert connection.closed
    connection = connected(exchange, "/private/stream")
    exchange.clock.advance(seconds=10)
    assert connection.take()[-1] == Close(1001)


# Message rate


def test_ten_messages_a_second_are_fine_and_eleven_are_not(
    exchange: Exchange, connection: StreamConnection
) -> None:
    for _ in range(3):
        for _ in range(10):
            connection.receive(LIST)
        exchange.clock.advance(seconds=1)
    assert not connection.closed
    for _ in range(11):
        connection.receive(LIST)
    assert connection.closed
    assert connection.ended_because == "more messages a second than allowed"
    frames = connection.take()
    assert len(frames) == 41
    assert frames[-1] == Close(1008, "Too many requests")


def test_the_second_slides(exchange: Exchange, connection: StreamConnection) -> None:
    for _ in range(10):
        connection.receive(LIST)
        exchange.clock.advance(milliseconds=100)
    for _ in range(30):
        connection.receive(LIST)
        exchange.clock.advance(milliseconds=100)
    assert not connection.closed
    connection.receive(LIST)
    connection.receive(LIST)
    assert connection.closed


def test_pings_and_unsolicited_pongs_count_as_messages(connection: StreamConnection) -> None:
    for frame in [Ping(), Pong(), LIST] * 3:
        connection.receive(frame)
    connection.receive(Pong())
    assert not connection.closed
    connection.receive(Ping())
    assert connection.closed


def test_pongs_that_answer_pings_do_not_count(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(hours=1)
    sent = pings(connection.take())
    assert len(sent) == 20
    for ping in sent:
        connection.receive(Pong(ping.data))
    for _ in range(10):
        connection.receive(LIST)
    assert not connection.closed
    # The same pong once more answers nothing.
    connection.receive(Pong(sent[-1].data))
    assert connection.closed


def test_one_pong_answers_the_pings_before_it(
    exchange: Exchange, connection: StreamConnection
) -> None:
    exchange.clock.advance(hours=1)
    sent = pings(connection.take())
    for _ in range(10):
        connection.receive(LIST)
    connection.receive(Pong(sent[-1].data))
    assert not connection.closed
    connection.receive(Pong(sent[0].data))
    assert connection.closed


def test_while_the_clock_stands_still_a_second_of_real_time_is_a_second(
    connection: StreamConnection,
) -> None:
    for n in range(100):
        connection.receive(LIST, received_ms=n * 100.0)
    assert not connection.closed
    connection.receive(LIST, received_ms=9_950.0)
    assert connection.closed


# Readers


def test_a_shell_is_told_when_there_is_something_to_send(
    exchange: Exchange, connection: StreamConnection
) -> None:
    told: list[int] = []
    connection.on_ready = lambda: told.append(1)
    connection.receive(LIST)
    connection.receive(LIST)
    assert len(told) == 1
    connection.take()
    connection.receive(LIST)
    assert len(told) == 2
    connection.close(1000)
    assert len(told) == 3


def test_a_shell_may_take_while_it_is_told(
    exchange: Exchange, connection: StreamConnection
) -> None:
    sent: list[Frame] = []
    connection.on_ready = lambda: sent.extend(connection.take())
    exchange.clock.advance(minutes=12)
    assert [frame.data for frame in sent] == [
        str(connection.since_ms + n * 180_000).encode() for n in (1, 2, 3, 4)
    ]
    # It took the first one at minute 3, so the pong is due at minute 13.
    exchange.clock.advance(minutes=1)
    assert connection.closed


def test_a_reader_that_stops_is_cut_off_and_what_waits_for_it_is_bounded(
    exchange: Exchange,
) -> None:
    exchange.streams.max_outbox = 5
    account = exchange.accounts["account-1"]
    target = f"/private/ws/{new_key(exchange, account)}"
    slow, quick = connected(exchange, target), connected(exchange, target)
    reached = []
    for _ in range(8):
        reached.append(exchange.streams.emit(events.risk_level_change()))
        assert event_types(quick) == ["RISK_LEVEL_CHANGE"]
    assert reached == [2, 2, 2, 2, 2, 1, 1, 1]
    assert slow.closed
    assert slow.ended_because == "the client reads too slowly"
    frames = slow.take()
    assert [type(frame) for frame in frames] == [Text] * 5 + [Drop]


# Ends


def test_a_client_that_closes_gets_its_close_back(
    exchange: Exchange, connection: StreamConnection
) -> None:
    connection.receive(Close(1000, "bye"))
    assert connection.closed
    assert connection.ended_because == "the client closed it"
    assert connection.take() == [Close(1000)]
    assert exchange.streams.connections == []


@pytest.mark.parametrize("code", [1005, 1006, 1015])
def test_a_close_code_that_may_not_be_sent_is_not(connection: StreamConnection, code: int) -> None:
    connection.receive(Close(code))
    assert connection.take() == [Close(1000)]


def test_a_client_that_goes_away_gets_nothing_more(
    exchange: Exchange, connection: StreamConnection
) -> None:
    connection.receive(LIST)
    connection.receive(Drop())
    assert connection.closed
    assert connection.take() == []
    exchange.clock.advance(hours=1)
    assert connection.take() == []


def test_a_connection_that_has_ended_takes_and_gives_nothing(
    exchange: Exchange, connection: StreamConnection
) -> None:
    connection.close(4000, "over")
    connection.close(4001, "again")
    connection.drop()
    for frame in (LIST, Ping(), Pong(), Close(), Drop()):
        connection.receive(frame)
    connection.subscribe("x")
    assert connection.take() == [Close(4000, "over")]
    assert connection.take() == []
    assert connection.subscriptions == []
    assert connection.ended_because == "over"


def test_nobody_waits_for_the_pong_of_a_connection_that_has_ended(
    exchange: Exchange, connection: StreamConnection
) -> None:
    connection.real_peer = True
    exchange.clock.advance(minutes=3)
    connection.drop()
    assert [type(frame) for frame in connection.take()] == [Ping, Drop]
    exchange.clock.advance(minutes=10)
    assert not connection.pong_overdue


def test_an_exchange_that_runs_for_long_keeps_nothing_of_connections_that_have_ended(
    exchange: Exchange,
) -> None:
    target = f"/private/ws/{new_key(exchange, exchange.accounts['account-1'])}"
    connection = connected(exchange, target)
    exchange.clock.advance(minutes=3)
    connection.take()
    connection.receive(Drop())
    left = weakref.ref(connection)
    del connection
    gc.collect()
    assert left() is None


def test_showing_a_connection_shows_no_key(exchange: Exchange) -> None:
    key = new_key(exchange, exchange.accounts["account-1"])
    connection = connected(exchange, f"/private/ws/{key}")
    say(connection, method="LIST_SUBSCRIPTIONS", id=1)
    assert repr(connection) == "<StreamConnection, 1 streams, 1 frames due, open>"
    connection.drop()
    assert (
        repr(connection)
        == "<StreamConnection, 1 streams, 2 frames due, ended: dropped without a close frame>"
    )
    assert (
        repr(connected(exchange, "/market/ws"))
        == "<StreamConnection market, 0 streams, 0 frames due, open>"
    )
