"""One HTTP request at the loopback server: from aiohttp's parser to a wire value, and an answer
back onto the socket.

What the answer says goes out byte for byte, broken where the backend says that it is broken. Ports,
threads and WebSockets are the business of :mod:`.port` and :mod:`.session`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from ..._masking import mask
from ..._messages import Headers, Request, Response, reason_phrase
from ...errors import BinanceOptionsError
from .. import limits

__all__ = [
    "Abort",
    "Raw",
    "drain",
    "encode",
    "explain",
    "reached_at",
    "read_body",
    "reset",
    "to_wire",
]

_NO_BODY = frozenset({204, 304})
_LAST = Headers([("Connection", "close")])


class Raw(web.StreamResponse):
    """An answer that is already bytes. aiohttp's own responses would add Date, Server and a
    Content-Type."""

    def __init__(self, data: bytes, *, status: int = 200, reusable: bool = True) -> None:
        super().__init__(status=status)
        #: What goes onto the wire.
        self.data = data
        self._reusable = reusable

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request afterwards."""
        return self._reusable

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write everything; returns when the client has left no more of it unread than a socket
        and a buffer hold, so that one that asks and never reads is not answered for ever."""
        self._reusable = self._reusable and request.keep_alive
        if request.transport is None:
            raise ConnectionResetError("the client has gone")
        request.transport.write(self.data)
        await drain(request)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: all of it was written at once."""


class Abort(Raw):
    """No answer: the connection ends here."""

    def __init__(self) -> None:
        super().__init__(b"", reusable=False)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Reset the connection, and tell aiohttp that it is gone."""
        reset(request.transport)
        raise ConnectionResetError("reset on the backend's behalf")


def reset(transport: asyncio.Transport | None) -> None:
    """End a connection with an RST, as a server does that refuses or crashes: no FIN, nothing
    flushed."""
    if transport is None:
        return
    # Lingering for no time at all turns close into an RST; the struct is two shorts on Windows.
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def reached_at(host: str) -> str:
    """What a URL has for ``host``, an IP address that is bound; for all addresses at once, the one
    by which this machine reaches itself."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  nothing is bound here
    return f"[{host}]" if ":" in host else host


async def drain(request: web.BaseRequest) -> None:
    """Return when the connection's buffer has room again. A client that does not read for
    limits.SLOWEST seconds loses it."""
    transport = request.transport
    if transport is None or not transport.get_write_buffer_size():
        return
    timer = asyncio.get_running_loop().call_later(limits.SLOWEST, transport.abort)
    try:
        await request.writer.drain()
    finally:
        timer.cancel()


async def read_body(request: web.BaseRequest) -> bytes | Response:
    """The request's body, out of its chunks but otherwise as sent; the answer to one that is longer
    than limits.MAX_BODY, or does not come within limits.SLOWEST seconds."""
    content = request.content
    if (
        request.headers.get("Expect", "").lower() == "100-continue"
        and request.transport is not None
    ):
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if content.is_eof() and content.at_eof():
        return b""
    parts: list[bytes] = []
    size = 0
    timer = asyncio.get_running_loop().call_later(
        limits.SLOWEST, content.set_exception, asyncio.TimeoutError()
    )
    try:
        async for part in content.iter_any():
            size += len(part)
            if size > limits.MAX_BODY:
                return Response(413, _LAST)
            parts.append(part)
    except asyncio.TimeoutError:
        return Response(408, _LAST)
    finally:
        timer.cancel()
    return b"".join(parts)


def to_wire(request: web.BaseRequest, body: bytes, base: str) -> Request:
    """``request`` as a wire value: target and headers as sent. ``base`` is the server's own
    address."""
    target = request.raw_path
    headers = (
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
    )
    return Request(
        method=request.method,
        # A client that takes this server for a proxy sends the whole URL.
        url=target if target.startswith(("http://", "https://")) else f"{base}{target}",
        # The body is out of its chunks, and what was expected has happened.
        headers=Headers(headers).without("transfer-encoding", "expect"),
        body=body,
        client=request.remote or "127.0.0.1",
    )


def encode(response: Response, method: str) -> Raw:
    """``response`` as it goes onto the wire, in answer to a request with ``method``.

    Headers and body stay as the backend gave them. Only the framing is made to fit: a body that a
    cassette has without its chunks is given them back, and a length is added where none is said, or
    one that is too short.
    """
    headers, body = response.headers, response.body
    reusable = headers.get("connection", "").lower() != "close"
    if method == "HEAD" or response.status < 200 or response.status in _NO_BODY:
        body = b""
    elif headers.get("transfer-encoding", "").lower().endswith("chunked"):
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif response.missing:
        reusable = False
    elif headers.get("content-length") != str(len(body)):
        headers = headers.replacing("Content-Length", str(len(body)))
    lines = [
        f"HTTP/1.1 {response.status} {reason_phrase(response.status)}",
        *map(_line, headers.pairs),
    ]
    data = b"\r\n".join(map(_bytes, lines)) + b"\r\n\r\n" + body
    return Raw(data, status=response.status, reusable=reusable)


def _line(pair: tuple[str, str]) -> str:
    # A line break inside a value would begin a header of its own.
    return f"{pair[0]}: {pair[1]}".replace("\r", " ").replace("\n", " ")


def _bytes(line: str) -> bytes:
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode("utf-8")


def explain(error: Exception) -> Response:
    """What a client is told whose request the backend could not answer: the reason, as JSON of
    Binance's shape.

    404 where it is one of our own errors (nothing recorded for this request, say): clients raise
    that at once with the text in it, while some repeat a request that met a 500, which is what
    anything unforeseen gets.
    """
    ours = isinstance(error, BinanceOptionsError)
    # Our own errors hold no secret, and masking would take the paths out of them.
    text = (
        f"{type(error).__name__}: {error}"
        if ours
        else f"pytest-binance-options failed: {mask(repr(error))}"
    )
    body = json.dumps({"code": 0, "msg": text}).encode()
    return Response(
        404 if ours else 500, Headers([("Content-Type", "application/json;charset=UTF-8")]), body
    )
