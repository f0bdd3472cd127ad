"""A symbol's filters: which prices and quantities an order may have, and what the exchange says to
others.

Source: Binance, Options, "Exchange Information" and "Error Code", which has the codes and texts and
not the order in which they are looked for: that is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ._exact import EXACT, decimals
from ._rejections import (
    BAD_PRECISION,
    OFF_STEP,
    OFF_TICK,
    PRICE_ABOVE_MAX,
    PRICE_BELOW_MIN,
    PRICE_NEGATIVE,
    QUANTITY_ABOVE_MAX,
    QUANTITY_BELOW_MIN,
    QUANTITY_NEGATIVE,
    Rejection,
)

__all__ = ["Filters", "Grid"]


@dataclass(frozen=True, slots=True)
class Grid:
    """The numbers from ``low`` to ``high``, both included, in steps of ``step``."""

    low: Decimal
    high: Decimal
    step: Decimal
    #: The decimals that any of them can have.
    precision: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        precision = max(decimals(self.step), decimals(self.low))
        object.__setattr__(self, "precision", precision)

    def __str__(self) -> str:
        return f"from {self.low:f} to {self.high:f} in steps of {self.step:f}"

    def has(self, number: Decimal) -> bool:
        """Whether ``number``, which is finite, is one of them."""
        return self.low <= number <= self.high and not EXACT.remainder(
            EXACT.subtract(number, self.low), self.step
        )


@dataclass(frozen=True, slots=True)
class Filters:
    """``price`` is PRICE_FILTER (min, max, tick), in USDT for one contract, ``quantity`` LOT_SIZE
    (min, max, step), in contracts."""

    price: Grid
    quantity: Grid

    def refuse(self, price: Decimal | None, quantity: Decimal) -> Rejection | None:
        """What the exchange answers to an order with these, which are finite; None where it takes
        them. ``price`` is None for an order that has none."""
        if price is not None and not self.price.has(price):
            return self._refuse_price(price)
        return None if self.quantity.has(quantity) else self._refuse_quantity(quantity)

    def _refuse_price(self, price: Decimal) -> Rejection:
        if price < 0:
            return PRICE_NEGATIVE
        if decimals(price) > self.price.precision:
            return BAD_PRECISION
        if price < self.price.low:
            return PRICE_BELOW_MIN
        if price > self.price.high:
            return PRICE_ABOVE_MAX
        return OFF_TICK

    def _refuse_quantity(self, quantity: Decimal) -> Rejection:
        if quantity < 0:
            return QUANTITY_NEGATIVE
        if decimals(quantity) > self.quantity.precision:
            return BAD_PRECISION
        if quantity < self.quantity.low:
            return QUANTITY_BELOW_MIN
        if quantity > self.quantity.high:
            return QUANTITY_ABOVE_MAX
        return OFF_STEP

    def __str__(self) -> str:
        return f"prices {self.price}, and quantities {self.quantity}"

    def to_json(self) -> list[dict[str, object]]:
        """As exchangeInfo has them."""
        return [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": format(self.price.low, "f"),
                "maxPrice": format(self.price.high, "f"),
                "tickSize": format(self.price.step, "f"),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": format(self.quantity.low, "f"),
                "maxQty": format(self.quantity.high, "f"),
                "stepSize": format(self.quantity.step, "f"),
            },
        ]
