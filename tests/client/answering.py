"""Somebody for the client to talk to: an adapter in memory, and a server on loopback that sends
bytes as told."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

API_KEY = "a" * 20 + "PIkey0123456789" + "b" * 29
SECRET = "s" * 20 + "ECRET0123456789" + "t" * 29
LISTEN_KEY = "listen" * 10 + "KEY1"
EXPIRATION = 1_790_000_000_000
CREATED = b'{"listenKey":"%s","expiration":%d}' % (LISTEN_KEY.encode(), EXPIRATION)


class Memory(BaseAdapter):
    """Answers every request with the same response, and keeps what it was asked."""

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"{}",
        headers: dict[str, str] | None = None,
        reason: str = "OK",
    ) -> None:
        super().__init__()
        self.status, self.body, self.reason = status, body, reason
        self.headers = {"Content-Type": "application/json"} if headers is None else headers
        self.asked: list[requests.PreparedRequest] = []
        self.arguments: list[dict[str, object]] = []
        self.closed = 0

    def send(self, request: requests.PreparedRequest, **arguments: object) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        self.arguments.append(arguments)
        response = requests.Response()
        response.status_code, response.reason = self.status, self.reason
        response.headers = CaseInsensitiveDict(self.headers)
        response.url, response.request = str(request.url), request
        response._content = self.body
        response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def close(self) -> None:
        self.closed += 1


class Raising(BaseAdapter):
    """Fails every request with the same exception."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def send(self, request: requests.PreparedRequest, **arguments: object) -> requests.Response:  # type: ignore[override]
        raise self.error

    def close(self) -> None:
        pass


@dataclass
class Wire:
    """A listening socket on loopback, and every request head and body that arrived there, as
    bytes."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def serving(
    *answers: bytes, hold: threading.Event | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Wire]:
    """A server that gives each request the next of ``answers``, byte for byte, and then closes that
    connection.

    After the last one it repeats it. ``hold``: it waits for that event before it answers. ``tls``:
    it speaks TLS.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    done = threading.Event()

    def serve() -> None:
        count = 0
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                channel = tls.wrap_socket(connection, server_side=True) if tls else connection
            except OSError:  # a client that does not trust the certificate
                connection.close()
                continue
            with channel:
                wire.requests.append(_head(channel))
                if hold is not None:
                    hold.wait(5)
                with contextlib.suppress(OSError):
                    channel.sendall(answers[min(count, len(answers) - 1)])
                count += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        done.set()
        if hold is not None:
            hold.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _head(connection: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(OSError):
        while b"\r\n\r\n" not in got:
            part = connection.recv(65536)
            if not part:
                break
            got += part
    return got


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An HTTP/1.1 answer; ``length``: a Content-Length that is not the body's own."""
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def refused_url() -> str:
    """A loopback address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def in_reports(error: BaseException | None) -> str:
    """All that a report can show of ``error`` and of what it came from: the texts, and the
    variables of every frame that is not a test's, as pytest --showlocals --full-trace prints them.
    """
    texts = []
    tests = str(Path(__file__).parent)
    while error is not None:
        texts += [str(error), repr(error), *map(repr, error.args)]
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if not frame.f_code.co_filename.startswith(tests):
                texts += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def text_of(function: Callable[[], object], kind: type[Exception]) -> str:
    """The whole text of the exception of exactly ``kind`` that ``function`` raises."""
    with pytest.raises(kind) as caught:
        function()
    assert type(caught.value) is kind
    return str(caught.value)
