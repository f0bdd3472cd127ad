"""The httpcore door: httpx, sync and async, and what else is built on httpcore.

Requests are taken where httpcore's pool would give them a connection. All above it is the library's
own: decoding, time-outs, redirects and what it makes of a connection that fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from functools import partial, wraps
from typing import TYPE_CHECKING, cast

from ...._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Later,
    Request,
    reason_phrase,
)
from ...._urls import origin
from ...http1 import as_sent
from .. import ownership
from ..passing import passing

if TYPE_CHECKING:
    from types import ModuleType

    import httpcore

    from ..owner import Owner
    from ..patching import Patches

    Pool = httpcore.ConnectionPool | httpcore.AsyncConnectionPool

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand in for the server from now on."""
    patches.put(module.ConnectionPool, "handle_request", partial(_sync, module))
    patches.put(module.AsyncConnectionPool, "handle_async_request", partial(_async, module))


def _sync(library: ModuleType, original: object) -> object:
    call = cast(
        "Callable[[httpcore.ConnectionPool, httpcore.Request], httpcore.Response]", original
    )

    @wraps(call)
    def handle_request(
        self: httpcore.ConnectionPool, request: httpcore.Request
    ) -> httpcore.Response:
        url = _url(request)
        owner = ownership.claim(url)
        if owner is None:
            with passing(url):
                return call(self, request)
        body = b"".join(cast("Iterable[bytes]", request.stream))
        asked = _asked(library, request, body)
        for _ in range(_attempts(self)):
            answer = owner.answer(asked)
            if not _refused(answer):
                break
        return _response(library, answer, asked)

    return handle_request


def _async(library: ModuleType, original: object) -> object:
    call = cast(
        "Callable[[httpcore.AsyncConnectionPool, httpcore.Request], Coroutine[object, object,"
        " httpcore.Response]]",
        original,
    )

    @wraps(call)
    async def handle_async_request(
        self: httpcore.AsyncConnectionPool, request: httpcore.Request
    ) -> httpcore.Response:
        url = _url(request)
        owner = ownership.claim(url)
        if owner is None:
            with passing(url):
                return await call(self, request)
        parts = [part async for part in cast("AsyncIterable[bytes]", request.stream)]
        asked = _asked(library, request, b"".join(parts))
        for _ in range(_attempts(self)):
            answer = await _answer(owner, asked)
            if not _refused(answer):
                break
        return _response(library, answer, asked)

    return handle_async_request


async def _answer(owner: Owner, request: Request) -> Answer:
    if not owner.network:
        answer = owner.begin(request)
        return await answer.there() if isinstance(answer, Later) else answer
    import anyio.to_thread  # httpx and httpcore need it themselves, and it knows asyncio and trio

    return await anyio.to_thread.run_sync(owner.answer, request)


def _attempts(pool: Pool) -> int:
    # The transport's ``retries`` are for connections that are refused; httpcore would also wait
    # between them.
    return 1 + int(getattr(pool, "_retries", 0))


def _refused(answer: Answer) -> bool:
    return isinstance(answer, Failure) and answer.kind is FailureKind.REFUSED


def _url(request: httpcore.Request) -> str:
    url = request.url
    base = origin(url.scheme.decode("ascii"), url.host.decode("ascii").rstrip("."), url.port)
    return base + url.target.decode("ascii")


def _asked(library: ModuleType, request: httpcore.Request, body: bytes) -> Request:
    _check(library, request, body)
    headers = Headers(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers
    )
    return Request(
        request.method.decode("ascii"),
        _url(request),
        headers.without("transfer-encoding"),
        body,
        timeout=request.extensions.get("timeout", {}).get("read"),
    )


def _check(library: ModuleType, request: httpcore.Request, body: bytes) -> None:
    """Raise what the library would where it would not send that: for a key that ends in a line
    break, say."""
    import h11  # httpcore has it

    connection = h11.Connection(h11.CLIENT)
    try:
        connection.send(
            h11.Request(
                method=request.method, target=request.url.target, headers=list(request.headers)
            )
        )
        connection.send(h11.Data(body))
        connection.send(h11.EndOfMessage())
    except h11.LocalProtocolError as error:
        raise library.LocalProtocolError(str(error)) from error


def _response(library: ModuleType, answer: Answer, request: Request) -> httpcore.Response:
    if isinstance(answer, Failure):
        raise {
            FailureKind.REFUSED: library.ConnectError("[Errno 111] Connection refused"),
            FailureKind.RESET: library.ReadError("[Errno 104] Connection reset by peer"),
            FailureKind.TIMEOUT: library.ReadTimeout("The read operation timed out"),
        }[answer.kind]
    sent = as_sent(answer, request.method)
    missing = sent.missing if request.method != "HEAD" else 0
    cut = library.RemoteProtocolError(
        "peer closed connection without sending complete message body "
        f"(received {len(sent.body)} bytes, expected {len(sent.body) + missing})"
    )
    response: httpcore.Response = library.Response(
        sent.status,
        headers=[
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in sent.headers.pairs
        ],
        content=_Body(sent.body, cut if missing else None),
        extensions={
            "http_version": b"HTTP/1.1",
            "reason_phrase": reason_phrase(sent.status).encode(),
        },
    )
    return response


class _Body:
    """A body for both kinds of client, which ends in ``error`` where it was cut off."""

    def __init__(self, body: bytes, error: Exception | None) -> None:
        self._body = body
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""
