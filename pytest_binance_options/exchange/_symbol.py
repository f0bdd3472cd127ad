"""One option contract: its name and all that follows from it, and its filters.

Which there are at a time is in :mod:`._listing`, and what a test adds in :mod:`._symbols`.

Source: Binance, "Binance Options Contract Specifications" (support FAQ): the name, 08:00 UTC, cash
settlement in USDT, tick and step sizes; Options, "Exchange Information": the fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal

from .._checks import wrong
from ._exact import EXACT
from ._filters import Filters, Grid
from ._rejections import Rejection

__all__ = ["FILTERS", "QUOTE_ASSET", "SIDES", "Symbol", "expiry_ms", "parse"]

QUOTE_ASSET = "USDT"
SIDES = {"C": "CALL", "P": "PUT"}

_NAME = re.compile(r"([A-Z0-9]{1,15})-(\d{6})-(0|[1-9]\d{0,11}|\d{1,12}\.\d{1,8})-([CP])", re.ASCII)
_EIGHT = time(8, tzinfo=timezone.utc)
_LOT = Grid(Decimal("0.01"), Decimal(1000), Decimal("0.01"))

#: What the options on an asset have, unless they are listed with others. The ticks of BTC and ETH
#: and the step are those of the specifications; the rest is made up.
FILTERS = {
    "BTC": Filters(Grid(Decimal(5), Decimal(300_000), Decimal(5)), _LOT),
    "ETH": Filters(Grid(Decimal("0.1"), Decimal(30_000), Decimal("0.1")), _LOT),
}
_OTHERS = Filters(Grid(Decimal("0.01"), Decimal(30_000), Decimal("0.01")), _LOT)


def expiry_ms(day: date) -> int:
    """When an option expires whose name has this ``day``, in ms since the epoch."""
    return int(datetime.combine(day, _EIGHT).timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Symbol:
    """An option contract.

    ``name`` is as in "BTC-260925-50000-C", ``underlying`` as in "BTCUSDT", ``side`` CALL or PUT;
    ``strike`` is in USDT; ``expiry_ms``, since the epoch, is the first millisecond at which it
    isn't traded any more; one contract is ``unit`` of the asset.
    """

    name: str
    underlying: str
    side: str
    strike: Decimal
    expiry_ms: int
    unit: int
    filters: Filters

    @property
    def base_asset(self) -> str:
        """As in "BTC"."""
        return self.name.partition("-")[0]

    @property
    def price_precision(self) -> int:
        """The decimals that a price can have."""
        return self.filters.price.precision

    @property
    def quantity_precision(self) -> int:
        """The decimals that a quantity can have."""
        return self.filters.quantity.precision

    def refuse(self, price: Decimal | None, quantity: Decimal) -> Rejection | None:
        """What the exchange answers to an order with these, which are finite; None where it takes
        them. ``price`` is None for an order that has none."""
        return self.filters.refuse(price, quantity)

    def value_at(self, settlement_price: Decimal) -> Decimal:
        """What one contract pays when it expires with the underlying at that price: how far it is
        in the money, in USDT."""
        ends = settlement_price, self.strike
        above = EXACT.subtract(*(ends if self.side == "CALL" else reversed(ends)))
        return EXACT.multiply(max(Decimal(0), above), Decimal(self.unit))

    def to_json(self) -> dict[str, object]:
        """As exchangeInfo has it. Margin ratios are those of Binance's example."""
        quantity = self.filters.quantity
        return {
            "expiryDate": self.expiry_ms,
            "filters": self.filters.to_json(),
            "symbol": self.name,
            "side": self.side,
            "strikePrice": format(self.strike, "f"),
            "underlying": self.underlying,
            "unit": self.unit,
            "liquidationFeeRate": "0.0019000",
            "minQty": format(quantity.low, "f"),
            "maxQty": format(quantity.high, "f"),
            "initialMargin": "0.15",
            "maintenanceMargin": "0.075",
            "minInitialMargin": "0.1",
            "minMaintenanceMargin": "0.05",
            "priceScale": self.price_precision,
            "quantityScale": self.quantity_precision,
            "quoteAsset": QUOTE_ASSET,
            "contractType": "CRYPTO_OPTIONS",
            "underlyingType": "CRYPTO",
            "nakedSell": False,
            "status": "TRADING",
        }

    def __repr__(self) -> str:
        return f"<Symbol {self.name}>"


def parse(name: object, *, unit: int = 1, filters: Filters | None = None) -> Symbol:
    """The contract that ``name`` stands for, with the asset's own ``filters`` where they are left
    out. Raises UsageError for what is no such name."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    try:
        if found is None:
            raise ValueError
        asset, day, strike, letter = found.groups()
        # An exchange of its time: the century is this one.
        expires = expiry_ms(date(2000 + int(day[:2]), int(day[2:4]), int(day[4:])))
    except ValueError:
        raise wrong(
            "name",
            name,
            "an option's name: asset, date (YYMMDD), strike, and C or P, as in"
            ' "BTC-260925-50000-C"',
        ) from None
    if filters is None:
        filters = FILTERS.get(asset, _OTHERS)
    return Symbol(
        found.group(), asset + QUOTE_ASSET, SIDES[letter], Decimal(strike), expires, unit, filters
    )
