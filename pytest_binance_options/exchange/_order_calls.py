"""What tests do to the orders of an exchange: fill, cancel, expire and reject them, look them up,
pay money in.

The orders themselves are in the package :mod:`._orders`, which is loaded when there is one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._accounts import Account
    from ._event_fields import Amount
    from ._orders.order import Order, Trade
    from ._orders.orders import OrderLike, Orders
    from .fills import FillPolicy

__all__ = ["OrderCalls"]


class OrderCalls:
    """An exchange's orders. ``make`` makes them, the first time that they are asked for."""

    lock: threading.RLock

    def __init__(self, make: Callable[[], Orders]) -> None:
        self._make_orders = make
        self._orders: Orders | None = None

    @property
    def orders(self) -> Orders:
        """The orders, oldest first: ``orders.open()``, ``orders.trades()``, ``orders[order_id]``;
        and what accounts have, ``orders.ledger(account)``."""
        with self.lock:
            if self._orders is None:
                self._orders = self._make_orders()
            return self._orders

    @property
    def fills(self) -> FillPolicy:
        """When orders are filled by themselves: one of the policies of
        :mod:`pytest_binance_options.exchange.fills`, which can be set; never, at first. It counts
        for the orders that are placed from then on."""
        return self.orders.policy

    @fills.setter
    def fills(self, policy: FillPolicy) -> None:
        from .._checks import instance
        from .fills import FillPolicy

        wanted = "a policy of the module fills, as in fills.at_once()"
        with self.lock:
            self.orders.policy = instance("fills", policy, (FillPolicy,), wanted)

    def fill(
        self,
        order: OrderLike = None,
        *,
        quantity: Amount | None = None,
        price: Amount | None = None,
        fee: Amount | None = None,
        maker: bool = True,
    ) -> Trade:
        """Fill ``order`` (itself, its id, its client order id; the only open one where left out).

        ``quantity``: all that is left of it, where left out. ``price``: its own, where left out,
        and never a worse one. ``fee``, in USDT, is what is charged (a negative one is paid): by
        default 0.024 % of the underlying's index price, at most a tenth of the premium. ``maker``
        says whether it was the order that had waited. The account's streams hear
        ORDER_TRADE_UPDATE, BALANCE_POSITION_UPDATE and ACCOUNT_UPDATE. Raises UsageError where
        there is no such open order, and for amounts that can't be.
        """
        with self.lock:
            return self.orders.fill(order, quantity=quantity, price=price, fee=fee, maker=maker)

    def cancel(self, order: OrderLike = None) -> Order:
        """Cancel ``order`` (as in :meth:`fill`), as when its owner does so elsewhere: the streams
        hear it, and no request asked for it."""
        with self.lock:
            return self.orders.cancel(order)

    def expire(self, order: OrderLike = None, *, in_match: bool = False) -> Order:
        """Have ``order`` (as in :meth:`fill`) expire; ``in_match``: as self-trade prevention does
        it."""
        with self.lock:
            return self.orders.expire(order, in_match=in_match)

    def reject(self, order: OrderLike = None) -> Order:
        """Have ``order`` (as in :meth:`fill`), which was accepted and has no fill yet, become
        REJECTED. No event tells of it: only who asks for the order learns it."""
        with self.lock:
            return self.orders.reject(order)

    def deposit(self, amount: Amount, account: Account | str | None = None) -> None:
        """Pay ``amount`` USDT into ``account`` (itself or its name; the only one where left out);
        a negative one is withdrawn. Its streams hear BALANCE_POSITION_UPDATE and
        ACCOUNT_UPDATE."""
        with self.lock:
            self.orders.deposit(amount, account)
