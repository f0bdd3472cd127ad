"""Requests and answers as plain values: what every door and every backend speaks.

Nothing here sends, reads a clock or knows a mode. Bodies are the bytes on the wire (a gzip body is
still compressed); URLs are as the client wrote them.
"""

from __future__ import annotations

import enum
import re
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, overload
from urllib.parse import parse_qsl

from . import _urls
from ._masking import mask

if TYPE_CHECKING:
    import asyncio

__all__ = ["Answer", "Failure", "FailureKind", "Headers", "Request", "Response", "reason_phrase"]

T = TypeVar("T")

# More digits than that no body has, and Python refuses to read thousands of them.
_DIGITS = re.compile(r"[0-9]{1,18}")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Headers(Mapping[str, str]):
    """HTTP headers: ordered, case-insensitive, immutable; a name may occur more than once.

    ``headers["name"]`` joins the values of a repeated header with ``", "``, as RFC 9110 section 5.2
    allows, and iterating gives names in lower case; :attr:`pairs` keeps both as they arrived.
    """

    __slots__ = ("_index", "pairs")

    pairs: tuple[tuple[str, str], ...]

    def __init__(self, source: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        # Most callers have a tuple, and to find out that it is no Mapping is what takes time here.
        if type(source) is tuple:
            self.pairs = source
        elif isinstance(source, Headers):
            self.pairs = source.pairs
        else:
            self.pairs = tuple(source.items() if isinstance(source, Mapping) else source)
        self._index: dict[str, str] | None = None

    def _lookup(self) -> dict[str, str]:
        index = self._index
        if index is None:
            index = {}
            for name, value in self.pairs:
                key = name.lower()
                index[key] = f"{index[key]}, {value}" if key in index else value
            self._index = index
        return index

    def __getitem__(self, name: str) -> str:
        return self._lookup()[name.lower()]

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...
    def get(self, name: str, /, default: str | T | None = None) -> str | T | None:
        """The header's value, or ``default`` where there is none."""
        # Mapping's own finds out by an exception, for each header that a request does not have.
        index = self._index
        if index is None:
            index = self._lookup()
        return index.get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._lookup()

    def __iter__(self) -> Iterator[str]:
        return iter(self._lookup())

    def __len__(self) -> int:
        return len(self._lookup())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(n.lower(), v) for n, v in self.pairs] == [(n.lower(), v) for n, v in other.pairs]

    def __hash__(self) -> int:
        return hash(tuple((n.lower(), v) for n, v in self.pairs))

    @property
    def content_length(self) -> int | None:
        """How long a body Content-Length promises; None where there is none, or none that can be
        read."""
        promised = self.get("content-length", "")
        return int(promised) if _DIGITS.fullmatch(promised) else None

    def replacing(self, name: str, value: str) -> Headers:
        """These headers with every ``name`` taken out and one ``name: value`` at the end."""
        return Headers((*self.without(name).pairs, (name, value)))

    def without(self, *names: str) -> Headers:
        """These headers less the named ones."""
        there = self._lookup()
        gone = {name.lower() for name in names if name.lower() in there}
        if not gone:
            return self
        return Headers(pair for pair in self.pairs if pair[0].lower() not in gone)

    def __repr__(self) -> str:
        # Values can be secrets of any length (X-MBX-APIKEY, cookies): only names are shown.
        return f"Headers({', '.join(name for name, _ in self.pairs)})"


AnyHeaders = Headers | Mapping[str, str] | Iterable[tuple[str, str]]
"""What Request and Response take for headers, and make Headers of."""

