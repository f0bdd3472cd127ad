"""HTTP/1.1 as bytes, for the doors that stand where a socket would: a request's bytes in, an
answer's bytes out.

Source: RFC 9112. As strict as a server that faces strangers: what is no request gets 400, as at the
exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .._messages import Headers, Request, Response, reason_phrase
from .._refusals import no_request
from .._urls import authority
from . import limits

__all__ = ["RequestParser", "as_sent", "serialize"]

_BODILESS = frozenset({204, 304})
_TOKEN, _TEXT = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", rb"[\t\x20-\x7e\x80-\xff]*"
_LENGTH = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class _Line:
    """A kind of line: the whole of it, what of it may have come so far, and what is said of any
    other."""

    whole: re.Pattern[bytes]
    so_far: re.Pattern[bytes]
    wrong: str


_FIRST = _Line(
    # nginx takes no other methods either.
    re.compile(rb"([A-Z_-]+) ([\x21-\x7e]+) HTTP/1\.([01])\r\n"),
    re.compile(rb"(?:[A-Z_-]+(?: (?:[\x21-\x7e]+(?: [HTP/1.0]*\r?)?)?)?)?"),
    "the request line is not METHOD TARGET HTTP/1.1",
)
_HEADER = _Line(
    re.compile(rb"(%b):(%b)\r\n" % (_TOKEN, _TEXT)),
    re.compile(rb"(?:%b(?::%b)?)?\r?" % (_TOKEN, _TEXT)),
    "a header is not NAME: VALUE",
)
_CHUNK = _Line(
    re.compile(
        rb"([0-9A-Fa-f]{1,16})(?:;%b(?:=(?:%b|\"[^\"\x00-\x08\x0a-\x1f\x7f]*\"))?)*\r\n"
        % (_TOKEN, _TOKEN)
    ),
    re.compile(rb"[0-9A-Fa-f]{0,16}(?:;%b)?\r?" % _TEXT),
    "a chunk begins with its length, in hexadecimal digits",
)


class _Refused(Exception):
    def __init__(self, reason: str, status: int = 400) -> None:
        self.said = no_request(status, reason)
        self.answer = Response(
            status,
            Headers([("Content-Type", "text/plain; charset=utf-8")]),
            f"{reason_phrase(status)}: {reason}.".encode(),
        )


class RequestParser:
    """One request, from the bytes in which a client sends it to a server at ``base`` (scheme, host
    and port)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._buffer = bytearray()
        self._at = 0  # what is before it in the buffer has been read
        self._next: Callable[[], bool] = self._first_line
        self._method = self._url = ""
        self._pairs: list[tuple[str, str]] = []
        self._headers = Headers()
        self._body = bytearray()
        self._left = 0  # how much of the body, or of its chunk, is still to come
        self._trailers = 0
        #: Whether it speaks HTTP/1.1, and not 1.0.
        self.is_1_1 = True
        #: Whether nothing is missing of the request.
        self.complete = False
        #: The answer to what is no request, or too long; the connection is at its end with it.
        self.refusal: Response | None = None
        #: What is said of it.
        self.said = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes; what follows the request is ignored, nothing is pipelined."""
        if self.complete or self.refusal is not None:
            return
        self._buffer += data
        try:
            while not self.complete and self._next():
                pass
        except _Refused as refused:
            self.refusal, self.said = refused.answer, refused.said
            self._body.clear()
        if self.complete or self.refusal is not None:
            self._buffer.clear()
        else:
            del self._buffer[: self._at]
        self._at = 0

    def request(self, timeout: float | None = None) -> Request | None:
        """The request; None while bytes of it are missing. ``timeout``: how long the client waits,
        in seconds."""
        if not self.complete:
            return None
        # The body is no longer in chunks, so the header would be wrong.
        headers = self._headers.without("transfer-encoding")
        return Request(self._method, self._url, headers, bytes(self._body), timeout=timeout)

    # Each of these reads what comes next and says whether it was there.

    def _first_line(self) -> bool:
        while self._buffer.startswith(b"\r\n", self._at):  # RFC 9112, section 2.2
            self._at += 2
        line = self._line(_FIRST)
        if line is None:
            return False
        method, target, version = line.groups()
        self._method, self.is_1_1 = method.decode(), version == b"1"
        self._url = self._located(target.decode())
        self._next = self._header
        return True

    def _located(self, target: str) -> str:
        if target.startswith("/"):
            return self._base + target
        if target == "*" and self._method == "OPTIONS":
            return self._base
        if target.startswith(("http://", "https://")):
            _, host, port = authority(target)
            if host and port is not None and port < 65536:
                return target
        raise _Refused("the target is neither a path nor a URL")

    def _header(self) -> bool:
        pair = self._pair()
        if pair is None:
            return False
        if pair:
            self._pairs.append(pair)
            if len(self._pairs) > limits.MAX_HEADERS:
                raise _Refused("too many headers")
        else:
            self._headers = Headers(tuple(self._pairs))
            self._next = self._framing()
        return True

    def _framing(self) -> Callable[[], bool]:
        names = [name.lower() for name, _ in self._pairs]
        if names.count("host") != 1 and (self.is_1_1 or "host" in names):
            raise _Refused("there has to be one header Host")
        length = self._headers.get("content-length")
        coding = self._headers.get("transfer-encoding")
        if coding is not None:
            if length is not None:
                raise _Refused("Content-Length and Transfer-Encoding exclude each other")
            codings = [each.strip().lower() for each in coding.split(",")]
            if codings[-1] != "chunked" or codings.count("chunked") > 1:
                raise _Refused("a Transfer-Encoding ends with chunked, and has it once")
            return self._chunk_size
        if length is not None and not (_LENGTH.fullmatch(length) and int(length) < 1 << 64):
            raise _Refused("Content-Length is not one number")
        self._left = int(length or 0)
        return self._rest_of_body

    def _rest_of_body(self) -> bool:
        self._take_body()
        self.complete = not self._left
        return False

    def _chunk_size(self) -> bool:
        line = self._line(_CHUNK)
        if line is None:
            return False
        self._left = int(line[1], 16)
        self._next = self._chunk if self._left else self._trailer
        return True

    def _chunk(self) -> bool:
        self._take_body()
        end = self._buffer[self._at : self._at + 2]
        if self._left or (len(end) < 2 and b"\r\n".startswith(end)):
            return False
        if end != b"\r\n":
            raise _Refused("a chunk is longer than it says")
        self._at += 2
        self._next = self._chunk_size
        return True

    def _trailer(self) -> bool:
        pair = self._pair()
        if pair is None:
            return False
        self._trailers += 1
        if self._trailers > limits.MAX_HEADERS:
            raise _Refused("too many headers in the trailer")
        self.complete = not pair
        return True

    def _take_body(self) -> None:
        came = self._buffer[self._at : self._at + self._left]
        self._body += came
        self._at += len(came)
        self._left -= len(came)
        if len(self._body) > limits.MAX_BODY:
            raise _Refused(f"a body may have {limits.MAX_BODY} bytes", 413)

    def _pair(self) -> tuple[str, str] | tuple[()] | None:
        """A header's name and value, nothing where the last of them is over; None: not yet."""
        if self._buffer.startswith(b"\r\n", self._at):
            self._at += 2
            return ()
        line = self._line(_HEADER)
        return line and (line[1].decode(), line[2].strip(b" \t").decode("latin-1"))

    def _line(self, kind: _Line) -> re.Match[bytes] | None:
        """The next line, one of a ``kind``; None: not yet."""
        line = kind.whole.match(self._buffer, self._at)
        # Who speaks another protocol may wait for an answer before a first line ends.
        if line is None and not kind.so_far.fullmatch(self._buffer, self._at):
            raise _Refused(kind.wrong)
        end = len(self._buffer) if line is None else line.end()
        if end - self._at > limits.MAX_LINE:
            raise _Refused(f"a line may have {limits.MAX_LINE} bytes")
        if line is not None:
            self._at = end
        return line


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
