"""A port's odd moments: no file descriptors, clients that stop in the middle, tasks that are left
when all ends."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from concurrent.futures import CancelledError

import pytest
import requests

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._messages import Failure, FailureKind, Request
from pytest_binance_options._transports.server import server as server_module
from pytest_binance_options._transports.server.server import LoopbackServer

from ..serving import Canned, exchange_bytes, get


def test_running_out_of_file_descriptors_passes(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = []
    real = socket.socket.accept

    def accept(self: socket.socket) -> object:
        if not refused:
            refused.append(self)
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self)

    with server.attach(Canned()) as attached:
        monkeypatch.setattr(socket.socket, "accept", accept)
        assert exchange_bytes(attached.port, get()).startswith(b"HTTP/1.1 200 OK")
    assert len(refused) == 1
    assert "no more connections for now: [Errno 24] Too many open files" in caplog.text


def test_a_test_may_end_while_the_server_is_out_of_file_descriptors(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()

    def accept(self: socket.socket) -> object:
        refused.set()
        raise OSError(errno.EMFILE, "Too many open files")

    with server.attach(Canned()) as attached, monkeypatch.context() as patched:
        patched.setattr(socket.socket, "accept", accept)
        client = socket.create_connection(("127.0.0.1", attached.port), timeout=5)
        assert refused.wait(5)
    with client, pytest.raises(ConnectionResetError):
        client.recv(1)
    with server.attach(Canned()) as again:
        assert requests.get(again.url, timeout=5).status_code == 200


def test_a_body_that_turns_out_malformed_never_reaches_the_backend_and_hurts_nobody_else(
    server: LoopbackServer,
) -> None:
    backend = Canned()
    head = get(method="POST", headers="Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")
    with (
        server.attach(backend) as attached,
        socket.create_connection(("127.0.0.1", attached.port), timeout=5) as client,
    ):
        client.sendall(head)
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        # The handler waits for the body by now.
        client.sendall(b"this is no length\r\n")
        assert requests.get(attached.url, timeout=5).status_code == 200
    assert [request.method for request in backend.requests] == ["GET"]


def test_a_client_that_gives_up_takes_its_held_request_with_it(server: LoopbackServer) -> None:
    with server.attach(Canned(Failure(FailureKind.TIMEOUT))) as attached:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", attached.port), timeout=5) as client:
                client.sendall(get())
        # Were they still held, this would wait for them.
        attached.drop_connections()


def test_a_port_is_not_given_again_soon(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.attach(Canned()) as first:
        earlier = first.port
    asked: list[int] = []
    real = socket.create_server

    def create_server(address: tuple[str, int], **options: int) -> socket.socket:
        host, port = address
        asked.append(port)
        # The system gives the earlier port again, once.
        return real((host, earlier if len(asked) == 1 else port), **options)

    monkeypatch.setattr(socket, "create_server", create_server)
    with server.attach(Canned()) as second:
        assert second.port != earlier
    assert asked == [0, 0]


def test_ports_are_forgotten_in_the_end(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_REMEMBERED_PORTS", 1)
    for _ in range(3):
        with server.attach(Canned()) as attached:
            assert requests.get(attached.url, timeout=5).status_code == 200


def test_what_is_left_when_the_server_stops_is_cancelled() -> None:
    server = LoopbackServer()
    server.start()
    left = server.submit(asyncio.sleep(3600))
    server.stop()
    with pytest.raises(CancelledError):
        left.result(timeout=5)


def test_requests_that_wait_for_the_network_do_not_outlive_their_test(
    server: LoopbackServer,
) -> None:
    arrived, release = threading.Event(), threading.Event()

    def send(request: Request) -> Failure:
        arrived.set()
        release.wait(5)
        return Failure(FailureKind.RESET)

    backend = Canned(Forward)
    with server.attach(backend, send=send) as attached:
        client = socket.create_connection(("127.0.0.1", attached.port), timeout=5)
        client.sendall(get())
        assert arrived.wait(5)
    # The block was left though the network has not answered yet.
    with client:
        assert client.recv(1) == b""
    release.set()
