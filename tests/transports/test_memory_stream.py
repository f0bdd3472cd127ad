"""A stream that never leaves the process, as its client meets it: real clients on one side, the
simulated exchange on the other."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
from collections.abc import Callable, Iterator

import pytest
import websocket
import websockets.asyncio.client
import websockets.sync.client
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import Close as CloseData
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.uri import parse_uri

from pytest_binance_options._backends.base import Connection
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._frames import Close, Drop, Frame, Text
from pytest_binance_options._messages import Failure, FailureKind, Headers, Request, Response
from pytest_binance_options._time.one_time import OneTime, opened
from pytest_binance_options._time.sockets import wait_readable
from pytest_binance_options._transports.memory_stream import ClientSocket, memory_stream
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._hints import sentences
from pytest_binance_options.exchange._stream_hub import StreamConnection

from ..exchange.listening import new_key

URL = "ws://fstream.binance.com/private/ws/"
BIG = "x" * 100_000


class Venue(Simulate):
    """An exchange with one account, and streams to it."""

    def __init__(self) -> None:
        super().__init__(Exchange())
        self.clock = self.exchange.clock
        self.key = new_key(self.exchange, self.exchange.open_account("ours"))
        self.url = URL + self.key
        self.handshakes: list[Request] = []
        #: What is answered in place of the exchange.
        self.verdict: Connection | Response | Failure | None = None

    def connect(self, handshake: Request) -> Connection | Response | Failure:
        self.handshakes.append(handshake)
        return self.verdict or super().connect(handshake)

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        self.clock.call_at(self.clock.now_ms + round(seconds * 1000), call)

    def stream(self) -> ClientSocket:
        return memory_stream(
            "https://fstream.binance.com", self, self.later, readable=wait_readable
        )

    def say(self, text: str) -> None:
        """Have the exchange send it."""
        self.connection.queue(Text(text))

    @property
    def connection(self) -> StreamConnection:
        (connection,) = self.exchange.streams.connections
        return connection


class Client:
    """The ``websockets`` library's own protocol on a socket, which nothing stands between."""

    def __init__(self, sock: ClientSocket, url: str) -> None:
        self.sock = sock
        self.protocol = ClientProtocol(parse_uri(url), max_size=None)
        self.protocol.send_request(self.protocol.connect())
        self.handshake = b"".join(self.protocol.data_to_send())

    def open(self) -> Client:
        self.sock.sendall(self.handshake)
        self.heard()
        assert self.protocol.handshake_exc is None
        return self

    def send(self) -> None:
        """What the protocol has to say."""
        self.sock.sendall(b"".join(self.protocol.data_to_send()))

    def heard(self) -> list[object]:
        """What lies in the socket, and whether that was all."""
        self.sock.setblocking(False)
        said: list[object] = []
        while True:
            try:
                data = self.sock.recv(65_536)
            except BlockingIOError:
                break
            if not data:
                self.protocol.receive_eof()
                said = [*said, *self.protocol.events_received(), "the end"]
                break
            self.protocol.receive_data(data)
            said += self.protocol.events_received()
        return said


def close(code: int, reason: str = "") -> WireFrame:
    return WireFrame(Opcode.CLOSE, CloseData(code, reason).serialize())


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def sock(venue: Venue) -> Iterator[ClientSocket]:
    with venue.stream() as stream:
        yield stream


@pytest.fixture
def client(venue: Venue, sock: ClientSocket) -> Client:
    """Connected."""
    return Client(sock, venue.url).open()


@pytest.fixture
def one_time(venue: Venue) -> Iterator[OneTime]:
    """The test lives on the exchange's clock."""
    with opened(venue.clock) as time, time.inhabited():
        yield time


# The handshake


def test_a_handshake_is_answered_before_send_returns(venue: Venue, sock: ClientSocket) -> None:
    client = Client(sock, venue.url)
    for at in range(len(client.handshake) - 1):
        assert sock.send(client.handshake[at : at + 1]) == 1
    assert client.heard() == []
    sock.send(client.handshake[-1:])
    (answer,) = client.heard()
    assert client.protocol.handshake_exc is None
    assert answer.status_code == 101  # type: ignore[attr-defined]
    (asked,) = venue.handshakes
    assert asked.url == f"https://fstream.binance.com/private/ws/{venue.key}"


