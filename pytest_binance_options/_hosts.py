"""The exchange's addresses, past and present, and which requests are Options requests.

Source: Binance's Options pages "General Info" and "WebSocket Connect", and the constants of the
official SDK and python-binance.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import _urls
from ._masking import mask
from .errors import UsageError

__all__ = [
    "ENVIRONMENTS",
    "LISTEN_KEY_PATH",
    "PRODUCTION",
    "REST_PREFIX",
    "TESTNET",
    "Environment",
    "Scope",
    "base_url",
    "is_loopback",
    "is_production",
    "rest_hosts",
    "stream_hosts",
]

REST_PREFIX = "/eapi/"
LISTEN_KEY_PATH = "/eapi/v1/listenKey"


@dataclass(frozen=True, slots=True)
class Environment:
    """One place the exchange can be reached at. ``rest`` and ``stream`` are bases without a
    trailing slash."""

    name: str
    rest: str | None
    stream: str | None
    production: bool


PRODUCTION = Environment(
    "production", "https://eapi.binance.com", "wss://fstream.binance.com", production=True
)
TESTNET = Environment(
    "testnet", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com", production=False
)

ENVIRONMENTS: tuple[Environment, ...] = (
    PRODUCTION,
    TESTNET,
    # still in clients' constants
    Environment(
        "testnet until early 2026",
        "https://testnet.binancefuture.com",
        "wss://fstream.binancefuture.com",
        production=False,
    ),
    # gone, but python-binance 1.0 still uses it
    Environment(
        "first testnet",
        "https://testnet.binanceops.com",
        "wss://testnetws.binanceops.com",
        production=False,
    ),
    Environment(
        "production streams until late 2025",
        None,
        "wss://nbstream.binance.com/eoptions",
        production=True,
    ),
)


def _hosts(bases: Iterable[str | None]) -> frozenset[str]:
    return frozenset(_urls.authority(base)[1] for base in bases if base)


_REST_HOSTS = _hosts(e.rest for e in ENVIRONMENTS)
_STREAM_HOSTS = _hosts(e.stream for e in ENVIRONMENTS)
_TESTNET_HOSTS = _hosts(
    base for e in ENVIRONMENTS if not e.production for base in (e.rest, e.stream)
)
_REAL_MONEY = ("binance.com", "binance.us")


def rest_hosts() -> frozenset[str]:
    """The names of all REST hosts above."""
    return _REST_HOSTS


def stream_hosts() -> frozenset[str]:
    """The names of all stream hosts above."""
    return _STREAM_HOSTS


def is_production(url: str) -> bool:
    """Whether ``url``, or a host alone, leads to a real account: any name under binance.com or
    binance.us that the table doesn't know as a testnet."""
    host = _urls.authority(url if "://" in url else f"https://{url}")[1]
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


_BASE = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9._~-]*)*)"
)


def base_url(value: str, *, setting: str, schemes: tuple[str, ...]) -> str:
    """``value`` as a base, scheme and host in lower case, without trailing slash.

    Raises UsageError, which names ``setting``, where it is none. A REST base has no path: which
    requests are ours is told by the path, and that begins with the exchange's own.
    """
    found = _BASE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not _is_base(found, schemes):
        example = {"https": TESTNET.rest, "wss": TESTNET.stream}[schemes[0]]
        raise UsageError(
            f"{setting}: {mask(repr(value))} is not a base URL. Give scheme and host"
            f" ({' or '.join(schemes)}), as in {example}."
        )
    port = f":{found['port']}" if found["port"] else ""
    return f"{found['scheme']}://{found['host']}{port}".lower() + found["path"].rstrip("/")


def _is_base(found: re.Match[str], schemes: tuple[str, ...]) -> bool:
    scheme, host, port, path = found["scheme"].lower(), found["host"], found["port"], found["path"]
    if scheme not in schemes or (port and not 0 < int(port) < 65536):
        return False
    if scheme in ("http", "https") and path.strip("/"):
        return False
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return False
    return True


class Scope:
    """Which of a process's requests are ours to answer: Options paths on a known or configured
    host.

    A host counts with any port, but for a configured one on loopback, where many servers share one
    name.
    """

    __slots__ = ("_rest", "_stream")

    def __init__(self, rest: Iterable[str] = (), stream: Iterable[str] = ()) -> None:
        self._rest = frozenset({(host, None) for host in rest_hosts()} | _endpoints(rest))
        self._stream = frozenset({(host, None) for host in stream_hosts()} | _endpoints(stream))

    def host(self, host: str, port: int | None = None) -> bool:
        """Whether requests to ``host`` can be ours (the path decides)."""
        return _counts(self._rest, host.strip("[]").lower().removesuffix("."), port)

    def request(self, url: str) -> bool:
        """Whether a request to ``url`` is an Options request: a REST host, and a path under
        /eapi/."""
        # A base that ends in a slash gives "//eapi/...": that must not go where the base says,
        # either.
        path = _urls.target(url)[0].lstrip("/")
        return path.startswith(REST_PREFIX[1:]) and _counts(self._rest, *_urls.authority(url)[1:])

    def stream(self, url: str) -> bool:
        """Whether ``url`` is a stream's address on a known or configured stream host."""
        return _counts(self._stream, *_urls.authority(url)[1:])


def _endpoints(bases: Iterable[str]) -> set[tuple[str, int | None]]:
    endpoints: set[tuple[str, int | None]] = set()
    for base in bases:
        _, host, port = _urls.authority(base)
        if host:
            endpoints.add((host, port if is_loopback(host) else None))
    return endpoints


def _counts(endpoints: frozenset[tuple[str, int | None]], host: str, port: int | None) -> bool:
    return (host, None) in endpoints or (host, port) in endpoints
