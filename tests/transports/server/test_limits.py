"""What one client may take of the loopback server, and what becomes of those who take more; others
are served meanwhile."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._transports import limits
from pytest_binance_options._transports.server.server import LoopbackServer, Server

from ..serving import Canned, exchange_bytes, get

HALVES = {
    "nothing": b"",
    "half a request line": b"GET /eapi/v1/pi",
    "half a head": b"GET /eapi/v1/ping HTTP/1.1\r\nHost: x\r\nX-MBX-",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow is who takes longer than a moment."""
    monkeypatch.setattr(limits, "SLOWEST", 0.05)


@contextlib.contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    # The time-out is for a server that hangs.
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        yield client


def rest(client: socket.socket) -> bytes:
    """All that comes, until the end or a reset."""
    received = []
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(1 << 20):
            received.append(part)
    return b"".join(received)


# Time


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_a_connection_that_does_not_come_to_the_point_is_closed(
    server: LoopbackServer, half: bytes
) -> None:
    with server.attach(Canned()) as attached, connected(attached) as client:
        client.sendall(half)
        assert client.recv(1) == b""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_a_connection_that_says_no_more_after_an_answer_is_closed(
    server: LoopbackServer, half: bytes
) -> None:
    with server.attach(Canned()) as attached, connected(attached) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + half)
        assert rest(client).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "body",
    ["Content-Length: 3\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2"],
    ids=["length", "chunks"],
)
def test_a_body_that_stops_coming_gets_408_and_never_reaches_the_backend(
    server: LoopbackServer, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Canned()
    with server.attach(backend) as attached, connected(attached) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{body}".encode())
        assert rest(client) == (
            b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
    assert (backend.requests, caplog.text) == ([], "")


@pytest.mark.usefixtures("impatient")
def test_an_answer_may_take_longer_than_a_request(server: LoopbackServer) -> None:
    def slow(request: Request) -> Response:
        time.sleep(0.2)
        return Response(200, Headers([]), b"at last")

    with server.attach(Canned(Forward), send=slow) as attached:
        assert requests.get(attached.url, timeout=10).text == "at last"


# Memory


async def connections(server: Server) -> int:
    """How many the server has."""
    return len(server._port._web.connections)


LONG = Response(200, Headers([]), b"x" * 100_000)
ASKED = 400


@contextlib.contextmanager
def never_reading(server: Server) -> Iterator[socket.socket]:
    """A client that has asked much at once, and reads nothing of 40 MB."""
    with connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * (ASKED - 1) + get("/"))
        # The server has its turn, and another client too.
        for _ in range(40):
            requests.get(f"{server.url}/other", timeout=10)
        yield client


def test_who_asks_and_never_reads_is_not_answered_into_memory(server: LoopbackServer) -> None:
    backend = Canned(LONG)
    with server.attach(backend) as attached, never_reading(attached) as client:
        answered = sum(request.path == "/" for request in backend.requests)
        # What the sockets of both ends hold, which is the system's to say, and one more.
        assert 0 < answered < ASKED
        # All of it comes when it is read after all.
        assert rest(client).count(b"HTTP/1.1 200 OK\r\n") == ASKED


@pytest.mark.usefixtures("impatient")
def test_who_asks_and_never_reads_loses_the_connection(server: LoopbackServer) -> None:
    backend = Canned(LONG)
    with server.attach(backend) as attached, never_reading(attached) as client:
        while attached.server.run(connections(attached)):
            time.sleep(0.01)
        assert rest(client).count(b"HTTP/1.1 200 OK\r\n") < ASKED


def test_of_many_errors_the_latest_are_kept(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REMEMBERED_ERRORS", 3)
    with server.attach(Canned()) as attached:
        for number in range(5):
            exchange_bytes(attached.port, get(f"/{number}", headers="Upgrade: websocket\r\n"))
        assert [str(error)[:12] for error in attached.errors] == [
            "handshake /2",
            "handshake /3",
            "handshake /4",
        ]


# Connections


def test_that_there_are_no_file_descriptors_is_said_once(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = []
    real = socket.socket.accept

    def accept(self: socket.socket) -> object:
        if len(refused) < 3:
            refused.append(self)
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self)

    with server.attach(Canned()) as attached:
        monkeypatch.setattr(socket.socket, "accept", accept)
        assert exchange_bytes(attached.port, get()).startswith(b"HTTP/1.1 200 OK")
    assert caplog.messages == ["no more connections for now: [Errno 24] Too many open files"]
