"""A WebSocket at the loopback server that is none: handshakes, frames, clients that never read."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator

import pytest

from pytest_binance_options._frames import Close, Drop, Frame, Ping, Text
from pytest_binance_options._transports.server import session
from pytest_binance_options._transports.server.server import Server
from pytest_binance_options._transports.websocket import serialize_frame

from ..malformed import HANDSHAKE
from ..serving import exchange_bytes
from .test_session import Doorman

HEADERS = {
    "Host": "x",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture
def client(attached: Server) -> Iterator[socket.socket]:
    """A client that has shaken hands."""
    with socket.create_connection(("127.0.0.1", attached.port), timeout=10) as opened:
        opened.sendall(HANDSHAKE)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += opened.recv(1)
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        yield opened


def rest(client: socket.socket) -> bytes:
    received = []
    while part := client.recv(1 << 20):
        received.append(part)
    return b"".join(received)


def masked(first: int, payload: bytes = b"") -> bytes:
    """A short frame, with a mask that changes nothing."""
    return bytes((first, 0x80 | len(payload))) + bytes(4) + payload


def handshake(first: str = "GET /ws HTTP/1.1", **headers: str | None) -> bytes:
    """One, with other headers in it; None: without that one."""
    pairs: dict[str, str | None] = {**HEADERS}
    pairs.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"{name}: {value}" for name, value in pairs.items() if value is not None]
    return "\r\n".join((first, *lines, "", "")).encode("latin-1")


NONE = {
    "a post": handshake("POST /ws HTTP/1.1", Content_Length="0"),
    "http 1.0": handshake("GET /ws HTTP/1.0"),
    "an old version": handshake(Sec_WebSocket_Version="8"),
    "no version": handshake(Sec_WebSocket_Version=None),
    "no key": handshake(Sec_WebSocket_Key=None),
    "a short key": handshake(Sec_WebSocket_Key="AAAA"),
    "a key that is no text": handshake(Sec_WebSocket_Key="\xff\xfe"),
    "no connection": handshake(Connection=None),
    "another connection": handshake(Connection="no-upgrade"),
}


@pytest.mark.parametrize("sent", NONE.values(), ids=NONE.keys())
def test_what_is_no_handshake_gets_400_and_never_reaches_the_exchange(
    attached: Server, doorman: Doorman, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = exchange_bytes(attached.port, sent)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Connection: close\r\n" in answer
    assert (doorman.asked, caplog.text) == ([], "")
    (error,) = map(str, attached.errors)
    assert error == (
        "handshake /ws -> 400: it is not what RFC 6455, section 4.1, has a client send: a GET over"
        " HTTP/1.1, with the headers Connection: Upgrade, Sec-WebSocket-Version: 13 and a"
        " Sec-WebSocket-Key of 16 bytes in base64."
    )
    assert doorman.malformed_said == [error]


def test_who_asks_for_another_version_is_told_which_would_do(attached: Server) -> None:
    answer = exchange_bytes(attached.port, NONE["an old version"])
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in answer


BAD = {
    "no mask": (b"\x81\x02hi", Close(1002, "a client's frames are masked")),
    "a message within an empty one": (
        masked(0x01) + masked(0x81, b"x"),
        Close(1002, "a message begins within another"),
    ),
    "a reserved close code": (
        masked(0x88, struct.pack(">H", 1005)),
        Close(1002, "a close code that may not be sent"),
    ),
    "a huge frame": (
        b"\x82\xff" + (1 << 40).to_bytes(8, "big"),
        Close(1009, "the message is too big"),
    ),
}


@pytest.mark.parametrize(("sent", "close"), BAD.values(), ids=BAD.keys())
def test_a_client_hears_why_its_frame_was_none_though_it_goes_on(
    client: socket.socket, doorman: Doorman, sent: bytes, close: Frame
) -> None:
    # A server that closed with this unread would reset the connection, and its reason be lost.
    client.sendall(sent + b"x" * 500_000)
    assert rest(client) == serialize_frame(close)
    (connection,) = doorman.connections
    assert connection.received == [Drop()]
    client.close()


def test_frames_that_come_with_the_handshake_are_heard(attached: Server, doorman: Doorman) -> None:
    sent = HANDSHAKE + masked(0x81, b"first") + masked(0x89, b"second") + masked(0x88)
    with socket.create_connection(("127.0.0.1", attached.port), timeout=10) as client:
        client.sendall(sent)
        assert rest(client).endswith(b"\r\n\r\n" + serialize_frame(Close(1000)))
    (connection,) = doorman.connections
    assert connection.received == [Text("first"), Ping(b"second"), Close(1005), Drop()]


def test_a_flood_of_frames_leaves_others_their_turn(attached: Server, doorman: Doorman) -> None:
    """20,000 frames at once, and a handshake that comes while they are dealt with."""
    with (
        socket.create_connection(("127.0.0.1", attached.port), timeout=10) as flood,
        socket.create_connection(("127.0.0.1", attached.port), timeout=10) as other,
    ):
        flood.sendall(HANDSHAKE + masked(0x8A) * 20_000 + masked(0x88))
        other.sendall(HANDSHAKE)
        assert other.recv(1000).startswith(b"HTTP/1.1 101 ")
        rest(flood)
    assert max(len(each.received) for each in doorman.connections) == 20_002


def test_a_client_that_never_reads_loses_the_connection_when_the_exchange_has_dropped_it(
    attached: Server,
    client: socket.socket,
    doorman: Doorman,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(session, "PATIENCE", 0.05)
    (connection,) = doorman.connections
    event = Text("x" * 100_000)
    for _ in range(200):
        connection.say(event)
        attached.flush()
    assert connection.taken < 200
    connection.closed = True
    connection.say(Drop())
    assert connection.gone.wait(10)
    assert len(rest(client)) < 200 * len(event.data)
    assert caplog.text == ""
