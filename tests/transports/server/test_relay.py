"""The loopback server between a client and a real exchange: nothing changes on the way, and
everything is noted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidStatus,
)
from websockets.sync.client import ClientConnection, connect

from pytest_binance_options._backends.live import Live
from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._cassette.model import StreamFrame
from pytest_binance_options._frames import Close, Drop, Ping, Text
from pytest_binance_options._messages import Headers, Request
from pytest_binance_options._transports import upstream
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.errors import StreamClosedError
from pytest_binance_options.exchange import Exchange, events

from .test_session import Doorman, Scripted


class Between:
    """A recorder in front of an exchange, with what it noted."""

    def __init__(self, exchange: Exchange, attached: Server) -> None:
        self.exchange = exchange
        self.attached = attached
        self.record = Record(attached.url, attached.stream_url)

    @property
    def noted(self) -> tuple[StreamFrame, ...]:
        return self.record.cassette().frames

    def start_listen_key(self) -> str:
        (key,) = self.exchange.accounts.resolve(None).api_keys
        request = Request("POST", "/eapi/v1/listenKey", Headers({"X-MBX-APIKEY": key.api_key}))
        self.record.observe(request, self.exchange.handle(request))
        listen_key = self.exchange.accounts.resolve(None).listen_key
        assert listen_key is not None
        return listen_key

    def shape(self) -> list[tuple[int, str, str, tuple[int, int]]]:
        return [
            (frame.connection, frame.direction, frame.kind, frame.after) for frame in self.noted
        ]


@pytest.fixture
def between(server: LoopbackServer) -> Iterator[Between]:
    exchange = Exchange()
    exchange.open_account()
    with server.attach(Simulate(exchange)) as attached:
        yield Between(exchange, attached)


@pytest.fixture
def front(server: LoopbackServer, between: Between) -> Iterator[Server]:
    with server.attach(between.record, send=upstream.send) as served:
        yield served


def listen(front: Server, path: str) -> connect:
    return connect(front.stream_url + path, proxy=None, ping_interval=None)


def hear(client: ClientConnection) -> object:
    return json.loads(client.recv(timeout=5))


def test_events_go_through_unchanged_and_are_noted_with_what_they_came_after(
    between: Between, front: Server
) -> None:
    listen_key = between.start_listen_key()
    with listen(front, "/private/stream") as client:
        client.send(json.dumps({"method": "SUBSCRIBE", "params": [listen_key], "id": 5}))
        assert hear(client) == {"result": None, "id": 5}
        between.exchange.emit(events.order_trade_update(order_id=7))
        event = client.recv(timeout=5)
        assert json.loads(event)["data"]["o"]["i"] == 7
    assert between.shape() == [
        (0, "out", "text", (1, 0)),
        (0, "in", "text", (1, 1)),
        (0, "in", "text", (1, 1)),
        (0, "out", "close", (1, 1)),
        # The exchange's answer to the close frame, if it got here before the client had gone.
        *[(0, "in", "close", (1, 1))] * (len(between.noted) - 4),
    ]
    assert between.noted[2].payload.decode() == event
    assert {frame.target for frame in between.noted} == {"/private/stream"}
    offsets = [frame.offset_ms for frame in between.noted]
    assert offsets == sorted(offsets)
    assert all(0 <= offset < 60_000 for offset in offsets)


def test_pings_and_pongs_are_the_exchange_s_and_the_client_s_own(
    between: Between, front: Server
) -> None:
    with listen(front, "/public/ws") as client:
        between.exchange.clock.advance(minutes=3)
        assert client.ping(b"mine").wait(5)
        client.close()
    kinds = [(frame.direction, frame.kind) for frame in between.noted]
    assert kinds[:4] in (
        [("in", "ping"), ("out", "pong"), ("out", "ping"), ("in", "pong")],
        [("out", "ping"), ("in", "ping"), ("in", "pong"), ("out", "pong")],
        [("in", "ping"), ("out", "ping"), ("out", "pong"), ("in", "pong")],
        [("out", "ping"), ("in", "ping"), ("out", "pong"), ("in", "pong")],
        [("in", "ping"), ("out", "ping"), ("in", "pong"), ("out", "pong")],
    )


def test_each_connection_has_a_number_and_an_address_of_its_own(
    between: Between, front: Server
) -> None:
    with listen(front, "/public/stream") as one, listen(front, "/market/ws/x?y=1") as two:
        two.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
        hear(two)
        one.send('{"method": "LIST_SUBSCRIPTIONS", "id": 2}')
        hear(one)
    texts = [(frame.connection, frame.target) for frame in between.noted if frame.kind == "text"]
    assert texts == [(1, "/market/ws/x?y=1")] * 2 + [(0, "/public/stream")] * 2


def test_the_exchange_s_close_reaches_the_client_and_is_noted_once(
    between: Between, front: Server
) -> None:
    with listen(front, "/public/ws") as client:
        between.exchange.streams.close(code=1001)
        with pytest.raises(ConnectionClosedOK) as caught:
            client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001
    assert [(f.direction, f.kind, f.payload) for f in between.noted] == [
        ("in", "close", b"\x03\xe9")
    ]


def test_a_drop_reaches_the_client_as_a_drop(between: Between, front: Server) -> None:
    with listen(front, "/public/ws") as client:
        between.exchange.streams.drop()
        with pytest.raises(ConnectionClosedError) as caught:
            client.recv(timeout=5)
    assert caught.value.rcvd is None
    assert [(f.direction, f.kind, f.payload) for f in between.noted] == [
        ("in", "close", b"\x03\xee")
    ]


def test_a_client_that_vanishes_is_gone_upstream_too(between: Between, front: Server) -> None:
    with listen(front, "/public/ws") as client:
        (connection,) = between.exchange.streams.connections
        client.socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
    front.drop_connections()
    between.attached.drop_connections()
    assert connection.closed
    assert [(f.direction, f.kind, f.payload) for f in between.noted] == [
        ("out", "close", b"\x03\xee")
    ]


def test_a_refusal_upstream_is_a_refusal_here(between: Between, front: Server) -> None:
    with pytest.raises(InvalidStatus) as caught:
        listen(front, "/nowhere").__enter__()
    assert caught.value.response.status_code == 404
    # What the exchange said with it is lost: the client that asks there keeps it to itself.
    assert list(map(str, front.errors)) == ["handshake /nowhere -> 404"]


def test_an_exchange_that_can_t_be_reached_is_an_error_without_the_listen_key(
    server: LoopbackServer,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with server.attach(Live("http://h", f"ws://127.0.0.1:{port}"), send=upstream.send) as front:
        with pytest.raises(InvalidStatus) as caught:
            listen(front, f"/private/ws/{'k' * 64}").__enter__()
        (error,) = front.errors
    assert caught.value.response.status_code == 404
    assert isinstance(error, StreamClosedError)
    assert str(error).startswith(
        f"The streams at ws://127.0.0.1:{port} can't be reached: Cannot connect to host 127.0.0.1:"
    )
    assert "kkk" not in str(error)


def test_a_relay_without_a_recorder_only_relays(server: LoopbackServer, between: Between) -> None:
    listen_key = between.start_listen_key()
    with (
        server.attach(Live("http://h", between.attached.stream_url), send=upstream.send) as front,
        listen(front, f"/private/ws/{listen_key}") as client,
    ):
        between.exchange.emit(events.account_update())
        assert json.loads(client.recv(timeout=5))["e"] == "ACCOUNT_UPDATE"


def test_a_client_that_reads_slowly_holds_the_exchange_back(server: LoopbackServer) -> None:
    doorman = Doorman()
    with (
        server.attach(doorman) as real,
        server.attach(record := Record(real.url, real.stream_url), send=upstream.send) as front,
        connect(f"{front.stream_url}/ws", proxy=None, ping_interval=None, max_queue=1) as client,
    ):
        (connection,) = doorman.connections
        event = "x" * 500_000
        for _ in range(100):
            connection.say(Text(event))
            real.flush()
        assert len(record.cassette().frames) < 100
        assert [client.recv(timeout=5) for _ in range(100)] == [event] * 100
        assert len(record.cassette().frames) == 100


def test_the_exchange_hears_only_what_the_client_says(server: LoopbackServer) -> None:
    doorman = Doorman()
    with server.attach(doorman) as real:
        with (
            server.attach(Live(real.url, real.stream_url), send=upstream.send) as front,
            connect(f"{front.stream_url}/ws", proxy=None, ping_interval=None) as client,
        ):
            connection: Scripted = doorman.connections[0]
            client.send("hello")
            client.ping(b"p")
            client.close(1000, "done")
        assert connection.gone.wait(5)
    assert [frame for frame in connection.received if not isinstance(frame, Drop)][:3] == [
        Text("hello"),
        Ping(b"p"),
        Close(1000, "done"),
    ]
