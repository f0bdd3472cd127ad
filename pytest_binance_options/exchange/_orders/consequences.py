"""What is told when an order, a position or a balance has changed: events to the account's streams,
and a note in the journal.

Of a trade first the order is told of, then what changed of balance and position, then the account
as a whole; Binance's pages have the events and not their order (Options, User Data Streams).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import cast

from .. import events
from .._clock import Clock
from .._event_values import Event
from .._journal import Journal
from .._order_notes import OrderNote
from .._positions import Positions
from .._symbol import Symbol
from .._symbols import Symbols
from .amounts import cents, exactly, plain
from .book import Book
from .margin import Margin
from .order import Order, Trade

__all__ = ["Consequences"]

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
            self._emit(
                events.balance_position_update(
                    reason=reason,
                    balances=[
                        events.Balance(
                            balance=_eight(book.ledger.balance), change=plain(change or Decimal(0))
                        )
                    ],
                    positions=[self._position(book, symbol) for symbol in symbols],
                ),
                book.account,
            )
        if book.ledger.positions:
            self._positions().hold(book.account, lambda: self.account_update(book))
        elif not self._positions().drop(book.account, self.account_update(book)):
            self._emit(self.account_update(book), book.account)

    def account_update(self, book: Book) -> Event:
        """ACCOUNT_UPDATE: how ``book``'s account stands. As in the page's example, the equity is
        the balance and the value of the positions, and the adjusted equity is the balance."""
        with exactly():
            ledger, mark = book.ledger, self._symbols.mark_price
            figures = (
                ledger.balance,
                ledger.value(mark),
                ledger.unrealized(mark),
                self._margin.initial(book),
                self._margin.maintenance(book),
            )
            # It comes every ten seconds, and is the same most of the time.
            before, event = self._account_updates.get(book.account, (None, None))
            if event is None or before != figures:
                event = _account_update(*figures)
                self._account_updates[book.account] = (figures, event)
            return event

    def _position(self, book: Book, symbol: Symbol) -> events.Position:
        position = book.ledger.position(symbol)
        return events.Position(
            symbol=symbol.name,
            quantity=plain(position.quantity),
            value=_eight(position.value(self._symbols.mark_price)),
            average_price=_eight(position.entry_price),
        )

    def _order_update(self, book: Book, order: Order, trade: Trade | None = None) -> None:
        bids, asks = (plain(book.quantity(order.symbol, side)) for side in ("BUY", "SELL"))
        self._emit(
            events.order_trade_update(
                symbol=order.symbol.name,
                client_order_id=order.client_order_id,
                # Other words were refused when it was placed.
                side=cast("events.Side", order.side),
                order_type=order.type,
                time_in_force=cast("events.TimeInForce", order.time_in_force),
                quantity=plain(order.quantity),
                price=plain(order.price),
                average_price=plain(order.average_price),
                status=cast("events.OrderStatus", order.status),
                order_id=order.order_id,
                last_filled_quantity=plain(trade.quantity) if trade else "0",
                filled_quantity=plain(order.filled),
                last_price=plain(trade.price) if trade else "0",
                commission=plain(-trade.fee) if trade else "0",
                trade_id=trade.trade_id if trade else 0,
                bids_quantity=bids,
                asks_quantity=asks,
                maker=trade is not None and trade.maker,
                reduce_only=order.reduce_only,
                realized_profit=plain(trade.realized_profit) if trade else "0",
                self_trade_prevention=order.self_trade_prevention,
            ),
            order.account,
        )

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
    return events.account_update(
        wallet_balance=_eight(balance),
        position_value=_eight(value),
        equity=_eight(balance + value),
        adjusted_equity=_eight(balance),
        unrealized_pnl=_eight(unrealized),
        initial_margin=_eight(initial),
        maintenance_margin=_eight(maintenance),
    )
