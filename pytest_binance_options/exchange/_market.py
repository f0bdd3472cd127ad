"""The little of a market that clients read when they start: rate limits, a few symbols, an
account's margin.

The shapes are those of Binance's pages "Exchange Information" and "Option Margin Account
Information", and of the official SDK's models since 7.0.0; the values are made up, and stand still
but for the time.
"""

from __future__ import annotations

from datetime import datetime, timezone

__all__ = ["exchange_info", "margin_account"]

_EXPIRY = datetime(2026, 9, 25, 8, tzinfo=timezone.utc)
_UNDERLYINGS = {"BTCUSDT": ("BTC", (50_000, 60_000)), "ETHUSDT": ("ETH", (2_000, 3_000))}


def exchange_info(server_time_ms: int, weight_per_minute: int) -> dict[str, object]:
    """GET /eapi/v1/exchangeInfo."""
    return {
        "timezone": "UTC",
        "serverTime": server_time_ms,
        "optionContracts": [
            {
                "baseAsset": base,
                "quoteAsset": "USDT",
                "underlying": underlying,
                "settleAsset": "USDT",
            }
            for underlying, (base, _) in _UNDERLYINGS.items()
        ],
        "optionAssets": [{"name": "USDT"}],
        "optionSymbols": [
            _symbol(underlying, base, strike, side)
            for underlying, (base, strikes) in _UNDERLYINGS.items()
            for strike in strikes
            for side in ("CALL", "PUT")
        ],
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": weight_per_minute,
            },
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
    }


def _symbol(underlying: str, base: str, strike: int, side: str) -> dict[str, object]:
    return {
        "expiryDate": int(_EXPIRY.timestamp()) * 1000,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.1",
                "maxPrice": "300000",
                "tickSize": "0.1",
            },
            {"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "1000", "stepSize": "0.01"},
        ],
        "symbol": f"{base}-{_EXPIRY:%y%m%d}-{strike}-{side[0]}",
        "side": side,
        "strikePrice": str(strike),
        "underlying": underlying,
        "unit": 1,
        "liquidationFeeRate": "0.0019",
        "minQty": "0.01",
        "maxQty": "1000",
        "initialMargin": "0.15",
        "maintenanceMargin": "0.075",
        "minInitialMargin": "0.1",
        "minMaintenanceMargin": "0.05",
        "priceScale": 1,
        "quantityScale": 2,
        "quoteAsset": "USDT",
        "contractType": "CRYPTO_OPTIONS",
        "underlyingType": "CRYPTO",
        "nakedSell": False,
        "status": "TRADING",
    }


def margin_account(server_time_ms: int) -> dict[str, object]:
    """GET /eapi/v1/marginAccount: an account with 10,000 USDT and no position."""
    return {
        "asset": [
            {
                "asset": "USDT",
                "marginBalance": "10000.00000000",
                "equity": "10000.00000000",
                "available": "10000.00000000",
                "initialMargin": "0.00000000",
                "maintMargin": "0.00000000",
                "unrealizedPNL": "0.00000000",
                "adjustedEquity": "10000.00000000",
            }
        ],
        "greek": [
            {
                "underlying": underlying,
                "delta": "0.00000000",
                "gamma": "0.00000000",
                "theta": "0.00000000",
                "vega": "0.00000000",
            }
            for underlying in _UNDERLYINGS
        ],
        "time": server_time_ms,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "reduceOnly": False,
        "tradeGroupId": -1,
    }
