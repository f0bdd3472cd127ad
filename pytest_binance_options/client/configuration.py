"""Where the client asks, as whom, and over what kind of connection."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from urllib3.util.retry import Retry

from .._checks import instance, whole
from .._hosts import base_url
from .._products import OPTIONS
from ..errors import UsageError
from .auth import BinanceAuth

__all__ = ["LOGGER_NAME", "Configuration"]

LOGGER_NAME = "pytest_binance_options.client"


class Configuration:
    """Settings of an :class:`~pytest_binance_options.client.ApiClient`; each may also be assigned
    later.

    - ``host``: REST base, by default production's, as with the generated clients of this family.
    - ``auth``: None for public endpoints only.
    - ``retries``: how often a request is repeated over the client's own connections: a count or a
      urllib3 Retry. With a count, failed connections are tried again, and PUT, DELETE and GET also
      after a broken answer and, once Retry-After has passed, a 429 or 503. None: never. Read when
      the first request is sent.
    - ``proxy``: URL of a proxy for all requests; it outdoes the environment's.
    - ``verify_ssl``, ``ssl_ca_cert``: whether TLS certificates are checked, and a file or directory
      of CAs to do it with.
    - ``debug``: sets the logger ``pytest_binance_options.client`` to DEBUG: a line a request,
      without secrets.

    Raises UsageError for a setting that can't work.
    """

    def __init__(
        self,
        host: str | None = None,
        auth: BinanceAuth | None = None,
        retries: int | Retry | None = None,
        proxy: str | None = None,
        verify_ssl: bool = True,  # noqa: FBT001, FBT002  # as the generated clients have it
        ssl_ca_cert: str | os.PathLike[str] | None = None,
        debug: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self.host = host if host is not None else OPTIONS.production.rest
        self.auth = auth
        self.retries = retries
        self.proxy = proxy
        self.verify_ssl = verify_ssl
        self.ssl_ca_cert = ssl_ca_cert
        self.debug = debug

    @property
    def host(self) -> str:
        """The REST base, without a trailing slash."""
        return self._host

    @host.setter
    def host(self, value: str) -> None:
        url = instance(
            "Configuration.host",
            value,
            (str,),
            f"a URL, as in {OPTIONS.production.rest}",
            secret=True,
        )
        self._host = base_url(url, setting="Configuration.host", schemes=("https", "http"))

    @property
    def auth(self) -> BinanceAuth | None:
        """Who asks; None: nobody."""
        return self._auth

    @auth.setter
    def auth(self, value: BinanceAuth | None) -> None:
        self._auth = (
            None
            if value is None
            else instance(
                "Configuration.auth", value, (BinanceAuth,), "a BinanceAuth, or None", secret=True
            )
        )

    @property
    def retries(self) -> int | Retry | None:
        """How often a request is repeated."""
        return self._retries

    @retries.setter
    def retries(self, value: int | Retry | None) -> None:
        if value is not None and not isinstance(value, Retry):
            hint = "A urllib3 Retry will do too, or None."
            value = whole("Configuration.retries", value, 0, hint=hint)
        self._retries = value

    @property
    def proxy(self) -> str | None:
        """The proxy's URL. It can hold a password, and no text form of this object shows it."""
        return self._proxy

    @proxy.setter
    def proxy(self, value: str | None) -> None:
        if value is not None and not _is_proxy(value):
            del value
            raise UsageError(
                "Configuration.proxy is no proxy's URL. Give scheme, host and port, as in"
                " http://proxy.example:3128."
            )
        self._proxy = value

    @property
    def ssl_ca_cert(self) -> str | None:
        """A file or directory of CA certificates in PEM form."""
        return self._ssl_ca_cert

    @ssl_ca_cert.setter
    def ssl_ca_cert(self, value: str | os.PathLike[str] | None) -> None:
        if value is not None and not Path(value).exists():
            raise UsageError(
                f"Configuration.ssl_ca_cert: there is no {os.fspath(value)}. Give a file or"
                " directory of CAs in PEM form."
            )
        self._ssl_ca_cert = None if value is None else os.fspath(value)

    @property
    def debug(self) -> bool:
        """Whether each request is logged."""
        return self._debug

    @debug.setter
    def debug(self, value: bool) -> None:
        self._debug = value
        if value:
            logging.getLogger(LOGGER_NAME).setLevel(logging.DEBUG)

    def __repr__(self) -> str:
        return f"<Configuration {self.host}, {self.auth!r}>"


def _is_proxy(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False
