"""What clients read of the market: which options there are, and what they are worth.

The shapes are those of Binance's pages "Exchange Information", "Option Mark Price" and "Index
Price", and of the official SDK's models since 7.0.0. There is no
book here and no model of prices: what only those would know is 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from ._listing import listing
from ._rejections import BAD_SYMBOL, BAD_UNDERLYING, Rejection, mandatory
from ._symbol import QUOTE_ASSET, Symbol
from ._symbols import Symbols

__all__ = ["ORDER_LIMITS", "exchange_info", "index_price", "mark_prices"]

#: How many orders an account may send: interval, how many of them, limit.
ORDER_LIMITS = (("MINUTE", 1, 1200), ("SECOND", 10, 300))


def exchange_info(symbols: Symbols, server_time_ms: int, weight_per_minute: int) -> bytes:
    """GET /eapi/v1/exchangeInfo."""
    number = symbols.listed_alone
    described = _described(symbols) if number is None else _listed(number)
    limits = [("REQUEST_WEIGHT", "MINUTE", 1, weight_per_minute)]
    limits += [("ORDERS", *limit) for limit in ORDER_LIMITS]
    return b'{"timezone":"UTC","serverTime":%d,%b,"rateLimits":%b}' % (
        server_time_ms,
        described,
        _json(
            [
                {"rateLimitType": kind, "interval": interval, "intervalNum": many, "limit": limit}
                for kind, interval, many, limit in limits
            ]
        ),
    )


# The same for every exchange at that time, and clients ask for it when they start.
@lru_cache(maxsize=16)
def _listed(number: int) -> bytes:
    return _described(listing(number).values())


def _described(symbols: Iterable[Symbol]) -> bytes:
    found = list(symbols)
    underlyings = {symbol.underlying: symbol.base_asset for symbol in found}
    contracts = [
        {
            "baseAsset": asset,
            "quoteAsset": QUOTE_ASSET,
            "underlying": underlying,
            "settleAsset": QUOTE_ASSET,
        }
        for underlying, asset in underlyings.items()
    ]
    return b'"optionContracts":%b,"optionAssets":%b,"optionSymbols":%b' % (
        _json(contracts),
        _json([{"name": QUOTE_ASSET}]),
        _json([symbol.to_json() for symbol in found]),
    )


def mark_prices(symbols: Symbols, name: str) -> bytes | Rejection:
    """GET /eapi/v1/mark: of the option ``name``, or of all where that is empty. The limits of the
    price are those of its filter; volatilities and greeks are 0."""
    if not name:
        found = list(symbols)
    else:
        symbol = symbols.find(name)
        if symbol is None:
            return BAD_SYMBOL
        found = [symbol]
    unknown = dict.fromkeys(("bidIV", "askIV", "markIV", "delta", "theta", "gamma", "vega"), "0")
    return _json(
        [
            {
                "symbol": symbol.name,
                "markPrice": format(symbols.mark_price(symbol), "f"),
                **unknown,
                "highPriceLimit": format(symbol.filters.price.high, "f"),
                "lowPriceLimit": format(symbol.filters.price.low, "f"),
                "riskFreeInterest": "0",
            }
            for symbol in found
        ]
    )


def index_price(symbols: Symbols, underlying: str, server_time_ms: int) -> bytes | Rejection:
    """GET /eapi/v1/index: of ``underlying``, as in "BTCUSDT"."""
    if not underlying:
        return mandatory("underlying")
    if underlying not in symbols.underlyings:
        return BAD_UNDERLYING
    price = format(symbols.index_price(underlying), "f")
    return _json({"time": server_time_ms, "indexPrice": price})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
