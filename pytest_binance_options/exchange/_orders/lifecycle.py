"""What can happen to an order, and what it changes: each is done whole, and then told.

Whether it may happen is decided before: by the exchange's rules in
:mod:`pytest_binance_options.exchange._orders.placing`, or by a test.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from .._symbol import Symbol
from .._symbols import Symbols
from .amounts import ZERO, cents, exactly
from .book import Book
from .consequences import Consequences
from .new_order import NewOrder
from .order import Order, Trade

__all__ = ["Lifecycle"]

# As large as Options' own are, which a float can't hold.
_FIRST_ORDER_ID = 4611875134427365377
_FIRST_UNIQUE_ID = 4611875134427365376
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Lifecycle:
    """The orders' life, at the time that ``now_ms`` gives. ``next_trade`` numbers the trades,
    and ``concerned`` knows whether any account has an order or a position."""

    def __init__(
        self,
        seed: int,
        symbols: Symbols,
        told: Consequences,
        now_ms: Callable[[], int],
        next_trade: Callable[[], int],
        concerned: Callable[[Symbol], bool],
    ) -> None:
        self._seed = seed
        self._symbols = symbols
        self._told = told
        self._now_ms = now_ms
        self._next_trade = next_trade
        self._concerned = concerned
        #: What is to be done once, with the next order of which that is true: it is placed; it has
        #: been filled in part; its owner is about to cancel it.
        self.next: dict[str, list[tuple[str | None, Callable[[Order], object]]]] = {}
        self.reset()

    def reset(self) -> None:
        """The next order is the first."""
        self._orders = self._trades = 0
        self.next = {"placed": [], "partly filled": [], "cancelled": []}
        self._random = Random(f"{self._seed}/client order ids")  # noqa: S311 - made up, and the same every time

    def make(self, book: Book, new: NewOrder) -> Order:
        """The order that ``new`` would be, were it placed now."""
        now = self._now_ms()
        return Order(
            _FIRST_ORDER_ID + self._orders,
            new.client_order_id,
            book.account,
            new.symbol,
            side=new.side,
            quantity=new.quantity,
            price=new.price,
            time_in_force=new.time_in_force,
            reduce_only=new.reduce_only,
            post_only=new.post_only,
            self_trade_prevention=new.self_trade_prevention,
            created_ms=now,
            updated_ms=now,
        )

    def place(self, book: Book, order: Order) -> None:
        """``order``, which was made just now, is on the book."""
        self._orders += 1
        if not order.client_order_id:
            order.client_order_id = "".join(self._random.choices(_ALPHABET, k=22))
        book.add(order)
        self._symbols.await_expiry(order.symbol)
        self._told.placed(book, order)
        self.happens("placed", order)

    def fill(
        self,
        book: Book,
        order: Order,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
        *,
        maker: bool,
        by: str,
    ) -> Trade:
        """``quantity`` of ``order``, which has that much left, is filled."""
        symbol, now = order.symbol, self._now_ms()
        with exactly():
            signed = order.sign * quantity
            realized = book.ledger.trade(symbol, signed, price, fee, now)
            order.filled += quantity
        self._trades += 1
        trade = Trade(
            self._next_trade(),
            _FIRST_UNIQUE_ID + self._trades,
            order,
            now,
            price,
            quantity,
            fee,
            realized,
            maker,
        )
        order.trades.append(trade)
        book.filled(trade)
        order.become("PARTIALLY_FILLED" if order.remaining else "FILLED", now)
        if not order.open:
            book.ended(order)
        self._symbols.traded(symbol, price)
        self._told.traded(book, trade, by)
        self._told.balance_changed(book, "ORDER", symbol)
        self._cut_reduce_only(book, symbol)
        self._look_away(symbol)
        if order.open:
            self.happens("partly filled", order)
        return trade

    def end(self, book: Book, order: Order, status: str, because: str) -> None:
        """``order`` ends with ``status``."""
        order.become(status, self._now_ms())
        order.because = because
        book.ended(order)
        self._told.ended(book, order)
        self._look_away(order.symbol)

    def settle(self, book: Book, symbol: Symbol, each: Decimal) -> None:
        """``symbol`` has expired, and one contract of it pays ``each``: its orders expire, and the
        position in it is paid out."""
        for order in book.open_orders(symbol):
            self.end(book, order, "EXPIRED", "the option has expired")
        position = book.ledger.position(symbol)
        held = position.quantity
        if not held:
            return
        with exactly():
            paid = cents(held * each)
            book.ledger.settle(symbol, paid, self._now_ms())
        self._told.settled(book, symbol, held, paid)
        self._told.balance_changed(book, "ORDER", symbol)

    def deposit(self, book: Book, amount: Decimal) -> None:
        """``amount`` comes in; negative: goes out."""
        with exactly():
            book.ledger.deposit(amount)
        reason = "DEPOSIT" if amount > 0 else "WITHDRAW"
        self._told.balance_changed(book, reason, change=amount)

    def happens(self, what: str, order: Order) -> None:
        """Do what was to be done when ``what`` happens to an order of its account."""
        waiting = self.next[what]
        for entry in waiting:
            account, do = entry
            if account in (None, order.account):
                waiting.remove(entry)
                do(order)
                return

    def _cut_reduce_only(self, book: Book, symbol: Symbol) -> None:
        # What an order could reduce may be gone by another one's fill.
        reducing = [order for order in book.open_orders(symbol) if order.reduce_only]
        if not reducing:
            return
        left = book.ledger.position(symbol).quantity
        for order in reducing:
            with exactly():
                after = left + order.sign * order.remaining
                fits = left * order.sign < ZERO and after * left >= ZERO
            if fits:
                left = after
            else:
                self.end(book, order, "EXPIRED", "the position that it was to reduce is gone")

    def _look_away(self, symbol: Symbol) -> None:
        if not self._concerned(symbol):
            self._symbols.forget_expiry(symbol)
