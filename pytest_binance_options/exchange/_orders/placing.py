"""Whether an order can be placed, and what becomes of it as it is: Binance's rules for new orders
(Options, Trade, "New Order", and Error Code), and the test's policy for fills.

What the request looks like was checked before, by
:mod:`pytest_binance_options.exchange._orders.new_order`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from .._clock import Clock
from .._rejections import Rejection
from . import rejections
from .amounts import ZERO, exactly, plain
from .book import Book
from .countdown import Countdowns
from .lifecycle import Lifecycle
from .margin import Margin
from .new_order import NewOrder
from .order import Order
from .policy import FillPolicy, Plan

__all__ = ["Placing", "Refusal"]


class Refusal(NamedTuple):
    """Why an order wasn't placed; ``clue`` is what only the exchange can know of it."""

    rejection: Rejection
    clue: str = ""


class Placing:
    """Places orders. ``policy`` gives the policy that is in force."""

    def __init__(
        self,
        clock: Clock,
        lifecycle: Lifecycle,
        margin: Margin,
        countdowns: Countdowns,
        policy: Callable[[], FillPolicy],
    ) -> None:
        self._clock = clock
        self._lifecycle = lifecycle
        self._margin = margin
        self._countdowns = countdowns
        self._policy = policy

    def place(self, book: Book, new: NewOrder) -> Order | Refusal:
        """Place ``new``, or say why not. Fills that come at once have come when this returns."""
        filtered = new.symbol.refuse(new.price, new.quantity)
        if filtered is not None:
            clue = (
                f"{new.symbol.name} takes {new.symbol.filters}; an order was for"
                f" {plain(new.quantity)} at {plain(new.price)}."
            )
            return Refusal(filtered, clue)
        if self._countdowns.stopped(book.account, new.symbol.underlying):
            clue = (
                f"The countdown of {new.symbol.underlying} has run out: new orders are refused"
                " until a heartbeat comes, or it is set to 0."
            )
            return Refusal(rejections.NEW_ORDER_REJECTED, clue)
        if book.is_pending(new.client_order_id):
            return Refusal(rejections.CLIENT_ORDER_ID_DUPLICATED)
        order = self._lifecycle.make(book, new)
        refusal = self._conflict(book, order) or self._poverty(book, order)
        if refusal is not None:
            return refusal
        plan = self._policy().plan(order)
        if order.time_in_force == "FOK" and _at_once(plan) < order.quantity:
            return Refusal(rejections.FOK_REJECTED)
        if order.post_only and _at_once(plan):
            return Refusal(rejections.GTX_REJECTED)
        self._lifecycle.place(book, order)
        self._carry_out(book, order, plan)
        return order

    def _conflict(self, book: Book, order: Order) -> Refusal | None:
        """That a reduce-only order would do more than reduce."""
        if not order.reduce_only:
            return None
        held = book.ledger.position(order.symbol).quantity
        with exactly():
            ahead = book.quantity(order.symbol, order.side)
            fits = held * order.sign < ZERO and ahead + order.quantity <= abs(held)
        if fits:
            return None
        clue = (
            f"A reduce-only order to {order.side} {plain(order.quantity)} {order.symbol.name} found"
            f" a position of {plain(held)}, and open orders of that side for {plain(ahead)}."
        )
        return Refusal(rejections.REDUCE_ONLY_REJECTED, clue)

    def _poverty(self, book: Book, order: Order) -> Refusal | None:
        """That the account can't afford it."""
        with exactly():
            needed = self._margin.needed(book, order)
            available = self._margin.available(book)
        if needed <= available or order.reduce_only:
            return None
        clue = (
            f"An order to {order.side} {plain(order.quantity)} {order.symbol.name} at"
            f" {plain(order.price)} ties up {plain(needed)} USDT, and {plain(available)} are"
            " available."
        )
        buys = order.side == "BUY"
        return Refusal(
            rejections.BALANCE_NOT_SUFFICIENT if buys else rejections.MARGIN_NOT_SUFFICIENT, clue
        )

    def _carry_out(self, book: Book, order: Order, plan: Plan) -> None:
        for ms, quantity in plan:
            if ms == 0:
                self._fill(book, order, quantity, maker=False)
            elif order.time_in_force != "IOC":
                later = partial(self._fill, book, order, quantity, maker=True)
                self._clock.call_at(self._clock.now_ms + ms, later)
        if order.time_in_force == "IOC" and order.open:
            self._lifecycle.end(book, order, "EXPIRED", "IOC, and not filled at once")

    def _fill(self, book: Book, order: Order, planned: Decimal, *, maker: bool) -> None:
        # Meanwhile a test may have filled it, or the client have cancelled it.
        if not order.open:
            return
        quantity = min(planned, order.remaining)
        with exactly():
            fee = self._margin.fee(order.symbol, order.price, quantity)
        self._lifecycle.fill(
            book, order, quantity, order.price, fee, maker=maker, by="the policy for fills"
        )


def _at_once(plan: Plan) -> Decimal:
    with exactly():
        return sum((quantity for ms, quantity in plan if ms == 0), ZERO)
