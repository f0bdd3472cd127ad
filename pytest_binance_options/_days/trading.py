"""The account's own orders on a day: another hand buys, and sells what it has bought.

Orders are loaded with this module, so it is loaded where the day has some.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from ..exchange import Exchange
from ..exchange._accounts import Account
from ..exchange._orders.new_order import NewOrder
from ..exchange._orders.order import Order
from ..exchange._symbol import Symbol

__all__ = ["Trading"]

_QUANTITY = Decimal("0.1")
#: How long after the one half of an order the other is filled: before anybody who was cut off in
#: between can be back.
_OTHER_HALF_MS = 500


class Trading:
    """Orders of ``account`` that no request asks for, all of one option, as long as it is
    traded."""

    def __init__(self, exchange: Exchange, account: Account) -> None:
        self._exchange = exchange
        self._account = account
        self._symbol: Symbol | None = None
        self._bought = 0

    def trade(self, side: str, filled_ms: int) -> None:
        """Place an order to BUY or SELL at what the option is worth, which is filled so many ms
        later if it is still open: as a whole, or, of what is bought and not filled at once, every
        other one in halves."""
        exchange = self._exchange
        symbol = self._symbol
        if symbol is None or symbol.name not in exchange.symbols:
            symbol = self._symbol = max(exchange.symbols, key=lambda each: each.expiry_ms)
        price = exchange.symbols.mark_price(symbol)
        order = exchange.orders.place(self._account, NewOrder(symbol, side, _QUANTITY, price))
        if not isinstance(order, Order) or not order.open:
            return
        clock, filled = exchange.clock, exchange.clock.now_ms + filled_ms
        waits_to_buy = side == "BUY" and filled_ms > 0
        self._bought += waits_to_buy
        if waits_to_buy and self._bought % 2:
            clock.call_at(filled, partial(self._fill, order, _QUANTITY / 2))
            filled += _OTHER_HALF_MS
        clock.call_at(filled, partial(self._fill, order, None))

    def _fill(self, order: Order, quantity: Decimal | None) -> None:
        if order.open:
            self._exchange.fill(order, quantity=quantity)
