"""The http.client door: http.client itself, urllib.request, urllib3, requests, and what is built on
those.

A connection to one of our hosts gets a socket in memory. All above it is the library's own:
pooling, retries, decoding, time-outs and what it makes of a connection that fails.
"""

from __future__ import annotations

import errno
import http.client
import io
import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

import urllib3.connection

from ...._messages import Failure, FailureKind, Response
from ...http1 import RequestParser, serialize
from .. import ownership

if TYPE_CHECKING:
    from ..patching import Patches

__all__ = ["patch"]

_local = threading.local()


def _genuine(connection: type) -> type:
    # Inside a cassette of vcrpy the modules' attributes are its own classes, which keep the real
    # ones here.
    while hasattr(connection, "_baseclass"):
        connection = connection._baseclass  # noqa: SLF001
    return connection


_HTTP = _genuine(http.client.HTTPConnection)
_HTTPS = _genuine(http.client.HTTPSConnection)
_URLLIB3_HTTP: type[urllib3.connection.HTTPConnection] = _genuine(urllib3.connection.HTTPConnection)
_URLLIB3_HTTPS = _genuine(urllib3.connection.HTTPSConnection)


class _MemorySocket:
    """Where the server's socket would be: takes a request's bytes, gives the answer's."""

    def __init__(self, base: str, refused: Callable[[], Exception]) -> None:
        self._parser = RequestParser(base)
        self._refused = refused
        self._timeout: float | None = None

    def sendall(self, data: bytes) -> None:
        self._parser.feed(bytes(data))

    def send(self, data: bytes) -> int:
        self._parser.feed(bytes(data))
        return len(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_AnswerBytes(self._answer))

    def _answer(self) -> bytes:
        request = self._parser.request(self._timeout)
        if request is None:
            # A server would go on waiting for the rest of the request.
            raise TimeoutError("timed out")
        owner = ownership.claim(request.url)
        if owner is None:
            raise ConnectionResetError(
                errno.ECONNRESET, "the test that this connection was opened in is over"
            )
        answer = owner.answer(request)
        if isinstance(answer, Response):
            return serialize(answer, request.method)
        raise self._error(answer)

    def _error(self, failure: Failure) -> Exception:
        if failure.kind is FailureKind.REFUSED:
            return self._refused()
        if failure.kind is FailureKind.RESET:
            return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return TimeoutError("timed out")

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        return self._timeout

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def shutdown(self, how: int) -> None:
        """Nothing to shut down."""

    def close(self) -> None:
        """Nothing to close."""


class _AnswerBytes(io.RawIOBase):
    """An answer that is asked for when its first byte is read: the client has set its read time-out
    by then."""

    def __init__(self, answer: Callable[[], bytes]) -> None:
        self._ask = answer
        self._bytes: io.BytesIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if self._bytes is None:
            self._bytes = io.BytesIO(self._ask())
        return self._bytes.readinto(buffer)


def patch(patches: Patches) -> None:
    """Stand in for the server from now on."""
    patches.put(_HTTP, "putrequest", _putrequest)
    for connection in (_HTTP, _HTTPS, _URLLIB3_HTTP, _URLLIB3_HTTPS):
        patches.put(connection, "connect", _connect)


def _connect(original: object) -> object:
    call = cast("Callable[[http.client.HTTPConnection], None]", original)

    @wraps(call)
    def connect(self: http.client.HTTPConnection) -> None:
        # Which request comes is not known yet: putrequest connects for real where it is none of
        # ours.
        host, port = _endpoint(self)
        if not getattr(_local, "for_real", False) and ownership.reaches(host, port):
            _stand_in(self)
        else:
            call(self)

    return connect


def _putrequest(original: object) -> object:
    call = cast("Callable[..., None]", original)

    @wraps(call)
    def putrequest(
        self: http.client.HTTPConnection, method: str, url: str, *args: object, **kwargs: object
    ) -> None:
        # A connection that is open may have been opened before our time, or for another test.
        if (
            ownership.claim(url if url.startswith(("http://", "https://")) else _base(self) + url)
            is not None
        ):
            _stand_in(self)
        elif isinstance(self.sock, _MemorySocket) or (
            self.sock is None and ownership.reaches(*_endpoint(self))
        ):
            # Another path of a host of ours; left to itself, connect would not know.
            self.sock = None
            _connect_for_real(self)
        call(self, method, url, *args, **kwargs)

    return putrequest


def _stand_in(connection: http.client.HTTPConnection) -> None:
    # Not connection.close(): urllib3's also forgets the request that it is about to make.
    if connection.sock is not None:
        connection.sock.close()
    connection.sock = _MemorySocket(_base(connection), lambda: _refused(connection))
    connection.sock.settimeout(
        connection.timeout if isinstance(connection.timeout, int | float) else None
    )
    if isinstance(connection, _URLLIB3_HTTP):
        # There is no certificate to doubt and no proxy to blame.
        connection.is_verified = True
        connection._has_connected_to_proxy = bool(connection.proxy)  # noqa: SLF001


def _connect_for_real(connection: http.client.HTTPConnection) -> None:
    _local.for_real = True
    try:
        connection.connect()
    finally:
        _local.for_real = False


def _refused(connection: http.client.HTTPConnection) -> Exception:
    error = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    if isinstance(connection, _URLLIB3_HTTP):
        # urllib3 treats it as a connection that never came about, which is safe to try again.
        return urllib3.exceptions.NewConnectionError(
            connection, f"Failed to establish a new connection: {error}"
        )
    return error


def _endpoint(connection: http.client.HTTPConnection) -> tuple[str, int]:
    host = connection._tunnel_host or connection.host  # type: ignore[attr-defined]  # noqa: SLF001
    port = connection._tunnel_port if connection._tunnel_host else connection.port  # type: ignore[attr-defined]  # noqa: SLF001
    return host.rstrip("."), port or connection.default_port


def _base(connection: http.client.HTTPConnection) -> str:
    host, port = _endpoint(connection)
    scheme = "https" if connection.default_port == http.client.HTTPS_PORT else "http"
    bracketed = f"[{host}]" if ":" in host else host
    return (
        f"{scheme}://{bracketed}"
        if port == connection.default_port
        else f"{scheme}://{bracketed}:{port}"
    )
