"""What trading costs and ties up: fees, the premiums of orders, the margin of short positions.

Source: exchangeInfo's margin ratios, and Binance's support pages "Binance Options Trading Fees" and
"Binance Options Margin": a share of the underlying's price less how far the option is out of the
money, but not below a smaller share, and the option's own price on top.
"""

from __future__ import annotations

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

    def initial(self, book: Book) -> Decimal:
        """What short positions and open orders tie up.

        A buying order: its premium and its fee. A selling one: its fee and, as far as there is no
        position for it to close, what a short position of that size would.
        """
        tied = ZERO
        for symbol in book.symbols:
            for order in book.open_orders(symbol):
                tied += self.fee(symbol, order.price, order.remaining)
                if order.side == "BUY":
                    tied += order.price * order.remaining * symbol.unit
            held = book.ledger.position(symbol).quantity
            short = _naked(held, book.quantity(symbol, "SELL")) - min(held, ZERO)
            if short:
                tied += self._short(symbol, short, _INITIAL)
        return tied

    def needed(self, book: Book, order: Order) -> Decimal:
        """What ``order``, which is not there yet, would tie up on top of that."""
        symbol, quantity = order.symbol, order.quantity
        fee = self.fee(symbol, order.price, quantity)
        if order.side == "BUY":
            return fee + order.price * quantity * symbol.unit
        held, to_sell = book.ledger.position(symbol).quantity, book.quantity(symbol, "SELL")
        opened = _naked(held, to_sell + quantity) - _naked(held, to_sell)
        return fee + self._short(symbol, opened, _INITIAL)

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


def _naked(held: Decimal, to_sell: Decimal) -> Decimal:
    """How much of what is to be sold isn't there."""
    return max(ZERO, to_sell - max(held, ZERO))
