"""The requests door: a transport adapter that any ``requests.Session`` can mount."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from http.client import IncompleteRead, responses
from typing import NoReturn

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from ..backends.base import Backend, perform
from ..environments import Scope
from ..wire import Answer, Failure, FailureKind, Headers, Request, Response

__all__ = ["BackendAdapter"]

Timeout = float | tuple[float | None, float | None] | urllib3.Timeout | None


class BackendAdapter(HTTPAdapter):
    """Options requests are answered by ``backend``; all others go out as they would without it.

    A backend that forwards does so through this adapter's own connections, with the proxies, certificates and
    timeouts that the session was given.
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
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Answer ``request``; raises what requests raises where a connection fails."""
        url = request.url or ""
        if not self._scope.request(url):
            return super().send(request, stream, timeout, verify, cert, proxies)  # type: ignore[arg-type]

        def forward(outgoing: Request) -> Answer:
            prepared = request.copy()
            prepared.url = outgoing.url
            prepared.headers.pop("Host", None)
            real = super(BackendAdapter, self).send(prepared, True, timeout, verify, cert, proxies)  # type: ignore[arg-type]  # noqa: FBT003
            # Undecoded, as the wire has it; closing gives the connection back whatever happens.
            try:
                body = real.raw.read(decode_content=False)
            except urllib3.exceptions.HTTPError as error:
                raise requests.ConnectionError(f"the response's body was cut off ({request.method})", request=request) from error
            finally:
                real.close()
            # The body is no longer in chunks, so the header would be wrong.
            headers = Headers(real.raw.headers.items()).without("transfer-encoding")
            return Response(real.status_code, headers, body)

        asked = Request(
            method=request.method or "GET",
            url=url,
            headers=Headers(request.headers.items()),
            body=_body(request.body),
            timeout=_seconds(timeout),
        )
        answer = perform(self._backend, asked, forward)
        if isinstance(answer, Failure):
            _raise(answer, request)
        return self._response(request, answer, stream=stream)

    def _response(self, request: requests.PreparedRequest, answer: Response, *, stream: bool) -> requests.Response:
        if stream or answer.missing or "content-encoding" in answer.headers:
            # What the body really is shows while it is read: leave that to urllib3 and requests.
            raw = urllib3.HTTPResponse(
                body=_CutOff(answer.body, answer.missing),
                headers=urllib3.HTTPHeaderDict(answer.headers.pairs),
                status=answer.status,
                reason=responses.get(answer.status, ""),
                preload_content=False,
                request_method=request.method,
            )
            response = self.build_response(request, raw)
            if not stream:
                response.content  # noqa: B018  as Session.send would, so that it fails here
            return response
        response = requests.Response()
        response.status_code = answer.status
        response.reason = responses.get(answer.status, "")
        response.headers = CaseInsensitiveDict(answer.headers.items())
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = request.url or ""
        response.request = request
        response.connection = self  # type: ignore[attr-defined]
        response.raw = io.BytesIO(answer.body)
        response._content = answer.body  # noqa: SLF001  what reading ``raw`` would have set
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        return response


class _CutOff(io.BytesIO):
    """A body that ends ``missing`` bytes early, as a connection that closes too soon does."""

    def __init__(self, body: bytes, missing: int) -> None:
        super().__init__(body)
        self._missing = missing

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._missing and (not data or size is None or size < 0 or len(data) < size):
            raise IncompleteRead(data, self._missing)
        return data


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
        read = timeout.read_timeout
        return float(read) if isinstance(read, int | float) else None
    return timeout


def _raise(failure: Failure, request: requests.PreparedRequest) -> NoReturn:
    # No URL in the text: requests' own errors quote it, and a URL can carry a signature.
    text = f"{failure} ({request.method}, answered by pytest-binance-options)"
    if failure.kind is FailureKind.TIMEOUT:
        raise requests.ReadTimeout(text, request=request)
    raise requests.ConnectionError(text, request=request)
