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


class Trading:
    """Orders of ``account`` that no request asks for, all of one option, as long as it is
    traded."""

    def __init__(self, exchange: Exchange, account: Account) -> None:
        self._exchange = exchange
        self._account = account
        self._symbol: Symbol | None = None

    def trade(self, side: str, filled_ms: int) -> None:
        """Place an order to BUY or SELL at what the option is worth, which is filled so many ms
        later if it is still open."""
        exchange = self._exchange
        symbol = self._symbol
        if symbol is None or symbol.name not in exchange.symbols:
            symbol = self._symbol = max(exchange.symbols, key=lambda each: each.expiry_ms)
        price = exchange.symbols.mark_price(symbol)
        order = exchange.orders.place(self._account, NewOrder(symbol, side, _QUANTITY, price))
        if isinstance(order, Order) and order.open:
            clock = exchange.clock
            clock.call_at(clock.now_ms + filled_ms, partial(self._fill, order))

    def _fill(self, order: Order) -> None:
        if order.open:
            self._exchange.fill(order)
