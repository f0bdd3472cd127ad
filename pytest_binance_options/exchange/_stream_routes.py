"""The stream's addresses: which ones there are, what each subscribes to, and which are of the past.

Source: Binance's Options pages "WebSocket Connect" and "User Data Streams".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from .._masking import mask

__all__ = ["Route", "RouteKind", "route_of", "unknown_address"]


class RouteKind(enum.Enum):
    """What an address leads to. User data is on PRIVATE alone."""

    PRIVATE = "private"
    PUBLIC = "public"
    MARKET = "market"
    #: An address from before the streams were routed: no /private, or the /eoptions of the first
    #: host.
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True, repr=False)
class Route:
    """An address taken apart. ``names`` are the streams it subscribes to: for user data, listen
    keys."""

    kind: RouteKind
    #: Whether payloads come wrapped as ``{"stream": ..., "data": ...}``, as at /stream, or raw, as
    #: at /ws.
    combined: bool
    names: tuple[str, ...]

    def __repr__(self) -> str:
        form = "stream" if self.combined else "ws"
        return f"<Route {self.kind.value}/{form}, {len(self.names)} streams>"


def route_of(target: str) -> Route | None:
    """The route that ``target`` (a path with its query, or a whole URL) leads to; None where there
    is none."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    kind = RouteKind.LEGACY
    if segments[:1] == ["eoptions"]:
        del segments[0]
    elif segments and segments[0] in ("private", "public", "market"):
        kind = RouteKind(segments.pop(0))
    match segments:
        case ["ws", *names]:
            return Route(kind, combined=False, names=_once(names))
        case ["stream"]:
            wanted = [value for name, value in parse_qsl(parts.query) if name == "streams"]
            return Route(
                kind,
                combined=True,
                names=_once([name for value in wanted for name in value.split("/")]),
            )
    return None


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def unknown_address(target: str) -> str:
    """What a refused handshake says about ``target``."""
    return (
        f"There is no stream at {mask(target[:200])}. There are /private/ws/<listenKey>,"
        " /private/stream?streams=<listenKey> and /private/stream with a SUBSCRIBE, and the same"
        " under /public and /market."
    )
