"""What has been filled of each order, and the number of the latest trade: what an order update says
where its builder left that out.

An event knows nothing of those before it, so the exchange fills this in when it emits one. That is
all there is of orders here: no book, no balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

__all__ = ["Fills", "lacking"]

_ENDED = ("FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH")
# Trade ids above are a test's own affair: there would soon be no next one.
_LARGEST_FOLLOWED = 2**53


def lacking(update: Mapping[str, Any]) -> bool:
    """Whether the order of an order update leaves out what the fills before it tell."""
    return "z" not in update or (update["x"] == "TRADE" and not ("l" in update and "t" in update))


class Fills:
    """The fills that an exchange has emitted.

    A NEW order update, and each that ends an order, forgets what there was under the order's id:
    tests use one id for many orders.
    """

    def __init__(self) -> None:
        self._filled: dict[tuple[str, int], Decimal] = {}
        self._latest_trade = 0

    def reset(self) -> None:
        """Nothing has been filled, and the next trade is the first."""
        self._filled.clear()
        self._latest_trade = 0

    def next_trade(self) -> int:
        """The number of a trade that happens now."""
        self._latest_trade += 1
        return self._latest_trade

    def complete(self, update: Mapping[str, Any], account: str) -> Mapping[str, Any]:
        """The order of an order update of ``account``, which happens now, with what ``update``
        leaves out about the fill; ``update`` itself where that is nothing."""
        key = (account, update["i"])
        order = self._filled_in(update, key) if lacking(update) else update
        if order["x"] == "TRADE" and self._latest_trade < order["t"] <= _LARGEST_FOLLOWED:
            self._latest_trade = order["t"]
        if order["X"] in _ENDED:
            self._filled.pop(key, None)
        else:
            self._filled[key] = Decimal(order["z"])
        return order

    def _filled_in(self, update: Mapping[str, Any], key: tuple[str, int]) -> dict[str, Any]:
        order = dict(update)
        before = Decimal(0) if order["X"] == "NEW" else self._filled.get(key, Decimal(0))
        traded = order["x"] == "TRADE"
        if traded:
            order.setdefault("t", self._latest_trade + 1)
        quantity = Decimal(order["q"])
        if traded and before >= quantity:
            before = Decimal(0)  # more than all of it: that was another order
        if "z" not in order:
            filled = before
            if order["X"] == "FILLED":
                filled = quantity
            elif order["X"] == "PARTIALLY_FILLED":
                last = order.get("l")
                filled += (quantity - before) / 2 if last is None else Decimal(last)
            order["z"] = format(filled, "f")
        filled = Decimal(order["z"])
        if traded and "l" not in order:
            order["l"] = format(filled - before, "f") if filled > before else order["z"]
        return order
