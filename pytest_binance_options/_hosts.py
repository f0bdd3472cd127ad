"""What follows from the table of products: which hosts are real money, what a base URL is, and
which requests are ours."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from . import _urls
from ._masking import mask
from ._products import OPTIONS, PRODUCTS, Product
from .errors import UsageError

__all__ = [
    "Scope",
    "base_url",
    "canonical",
    "is_known",
    "is_loopback",
    "is_production",
    "mixture",
    "rest_hosts",
    "stream_hosts",
]


# Asked for in every test, and the same in all of them.
@lru_cache
def rest_hosts(products: tuple[Product, ...] = PRODUCTS) -> frozenset[str]:
    """The names of the products' REST hosts."""
    return _hosts(e.rest for product in products for e in product.environments)


@lru_cache
def stream_hosts(products: tuple[Product, ...] = PRODUCTS) -> frozenset[str]:
    """The names of the products' stream hosts."""
    return _hosts(e.stream for product in products for e in product.environments)


def _hosts(bases: Iterable[str]) -> frozenset[str]:
    return frozenset(_urls.authority(base)[1] for base in bases if base)


_TESTNET_HOSTS = _hosts(
    base
    for product in PRODUCTS
    for e in product.environments
    if not e.production
    for base in (e.rest, e.stream)
)
_REAL_MONEY = ("binance.com", "binance.us")


def canonical(host: str) -> str:
    """``host`` as a name server is asked for it, whatever it was written as: lower case, without
    brackets and the last dot, nothing percent-encoded, other scripts' look-alikes of ASCII as
    that."""
    if not host.isascii() or "%" in host:
        host = unquote(host)
        # What Python does itself before it asks; what it refuses to ask for stays as it is.
        with suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
    return host.strip("[] \t\r\n").lower().removesuffix(".")


def is_known(host: str) -> bool:
    """Whether ``host``, a name alone, is one of the products' REST or stream hosts."""
    name = canonical(host)
    return name in rest_hosts() or name in stream_hosts()


