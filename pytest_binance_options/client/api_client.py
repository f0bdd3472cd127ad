"""The client that prepares, signs and sends requests; the operations themselves are in
:mod:`pytest_binance_options.client.user_data_streams_api`.

Requests are prepared by hand: requests.Session would read the environment and netrc for each of
them, which is most of the time of a request that never leaves the process.
"""

from __future__ import annotations

import functools
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from .._masking import mask
from .._version import DISTRIBUTION, version
from ..errors import UsageError
from ._answers import Decoder, json_value, read
from ._arguments import SafeHeaders, Timeout, checked_headers, checked_timeout
from ._failures import connection_failed
from ._query import encode
from ._query import signed as signed_query
from .api_response import ApiResponse
from .configuration import LOGGER_NAME, Configuration
from .rest import ApiException, ConnectionFailed

__all__ = ["ApiClient"]

T = TypeVar("T")
_log = logging.getLogger(LOGGER_NAME)
_METHODS = ("GET", "POST", "PUT", "DELETE")
_PATH = re.compile(r"/[A-Za-z0-9._~%/-]*")


class ApiClient:
    """Sends requests with the API key, and signed where asked for. A context manager, which closes
    the connections.

    - ``configuration``: None is production's host without credentials, for public endpoints.
    - ``adapter``: a requests transport adapter that all requests go through, in place of
      connections of the client's own.
    - ``read_environment``: whether the proxies and CA bundle that the environment names are used;
      netrc never is.
    - ``now_ms``: gives the timestamp of SIGNED requests, in ms since the epoch; by default the real
      time.

    Opens no connection before the first request; any thread may use it. Redirects are never
    followed, and cookies never sent.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        adapter: BaseAdapter | None = None,
        read_environment: bool = True,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.configuration = Configuration() if configuration is None else configuration
        self._adapter = adapter
        self._read_environment = read_environment
        self._now_ms = _real_time if now_ms is None else now_ms
        self._session: _Session | None = None
        self._opening = threading.Lock()

    def __enter__(self) -> ApiClient:  # noqa: PYI034  # typing.Self came with 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, an adapter's too. A later request opens new ones."""
        with self._opening:
            session, self._session = self._session, None
        if session is not None:
            session.close()
        if self._adapter is not None:
            self._adapter.close()

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        signed: bool = False,  # noqa: FBT001, FBT002  # the public interface has it so
        *,
        _request_timeout: Timeout = None,
        _headers: Mapping[str, str] | None = None,
    ) -> Any:  # whatever JSON the endpoint answers with
        """Ask any endpoint and return the JSON of its answer.

        ``params`` go into the query string: lists and dicts as compact JSON, None as if it were not
        there. ``signed`` adds ``timestamp`` and, last, ``signature`` (Binance, Options, General
        Info: TRADE and USER_DATA); ``recvWindow``, in ms, is a parameter like others.
        ``_request_timeout`` is in s (one number, or a pair: to connect, to wait; None: 30). Raises
        ApiException where the request fails, UsageError where it can't be made.
        """
        prepared = self.prepare(method, path, params, signed=signed, headers=_headers)
        return self.call(prepared, json_value, _request_timeout).data

    def prepare(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        signed: bool = False,
        key_required: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> requests.PreparedRequest:
        """The request as it is sent, which no repr shows. Raises UsageError where it can't be made
        or lacks a key it needs."""
        method = method.upper()
        if method not in _METHODS:
            raise UsageError(
                f"{method!r} is no method of the exchange's. There are {', '.join(_METHODS)}."
            )
        if not _PATH.fullmatch(path):
            raise UsageError(
                f"{mask(repr(path))} is no path. Give one as in '/eapi/v1/time', and the query"
                " string as params."
            )
        if params is not None and not isinstance(params, Mapping):
            raise UsageError(
                f"params is of type {type(params).__name__}. Give a dict of names and values."
            )
        auth = self.configuration.auth
        if auth is None and (signed or key_required):
            raise UsageError(
                f"{method} {path} needs an API key, and this client has none. "
                "Give Configuration an auth=BinanceAuth(api_key=..., ...)."
            )

        prepared = requests.PreparedRequest()
        prepared.method = method
        prepared.url = self.configuration.host + path
        if signed and auth is not None:
            query = signed_query(params or {}, self._now_ms())
            prepared.url += f"?{query}&signature={quote(auth.sign(query), safe='')}"
        elif params and (query := encode(params)):
            prepared.url += f"?{query}"
        prepared.headers = SafeHeaders(_base_headers())
        if auth is not None:
            prepared.headers["X-MBX-APIKEY"] = auth.api_key
        if method != "GET":
            prepared.headers["Content-Length"] = "0"
        if headers is not None:
            prepared.headers.update(checked_headers(headers))
        return prepared

    def call(
        self, prepared: requests.PreparedRequest, decode: Decoder[T], timeout: Timeout = None
    ) -> ApiResponse[T]:
        """Send what :meth:`prepare` made and decode the answer. Raises ApiException where that
        fails."""
        response = self.send(prepared, timeout)
        outcome = read(response, decode, _label(prepared))
        if isinstance(outcome, ApiException):
            raise outcome
        return outcome

    def send(
        self, prepared: requests.PreparedRequest, timeout: Timeout = None
    ) -> requests.Response:
        """Send what :meth:`prepare` made; the answer's body is not yet read, and any status is
        fine.

        Raises ConnectionFailed where no answer comes.
        """
        outcome = self._send(prepared, checked_timeout(timeout))
        if _log.isEnabledFor(logging.DEBUG):
            answer = (
                outcome.reason
                if isinstance(outcome, ConnectionFailed)
                else str(outcome.status_code)
            )
            _log.debug("%s: %s", _label(prepared), answer)
        if isinstance(outcome, ConnectionFailed):
            raise outcome
        return outcome

    def _send(
        self, prepared: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> requests.Response | ConnectionFailed:
        try:
            return self._through(prepared, timeout)
        # RequestException is an OSError; some of urllib3's own exceptions get past requests
        except (OSError, HTTPError) as error:
            return connection_failed(error, _label(prepared), self.configuration.host, timeout)

    def _through(
        self, prepared: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> requests.Response:
        configuration = self.configuration
        verify = (configuration.ssl_ca_cert or True) if configuration.verify_ssl else False
        proxies = (
            {}
            if configuration.proxy is None
            else {"http": configuration.proxy, "https": configuration.proxy}
        )
        settings: Mapping[str, Any] = {
            "proxies": proxies,
            "stream": True,
            "verify": verify,
            "cert": None,
        }
        if self._read_environment:
            settings = self._opened().merge_environment_settings(str(prepared.url), **settings)
        if self._adapter is not None:
            # Not through the session: a tool that patches sessions would stand in the adapter's
            # place.
            return self._adapter.send(prepared, timeout=timeout, **settings)
        return self._opened().send(prepared, timeout=timeout, allow_redirects=False, **settings)

    def _opened(self) -> _Session:
        session = self._session
        if session is None:
            with self._opening:
                session = self._session = self._session or _Session(self.configuration.retries)
        return session


class _Session(requests.Session):
    def __init__(self, retries: int | Retry | None) -> None:
        super().__init__()
        if retries:
            for scheme in ("https://", "http://"):
                self.mount(scheme, HTTPAdapter(max_retries=retries))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: requests would work out the next request even where it may not send it, and fail
        at a bad address."""


def _label(prepared: requests.PreparedRequest) -> str:
    return f"{prepared.method} {urlsplit(str(prepared.url)).path}"


def _real_time() -> int:
    return time.time_ns() // 1_000_000


@functools.cache
def _base_headers() -> Mapping[str, str]:
    return {
        "User-Agent": f"{DISTRIBUTION}/{version()}",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "application/json",
    }
