"""The http.client door: http.client itself, urllib.request, and what is built on those.

A connection to one of our hosts gets a socket in memory. All above it is the library's own:
decoding, time-outs and what it makes of a connection that fails.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ...._urls import origin
from .. import ownership
from ..memory_socket import MemorySocket
from ..passing import passing

if TYPE_CHECKING:
    import http.client
    from types import ModuleType

    from ..patching import Patches

__all__ = ["connect_in_memory", "genuine", "memory_socket", "patch"]

_local = threading.local()


class _Socket(MemorySocket):
    _read: io.BufferedReader | None = None

    def sendall(self, data: bytes) -> None:
        self.feed(data)

    def send(self, data: bytes) -> int:
        self.feed(data)
        return len(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_AnswerBytes(self.answer))

    def recv(self, size: int, *_: object) -> bytes:
        if self._read is None:
            self._read = self.makefile()
        return self._read.read1(size)

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, *_: object) -> int:
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)


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


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand in for the server from now on."""
    http, https = genuine(module.HTTPConnection), genuine(module.HTTPSConnection)
    patches.put(http, "putrequest", _putrequest)
    for connection in (http, https):
        patches.put(connection, "connect", connect_in_memory)


def genuine(connection: type) -> type:
    """``connection``, or the class that it stands in for inside a cassette of vcrpy: there, the
    modules' attributes are vcrpy's own classes."""
    while hasattr(connection, "_baseclass"):
        connection = connection._baseclass  # noqa: SLF001
    return connection


def memory_socket(connection: http.client.HTTPConnection) -> MemorySocket | None:
    """Our socket, where ``connection`` has one."""
    return connection.sock if isinstance(connection.sock, _Socket) else None


def connect_in_memory(original: object) -> object:
    """Stands for a connection's ``connect``."""
    call = cast("Callable[[http.client.HTTPConnection], None]", original)

    @wraps(call)
    def connect(self: http.client.HTTPConnection) -> None:
        # Which request comes is not known yet: putrequest connects for real where it is none of
        # ours.
        host, port = _endpoint(self)
        if getattr(_local, "for_real", False):
            call(self)
        elif ownership.reaches(host, port):
            _stand_in(self)
        else:
            with passing(_base(self)):
                call(self)

    return connect


def _putrequest(original: object) -> object:
    call = cast("Callable[..., None]", original)

    @wraps(call)
    def putrequest(
        self: http.client.HTTPConnection, method: str, url: str, *args: object, **kwargs: object
    ) -> None:
        # A connection that is open may have been opened before our time, or for another test.
        whole = url if url.startswith(("http://", "https://")) else _base(self) + url
        if ownership.claim(whole) is not None:
            _stand_in(self)
        elif memory_socket(self) or (self.sock is None and ownership.reaches(*_endpoint(self))):
            # Another path of a host of ours; left to itself, connect would not know.
            self.sock = None
            with passing(whole):
                _connect_for_real(self)
        call(self, method, url, *args, **kwargs)

    return putrequest


def _stand_in(connection: http.client.HTTPConnection) -> None:
    # Not connection.close(): urllib3's also forgets the request that it is about to make.
    if connection.sock is not None:
        connection.sock.close()
    connection.sock = _Socket(_base(connection))
    connection.sock.settimeout(
        connection.timeout if isinstance(connection.timeout, int | float) else None
    )


def _connect_for_real(connection: http.client.HTTPConnection) -> None:
    _local.for_real = True
    try:
        connection.connect()
    finally:
        _local.for_real = False


def _endpoint(connection: http.client.HTTPConnection) -> tuple[str, int]:
    host = connection._tunnel_host or connection.host  # type: ignore[attr-defined]  # noqa: SLF001
    port = connection._tunnel_port if connection._tunnel_host else connection.port  # type: ignore[attr-defined]  # noqa: SLF001
    return host.rstrip("."), port or connection.default_port


def _base(connection: http.client.HTTPConnection) -> str:
    host, port = _endpoint(connection)
    scheme = "https" if connection.default_port == 443 else "http"
    return origin(scheme, host, None if port == connection.default_port else port)
