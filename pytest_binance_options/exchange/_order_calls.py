"""What tests do to the orders and positions of an exchange: fill, cancel, expire and reject them,
look them up, pay money in, have a position held.

The orders themselves are in the package :mod:`._orders`, which is loaded when there is one.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from .._checks import instance, wrong

if TYPE_CHECKING:
    from ._accounts import Account, Accounts
    from ._clock import Clock
    from ._event_fields import Amount
    from ._event_values import Event
    from ._fills import Fills
    from ._journal import Journal
    from ._orders.order import Order, Trade
    from ._orders.orders import OrderLike, Orders
    from ._positions import Positions
    from ._stream_hub import StreamHub
    from ._symbols import Symbols
    from .fills import FillPolicy

__all__ = ["OrderCalls"]


class OrderCalls(ABC):
    """An exchange's orders and positions; ``seed`` is the exchange's."""

    lock: threading.RLock
    clock: Clock
    accounts: Accounts
    symbols: Symbols
    journal: Journal
    _emitted: Fills
    _streams: StreamHub | None

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._orders: Orders | None = None
        self._positions: Positions | None = None

    @property
    @abstractmethod
    def server_time_ms(self) -> int:
        """What the exchange believes the time to be, in ms since the epoch."""

    @abstractmethod
    def emit(self, event: Event, account: Account | str | None = None) -> int:
        """Send ``event`` to the streams of ``account``."""

    @property
    def orders(self) -> Orders:
        """The orders, oldest first: ``orders.open()``, ``orders.trades()``, ``orders[order_id]``;
        and what accounts have, ``orders.ledger(account)``."""
        with self.lock:
            if self._orders is None:
                self._orders = self._begin_orders()
            return self._orders

    @property
    def fills(self) -> FillPolicy:
        """When orders are filled by themselves: one of the policies of
        :mod:`pytest_binance_options.exchange.fills`, which can be set; never, at first. It counts
        for the orders that are placed from then on."""
        return self.orders.policy

    @fills.setter
    def fills(self, policy: FillPolicy) -> None:
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

    def hold_position(
        self,
        account: Account | str | None = None,
        *,
        held: bool = True,
        update: Event | None = None,
    ) -> None:
        """Have ``account`` (itself or its name; the only one where left out) hold a position: it is
        sent ACCOUNT_UPDATE now, and every ten seconds of the exchange's clock as long as it does.
        Where ``held`` is false it holds none any more, and is told so, once.

        ``update`` is what it is told: ``events.account_update(...)``, of a position of 200 USDT, or
        of none, where left out. (Binance: Options, User Data Streams, "Event: Account data".)
        Raises UsageError where it isn't clear which account is meant, and for an ``update`` of
        another type.
        """
        from .events import account_update

        with self.lock:
            owner = self.accounts.resolve(account)
            if update is None:
                update = account_update(position_value="200" if held else "0")
            elif getattr(update, "type", None) != "ACCOUNT_UPDATE":
                raise wrong("update", update, "an event that events.account_update(...) makes")
            positions = self._told_positions()
            (positions.hold if held else positions.drop)(owner.name, update)

    def _begin_orders(self) -> Orders:
        from ._orders.orders import Orders

        return Orders(
            seed=self._seed,
            clock=self.clock,
            accounts=self.accounts,
            symbols=self.symbols,
            journal=self.journal,
            emitted=self._emitted,
            emit=self.emit,
            positions=self._told_positions,
            now_ms=lambda: self.server_time_ms,
        )

    def _told_positions(self) -> Positions:
        if self._positions is None:
            from ._positions import Positions

            self._positions = Positions(
                self.clock,
                self.emit,
                lambda: self._streams is not None and bool(self._streams.connections),
            )
        return self._positions
