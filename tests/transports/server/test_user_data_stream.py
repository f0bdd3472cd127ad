"""The stream that a test listens to without a client of its own."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._frames import Close, Drop, Frame, Text
from pytest_binance_options._messages import Request
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options._transports.server.user_data_stream import UserDataStream
from pytest_binance_options.errors import StreamClosedError, StreamTimeoutError
from pytest_binance_options.exchange import Exchange, events

from ..serving import Canned

DEAD_KEY = "d" * 64


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange()
    exchange.open_account("ours")
    return exchange


@pytest.fixture
def listen_key(exchange: Exchange) -> str:
    (key,) = exchange.accounts.resolve("ours").api_keys
    exchange.handle(Request("POST", "/eapi/v1/listenKey", {"X-MBX-APIKEY": key.api_key}))  # type: ignore[arg-type]
    listen_key = exchange.accounts.resolve("ours").listen_key
    assert listen_key is not None
    return listen_key


@pytest.fixture
def attached(server: LoopbackServer, exchange: Exchange) -> Iterator[Server]:
    with server.attach(Simulate(exchange)) as served:
        yield served


@pytest.fixture
def stream(attached: Server, listen_key: str) -> Iterator[UserDataStream]:
    with UserDataStream(attached, listen_key) as opened:
        yield opened


def order(number: int) -> events.Event:
    return events.order_trade_update(order_id=number)


def test_events_are_received_once_each_in_order(exchange: Exchange, stream: UserDataStream) -> None:
    for number in range(50):
        exchange.emit(order(number))
    received = [stream.receive(timeout=5) for _ in range(50)]
    assert [event["o"]["i"] for event in received] == list(range(50))  # type: ignore[index]


def test_receive_waits_for_an_event_that_is_still_to_come(
    exchange: Exchange, stream: UserDataStream
) -> None:
    later = threading.Timer(0.01, exchange.emit, [events.account_update()])
    later.start()
    assert stream.receive(timeout=5)["e"] == "ACCOUNT_UPDATE"
    later.join()


def test_events_has_what_was_emitted_by_now_without_waiting(
    exchange: Exchange, stream: UserDataStream
) -> None:
    for number in range(300):
        exchange.emit(order(number))
        assert len(stream.events) == number + 1


def test_events_keeps_what_was_received(exchange: Exchange, stream: UserDataStream) -> None:
    exchange.emit(events.account_update())
    received = stream.receive()
    exchange.emit(events.greek_update())
    assert [event["e"] for event in stream.events] == ["ACCOUNT_UPDATE", "GREEK_UPDATE"]
    assert stream.events[0] == received
    assert stream.receive()["e"] == "GREEK_UPDATE"


def test_what_falls_due_while_the_clock_moves_is_in_events(
    exchange: Exchange, stream: UserDataStream
) -> None:
    exchange.clock.advance(minutes=60)
    assert [event["e"] for event in stream.events] == ["listenKeyExpired"]


def test_pings_are_answered_for_days(exchange: Exchange, stream: UserDataStream) -> None:
    exchange.clock.advance(hours=20)
    (connection,) = exchange.streams.connections
    assert stream.events != []
    exchange.clock.advance(minutes=30)
    assert not connection.closed
    assert not stream.closed


@pytest.mark.asyncio
async def test_a_test_in_asyncio_awaits_events_and_its_loop_goes_on(
    exchange: Exchange, stream: UserDataStream
) -> None:
    async def emit_later() -> None:
        await asyncio.sleep(0)
        exchange.emit(events.account_update())

    event, _ = await asyncio.gather(stream.receive_async(timeout=5), emit_later())
    assert event["e"] == "ACCOUNT_UPDATE"


@pytest.mark.asyncio
async def test_an_asyncio_test_that_waits_in_vain_gets_the_same_error(
    stream: UserDataStream,
) -> None:
    with pytest.raises(
        StreamTimeoutError, match=r"^No event within 0.01 s\. So far came no event\."
    ):
        await stream.receive_async(timeout=0.01)


@pytest.mark.asyncio
async def test_an_event_is_not_lost_to_a_receive_that_was_cancelled(
    exchange: Exchange, stream: UserDataStream
) -> None:
    waiting = asyncio.ensure_future(stream.receive_async(timeout=5))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    exchange.emit(events.account_update())
    assert (await stream.receive_async())["e"] == "ACCOUNT_UPDATE"


# When nothing comes


def test_a_time_out_says_what_did_come_and_what_makes_events_come(
    exchange: Exchange, stream: UserDataStream
) -> None:
    for event in (order(1), order(2), events.account_update()):
        exchange.emit(event)
        stream.receive()
    with pytest.raises(StreamTimeoutError) as caught:
        stream.receive(timeout=0.01)
    assert (
        str(caught.value)
        == "No event within 0.01 s. So far came 2 x ORDER_TRADE_UPDATE, ACCOUNT_UPDATE. Events come"
        " when the exchange emits them: exchange.emit(...), or clock.advance(...) for those that"
        " fall due."
    )
    assert isinstance(caught.value, TimeoutError)


def test_an_end_says_how_it_ended_and_what_came_before(
    exchange: Exchange, stream: UserDataStream
) -> None:
    exchange.emit(events.account_update())
    exchange.streams.close(code=1001)
    assert stream.receive()["e"] == "ACCOUNT_UPDATE"
    with pytest.raises(StreamClosedError) as caught:
        stream.receive()
    assert (
        str(caught.value)
        == "The stream has closed with code 1001. Before that came ACCOUNT_UPDATE."
    )
    assert isinstance(caught.value, ConnectionError)
    assert stream.closed


@pytest.mark.parametrize("end", ["drop", "close"])
def test_closed_is_true_as_soon_as_the_exchange_has_ended_it(
    exchange: Exchange, stream: UserDataStream, end: str
) -> None:
    assert not stream.closed
    exchange.emit(events.account_update())
    getattr(exchange.streams, end)()
    assert stream.closed
    assert len(stream.events) == 1


def test_a_drop_is_told_from_a_close(exchange: Exchange, stream: UserDataStream) -> None:
    exchange.streams.drop()
    with pytest.raises(StreamClosedError) as caught:
        stream.receive()
    assert (
        str(caught.value)
        == "The stream has ended without a close frame. Before that came no event."
    )


def test_closing_it_tells_the_exchange(
    exchange: Exchange, attached: Server, listen_key: str
) -> None:
    stream = UserDataStream(attached, listen_key)
    (connection,) = exchange.streams.connections
    stream.close()
    stream.close()
    assert stream.closed
    with pytest.raises(StreamClosedError, match=r"^The stream has closed by the test\."):
        stream.receive()
    attached.drop_connections()
    assert connection.closed


def test_a_refusal_is_an_error_with_its_reason(exchange: Exchange, attached: Server) -> None:
    exchange.streams.dead_key = "refuse"
    with pytest.raises(StreamClosedError) as caught:
        UserDataStream(attached, DEAD_KEY)
    assert str(caught.value) == (
        "The stream was refused: handshake /private/ws/<hidden> -> 400 -1125"
        " This listenKey does not exist."
    )


def test_a_server_that_is_gone_is_an_error(server: LoopbackServer, exchange: Exchange) -> None:
    with server.attach(Simulate(exchange)) as attached:
        pass
    with pytest.raises(
        StreamClosedError, match=r"^The stream was refused: Cannot connect to host 127\.0\.0\.1:"
    ):
        UserDataStream(attached, DEAD_KEY)


def test_a_handshake_that_is_never_answered_is_a_time_out(
    attached: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(Server, "stream_url", f"ws://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StreamTimeoutError) as caught:
            UserDataStream(attached, DEAD_KEY, timeout=0.01)
    assert str(caught.value) == "The stream was neither accepted nor refused within 0.01 s."


class Speaker(Canned):
    """A connection that says one thing and then ends."""

    real_peer = False
    pong_overdue = False
    pong_grace = 0.0
    closed = False
    on_ready: Callable[[], None] | None = None

    def __init__(self, *frames: Frame) -> None:
        super().__init__()
        self.frames = list(frames)

    def connect(self, handshake: Request) -> Speaker:
        return self

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        self.closed = isinstance(frame, Drop)

    def pong_timed_out(self) -> None: ...

    def take(self) -> list[Frame]:
        due, self.frames = self.frames, []
        return due


def test_text_that_is_no_json_ends_it_with_an_error_that_hides_keys(server: LoopbackServer) -> None:
    with (
        server.attach(Speaker(Text(f"<html> {DEAD_KEY}"), Close())) as attached,
        UserDataStream(attached, DEAD_KEY) as stream,
        pytest.raises(StreamClosedError) as caught,
    ):
        stream.receive()
    assert (
        str(caught.value)
        == "The stream has ended with text that is no JSON: '<html> <hidden>'. Before that came no"
        " event."
    )


# What it leaves behind


def test_no_repr_or_error_shows_the_listen_key(
    exchange: Exchange, stream: UserDataStream, listen_key: str
) -> None:
    exchange.clock.advance(minutes=60)
    stream.receive()
    assert repr(stream) == "<UserDataStream, open, listenKeyExpired>"
    with pytest.raises(StreamTimeoutError) as caught:
        stream.receive(timeout=0)
    assert listen_key not in str(caught.value)


def test_nothing_is_left_behind(attached: Server, listen_key: str) -> None:
    before = threading.active_count()
    with UserDataStream(attached, listen_key):
        assert threading.active_count() == before
    # A session or socket that was left open would warn here, and warnings are errors.
    gc.collect()
