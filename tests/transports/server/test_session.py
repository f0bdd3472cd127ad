"""WebSockets at the loopback server, with a connection behind them that says exactly what a test
wants."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidStatus,
)
from websockets.sync.client import ClientConnection, connect

from pytest_binance_options._backends.live import Live
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.errors import StreamClosedError
from pytest_binance_options.exchange import Exchange

from ..malformed import HANDSHAKE
from ..serving import JSON, Canned, exchange_bytes


class Scripted:
    """A connection that says what the test tells it to, and answers a client's close as the RFC has
    it."""

    def __init__(self) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.real_peer = False
        self.pong_overdue = False
        self.pong_grace = 0.01
        self.received: list[Frame] = []
        self.closed = False
        self.gone = threading.Event()
        self.taken = 0
        self._outbox: list[Frame] = []
        self._lock = threading.Lock()

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        self.received.append(frame)
        if isinstance(frame, Close):
            self.say(Close(frame.code))
        if isinstance(frame, Drop):
            self.closed = True
            self.gone.set()

    def pong_timed_out(self) -> None:
        if self.pong_overdue:
            self.pong_overdue = False
            self.say(Close(1008, "Pong timeout"))

    def take(self) -> list[Frame]:
        if self.pong_overdue:
            return []
        with self._lock:
            due, self._outbox = self._outbox, []
        self.taken += len(due)
        return due

    def say(self, *frames: Frame) -> None:
        with self._lock:
            self._outbox.extend(frames)
        if self.on_ready is not None:
            self.on_ready()


class Doorman(Canned):
    """Gives every listener a connection of its own, or the same refusal."""

    def __init__(self, refusal: Response | None = None) -> None:
        super().__init__()
        self.refusal = refusal
        self.asked: list[tuple[str, str]] = []
        self.connections: list[Scripted] = []
        self.malformed_said: list[str] = []

    def malformed(self, said: str) -> None:
        self.malformed_said.append(said)

    def connect(self, handshake: Request) -> Scripted | Response:
        self.asked.append((handshake.target, handshake.client))
        if self.refusal is not None:
            return self.refusal
        self.connections.append(Scripted())
        return self.connections[-1]


@pytest.fixture
def client(attached: Server) -> Iterator[ClientConnection]:
    with connect(
        f"{attached.stream_url}/private/ws/key", ping_interval=None, proxy=None, max_queue=None
    ) as opened:
        yield opened


@pytest.fixture
def connection(doorman: Doorman, client: ClientConnection) -> Scripted:
    (opened,) = doorman.connections
    return opened


def test_the_target_is_passed_on_as_sent(attached: Server, doorman: Doorman) -> None:
    for target in (
        "/private/ws/abc",
        "/private/stream?streams=abc/def&x=%2F",
        "/ws",
        "/public/stream",
    ):
        with connect(attached.stream_url + target, proxy=None):
            pass
    assert doorman.asked == [
        ("/private/ws/abc", "127.0.0.1"),
        ("/private/stream?streams=abc/def&x=%2F", "127.0.0.1"),
        ("/ws", "127.0.0.1"),
        ("/public/stream", "127.0.0.1"),
    ]


def test_frames_are_not_compressed_though_the_client_offers_it(client: ClientConnection) -> None:
    assert client.request is not None
    assert client.response is not None
    assert "permessage-deflate" in client.request.headers["Sec-WebSocket-Extensions"]
    assert "Sec-WebSocket-Extensions" not in client.response.headers


def test_frames_come_in_the_order_in_which_they_were_said(
    client: ClientConnection, connection: Scripted
) -> None:
    for n in range(1000):
        connection.say(Text(str(n)))
    assert [client.recv(timeout=5) for _ in range(1000)] == [str(n) for n in range(1000)]


def test_what_was_said_before_the_handshake_was_over_is_not_lost(server: LoopbackServer) -> None:
    class Eager(Doorman):
        def connect(self, handshake: Request) -> Scripted | Response:
            connection = super().connect(handshake)
            assert isinstance(connection, Scripted)
            connection.say(Text("early"))
            return connection

    with (
        server.attach(Eager()) as attached,
        connect(f"{attached.stream_url}/ws", proxy=None) as client,
    ):
        assert client.recv(timeout=5) == "early"


def test_every_kind_of_frame_reaches_the_client(
    client: ClientConnection, connection: Scripted
) -> None:
    connection.say(
        Text("{}"), Binary(b"\0"), Ping(b"p"), Pong(b"q"), Close(1008, "too many requests")
    )
    assert client.recv(timeout=5) == "{}"
    assert client.recv(timeout=5) == b"\0"
    with pytest.raises(ConnectionClosedError) as caught:
        client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "too many requests")
    assert connection.gone.wait(5)
    # The client's library has answered the ping and the close frame.
    assert connection.received == [Pong(b"p"), Close(1008, "too many requests"), Drop()]


def test_every_kind_of_frame_reaches_the_exchange(
    client: ClientConnection, connection: Scripted
) -> None:
    client.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
    client.send(b"\0")
    client.pong(b"unsolicited")
    client.ping(b"ping")
    client.close(1001, "bye")
    assert connection.gone.wait(5)
    assert connection.received == [
        Text('{"method": "LIST_SUBSCRIPTIONS", "id": 1}'),
        Binary(b"\0"),
        Pong(b"unsolicited"),
        Ping(b"ping"),
        Close(1001, "bye"),
        Drop(),
    ]


def test_pings_are_answered_by_the_exchange_and_by_nobody_else(
    client: ClientConnection, connection: Scripted
) -> None:
    waiter = client.ping(b"one")
    client.send("after")
    connection.say(Text("first"))
    assert client.recv(timeout=5) == "first"
    assert not waiter.is_set()
    connection.say(Pong(b"one"))
    assert waiter.wait(5)


def test_a_pong_that_is_overdue_is_waited_for_in_real_time(
    client: ClientConnection, connection: Scripted
) -> None:
    assert connection.real_peer
    connection.pong_overdue = True
    connection.say(Text("held back"))
    assert client.recv(timeout=5) == "held back"
    with pytest.raises(ConnectionClosedError) as caught:
        client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.reason == "Pong timeout"


def test_a_pong_that_comes_after_all_calls_the_waiting_off(
    attached: Server, client: ClientConnection, connection: Scripted
) -> None:
    timeouts = []
    connection.pong_grace = 0.05
    connection.pong_timed_out = lambda: timeouts.append(1)  # type: ignore[method-assign]
    connection.pong_overdue = True
    connection.say(Text("held back"))
    attached.flush()
    connection.pong_overdue = False
    client.pong()
    assert client.recv(timeout=5) == "held back"
    with pytest.raises(TimeoutError):
        client.recv(timeout=0.1)
    assert timeouts == []


def test_a_client_that_never_pongs_is_cut_off_by_the_exchange(server: LoopbackServer) -> None:
    exchange = Exchange()
    exchange.streams.pong_grace = 0.05
    with (
        server.attach(Simulate(exchange)) as attached,
        socket.create_connection(("127.0.0.1", attached.port), timeout=5) as client,
    ):
        client.sendall(HANDSHAKE.replace(b"/ws", b"/public/ws"))
        received = client.recv(4096)
        assert received.startswith(b"HTTP/1.1 101 ")
        for minutes in (3, 10):
            exchange.clock.advance(minutes=minutes)
            attached.flush()
        while b"\x88" not in received.partition(b"\r\n\r\n")[2]:
            received += client.recv(4096)
        # Pings it got, and then 1008.
        assert b"\x89\x0d" in received
        assert received.endswith(b"\x88\x0e" + (1008).to_bytes(2, "big") + b"Pong timeout")


def test_a_close_without_a_code_is_answered_with_1000(attached: Server, doorman: Doorman) -> None:
    received = exchange_bytes(attached.port, HANDSHAKE + b"\x88\x80\0\0\0\0")
    assert received.endswith(b"\x88\x02" + (1000).to_bytes(2, "big"))
    (connection,) = doorman.connections
    assert connection.gone.wait(5)
    assert connection.received == [Close(1005), Drop()]


def test_a_drop_ends_the_connection_without_a_close_frame_after_what_came_before(
    client: ClientConnection, connection: Scripted
) -> None:
    connection.say(*(Text("x" * 1000) for _ in range(100)), Drop())
    assert [client.recv(timeout=5) for _ in range(100)] == ["x" * 1000] * 100
    with pytest.raises(ConnectionClosedError) as caught:
        client.recv(timeout=5)
    assert caught.value.rcvd is None


def test_a_connection_that_has_ended_without_a_word_is_closed(
    client: ClientConnection, connection: Scripted
) -> None:
    connection.closed = True
    connection.say()
    with pytest.raises(ConnectionClosedOK):
        client.recv(timeout=5)


def test_the_last_frames_of_a_connection_that_ends_just_then_are_sent(
    server: LoopbackServer,
) -> None:
    class EndsWhileAsked(Scripted):
        def take(self) -> list[Frame]:
            due = super().take()
            if not self.closed:
                self.closed = True
                self.say(Text("last"), Close(1001))
            return due

    class Door(Doorman):
        def connect(self, handshake: Request) -> Scripted | Response:
            return EndsWhileAsked()

    with (
        server.attach(Door()) as attached,
        connect(f"{attached.stream_url}/ws", proxy=None) as client,
    ):
        assert client.recv(timeout=5) == "last"
        with pytest.raises(ConnectionClosedOK) as caught:
            client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001


def test_the_exchange_hears_of_a_client_that_vanishes(
    client: ClientConnection, connection: Scripted
) -> None:
    client.socket.shutdown(socket.SHUT_RDWR)
    assert connection.gone.wait(5)
    assert connection.received == [Drop()]
    assert connection.on_ready is None


def test_the_exchange_hears_of_a_client_that_vanishes_while_the_server_closes(
    server: LoopbackServer,
) -> None:
    class Cancelled(Scripted):
        """Its session is cancelled just as it winds up."""

        def __setattr__(self, name: str, value: object) -> None:
            if name == "on_ready" and value is None and vars(self).get(name) is not None:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            super().__setattr__(name, value)

    doorman = Doorman()
    connection = Cancelled()
    doorman.connect = lambda handshake: connection  # type: ignore[method-assign]
    with server.attach(doorman) as attached:
        with connect(f"{attached.stream_url}/ws", compression=None):
            pass
        assert connection.gone.wait(5)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"\x81\x81\0\0\0\0\xff", 1007),  # text that is no UTF-8
        (b"\x83\x80\0\0\0\0", 1002),  # a reserved opcode
    ],
)
def test_a_client_that_breaks_the_protocol_is_told_and_dropped(
    client: ClientConnection, connection: Scripted, bad: bytes, code: int
) -> None:
    client.socket.sendall(bad)
    with pytest.raises(ConnectionClosedError) as caught:
        client.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == code
    assert connection.gone.wait(5)
    assert connection.received == [Drop()]


def test_what_a_slow_reader_leaves_waiting_stays_with_the_connection(
    attached: Server, doorman: Doorman
) -> None:
    event = "x" * 50_000
    with socket.create_connection(("127.0.0.1", attached.port), timeout=5) as client:
        client.sendall(HANDSHAKE)
        stream = client.makefile("rb")
        while stream.readline() != b"\r\n":
            pass
        (connection,) = doorman.connections
        for _ in range(600):
            connection.say(Text(event))
            attached.flush()
        # Far more than the sockets hold: the rest was never taken.
        assert connection.taken < 500
        for _ in range(600):
            assert (
                stream.read(4 + len(event))
                == b"\x81\x7e" + len(event).to_bytes(2, "big") + event.encode()
            )
        assert connection.taken == 600
        stream.close()


def test_a_refusal_is_an_http_answer(server: LoopbackServer) -> None:
    doorman = Doorman(Response(410, [JSON], b'{"code":-1,"msg":"moved"}'))
    with server.attach(doorman) as attached:
        with pytest.raises(InvalidStatus) as caught:
            connect(f"{attached.stream_url}/ws/{'k' * 64}", proxy=None).__enter__()
        (error,) = attached.errors
    assert isinstance(error, StreamClosedError)
    assert str(error) == "handshake /ws/<hidden> -> 410 -1 moved"
    assert caught.value.response.status_code == 410
    assert caught.value.response.body == b'{"code":-1,"msg":"moved"}'


def test_a_handshake_that_fails_breaks_off(server: LoopbackServer) -> None:
    exchange = Exchange()
    exchange.streams.refuse_handshakes("reset", times=1)
    with server.attach(Simulate(exchange)) as attached:
        with pytest.raises(ConnectionResetError):
            exchange_bytes(attached.port, HANDSHAKE)
        assert list(map(str, attached.errors)) == [
            "handshake /ws -> connection reset by the server"
        ]
        with connect(f"{attached.stream_url}/private/ws", proxy=None):
            assert len(exchange.streams.connections) == 1


def test_a_handshake_without_an_answer_is_held_until_the_client_has_enough(
    server: LoopbackServer,
) -> None:
    exchange = Exchange()
    exchange.streams.refuse_handshakes("timeout", times=1)
    with server.attach(Simulate(exchange)) as attached:
        with pytest.raises(TimeoutError):
            connect(f"{attached.stream_url}/private/ws", proxy=None, open_timeout=0.05).__enter__()
        with connect(f"{attached.stream_url}/private/ws", proxy=None):
            assert len(exchange.streams.connections) == 1


def test_a_server_without_a_way_to_the_network_says_so(server: LoopbackServer) -> None:
    live = Live("http://127.0.0.1:9", "ws://127.0.0.1:9")
    with server.attach(live) as attached, pytest.raises(InvalidStatus) as caught:
        connect(f"{attached.stream_url}/private/ws/{'k' * 64}", proxy=None).__enter__()
    assert caught.value.response.status_code == 404
    said = json.loads(caught.value.response.body or b"")["msg"]
    assert said.startswith(
        "UsageError: The backend forwards <Request GET http://127.0.0.1:<hidden>"
    )
    assert said.endswith(
        " to the network, and this server was given no way there. Give attach(..., send=...), a"
        " function from request to answer."
    )


def test_rest_and_streams_share_the_port(
    attached: Server, client: ClientConnection, connection: Scripted
) -> None:
    assert requests.get(f"{attached.url}/eapi/v1/ping", timeout=5).json() == {}
    connection.say(Text("still here"))
    assert client.recv(timeout=5) == "still here"


def test_streams_end_with_their_test(server: LoopbackServer) -> None:
    doorman = Doorman()
    with contextlib.ExitStack() as until_the_end:
        with server.attach(doorman) as attached:
            client = until_the_end.enter_context(connect(f"{attached.stream_url}/ws", proxy=None))
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
    (connection,) = doorman.connections
    assert connection.gone.is_set()
    connection.say(Text("to nobody"))


def test_flush_returns_when_frames_have_left(
    attached: Server, client: ClientConnection, connection: Scripted
) -> None:
    connection.say(Text("1"), Text("2"))
    attached.flush()
    assert connection.taken == 2
    attached.drop_connections()
    assert [client.recv(timeout=5), client.recv(timeout=5)] == ["1", "2"]
