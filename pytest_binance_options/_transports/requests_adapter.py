"""The requests door: a transport adapter that any ``requests.Session`` can mount.

What the session does around it (cookies, hooks, redirects, decoding) is requests' own; retries are
the one thing that a mounted adapter usually brings along and this one does not.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPMessage, IncompleteRead
from typing import NoReturn

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers, should_bypass_proxies

from .._backends.base import Backend, perform
from .._hosts import Scope, is_loopback
from .._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
    reason_phrase,
)
from .._urls import authority
from .interception.belonging import forwarding
from .upstream import kind_of, received

__all__ = ["BackendAdapter"]

Timeout = float | tuple[float | None, float | None] | urllib3.Timeout | None
Certificate = bytes | str | tuple[bytes | str, bytes | str] | None


class BackendAdapter(HTTPAdapter):
    """Options requests are answered by ``backend``; all others go out as they would without it.

    A backend that forwards does so through this adapter's own connections, with the proxies,
    certificates and timeouts that the session was given.
    """

    def __init__(self, backend: Backend, scope: Scope) -> None:
        super().__init__()
        self._backend = backend
        self._scope = scope

    def send(  # the signature is HTTPAdapter's
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Timeout = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: Certificate = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer ``request``; raises what requests raises where a connection fails."""
        # Not in a variable: a report can show those, and a URL can carry a signature.
        if not self._scope.request(request.url or ""):
            return super().send(request, stream, timeout, verify, cert, proxies)  # type: ignore[arg-type]
        failed: list[requests.ConnectionError | requests.Timeout] = []

        def forward(outgoing: Request) -> Answer:
            try:
                return self._ask_network(request, outgoing, timeout, verify, cert, proxies)
            except (requests.ConnectionError, requests.Timeout) as error:
                # The backend is told; the client gets the real error below.
                failed.append(error)
                return Failure(kind_of(error))

        asked = Request(
            method=request.method or "GET",
            url=request.url or "",
            headers=Headers((_text(name), _text(value)) for name, value in request.headers.items()),
            body=_body(request.body),
            timeout=_seconds(timeout),
        )
        answer = perform(self._backend, asked, forward)
        if failed:
            failed[0].request = request
            raise failed[0]
        if isinstance(answer, Failure):
            _raise(answer, request)
        return self._response(request, answer, stream=stream)

    def _ask_network(
        self,
        request: requests.PreparedRequest,
        outgoing: Request,
        timeout: Timeout,
        verify: bool | str,  # noqa: FBT001
        cert: Certificate,
        proxies: Mapping[str, str] | None,
    ) -> Response:
        prepared = request.copy()
        prepared.method, prepared.url = outgoing.method, outgoing.url
        prepared.headers = CaseInsensitiveDict(outgoing.headers.pairs)
        prepared.body = None if request.body is None else outgoing.body
        if outgoing.url != request.url and (
            is_loopback(authority(outgoing.url)[1])
            or should_bypass_proxies(outgoing.url, no_proxy=None)
        ):
            # The session has looked up the proxy for the address that the client wrote.
            proxies = None
        with forwarding():
            real = super().send(prepared, True, timeout, verify, cert, proxies)  # type: ignore[arg-type]  # noqa: FBT003
            try:
                return received(real)
            except urllib3.exceptions.ReadTimeoutError as error:
                # as requests has it for a body; for the head it is a ReadTimeout
                raise requests.ConnectionError(error, request=request) from None
            finally:
                real.close()

    def _response(
        self, request: requests.PreparedRequest, answer: Response, *, stream: bool
    ) -> requests.Response:
        bodiless = _bodiless(request, answer)
        if not bodiless and (answer.missing or "content-encoding" in answer.headers):
            # What the body really is shows while it is read: leave that to urllib3 and requests.
            return self.build_response(request, _raw(request, answer))
        body = b"" if bodiless else answer.body
        raw = _LazyRaw(request, Response(answer.status, answer.headers, body), spent=not stream)
        response: requests.Response
        if "set-cookie" in answer.headers:
            response = self.build_response(request, raw.real)
        else:
            # What build_response would do, at half the price: most requests of a suite come through
            # here.
            response = requests.Response()
            response.status_code = answer.status
            response.reason = reason_phrase(answer.status)
            response.headers = CaseInsensitiveDict(_joined(answer.headers))
            response.encoding = get_encoding_from_headers(response.headers)
            response.url = request.url or ""
            response.request = request
            response.connection = self
            response.raw = raw
        response._content = body  # noqa: SLF001  what reading ``raw`` would set
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response