def test_what_is_due_already_comes_with_the_answer(venue: Venue, sock: ClientSocket) -> None:
    connection = venue.exchange.connect(f"/private/ws/{venue.key}")
    assert isinstance(connection, StreamConnection)
    venue.verdict = connection
    connection.queue(Text("early"))
    client = Client(sock, venue.url)
    sock.sendall(client.handshake)
    assert client.heard()[1:] == [WireFrame(Opcode.TEXT, b"early")]


def test_a_handshake_that_is_none_never_reaches_the_exchange(
    venue: Venue, sock: ClientSocket
) -> None:
    sock.sendall(b"GET /private/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
    assert sock.recv(1000) == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert sock.recv(1000) == b""
    assert venue.handshakes == []
    line = venue.exchange.journal.lines[-1]
    assert line.text.startswith("handshake /private/ws -> 400: it is not what RFC 6455")


def test_an_address_with_a_blank_in_it_is_no_request(venue: Venue, sock: ClientSocket) -> None:
    sock.sendall(Client(sock, venue.url).handshake.replace(b"/ws/", b"/ws/ "))
    assert sock.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert venue.handshakes == []
    (hint,) = sentences(venue.exchange.journal.lines)
    assert hint == (
        "Refused once: something that is no HTTP -> 400: the request line is not METHOD TARGET"
        " HTTP/1.1. Is there a blank or a line break, or a whole dict, in its address or in a"
        " header?"
    )


def test_a_handshake_needs_a_version_that_has_upgrades(venue: Venue, sock: ClientSocket) -> None:
    sock.sendall(Client(sock, venue.url).handshake.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert sock.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert venue.handshakes == []


def test_a_refusal_is_an_answer_and_the_end(venue: Venue, sock: ClientSocket) -> None:
    client = Client(sock, "ws://fstream.binance.com/no/such/path")
    sock.sendall(client.handshake)
    assert client.heard()[1:] == ["the end"]
    assert isinstance(client.protocol.handshake_exc, InvalidStatus)
    assert client.protocol.handshake_exc.response.status_code == 404
    # Whoever goes on talks to nobody.
    sock.sendall(client.handshake)
    assert len(venue.handshakes) == 1


def test_a_refusal_that_is_longer_than_the_socket_comes_whole(
    venue: Venue, sock: ClientSocket
) -> None:
    page = b"<p>" * 500_000
    venue.verdict = Response(403, Headers([("Content-Type", "text/html")]), page)
    sock.sendall(Client(sock, venue.url).handshake)
    sock.sendall(b"and more, which nobody asks about")
    received = b""
    while data := sock.recv(1_000_000):
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert body == page
    assert len(venue.handshakes) == 1


def test_a_handshake_without_an_answer_leaves_the_client_waiting(
    venue: Venue, sock: ClientSocket
) -> None:
    venue.verdict = Failure(FailureKind.TIMEOUT)
    client = Client(sock, venue.url)
    sock.sendall(client.handshake)
    assert client.heard() == []
    sock.sendall(client.handshake)
    venue.clock.advance(hours=1)
    assert client.heard() == []
    assert len(venue.handshakes) == 1


@pytest.mark.parametrize("kind", [FailureKind.RESET, FailureKind.REFUSED])
def test_a_handshake_that_breaks_off_is_a_connection_that_is_reset(
    venue: Venue, sock: ClientSocket, kind: FailureKind
) -> None:
    venue.verdict = Failure(kind)
    sock.sendall(Client(sock, venue.url).handshake)
    with pytest.raises(ConnectionResetError) as caught:
        sock.recv(1000)
    assert caught.value.errno == errno.ECONNRESET
    # Once, as of any socket.
    assert sock.recv(1000) == b""


# Frames


def test_an_event_lies_in_the_socket_at_the_moment_of_its_emission(
    venue: Venue, client: Client
) -> None:
    venue.say("one")
    venue.say("two")
    assert client.heard() == [
        WireFrame(Opcode.TEXT, b"one"),
        WireFrame(Opcode.TEXT, b"two"),
    ]
    venue.clock.advance(minutes=3)
    (ping,) = client.heard()
    assert ping == WireFrame(Opcode.PING, str(venue.clock.now_ms).encode())


def test_a_command_is_answered_before_send_returns(venue: Venue, client: Client) -> None:
    client.protocol.send_text(b'{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
    sent = b"".join(client.protocol.data_to_send())
    for at in range(len(sent)):
        assert client.heard() == []
        client.sock.send(sent[at : at + 1])
    (answer,) = client.heard()
    assert json.loads(answer.data) == {"result": [venue.key], "id": 1}  # type: ignore[attr-defined]


def test_what_is_sent_in_several_buffers_is_one_after_the_other(client: Client) -> None:
    client.protocol.send_ping(b"are you there?")
    (sent,) = client.protocol.data_to_send()
    assert client.sock.sendmsg([sent[:3], b"", sent[3:]]) == len(sent)
    assert client.heard() == [WireFrame(Opcode.PONG, b"are you there?")]


def test_it_is_read_as_a_file(venue: Venue, sock: ClientSocket) -> None:
    sock.sendall(Client(sock, venue.url).handshake)
    with sock.makefile("rb") as file:
        assert file.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"


def test_it_is_read_into_a_buffer(venue: Venue, client: Client) -> None:
    venue.say("abc")
    buffer = bytearray(8)
    assert client.sock.recv_into(buffer, 3) == 3
    assert client.sock.recv_into(memoryview(buffer)[3:]) == 2
    assert buffer == b"\x81\x03abc\0\0\0"


def test_nothing_is_read_from_it_when_it_is_closed(venue: Venue, client: Client) -> None:
    venue.say("abc")
    client.sock.close()
    with pytest.raises(OSError, match=r"Errno|WinError"):
        client.sock.recv(10)


def test_it_is_a_socket_to_those_who_look_closely(sock: ClientSocket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert sock.getpeername() == ("127.0.0.1", 443)
    assert sock.getsockname() == ("127.0.0.1", 0)
    assert sock.pending() == 0
    assert sock.type == socket.SOCK_STREAM


# A slow reader


def fill(venue: Venue) -> int:
    """Emit until the socket is full; gives how many events these were."""
    for count in range(1, 1000):
        venue.say(BIG)
        if venue.connection._outbox:
            return count
    raise AssertionError("the socket has no bottom")


def test_what_a_slow_reader_has_no_room_for_waits(venue: Venue, client: Client) -> None:
    count = fill(venue)
    venue.say("the last")
    heard = client.heard()
    assert len(heard) == count + 1
    assert heard[-1] == WireFrame(Opcode.TEXT, b"the last")
    venue.say("at once again")
    assert client.heard() == [WireFrame(Opcode.TEXT, b"at once again")]


def test_a_reader_that_is_too_slow_is_cut_off(venue: Venue, client: Client) -> None:
    venue.exchange.streams.max_outbox = 5
    connection = venue.connection
    count = fill(venue)
    for _ in range(5):
        venue.say(BIG)
    assert connection.ended_because == "the client reads too slowly"
    heard = client.heard()
    assert heard == [WireFrame(Opcode.TEXT, BIG.encode())] * (count + 4) + ["the end"]


def test_a_slow_reader_that_closes_gets_what_was_sent_before(venue: Venue, client: Client) -> None:
    count = fill(venue)
    client.protocol.send_close(1000)
    client.send()
    *texts, last, end = client.heard()
    assert texts == [WireFrame(Opcode.TEXT, BIG.encode())] * count
    assert (last, end) == (close(1000), "the end")


# The end


def test_the_client_closes(venue: Venue, client: Client) -> None:
    connection = venue.connection
    client.protocol.send_close(4001, "enough")
    client.send()
    assert client.heard() == [close(4001), "the end"]
    assert connection.ended_because == "the client closed it"
    venue.clock.advance(minutes=1)


def test_what_a_client_says_after_its_close_frame_is_not_heard(
    venue: Venue, client: Client
) -> None:
    client.protocol.send_ping(b"before")
    client.protocol.send_close()
    before, last = client.protocol.data_to_send()
    client.sock.sendall(before + last + before)
    assert client.heard() == [WireFrame(Opcode.PONG, b"before"), close(1000), "the end"]


def test_the_exchange_closes_and_the_client_answers(venue: Venue, client: Client) -> None:
    venue.exchange.streams.close(code=1008, reason="enough")
    assert client.heard() == [close(1008, "enough")]
    client.send()
    assert client.heard() == ["the end"]


def test_who_does_not_answer_a_close_frame_is_hung_up_on_after_five_seconds(
    venue: Venue, client: Client
) -> None:
    venue.exchange.streams.close()
    assert client.heard() == [close(1001)]
    venue.clock.advance(milliseconds=4999)
    assert client.heard() == []
    venue.clock.advance(milliseconds=1)
    assert client.heard() == ["the end"]


def test_the_exchange_drops_the_connection(venue: Venue, client: Client) -> None:
    venue.say("the last")
    venue.exchange.streams.drop()
    assert client.heard() == [WireFrame(Opcode.TEXT, b"the last"), "the end"]
    client.sock.sendall(b"what nobody hears")
    assert client.heard() == ["the end"]


class Played:
    """A connection that gives what a test says."""

    real_peer = False
    pong_overdue = False
    pong_grace = 0.0

    def __init__(self, *due: Frame, closed: bool = False) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.closed = closed
        self.due = list(due)
        self.heard: list[Frame] = []

    def pong_timed_out(self) -> object:
        raise AssertionError("the client lives by the exchange's clock")

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        self.heard.append(frame)

    def take(self) -> list[Frame]:
        taken, self.due = self.due, []
        return taken


def test_a_connection_that_ends_without_a_word_is_closed(venue: Venue, sock: ClientSocket) -> None:
    venue.verdict = Played(Text("the last"), closed=True)
    client = Client(sock, venue.url)
    sock.sendall(client.handshake)
    assert client.heard()[1:] == [WireFrame(Opcode.TEXT, b"the last"), close(1000)]


@pytest.mark.parametrize("end", [Close(1001), Drop()])
def test_nothing_follows_the_end(venue: Venue, sock: ClientSocket, end: Frame) -> None:
    connection = venue.verdict = Played(end, Text("too late"), closed=True)
    client = Client(sock, venue.url)
    sock.sendall(client.handshake)
    assert client.heard()[1:] == [close(1001) if isinstance(end, Close) else "the end"]
    connection.due = [Text("much too late")]
    assert connection.on_ready is not None
    connection.on_ready()
    assert WireFrame(Opcode.TEXT, b"much too late") not in client.heard()


def test_who_is_woken_while_at_it_looks_once_more(venue: Venue, sock: ClientSocket) -> None:
    class Woken(Played):
        def take(self) -> list[Frame]:
            taken = super().take()
            if taken == [Text("one")]:
                self.due = [Text("two")]
                assert self.on_ready is not None
                self.on_ready()
            return taken

    venue.verdict = Woken(Text("one"))
    client = Client(sock, venue.url)
    sock.sendall(client.handshake)
    assert client.heard()[1:] == [
        WireFrame(Opcode.TEXT, b"one"),
        WireFrame(Opcode.TEXT, b"two"),
    ]


@pytest.mark.parametrize(
    "how", [socket.SHUT_WR, socket.SHUT_RDWR, None], ids=["write", "both", "close"]
)
def test_a_client_that_goes_without_a_word_is_noticed_at_once(
    venue: Venue, client: Client, how: int | None
) -> None:
    connection = venue.connection
    if how is not None:
        client.sock.shutdown(how)
        assert connection.ended_because == "the client went away"
        assert client.heard() == ["the end"]
    client.sock.close()
    client.sock.close()
    assert connection.ended_because == "the client went away"
    assert client.sock.fileno() == -1


def test_a_client_that_only_reads_no_more_stays(venue: Venue, client: Client) -> None:
    client.sock.shutdown(socket.SHUT_RD)
    assert not venue.connection.closed


def test_a_client_that_goes_before_its_handshake_is_nobody(venue: Venue) -> None:
    sock = venue.stream()
    sock.send(b"GET /private/ws")
    sock.close()
    assert venue.handshakes == []


def test_a_file_of_it_keeps_it_open(venue: Venue, client: Client) -> None:
    file = client.sock.makefile("rb")
    client.sock.close()
    assert not venue.connection.closed
    file.close()
    assert venue.exchange.streams.connections == []


def test_a_client_whose_socket_is_lost_is_gone_with_the_next_frame(venue: Venue) -> None:
    client = Client(venue.stream(), venue.url).open()
    connection = venue.connection
    socket.close(client.sock.detach())
    venue.say(BIG)
    assert connection.ended_because == "the client went away"
    assert venue.exchange.streams.connections == []


def test_it_is_told_once_though_several_frames_are_lost(venue: Venue) -> None:
    connection = venue.verdict = Played()
    client = Client(venue.stream(), venue.url).open()
    socket.close(client.sock.detach())
    connection.due = [Text("one"), Text("two")]
    assert connection.on_ready is not None
    connection.on_ready()
    assert connection.heard == [Drop()]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (bytes((0x8F, 0x80)) + bytes(4), close(1002, "an unknown opcode")),
        (bytes((0x81, 0x81)) + bytes(4) + b"\xff", close(1007, "text that is not UTF-8")),
        (bytes((0x81, 0xFF)) + b"\xff" * 8, close(1009, "the message is too big")),
        (b"\x81\x02hi", close(1002, "a client's frames are masked")),
    ],
)
def test_what_is_no_frame_ends_the_connection_with_its_code(
    venue: Venue, client: Client, sent: bytes, answer: WireFrame
) -> None:
    connection = venue.connection
    client.sock.sendall(sent)
    assert client.heard() == [answer, "the end"]
    assert connection.ended_because == "the client went away"
    client.sock.sendall(sent)


def test_a_frame_before_one_that_is_none_is_answered(venue: Venue, client: Client) -> None:
    client.protocol.send_ping(b"?")
    (ping,) = client.protocol.data_to_send()
    client.sock.sendall(ping + bytes((0x8F, 0x80)) + bytes(4))
    assert client.heard() == [
        WireFrame(Opcode.PONG, b"?"),
        close(1002, "an unknown opcode"),
        "the end",
    ]


# Real clients


@pytest.mark.asyncio
async def test_asyncio(venue: Venue) -> None:
    sock = venue.stream()
    async with websockets.asyncio.client.connect(venue.url, sock=sock, proxy=None) as stream:
        for number in range(300):
            venue.say(f"{number} " * 1000)
        for number in range(300):
            assert await stream.recv() == f"{number} " * 1000
        venue.clock.advance(minutes=3)
        await stream.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
        assert json.loads(await stream.recv()) == {"result": [venue.key], "id": 1}
        venue.exchange.streams.close(code=1001)
        with pytest.raises(ConnectionClosed):
            await stream.recv()
        assert stream.close_code == 1001


@pytest.mark.asyncio
async def test_asyncio_when_nobody_reads(venue: Venue) -> None:
    sock = venue.stream()
    async with websockets.asyncio.client.connect(
        venue.url, sock=sock, proxy=None, max_queue=1
    ) as stream:
        count = fill(venue)
        venue.say("the last")
        heard = [await stream.recv() for _ in range(count + 1)]
        assert heard == [BIG] * count + ["the last"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (Response(503), InvalidStatus),
        (Failure(FailureKind.RESET), InvalidHandshake),
        (Failure(FailureKind.REFUSED), InvalidHandshake),
    ],
)
async def test_asyncio_when_the_handshake_fails(
    venue: Venue, verdict: Response | Failure, error: type[Exception]
) -> None:
    venue.verdict = verdict
    sock = venue.stream()
    with pytest.raises(error):
        await websockets.asyncio.client.connect(venue.url, sock=sock, proxy=None)
    await asyncio.sleep(0)  # its transport closes the socket in the loop's next round


def test_asyncio_has_no_answer_until_its_time_out(venue: Venue, one_time: OneTime) -> None:
    async def connect() -> None:
        await websockets.asyncio.client.connect(venue.url, sock=venue.stream(), proxy=None)

    venue.verdict = Failure(FailureKind.TIMEOUT)
    began = venue.clock.now_ms
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(connect())
    # What the library itself waits for.
    assert venue.clock.now_ms - began == 10_000


def test_a_blocking_socket_waits_until_its_time_out(
    venue: Venue, client: Client, one_time: OneTime
) -> None:
    began = venue.clock.now_ms
    client.sock.settimeout(2.5)
    with pytest.raises(TimeoutError, match=r"^timed out$"):
        client.sock.recv(1000)
    assert venue.clock.now_ms - began == 2500
    venue.later(1, lambda: venue.say("!"))
    buffer = bytearray(10)
    assert client.sock.recv_into(buffer) == 3
    assert buffer[2:3] == b"!"
    assert venue.clock.now_ms - began == 3500
    with pytest.raises(TimeoutError, match=r"^timed out$"):
        client.sock.recv_into(buffer)
    assert venue.clock.now_ms - began == 6000
    client.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.sock.recv(1000)


def test_a_blocking_socket_without_a_time_out_waits_as_long_as_it_takes(
    venue: Venue, client: Client, one_time: OneTime
) -> None:
    began = venue.clock.now_ms
    client.sock.setblocking(True)
    client.sock.recv(1000)  # the ping
    assert venue.clock.now_ms - began == 180_000
    heard = [client.sock.recv(1000) for _ in range(4)]
    # The pings that nobody answers.
    assert [each[:1] for each in heard] == [b"\x89"] * 3 + [b"\x88"]
    assert venue.clock.now_ms - began == 780_000


def test_the_client_of_websockets_in_a_thread(venue: Venue, one_time: OneTime) -> None:
    with websockets.sync.client.connect(venue.url, sock=venue.stream(), proxy=None) as stream:
        venue.say("!")
        assert stream.recv(timeout=1) == "!"
        began = venue.clock.now_ms
        with pytest.raises(TimeoutError):
            stream.recv(timeout=1000)
        assert venue.clock.now_ms - began == 1_000_000
        venue.exchange.streams.drop()
        with pytest.raises(ConnectionClosed):
            stream.recv(timeout=1)


def test_websocket_client(venue: Venue, one_time: OneTime) -> None:
    sock = venue.stream()
    sock.settimeout(30)
    stream = websocket.create_connection(venue.url, socket=sock)
    began = venue.clock.now_ms
    stream.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
    assert json.loads(stream.recv()) == {"result": [venue.key], "id": 1}
    venue.later(29, lambda: venue.say("in time"))
    assert stream.recv() == "in time"
    with pytest.raises(websocket.WebSocketTimeoutException):
        stream.recv()
    assert venue.clock.now_ms - began == 59_000
    stream.close()
    assert venue.exchange.streams.connections == []


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (Response(503), websocket.WebSocketBadStatusException),
        (Failure(FailureKind.RESET), ConnectionResetError),
        (Failure(FailureKind.REFUSED), ConnectionResetError),
        (Failure(FailureKind.TIMEOUT), websocket.WebSocketTimeoutException),
    ],
)
def test_websocket_client_when_the_handshake_fails(
    venue: Venue,
    sock: ClientSocket,
    one_time: OneTime,
    verdict: Response | Failure,
    error: type[Exception],
) -> None:
    venue.verdict = verdict
    sock.settimeout(7)
    began = venue.clock.now_ms
    with pytest.raises(error):
        websocket.create_connection(venue.url, socket=sock)
    waited = 7000 if error is websocket.WebSocketTimeoutException else 0
    assert venue.clock.now_ms - began == waited
