"""HTTP/1.1 as bytes, for the doors that stand where a socket would: a request's bytes in, an
answer's bytes out.

Source: RFC 9112. Lenient on purpose: what arrives was written by a client library, not by a
stranger.
"""

from __future__ import annotations

from .._messages import Headers, Request, Response, reason_phrase

__all__ = ["RequestParser", "as_sent", "serialize"]

_BODILESS = frozenset({204, 304})


class RequestParser:
    """One request, from the bytes in which a client sends it to a server at ``base`` (scheme, host
    and port)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._buffer = bytearray()
        self._head: tuple[str, str, Headers] | None = None
        self._body = bytearray()
        self._chunked = False
        self._length = 0
        self._complete = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes; what follows the request is ignored, nothing is pipelined."""
        if self._complete:
            return
        self._buffer += data
        if self._head is None:
            head, separator, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not separator:
                return
            self._head = self._parse_head(head)
            self._buffer[:] = rest
        if self._chunked:
            self._feed_chunks()
        else:
            self._body += self._buffer
            self._buffer.clear()
            self._complete = len(self._body) >= self._length

    def _parse_head(self, head: bytes) -> tuple[str, str, Headers]:
        request_line, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = request_line.partition(" ")
        target = rest.rpartition(" ")[0]
        pairs = []
        for line in lines:
            name, _, value = line.partition(":")
            pairs.append((name, value.strip()))
        headers = Headers(tuple(pairs))
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._length = headers.content_length or 0
        return method, target, headers

    def _feed_chunks(self) -> None:
        while True:
            line, separator, rest = bytes(self._buffer).partition(b"\r\n")
            if not separator:
                return
            size = int(line.split(b";")[0], 16)
            if size == 0:
                # The trailer, which no client here sends, ends with an empty line.
                self._complete = rest.startswith(b"\r\n") or b"\r\n\r\n" in rest
                return
            if len(rest) < size + 2:
                return
            self._body += rest[:size]
            self._buffer[:] = rest[size + 2 :]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing of the request."""
        return self._complete

    def request(self, timeout: float | None = None) -> Request | None:
        """The request; None while bytes of it are missing. ``timeout``: how long the client waits,
        in seconds."""
        if self._head is None or not self._complete:
            return None
        method, target, headers = self._head
        url = target if target.startswith(("http://", "https://")) else self._base + target
        body = bytes(self._body) if self._chunked else bytes(self._body[: self._length])
        # The body is no longer in chunks, so the header would be wrong.
        return Request(method, url, headers.without("transfer-encoding"), body, timeout=timeout)


def as_sent(response: Response, method: str) -> Response:
    """``response`` as a server would send it to ``method``, closing the connection after it."""
    bodiless = method == "HEAD" or response.status in _BODILESS
    body = b"" if bodiless else response.body
    headers = response.headers.without("transfer-encoding", "connection", "keep-alive")
    pairs = [
        # A line break in a value would begin a header of its own.
        (name, value if value.isprintable() else " ".join(value.splitlines()))
        for name, value in headers.pairs
    ]
    if not bodiless and "content-length" not in headers:
        pairs.append(("Content-Length", str(len(body))))
    pairs.append(("Connection", "close"))
    return Response(response.status, Headers(pairs), body)


def serialize(response: Response, method: str) -> bytes:
    """The bytes of :func:`as_sent`."""
    sent = as_sent(response, method)
    lines = [
        f"HTTP/1.1 {sent.status} {reason_phrase(sent.status)}",
        *(f"{name}: {value}" for name, value in sent.headers.pairs),
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace") + sent.body
