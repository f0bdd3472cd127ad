"""The exchange's addresses, past and present, and which requests are Options requests.

Source: Binance's Options pages "General Info" and "WebSocket Connect", and the constants of the official
SDK and python-binance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

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
    """One place the exchange can be reached at. ``rest`` and ``stream`` are bases without a trailing slash."""

    name: str
    rest: str | None
    stream: str | None
    production: bool


PRODUCTION = Environment("production", "https://eapi.binance.com", "wss://fstream.binance.com", production=True)
TESTNET = Environment("testnet", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com", production=False)

ENVIRONMENTS: tuple[Environment, ...] = (
    PRODUCTION,
    TESTNET,
    # still in clients' constants
    Environment(
        "testnet until early 2026", "https://testnet.binancefuture.com", "wss://fstream.binancefuture.com", production=False
    ),
    # gone, but python-binance 1.0 still uses it
    Environment("first testnet", "https://testnet.binanceops.com", "wss://testnetws.binanceops.com", production=False),
    Environment("production streams until late 2025", None, "wss://nbstream.binance.com/eoptions", production=True),
)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def rest_hosts() -> frozenset[str]:
    """The names of all REST hosts above."""
    return frozenset(_host(e.rest) for e in ENVIRONMENTS if e.rest)


def stream_hosts() -> frozenset[str]:
    """The names of all stream hosts above."""
    return frozenset(_host(e.stream) for e in ENVIRONMENTS if e.stream)


def is_production(url: str) -> bool:
    """Whether ``url`` leads to a real account: a production host of the table, or any other binance.com
    or binance.us name that is not known as a testnet."""
    host = _host(url)
    for environment in ENVIRONMENTS:
        if host in {_host(base) for base in (environment.rest, environment.stream) if base}:
            return environment.production
    return host in ("binance.com", "binance.us") or host.endswith((".binance.com", ".binance.us"))


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address, without port) can only mean this machine."""
    host = host.strip("[]").lower().rstrip(".")
    return host in ("localhost", "::1") or host.endswith(".localhost") or _is_127(host)


def _is_127(host: str) -> bool:
    parts = host.removeprefix("::ffff:").split(".")
    return len(parts) == 4 and parts[0] == "127" and all(p.isdigit() and int(p) < 256 for p in parts)


def base_url(value: str, *, setting: str, schemes: tuple[str, ...]) -> str:
    """``value`` as a base without trailing slash; raises UsageError, naming ``setting``, where it is none."""
    parts = urlsplit(value.strip())
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or parts.username:
        example = {"https": TESTNET.rest, "wss": TESTNET.stream}[schemes[0]]
        raise UsageError(
            f"{setting}: {value!r} is not a base URL. Give scheme and host ({' or '.join(schemes)}), as in {example}."
        )
    return value.strip().rstrip("/")


class Scope:
    """Which of a process's requests are ours to answer: Options paths on a known or configured host."""

    __slots__ = ("_rest", "_stream")

    def __init__(self, rest: Iterable[str] = (), stream: Iterable[str] = ()) -> None:
        self._rest = frozenset({(host, None) for host in rest_hosts()} | {_endpoint(url) for url in rest})
        self._stream = frozenset({(host, None) for host in stream_hosts()} | {_endpoint(url) for url in stream})

    def host(self, host: str, port: int | None = None) -> bool:
        """Whether requests to ``host`` can be ours (the path decides)."""
        host = host.lower()
        return (host, None) in self._rest or (host, port) in self._rest

    def request(self, url: str) -> bool:
        """Whether a request to ``url`` is an Options request: a REST host, and a path under /eapi/."""
        parts = urlsplit(url)
        return parts.path.startswith(REST_PREFIX) and self.host(parts.hostname or "", _port(url))

    def stream(self, url: str) -> bool:
        """Whether ``url`` is a stream's address on a known or configured stream host."""
        host = _host(url)
        return (host, None) in self._stream or (host, _port(url)) in self._stream


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    if parts.port is not None:
        return parts.port
    return {"http": 80, "ws": 80, "https": 443, "wss": 443}.get(parts.scheme)


def _endpoint(url: str) -> tuple[str, int | None]:
    # A configured host counts with its port: on loopback many servers share one name.
    return _host(url), _port(url)
