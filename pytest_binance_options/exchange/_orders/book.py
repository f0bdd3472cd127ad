"""The orders of one account, by their ids and in the order in which they were placed; its ledger
and its trades."""

from __future__ import annotations

from decimal import Decimal

from .._exact import EXACT
from .._symbol import Symbol
from .amounts import ZERO
from .ledger import Ledger
from .order import Order, Trade

__all__ = ["Book"]


class Book:
    """All orders of ``account``, and what it has: at first ``balance``, in USDT."""

    def __init__(self, account: str, balance: Decimal) -> None:
        self.account = account
        self.ledger = Ledger(balance)
        self.trades: list[Trade] = []
        self._orders: dict[int, Order] = {}
        self._by_client_id: dict[str, Order] = {}
        self._open: dict[int, Order] = {}
        self._open_by_symbol: dict[str, dict[int, Order]] = {}
        self._quantities: dict[tuple[str, str], Decimal] = {}

    @property
    def orders(self) -> list[Order]:
        """All, oldest first."""
        return list(self._orders.values())

    @property
    def symbols(self) -> list[Symbol]:
        """What there is an open order or a position of."""
        found = {position.symbol.name: position.symbol for position in self.ledger.positions}
        for orders in self._open_by_symbol.values():
            for order in orders.values():
                found[order.symbol.name] = order.symbol
                break
        return list(found.values())

    def open_orders(self, symbol: Symbol | None = None) -> list[Order]:
        """Those that are open, oldest first; None: of all symbols."""
        if symbol is None:
            return list(self._open.values())
        return list(self._open_by_symbol.get(symbol.name, {}).values())

    def add(self, order: Order) -> None:
        """A new order."""
        self._orders[order.order_id] = self._open[order.order_id] = order
        self._open_by_symbol.setdefault(order.symbol.name, {})[order.order_id] = order
        # A client order id may come again when its order has ended: the latest one has it.
        self._by_client_id[order.client_order_id] = order
        self._count(order, order.quantity)

    def filled(self, trade: Trade) -> None:
        """An order, which is open or was until now, was filled."""
        self.trades.append(trade)
        self._count(trade.order, -trade.quantity)

    def ended(self, order: Order) -> None:
        """``order`` is open no more."""
        self._count(order, -order.remaining)
        del self._open[order.order_id]
        del self._open_by_symbol[order.symbol.name][order.order_id]

    def find(self, order_id: int | None, client_order_id: str | None) -> Order | None:
        """The order with this id; where there is none, the latest with this client order id."""
        if order_id is not None:
            return self._orders.get(order_id)
        return self._by_client_id.get(client_order_id or "")

    def is_pending(self, client_order_id: str) -> bool:
        """Whether an open order has this client order id."""
        order = self._by_client_id.get(client_order_id)
        return order is not None and order.open

    def quantity(self, symbol: Symbol, side: str) -> Decimal:
        """How much of ``symbol`` the open orders of one side are for."""
        return self._quantities.get((symbol.name, side), ZERO)

    def concerns(self, symbol: Symbol) -> bool:
        """Whether there is an open order for ``symbol``, or a position in it."""
        return bool(self.ledger.position(symbol).quantity or self._open_by_symbol.get(symbol.name))

    def _count(self, order: Order, more: Decimal) -> None:
        key = (order.symbol.name, order.side)
        self._quantities[key] = EXACT.add(self._quantities.get(key, ZERO), more)
