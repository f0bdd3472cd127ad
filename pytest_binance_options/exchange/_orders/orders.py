"""All orders of an exchange: looked up, and, by a test, filled, cancelled, expired and rejected.

What each of these leads to is in :mod:`pytest_binance_options.exchange._orders.lifecycle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from ..._checks import shown, wrong
from ...errors import UsageError
from .._accounts import Account, Accounts
from .._clock import Clock
from .._event_fields import Amount, amount
from .._event_values import Event
from .._fills import Fills
from .._journal import Journal
from .._positions import Positions
from .._symbol import Symbol
from .._symbols import Symbols
from ..fills import never
from .amounts import exactly, plain
from .book import Book
from .consequences import Consequences
from .countdown import Countdowns
from .ledger import Ledger
from .lifecycle import Lifecycle
from .margin import Margin
from .new_order import NewOrder
from .order import Order, Trade
from .order_counts import OrderCounts
from .placing import Placing, Refusal

__all__ = ["OrderLike", "Orders"]

OrderLike = Order | int | str | None
"""An order: itself, its id, its client order id; None: the only open one."""


class Orders:
    """The orders of an exchange, oldest first, as ``exchange.orders``. ``orders[order_id]`` finds
    one by its id, ``orders["client order id"]`` the latest with that."""

    def __init__(
        self,
        *,
        seed: int,
        clock: Clock,
        accounts: Accounts,
        symbols: Symbols,
        journal: Journal,
        emitted: Fills,
        emit: Callable[[Event, str], object],
        positions: Callable[[], Positions],
        now_ms: Callable[[], int],
    ) -> None:
        self._accounts = accounts
        self._books: dict[str, Book] = {}
        self.symbols = symbols
        self.margin = Margin(symbols)
        #: How many orders each account has placed lately.
        self.counts = OrderCounts(clock)
        self.countdowns = Countdowns(clock, self._countdown_over)
        self.policy = never()
        told = Consequences(clock, journal, symbols, self.margin, emit, positions)
        self.lifecycle = Lifecycle(seed, symbols, told, now_ms, emitted.next_trade, self._concerned)
        self._placing = Placing(
            clock, self.lifecycle, self.margin, self.countdowns, lambda: self.policy
        )
        symbols.on_expired = self.expire_symbol

    # Looked up

    def open(self, account: Account | str | None = None) -> list[Order]:
        """The open orders of ``account`` (itself or its name; None: of all), oldest first."""
        return [order for order in self if order.open and self._is_of(order, account)]

    def trades(self, account: Account | str | None = None) -> list[Trade]:
        """The fills of ``account`` (itself or its name; None: of all), oldest first."""
        trades = [trade for book in list(self._books.values()) for trade in book.trades]
        return [
            trade
            for trade in sorted(trades, key=lambda trade: trade.unique_id)
            if self._is_of(trade.order, account)
        ]

    def ledger(self, account: Account | str | None = None) -> Ledger:
        """The balance and the positions of ``account`` (itself or its name; the only one where left
        out). Raises UsageError where it isn't clear which account is meant."""
        return self.book(self._accounts.resolve(account)).ledger

    def book(self, account: Account) -> Book:
        """The orders of ``account`` and what it has."""
        book = self._books.get(account.name)
        if book is None:
            book = self._books[account.name] = Book(account.name, account.opening_balance)
        return book

    def __iter__(self) -> Iterator[Order]:
        # A copy: a test may look while a bot's thread places the first order of its account.
        orders = [order for book in list(self._books.values()) for order in book.orders]
        return iter(sorted(orders, key=lambda order: order.order_id))

    def __len__(self) -> int:
        return sum(len(book.orders) for book in list(self._books.values()))

    def __getitem__(self, order: OrderLike) -> Order:
        if isinstance(order, Order):
            return order
        if order is None:
            found = self.open()
            if len(found) == 1:
                return found[0]
            raise UsageError(f"Which order? Open are: {_list(found)}. Give one, or its id.")
        of_that = [each for each in self if order in (each.order_id, each.client_order_id)]
        if not of_that:
            raise UsageError(f"There is no order {shown(order)}. There are: {_list(list(self))}.")
        return of_that[-1]

    # What a test does

    def fill(
        self,
        order: OrderLike = None,
        *,
        quantity: Amount | None = None,
        price: Amount | None = None,
        fee: Amount | None = None,
        maker: bool = True,
    ) -> Trade:
        """What :meth:`Exchange.fill` does."""
        found = self._open_one(order, "filled")
        rest = found.remaining
        size = rest if quantity is None else Decimal(amount("quantity", quantity))
        decimals = found.symbol.quantity_precision
        if not 0 < size <= rest or size != round(size, decimals):
            wanted = f"a quantity above 0, up to the {plain(rest)} that are left of the order"
            raise wrong("quantity", quantity, f"{wanted}, of {decimals} decimals at most")
        each = found.price if price is None else Decimal(amount("price", price))
        if each <= 0 or found.sign * (each - found.price) > 0:
            worse = "above" if found.side == "BUY" else "below"
            wanted = f"a price that isn't {worse} the order's, {plain(found.price)}"
            raise wrong("price", price, wanted)
        with exactly():
            charged = self.margin.fee(found.symbol, each, size)
        if fee is not None:
            charged = Decimal(amount("fee", fee))
        return self.lifecycle.fill(
            self._books[found.account], found, size, each, charged, maker=maker, by="the test"
        )

    def cancel(self, order: OrderLike = None) -> Order:
        """What :meth:`Exchange.cancel` does."""
        return self._end(order, "CANCELED", "cancelled")

    def expire(self, order: OrderLike = None, *, in_match: bool = False) -> Order:
        """What :meth:`Exchange.expire` does."""
        return self._end(order, "EXPIRED_IN_MATCH" if in_match else "EXPIRED", "expired")

    def reject(self, order: OrderLike = None) -> Order:
        """What :meth:`Exchange.reject` does."""
        found = self._open_one(order, "rejected")
        if found.trades:
            raise UsageError(
                f"Order {found} has been filled in part, and can't be rejected any more. Expire or"
                " cancel it."
            )
        return self._end(found, "REJECTED", "rejected")

    def deposit(self, amount_: Amount, account: Account | str | None = None) -> None:
        """What :meth:`Exchange.deposit` does."""
        value = Decimal(amount("amount", amount_))
        if not value:
            raise wrong("amount", amount_, "an amount other than 0")
        self.lifecycle.deposit(self.book(self._accounts.resolve(account)), value)

    def expire_symbol(self, symbol: Symbol, settlement_price: Decimal) -> None:
        """``symbol`` has expired with its underlying at ``settlement_price``: its orders expire,
        positions in it are paid out, and their accounts told."""
        each = symbol.value_at(settlement_price)
        for book in list(self._books.values()):
            self.lifecycle.settle(book, symbol, each)

    # What is to happen, once

    def after_next_placed(self, do: Callable[[Order], object]) -> None:
        """Have ``do`` called with the next order that is placed, as soon as that has been told."""
        self.lifecycle.next["placed"].append((None, do))

    def after_next_partial_fill(self, account: str, do: Callable[[Order], object]) -> None:
        """Have ``do`` called with the next order of the account of that name that has been filled
        and is still open."""
        self.lifecycle.next["partly filled"].append((account, do))

    def before_next_cancel(self, do: Callable[[Order], object]) -> None:
        """Have ``do`` called with the next open order that a client wants to cancel by its id,
        before that."""
        self.lifecycle.next["cancelled"].append((None, do))

    # What a client does

    def place(self, account: Account, new: NewOrder) -> Order | Refusal:
        """Place ``new``; why not, where that is so."""
        refused = self.counts.refuse(account.name)
        if refused is not None:
            return Refusal(refused)
        placed = self._placing.place(self.book(account), new)
        if isinstance(placed, Order):
            self.counts.add(account.name)
        return placed

    def cancelled_by_client(self, order: Order) -> None:
        """``order``, which is open, is cancelled."""
        self.lifecycle.end(self._books[order.account], order, "CANCELED", "by the client")

    def reset(self) -> None:
        """No orders, and every account has what it began with."""
        self._books.clear()
        self.lifecycle.reset()
        self.countdowns.reset()
        self.counts.reset()
        self.policy = never()

    def state(self) -> list[dict[str, object]]:
        """The open orders as JSON."""
        return [
            {
                "orderId": order.order_id,
                "account": order.account,
                "symbol": order.symbol.name,
                "side": order.side,
                "quantity": plain(order.quantity),
                "price": plain(order.price),
                "executedQty": plain(order.filled),
                "status": order.status,
            }
            for order in self.open()
        ]

    def _end(self, order: OrderLike, status: str, done: str) -> Order:
        found = self._open_one(order, done)
        self.lifecycle.end(self._books[found.account], found, status, "by the test")
        return found

    def _open_one(self, order: OrderLike, done: str) -> Order:
        found = self[order]
        book = self._books.get(found.account)
        if book is None or book.find(found.order_id, None) is not found:
            raise UsageError(f"Order {found} is of before a reset. There are: {_list(list(self))}.")
        if not found.open:
            raise UsageError(f"Order {found} is {found.status}, and can't be {done} any more.")
        return found

    def _countdown_over(self, account: str, underlying: str) -> None:
        book = self._books.get(account)
        for order in [] if book is None else book.open_orders():
            if book is not None and order.symbol.underlying == underlying:
                self.lifecycle.end(
                    book, order, "CANCELED", f"the countdown of {underlying} is over"
                )

    def _concerned(self, symbol: Symbol) -> bool:
        return any(book.concerns(symbol) for book in list(self._books.values()))

    def _is_of(self, order: Order, account: Account | str | None) -> bool:
        return account is None or order.account == self._accounts.resolve(account).name

    def __repr__(self) -> str:
        return f"<Orders, {len(self)}, open: {len(self.open())}>"


def _list(orders: list[Order]) -> str:
    return "; ".join(map(repr, orders[-5:])) or "none"
