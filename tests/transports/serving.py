"""What the tests of the loopback server share: backends that say one thing, and a client that sends
exact bytes."""

from __future__ import annotations

import socket
from collections.abc import Callable

from pytest_binance_options._backends.base import Connection, Forward, ForwardStream
from pytest_binance_options._frames import Direction, Frame
from pytest_binance_options._messages import Answer, Request, Response

JSON = ("Content-Type", "application/json;charset=UTF-8")


class Canned:
    """Gives every request what ``answer`` says (or what it returns for the request), and keeps the
    requests."""

    def __init__(
        self, answer: Answer | Forward | Callable[[Request], Answer | Forward] | None = None
    ) -> None:
        self.answer = answer or Response(200, [JSON], b"{}")
        self.requests: list[Request] = []
        self.observed: list[tuple[Request, Answer]] = []

    def respond(self, request: Request) -> Answer | Forward:
        self.requests.append(request)
        return self.answer(request) if callable(self.answer) else self.answer

    def observe(self, request: Request, answer: Answer) -> None:
        self.observed.append((request, answer))

    def connect(self, handshake: Request) -> Connection | Response | ForwardStream:
        return Response(404, [JSON], b"{}")

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        raise AssertionError("no stream was forwarded")


def exchange_bytes(port: int, data: bytes, *, source: str = "127.0.0.1") -> bytes:
    """Send ``data`` and give all that comes back until the server ends the connection;
    ConnectionResetError on an RST."""
    with socket.create_connection(
        ("127.0.0.1", port), timeout=5, source_address=(source, 0)
    ) as connection:
        connection.sendall(data)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def get(
    path: str = "/eapi/v1/ping", *, method: str = "GET", headers: str = "", body: bytes = b""
) -> bytes:
    """A request's bytes, asking for the connection to be closed afterwards."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode() + body
    )
