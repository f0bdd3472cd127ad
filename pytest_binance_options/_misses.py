"""What somebody meant whose host or path is none of Options': the nearest host, or whose it is.

Source: the base URLs and paths in Binance's documentation of each of its products.
"""

from __future__ import annotations

from . import _urls
from ._masking import mask
from ._products import PRODUCTS

__all__ = ["miss"]

_ELSEWHERE = {
    "api.binance.com": "spot",
    "api.binance.us": "Binance.US",
    "testnet.binance.vision": "spot's testnet",
    "fapi.binance.com": "USD-M futures",
    "dapi.binance.com": "COIN-M futures",
    "papi.binance.com": "portfolio margin",
    "stream.binance.com": "spot",
    "ws-api.binance.com": "spot",
    "ws-fapi.binance.com": "USD-M futures",
    "ws-dapi.binance.com": "COIN-M futures",
    "dstream.binance.com": "COIN-M futures",
}
_PATHS = {
    "api": "spot",
    "sapi": "spot",
    "fapi": "USD-M futures",
    "dapi": "COIN-M futures",
    "papi": "portfolio margin",
}
#: Of two hosts: as much alike as eapi.binance.com and what is misspelt in a letter or two.
_ALIKE = 0.85


def miss(host: str, url: str | None, *, ours: bool) -> str:
    """Where a connection to ``host`` went astray, in a sentence or two; empty where that isn't
    known.

    ``url`` is what a client that is watched asks for, with an empty path where that isn't known
    yet; None: nobody knows who asks. ``ours``: requests to ``host`` can be ours, by their path.
    """
    host = host.lower().removesuffix(".")
    if ours:
        path = "" if url is None else _urls.target(url)[0]
        return _path_missed(path) if path.strip("/") else ""
    if host in _ELSEWHERE:
        return (
            f"This host is not Options', but {_ELSEWHERE[host]}: Options are at"
            f" {_urls.authority(PRODUCTS[0].production.rest)[1]}."
        )
    rest, streams = _present()
    if host in streams and url is not None and url.startswith("http"):
        return "This host has streams only: REST requests go to " + " or ".join(rest) + "."
    near = _nearest(host, [*rest, *streams])
    return f"Did you mean {near}?" if near else ""


def _path_missed(path: str) -> str:
    whose = _PATHS.get(path.strip("/").partition("/")[0])
    known = f"not Options, but {whose}" if whose else "not Options"
    prefixes = " or ".join(product.rest_prefix for product in PRODUCTS)
    return (
        f"The request is for {mask(path)}, which is {known}: only paths that begin with"
        f" {prefixes} are answered here."
    )


def _present() -> tuple[list[str], list[str]]:
    """The hosts of today: of REST, and of streams."""
    today = [e for product in PRODUCTS for e in (product.production, product.testnet)]
    rest, streams = (
        list(dict.fromkeys(_urls.authority(base)[1] for base in bases))
        for bases in ([e.rest for e in today], [e.stream for e in today])
    )
    return rest, streams


def _nearest(host: str, known: list[str]) -> str | None:
    # Seldom needed, and slow to load.
    from difflib import get_close_matches

    found = [name for name in get_close_matches(host, known, n=1, cutoff=_ALIKE) if name != host]
    return found[0] if found else None
