"""What is told when an order, a position or a balance has changed: events to the account's streams,
and a note in the journal.

Of a trade first the order is told of, then what changed of balance and position, then the account
as a whole; Binance's pages have the events and not their order (Options, User Data Streams).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from .._clock import Clock
from .._event_table import EXECUTION_OF, ORDER_STATUSES
from .._event_values import Event, stated
from .._journal import Journal
from .._order_notes import OrderNote
from .._positions import Positions
from .._symbol import QUOTE_ASSET, Symbol
from .._symbols import Symbols
from .amounts import ZERO, cents, exactly, plain
from .book import Book
from .margin import Margin
from .order import Order, Trade

__all__ = ["Consequences"]

# By the status, which is one of an order update's.
_EXECUTION_OF: Mapping[str, str] = {status: EXECUTION_OF[status] for status in ORDER_STATUSES}
#: In the journal's words.
_ENDED = {
    "CANCELED": "cancelled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired in match",
    "REJECTED": "rejected",
}


class Consequences:
    """Tells the account's streams, by ``emit``, and ``journal``."""

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        symbols: Symbols,
        margin: Margin,
        emit: Callable[[Event, str], object],
        positions: Callable[[], Positions],
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._symbols = symbols
        self._margin = margin
        self._emit = emit
        self._positions = positions
        self._account_updates: dict[str, tuple[object, Event]] = {}

    def placed(self, book: Book, order: Order) -> None:
        """``order`` is new."""
        how = order.time_in_force + (", reduce only" if order.reduce_only else "")
        said = f"{order.side} {plain(order.quantity)} {order.symbol.name} at {plain(order.price)}"
        self._note(order, "placed", f"{said}, {how}")
        self._order_update(book, order)

    def traded(self, book: Book, trade: Trade, by: str) -> None:
        """``order`` was filled, in part or to the end; ``by`` says who wanted it so."""
        order = trade.order
        rest = f", {plain(order.remaining)} left" if order.open else ""
        said = f"{plain(trade.quantity)} at {plain(trade.price)} by {by}{rest}"
        self._note(order, "filled", said)
        self._order_update(book, order, trade)

    def ended(self, book: Book, order: Order) -> None:
        """``order`` has ended otherwise than by a fill."""
        self._note(order, _ENDED[order.status], order.because)
        # The page on order updates has no status REJECTED, so nobody hears of that.
        if order.status != "REJECTED":
            self._order_update(book, order)

    def settled(self, book: Book, symbol: Symbol, quantity: Decimal, paid: Decimal) -> None:
        """A position in ``symbol``, which has expired, was settled."""
        said = f"position of {plain(quantity)} {symbol.name} settled for {plain(paid)} USDT"
        self._journal.write(OrderNote(self._clock.now_ms, book.account, "settled", said))

    def balance_changed(
        self, book: Book, reason: str, *symbols: Symbol, change: Decimal | None = None
    ) -> None:
        """The balance has changed, and the position in these ``symbols``; ``change`` is what was
        deposited, or withdrawn where it is negative."""
        with exactly():
            balance = {
                "a": QUOTE_ASSET,
                "b": _eight(book.ledger.balance),
                "bc": plain(change or ZERO),
            }
            positions = [self._position(book, symbol) for symbol in symbols]
        update: dict[str, object] = {
            "e": "BALANCE_POSITION_UPDATE",
            "m": reason,
            "B": [balance],
            "P": positions,
        }
        self._emit(stated(update), book.account)
        if book.ledger.positions:
            self._positions().hold(book.account, lambda: self.account_update(book))
        elif not self._positions().drop(book.account, self.account_update(book)):
            self._emit(self.account_update(book), book.account)

    def account_update(self, book: Book) -> Event:
        """ACCOUNT_UPDATE: how ``book``'s account stands. As in the page's example, the equity is
        the balance and the value of the positions, and the adjusted equity is the balance."""
        with exactly():
            ledger = book.ledger
            value = ledger.value(self._symbols.mark_price)
            figures = (
                ledger.balance,
                value,
                value - ledger.cost,
                self._margin.initial(book),
                self._margin.maintenance(book),
            )
            # It comes every ten seconds, and is the same most of the time.
            before, event = self._account_updates.get(book.account, (None, None))
            if event is None or before != figures:
                event = _account_update(*figures)
                self._account_updates[book.account] = (figures, event)
            return event

    def _position(self, book: Book, symbol: Symbol) -> dict[str, object]:
        position = book.ledger.position(symbol)
        return {
            "s": symbol.name,
            "c": plain(position.quantity),
            "p": _eight(position.value(self._symbols.mark_price)),
            "a": _eight(position.entry_price),
        }

    def _order_update(self, book: Book, order: Order, trade: Trade | None = None) -> None:
        told = {
            "s": order.symbol.name,
            "c": order.client_order_id,
            "S": order.side,
            "o": order.type,
            "f": order.time_in_force,
            "q": plain(order.quantity),
            "p": plain(order.price),
            "ap": plain(order.average_price),
            "x": _EXECUTION_OF[order.status],
            "X": order.status,
            "i": order.order_id,
            "l": plain(trade.quantity) if trade else "0",
            "z": plain(order.filled),
            "L": plain(trade.price) if trade else "0",
            "N": QUOTE_ASSET,
            "n": plain(-trade.fee) if trade else "0",
            "t": trade.trade_id if trade else 0,
            "b": plain(book.quantity(order.symbol, "BUY")),
            "a": plain(book.quantity(order.symbol, "SELL")),
            "m": trade is not None and trade.maker,
            "R": order.reduce_only,
            "ot": order.type,
            "rp": plain(trade.realized_profit) if trade else "0",
            "V": order.self_trade_prevention,
        }
        self._emit(stated({"e": "ORDER_TRADE_UPDATE", "o": told}), order.account)

    def _note(self, order: Order, what: str, said: str) -> None:
        text = f"order {order.order_id} {what}" + (f": {said}" if said else "")
        self._journal.write(
            OrderNote(
                self._clock.now_ms, order.account, what, text, order.order_id, alive=order.open
            )
        )


def _eight(amount: Decimal) -> str:
    return format(cents(amount), "f")


def _account_update(
    balance: Decimal, value: Decimal, unrealized: Decimal, initial: Decimal, maintenance: Decimal
) -> Event:
    wallet = _eight(balance)
    return stated(
        {
            "e": "ACCOUNT_UPDATE",
            "eq": _eight(balance + value),
            "aeq": wallet,
            "b": wallet,
            "m": _eight(value),
            "u": _eight(unrealized),
            "i": _eight(initial),
            "M": _eight(maintenance),
        }
    )