def is_production(url: str) -> bool:
    """Whether ``url``, or a host alone, leads to a real account: any name under binance.com or
    binance.us that the table doesn't know as a testnet."""
    host = canonical(_urls.authority(url if "://" in url else f"https://{url}")[1])
    return host not in _TESTNET_HOSTS and any(
        host == name or host.endswith(f".{name}") for name in _REAL_MONEY
    )


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address, without port) can only mean this machine.

    Names under ``.localhost`` can mean another one: Python asks the system, and that may ask a name
    server.
    """
    host = host.strip("[]").lower().removesuffix(".")
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


_SETTINGS = ("--binance-options-host", "--binance-options-stream-host")


def mixture(host: str, stream_host: str, settings: tuple[str, str] = _SETTINGS) -> str:
    """What is wrong where ``host``, a REST base, and ``stream_host`` are of two exchanges; empty
    where they are of one, and where one of them may stand for any: a proxy, say. ``settings`` is
    what sets the two."""
    rest, stream = _exchange_of(host), _exchange_of(stream_host)
    if rest is None or stream is None or rest == stream:
        return ""
    one = {"production": OPTIONS.production, "the testnet": OPTIONS.testnet}.get(rest)
    return (
        f"{mask(host)} ({settings[0]}) is {rest}, and {mask(stream_host)} ({settings[1]}) is"
        f" {stream}: a listen key of the one is unknown to the other. Set both to the same"
        " exchange's: "
        + (
            "a server's own REST base and stream base."
            if one is None or stream == _HERE
            else f"{one.rest} goes with {one.stream}."
        )
    )


_HERE = "on this machine"


def _exchange_of(base: str) -> str | None:
    host = _urls.authority(base)[1]
    if is_loopback(host):
        return _HERE
    if host in _TESTNET_HOSTS:
        return "the testnet"
    return "production" if is_production(base) else None


_BASE = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9._~-]*)*)"
)


_PATHS = {"https": OPTIONS.listen_key_path, "wss": f"{OPTIONS.private_streams[0]}/ws/<listenKey>"}


def base_url(value: str, *, setting: str, schemes: tuple[str, ...]) -> str:
    """``value`` as a base, scheme and host in lower case, without trailing slash.

    Raises UsageError, which names ``setting``, where it is none. A base has no path: which requests
    are ours is told by the path, and that begins with the exchange's own; and clients add a
    stream's.
    """
    found = _BASE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not _is_base(found, schemes):
        example = {"https": OPTIONS.testnet.rest, "wss": OPTIONS.testnet.stream}[schemes[0]]
        raise UsageError(
            f"{setting}: {mask(repr(value))} is not a base URL. Give scheme and host"
            f" ({' or '.join(schemes)}), as in {example}."
        )
    port = f":{found['port']}" if found["port"] else ""
    if found["path"].strip("/"):
        raise UsageError(
            f"{setting}: {mask(repr(value))} has a path, and what is asked for there brings its own"
            f" ({_PATHS[schemes[0]]}). Give {found['scheme']}://{found['host']}{port} alone."
        )
    return f"{found['scheme']}://{found['host']}{port}".lower()


def _is_base(found: re.Match[str], schemes: tuple[str, ...]) -> bool:
    scheme, host, port = found["scheme"].lower(), found["host"], found["port"]
    if scheme not in schemes or (port and not 0 < int(port) < 65536):
        return False
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return False
    return True


class Scope:
    """Which of a process's requests are ours to answer: those under a product's path on one of its
    hosts, or on a configured one.

    A host counts with any port, but for a configured one on loopback, where many servers share one
    name.
    """

    __slots__ = ("_rest", "_stream")

    def __init__(
        self,
        rest: Iterable[str] = (),
        stream: Iterable[str] = (),
        *,
        products: Iterable[Product] = PRODUCTS,
    ) -> None:
        products, configured = tuple(products), _endpoints(rest)
        self._rest = tuple(
            # without the slash in front: see _is_request()
            (product.rest_prefix[1:], _anywhere(rest_hosts((product,))) | configured)
            for product in products
        )
        self._stream = _anywhere(stream_hosts(products)) | _endpoints(stream)

    @staticmethod
    @lru_cache(maxsize=16)
    def of(rest: str, stream: str) -> Scope:
        """That of one base for requests and one for streams; the same one each time."""
        return Scope(rest=[rest], stream=[stream])

    def host(self, host: str, port: int | None = None) -> bool:
        """Whether requests to ``host`` can be ours (the path decides)."""
        host = canonical(host)
        return any(_counts(endpoints, host, port) for _, endpoints in self._rest)

    def stream_host(self, host: str, port: int | None = None) -> bool:
        """Whether ``host`` has streams that are ours."""
        return _counts(self._stream, canonical(host), port)

    def request(self, url: str) -> bool:
        """Whether a request to ``url`` is a product's: its host, and a path under its prefix."""
        # A query tells nothing of it, and without theirs a client's few URLs are the same all the
        # time.
        return _is_request(self._rest, url.partition("?")[0])

    def stream(self, url: str) -> bool:
        """Whether ``url`` is a stream's address on a known or configured stream host."""
        return _counts(self._stream, *_urls.authority(url)[1:])


Endpoints = frozenset[tuple[str, int | None]]


@lru_cache(maxsize=64)
def _is_request(products: tuple[tuple[str, Endpoints], ...], url: str) -> bool:
    # A base that ends in a slash gives "//eapi/...": that must not go where the base says, either.
    path = _urls.target(url)[0].lstrip("/")
    return any(
        path.startswith(prefix) and _counts(endpoints, *_urls.authority(url)[1:])
        for prefix, endpoints in products
    )


def _anywhere(hosts: Iterable[str]) -> Endpoints:
    return frozenset((host, None) for host in hosts)


def _endpoints(bases: Iterable[str]) -> Endpoints:
    return frozenset(found for base in bases if (found := _endpoint(base)) is not None)


def _endpoint(base: str) -> tuple[str, int | None] | None:
    _, host, port = _urls.authority(base)
    return (host, port if is_loopback(host) else None) if host else None


def _counts(endpoints: Endpoints, host: str, port: int | None) -> bool:
    if not host.isascii() or "%" in host:
        host = canonical(host)
    return (host, None) in endpoints or (host, port) in endpoints
