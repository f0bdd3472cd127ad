"""HTTP/1.1 as bytes, for the doors that stand where a socket would: a request's bytes in, an
answer's bytes out.

Source: RFC 9112. As strict as a server that faces strangers: what is no request gets 400, as at the
exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from .._messages import Headers, Request, Response, reason_phrase
from .._refusals import no_request
from .._urls import authority
from . import limits

__all__ = ["RequestParser", "as_sent", "serialize", "whole_request"]

_BODILESS = frozenset({204, 304})
# What a server says of the connection that it sends an answer over, and no other's is of use to.
_OF_A_CONNECTION = frozenset({"transfer-encoding", "connection", "keep-alive"})
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
_WHOLE = re.compile(rb"%b((?:%b:%b\r\n)*)\r\n" % (_FIRST.whole.pattern, _TOKEN, _TEXT))


class _Refused(Exception):
    def __init__(self, reason: str, status: int = 400) -> None:
        self.said = no_request(status, reason)
        self.answer = Response(
            status,
            Headers([("Content-Type", "text/plain; charset=utf-8")]),
            f"{reason_phrase(status)}: {reason}.".encode(),
        )


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before a request's body."""

    method: str
    target: str
    is_1_1: bool
    headers: Headers
    length: int | None
    """That of the body; None: it comes in chunks."""

    def request(self, base: str, body: bytes, timeout: float | None) -> Request:
        """The request to a server at ``base``."""
        url = self.target
        if not url.startswith("http"):
            url = base if url == "*" else base + url
        return Request(self.method, url, self.headers, body, timeout=timeout)


def _check_target(method: str, target: str) -> None:
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return
    if target.startswith(("http://", "https://")):
        _, host, port = authority(target)
        if host and port is not None and port < 65536:
            return
    raise _Refused("the target is neither a path nor a URL")


def _framed(method: str, target: str, pairs: list[tuple[str, str]], *, is_1_1: bool) -> _Head:
    """The head with these parts, and what its headers say of the body."""
    headers = Headers(tuple(pairs))
    names = [name.lower() for name, _ in pairs]
    if names.count("host") != 1 and (is_1_1 or "host" in names):
        raise _Refused("there has to be one header Host")
    length = headers.get("content-length")
    coding = headers.get("transfer-encoding")
    if coding is not None:
        if length is not None:
            raise _Refused("Content-Length and Transfer-Encoding exclude each other")
        codings = [each.strip().lower() for each in coding.split(",")]
        if codings[-1] != "chunked" or codings.count("chunked") > 1:
            raise _Refused("a Transfer-Encoding ends with chunked, and has it once")
        # Whoever gets the request has the body whole, so the header would be wrong.
        return _Head(method, target, is_1_1, headers.without("transfer-encoding"), None)
    if length is not None and not (_LENGTH.fullmatch(length) and int(length) < 1 << 64):
        raise _Refused("Content-Length is not one number")
    return _Head(method, target, is_1_1, headers, int(length or 0))


# So long, in bytes, may what is kept of a client be; a longer head is read line by line.
_USUAL = 8192


# What a client asks for again and again is the same to the byte each time.
@lru_cache(maxsize=64)
def _read(whole: bytes) -> _Head | None:
    """The ``whole`` head at once; None: something is wrong with it, which shows line by line."""
    found = _WHOLE.fullmatch(whole)
    if found is None:
        return None
    pairs = [_decoded(name, value) for name, value in _HEADER.whole.findall(found[4])]
    if len(pairs) > limits.MAX_HEADERS:
        return None
    method, target = found[1].decode(), found[2].decode()
    with suppress(_Refused):
        _check_target(method, target)
        return _framed(method, target, pairs, is_1_1=found[3] == b"1")
    return None


def _decoded(name: bytes, value: bytes) -> tuple[str, str]:
    return name.decode(), value.strip(b" \t").decode("latin-1")


@lru_cache(maxsize=64)
def whole_request(base: str, data: bytes, timeout: float | None = None) -> Request | None:
    """The request without a body that ``data`` is from beginning to end, as from a
    :class:`RequestParser`; None: it is something else, which only that can tell."""
    head = _read(data) if len(data) <= _USUAL else None
    return None if head is None or head.length != 0 else head.request(base, b"", timeout)


class RequestParser:
    """One request, from the bytes in which a client sends it to a server at ``base`` (scheme, host
    and port)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._buffer = bytearray()
        self._at = 0  # what is before it in the buffer has been read
        self._next: Callable[[], bool] = self._whole_head
        # Of a head that comes in pieces, what has come.
        self._method = self._target = ""
        self._pairs: list[tuple[str, str]] = []
        self._head: _Head | None = None
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
        if self._head is None or not self.complete:
            return None
        return self._head.request(self._base, bytes(self._body), timeout)

    # Each of these reads what comes next and says whether it was there.

    def _whole_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n") + 4
        head = _read(bytes(self._buffer[:end])) if 4 <= end <= _USUAL else None
        if head is None:
            self._next = self._first_line
        else:
            self._at = end
            self._begin_body(head)
        return True

    def _first_line(self) -> bool:
        while self._buffer.startswith(b"\r\n", self._at):  # RFC 9112, section 2.2
            self._at += 2
        line = self._line(_FIRST)
        if line is None:
            return False
        self._method, self._target = line[1].decode(), line[2].decode()
        self.is_1_1 = line[3] == b"1"
        _check_target(self._method, self._target)
        self._next = self._header
        return True

    def _header(self) -> bool:
        pair = self._pair()
        if pair is None:
            return False
        if pair:
            self._pairs.append(pair)
            if len(self._pairs) > limits.MAX_HEADERS:
                raise _Refused("too many headers")
        else:
            self._begin_body(_framed(self._method, self._target, self._pairs, is_1_1=self.is_1_1))
        return True

    def _begin_body(self, head: _Head) -> None:
        self._head = head
        self.is_1_1 = head.is_1_1
        self._left = head.length or 0
        self.complete = head.length == 0
        self._next = self._chunk_size if head.length is None else self._rest_of_body

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
        return line and _decoded(line[1], line[2])

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
    pairs, body = _sent(response, method)
    return Response(response.status, Headers(tuple(pairs)), body)


def serialize(response: Response, method: str) -> bytes:
    """The bytes of :func:`as_sent`."""
    pairs, body = _sent(response, method)
    first = f"HTTP/1.1 {response.status} {reason_phrase(response.status)}\r\n"
    lines = "".join([f"{name}: {value}\r\n" for name, value in pairs])
    return f"{first}{lines}\r\n".encode("latin-1", "replace") + body


def _sent(response: Response, method: str) -> tuple[list[tuple[str, str]], bytes]:
    bodiless = method == "HEAD" or response.status in _BODILESS
    body = b"" if bodiless else response.body
    pairs: list[tuple[str, str]] = []
    says_length = bodiless
    for pair in response.headers.pairs:
        name, value = pair
        lower = name.lower()
        if lower in _OF_A_CONNECTION:
            continue
        if lower == "content-length":
            says_length = True
        # A line break in a value would begin a header of its own.
        pairs.append(pair if value.isprintable() else (name, " ".join(value.splitlines())))
    if not says_length:
        pairs.append(("Content-Length", str(len(body))))
    pairs.append(("Connection", "close"))
    return pairs, body