def _raw(request: requests.PreparedRequest, answer: Response) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        body=_Body(answer.body, 0 if _bodiless(request, answer) else answer.missing),
        headers=urllib3.HTTPHeaderDict(answer.headers.pairs),
        status=answer.status,
        version=11,
        reason=reason_phrase(answer.status),
        preload_content=False,
        decode_content=False,
        original_response=_Original(answer.headers) if "set-cookie" in answer.headers else None,  # type: ignore[arg-type]
        request_method=request.method,
        # urllib3 2 does so by default, urllib3 1 would take a body that was cut off for a whole
        # one.
        enforce_content_length=True,
    )


def _bodiless(request: requests.PreparedRequest, answer: Response) -> bool:
    return request.method == "HEAD" or answer.status in (204, 304)


class _Body(io.BytesIO):
    """As urllib3 finds http.client's response: closed at its end, and an error where that comes
    ``missing`` bytes early."""

    def __init__(self, body: bytes, missing: int) -> None:
        super().__init__(body)
        self._length = len(body)
        self._missing = missing

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        everything = size is None or size < 0
        if self._missing:
            # Asked for a part, http.client gives what there is, and urllib3 notices what there is
            # not.
            if everything:
                raise IncompleteRead(data, self._missing)
        elif everything or self.tell() == self._length:
            self.close()
        return data


class _LazyRaw:
    """``Response.raw`` of an answer that is whole. Hardly anyone looks at it, so it is made when
    someone does."""

    # requests and urllib3 look for these in every response
    _original_response = None

    def __init__(self, request: requests.PreparedRequest, answer: Response, *, spent: bool) -> None:
        self._request = request
        self._answer = answer
        self._spent = spent
        self._made: urllib3.HTTPResponse | None = None

    @property
    def real(self) -> urllib3.HTTPResponse:
        """Urllib3's response; read to its end where the session has not asked for a stream."""
        if self._made is None:
            self._made = _raw(self._request, self._answer)
            if self._spent:
                self._made.drain_conn()
        return self._made

    def release_conn(self) -> None:
        """There is no connection to give back."""

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.real)


class _Original:
    """What requests' cookies and urllib3 ask of http.client's own response."""

    def __init__(self, headers: Headers) -> None:
        self.msg = HTTPMessage()
        for name, value in headers.pairs:
            self.msg[name] = value

    def isclosed(self) -> bool:
        """Whether it has been read to its end."""
        return True

    def close(self) -> None:
        """There is no connection to close."""


def _joined(headers: Headers) -> Iterable[tuple[str, str]]:
    # As urllib3 has them: repeated ones joined, names as they were first written.
    names = {name.lower(): name for name, _ in reversed(headers.pairs)}
    return ((names[name], value) for name, value in headers.items())


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _body(body.read())
    assert isinstance(body, Iterable), f"requests prepares no body of type {type(body).__name__}"
    return b"".join(_body(chunk) for chunk in body)


def _seconds(timeout: Timeout) -> float | None:
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    if isinstance(timeout, urllib3.Timeout):
        # A total counts from when the connection is begun: now.
        timeout = timeout.clone()
        timeout.start_connect()
        read = timeout.read_timeout
        return float(read) if isinstance(read, int | float) else None
    return timeout


def _raise(failure: Failure, request: requests.PreparedRequest) -> NoReturn:
    # No URL in the text: requests' own errors quote it, and a URL can carry a signature.
    text = f"{failure} ({request.method}, answered by pytest-binance-options)"
    if failure.kind is FailureKind.TIMEOUT:
        raise requests.ReadTimeout(text, request=request)
    raise requests.ConnectionError(text, request=request)
