"""The stream's addresses: which ones there are, what each subscribes to, and which are of the past.

What a product's are stands in the table of products.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from .._masking import mask
from .._products import Product
from ._stream_items import in_query

__all__ = ["Route", "StreamAddresses"]


@dataclass(frozen=True, slots=True, repr=False)
class Route:
    """An address taken apart. ``names`` are what it subscribes to: for user data, listen keys,
    alone or with the types of events that shall come."""

    #: What the path begins with; "" where nothing stands before /ws or /stream.
    prefix: str
    #: Whether payloads come wrapped as ``{"stream": ..., "data": ...}``, as at /stream, or raw, as
    #: at /ws.
    combined: bool
    names: tuple[str, ...]
    #: Those of them that stand in the path, as in /private/ws/<listenKey>.
    in_path: frozenset[str] = frozenset()
    #: Whether this is, or was, the address of some product's user data.
    private: bool = True
    #: Whether no product has this address any more.
    legacy: bool = False
    #: Whether it was on a host that is gone.
    gone: bool = False

    @property
    def kind(self) -> str:
        """What it is called where people read of it: its prefix, or legacy."""
        return "legacy" if self.legacy else self.prefix.strip("/") or "root"

    def __repr__(self) -> str:
        form = "stream" if self.combined else "ws"
        return f"<Route {self.kind}/{form}, {len(self.names)} streams>"


class StreamAddresses:
    """The addresses of the streams of ``products``."""

    def __init__(self, products: Iterable[Product]) -> None:
        products = tuple(products)
        private = _each(product.private_streams for product in products)
        public = _each(product.public_streams for product in products)
        former = _each(product.former_private_streams for product in products)
        gone = _each(product.gone_private_streams for product in products)
        self._private = frozenset(private + former + gone)
        self._today = private + public
        self._gone = frozenset(gone) - {*private, *public, *former}
        # The longest first: every address begins with "".
        self._prefixes = sorted(_each([private, public, former, gone]), key=len, reverse=True)

    def route_of(self, target: str) -> Route | None:
        """The route that ``target`` (a path with its query, or a whole URL) leads to; None where
        there is none."""
        try:
            parts = urlsplit(target)
        except ValueError:
            return None
        segments = [unquote(segment) for segment in parts.path.split("/") if segment]
        for prefix in self._prefixes:
            head = prefix.split("/")[1:]
            if segments[: len(head)] != head:
                continue
            match segments[len(head) :]:
                case ["ws", *names]:
                    # Where /stream has "streams", /ws has the path.
                    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "streams"]
                    return self._route(prefix, names, in_query(query), combined=False)
                case ["stream"]:
                    query = parse_qsl(parts.query)
                    return self._route(prefix, [], in_query(query), combined=True)
        return None

    def _route(
        self, prefix: str, in_path: list[str], others: Iterable[str], *, combined: bool
    ) -> Route:
        return Route(
            prefix,
            combined,
            tuple(dict.fromkeys(name for name in (*in_path, *others) if name)),
            frozenset(in_path),
            private=prefix in self._private,
            legacy=prefix not in self._today,
            gone=prefix in self._gone,
        )

    def unknown(self, target: str, how: str = "") -> str:
        """What a refused handshake says about ``target``, and ``how`` to have it all the same."""
        first, *others = self._today
        *most, last = [prefix or "/" for prefix in others]
        shown = " ".join(filter(None, (mask(target)[:200], how)))
        return (
            f"There is no stream at {shown}. There are {first}/ws/<listenKey>,"
            f" {first}/ws?listenKey=<listenKey>, {first}/stream?streams=<listenKey>,"
            f" {first}/stream?listenKey=<listenKey> and {first}/stream with a SUBSCRIBE, and the"
            f" same under {', '.join(most)} and {last}."
        )


def _each(prefixes: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(prefix for some in prefixes for prefix in some))
