"""What trading costs and ties up: fees, the premiums of orders, the margin of short positions.

Source: exchangeInfo's margin ratios, and Binance's support pages "Binance Options Trading Fees" and
"Binance Options Margin": a share of the underlying's price less how far the option is out of the
money, but not below a smaller share, and the option's own price on top.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .._symbol import Symbol
from .._symbols import Symbols
from .amounts import ZERO
from .book import Book
from .order import Order

__all__ = ["FEE_RATE", "Margin"]

#: Binance: Options, Trade, "User Commission": of the underlying's price, for maker and taker; and
#: of the premium, which a fee doesn't exceed.
FEE_RATE = Decimal("0.00024")
_LARGEST_FEE = Decimal("0.1")
#: Of the underlying's price: the share, and the least of it.
_INITIAL = (Decimal("0.15"), Decimal("0.1"))
_MAINTENANCE = (Decimal("0.075"), Decimal("0.05"))


class Margin:
    """What it comes to at the prices of ``symbols``. Amounts are in USDT."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def fee(self, symbol: Symbol, price: Decimal, quantity: Decimal) -> Decimal:
        """What a trade of ``quantity`` at ``price`` costs."""
        index = self._symbols.index_price(symbol.underlying)
        return min(FEE_RATE * index, _LARGEST_FEE * price) * quantity * symbol.unit

    def initial(self, book: Book, and_also: Iterable[Order] = ()) -> Decimal:
        """What short positions and open orders tie up, were there also those orders.

        A buying order: its premium and its fee. A selling one: its fee and, as far as there is no
        position for it to close, what a short position of that size would.
        """
        held = {each.symbol.name: each.quantity for each in book.ledger.positions}
        needed = sum(
            (
                self._short(each.symbol, -each.quantity, _INITIAL)
                for each in book.ledger.positions
                if each.quantity < 0
            ),
            ZERO,
        )
        for order in (*book.open_orders(), *and_also):
            symbol, rest = order.symbol, order.remaining
            needed += self.fee(symbol, order.price, rest)
            if order.side == "BUY":
                needed += order.price * rest * symbol.unit
                continue
            before = held.get(symbol.name, ZERO)
            held[symbol.name] = before - rest
            opened = min(rest, rest - before)
            if opened > 0:
                needed += self._short(symbol, opened, _INITIAL)
        return needed

    def maintenance(self, book: Book) -> Decimal:
        """What short positions need at the least."""
        return sum(
            (
                self._short(each.symbol, -each.quantity, _MAINTENANCE)
                for each in book.ledger.positions
                if each.quantity < 0
            ),
            ZERO,
        )

    def available(self, book: Book) -> Decimal:
        """What is left of the balance for new orders."""
        return book.ledger.balance - self.initial(book)

    def _short(self, symbol: Symbol, quantity: Decimal, shares: tuple[Decimal, Decimal]) -> Decimal:
        index = self._symbols.index_price(symbol.underlying)
        share, least = shares
        up = symbol.strike - index
        out_of_the_money = max(ZERO, up if symbol.side == "CALL" else -up)
        each = max(share * index - out_of_the_money, least * index)
        return (each + self._symbols.mark_price(symbol)) * quantity * symbol.unit