# Frozen dataclasses forbid themselves the assignment, too; this is what their own __init__ would
# use.
_set = object.__setattr__


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Request:
    """One HTTP request.

    ``url`` is absolute, or a path where the host does not matter (the exchange looks at the path
    alone). ``client`` is the address the request comes from: the exchange counts weight and bans by
    it. ``timeout`` is how long the client would wait for the answer, in seconds; None: for ever, or
    unknown. No property raises, whatever text ``url`` is.
    """

    method: str
    url: str
    headers: Headers
    body: bytes
    client: str
    timeout: float | None

    def __init__(
        self,
        method: str,
        url: str,
        headers: AnyHeaders = (),
        body: bytes = b"",
        client: str = "127.0.0.1",
        timeout: float | None = None,
    ) -> None:
        _set(self, "method", method)
        _set(self, "url", url)
        _set(self, "headers", headers if isinstance(headers, Headers) else Headers(headers))
        _set(self, "body", body)
        _set(self, "client", client)
        _set(self, "timeout", timeout)

    @property
    def path(self) -> str:
        """The path of the URL, without query; ``/`` where there is none."""
        return _urls.target(self.url)[0]

    @property
    def query(self) -> str:
        """The query string as sent, without ``?``."""
        return _urls.target(self.url)[1]

    @property
    def target(self) -> str:
        """Path and query, as sent."""
        path, query = _urls.target(self.url)
        return f"{path}?{query}" if query else path

    @property
    def host(self) -> str:
        """The host name, lower-case, without port; empty where the URL is only a path."""
        return _urls.authority(self.url)[1]

    @property
    def params(self) -> list[tuple[str, str]]:
        """The query's parameters, decoded, in order, blank ones kept."""
        return parse_qsl(self.query, keep_blank_values=True)

    def with_url(self, url: str) -> Request:
        """The same request, sent elsewhere; a Host header would contradict it and is dropped."""
        return replace(self, url=url, headers=self.headers.without("host"))

    def __repr__(self) -> str:
        return f"<Request {mask(f'{self.method} {self.url}')}>"


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Response:
    """One HTTP response. A ``Content-Length`` larger than ``body`` means that the body was cut
    off."""

    status: int
    headers: Headers
    body: bytes

    def __init__(self, status: int, headers: AnyHeaders = (), body: bytes = b"") -> None:
        _set(self, "status", status)
        _set(self, "headers", headers if isinstance(headers, Headers) else Headers(headers))
        _set(self, "body", body)

    @property
    def missing(self) -> int:
        """How many bytes of the body the headers promise and the body lacks; 0 where it is whole.

        The answer to a HEAD request promises a body that doesn't come: that only the one who asked
        can know.
        """
        promised = self.headers.content_length
        if promised is None or self.status in (204, 304):
            return 0
        return max(0, promised - len(self.body))

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"


def reason_phrase(status: int) -> str:
    """What stands beside ``status`` in a status line; empty where nobody has named it."""
    return _PHRASES.get(status, "")


class FailureKind(enum.Enum):
    """How a connection can fail before a whole response is there."""

    REFUSED = "connection refused"
    RESET = "connection reset by the server"
    TIMEOUT = "no answer in time"


@dataclass(frozen=True, slots=True)
class Failure:
    """No response came. Each door raises what its library raises for a real failure of this
    kind."""

    kind: FailureKind

    def __str__(self) -> str:
        return self.kind.value


#: What becomes of a request: an answer, or none.
Answer = Response | Failure


class Later:
    """An answer that takes its time. Any thread may give it, and ask for it."""

    __slots__ = ("_lock", "_takers", "answer")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        #: The answer, once it is there.
        self.answer: Answer | None = None
        self._takers: list[Callable[[Answer], object]] = []

    def then(self, take: Callable[[Answer], object]) -> None:
        """Have ``take`` called with the answer: now where it is there, else where it is given, in
        that thread."""
        with self._lock:
            answer = self.answer
            if answer is None:
                self._takers.append(take)
        if answer is not None:
            take(answer)

    def then_in(self, loop: asyncio.AbstractEventLoop, take: Callable[[Answer], object]) -> None:
        """As :meth:`then`, in ``loop``; never where that has been closed by then."""

        def hand_over(answer: Answer) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(take, answer)

        self.then(hand_over)

    def noted(self, note: Callable[[Answer], object]) -> Later:
        """This, having asked that ``note`` be called with the answer."""
        self.then(note)
        return self

    def give(self, answer: Answer) -> None:
        """Here it is."""
        with self._lock:
            self.answer = answer
            takers, self._takers = self._takers, []
        for take in takers:
            take(answer)

    def wait(self) -> Answer:
        """The answer, when it is there; for ever where it never is."""
        # Made here and now: who waits may live by a clock of its own, and wait by locks of its own.
        there = threading.Lock()
        there.acquire()
        self.then(lambda _: there.release())
        there.acquire()
        assert self.answer is not None
        return self.answer

    async def there(self) -> Answer:
        """As :meth:`wait`, in asyncio."""
        import asyncio

        loop = asyncio.get_running_loop()
        there: asyncio.Future[Answer] = loop.create_future()

        def take(answer: Answer) -> None:
            # The client may have given up waiting.
            if not there.done():
                there.set_result(answer)

        self.then_in(loop, take)
        return await there
