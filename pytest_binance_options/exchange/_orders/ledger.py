"""What an account has: its balance and its positions, and what they come to.

A premium is paid and received where an option is bought and sold, so that the balance and the
positions at cost are, together, the deposits and the realised profit less the fees. Binance's
example of ACCOUNT_UPDATE is of this kind: its equity is the balance and the positions' value, and a
short position's profit is the premium less that value (Options, User Data Streams, "Event: Account
data").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .._exact import EXACT
from .._symbol import Symbol
from .amounts import ZERO, cents, plain

__all__ = ["Ledger", "Position"]

Mark = Callable[[Symbol], Decimal]


@dataclass(slots=True, repr=False)
class Position:
    """So much of an option is held; a negative ``quantity`` is a short position. ``cost`` is what
    it was bought for in USDT, negative where it was sold."""

    symbol: Symbol
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    updated_ms: int = 0

    @property
    def entry_price(self) -> Decimal:
        """What was paid on the average."""
        if not self.quantity:
            return ZERO
        each = EXACT.divide(self.cost, self.quantity)
        return cents(EXACT.divide(each, Decimal(self.symbol.unit)))

    def value(self, mark: Mark) -> Decimal:
        """What it would bring in now, in USDT; negative for a short position."""
        return self.quantity * mark(self.symbol) * self.symbol.unit

    def unrealized(self, mark: Mark) -> Decimal:
        """The profit there is in it now."""
        return self.value(mark) - self.cost

    def trade(self, quantity: Decimal, price: Decimal, at_ms: int) -> Decimal:
        """``quantity`` more (negative: less) at ``price``; the profit that this realises."""
        paid = quantity * price * self.symbol.unit
        self.updated_ms = at_ms
        before = self.quantity
        self.quantity += quantity
        if before * quantity >= 0:
            self.cost += paid
            return ZERO
        if abs(quantity) < abs(before):
            gone = cents(self.cost * -quantity / before)
            self.cost -= gone
            return -paid - gone
        # All of it is closed, and the rest of the trade opens one the other way.
        closed = -before * price * self.symbol.unit
        gone, self.cost = self.cost, paid - closed
        return -closed - gone

    def __repr__(self) -> str:
        held, price = plain(self.quantity), plain(self.entry_price)
        return f"<Position {held} {self.symbol.name} at {price}>"


class Ledger:
    """The balance and the positions of one account, in USDT."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        #: What was deposited less what was withdrawn.
        self.deposited = balance
        self.realized = ZERO
        self.fees = ZERO
        self._positions: dict[str, Position] = {}

    @property
    def positions(self) -> list[Position]:
        """Those that are held, in the order in which they were opened first."""
        return [position for position in self._positions.values() if position.quantity]

    def position(self, symbol: Symbol) -> Position:
        """That in ``symbol``, which may be of nothing."""
        position = self._positions.get(symbol.name)
        return Position(symbol) if position is None else position

    def deposit(self, amount: Decimal) -> None:
        """So much comes in; negative: goes out."""
        self.balance += amount
        self.deposited += amount

    def trade(
        self, symbol: Symbol, quantity: Decimal, price: Decimal, fee: Decimal, at_ms: int
    ) -> Decimal:
        """``quantity`` of ``symbol`` is bought (negative: sold) at ``price``; the profit that this
        realises, before the fee."""
        position = self._positions[symbol.name] = self.position(symbol)
        realized = position.trade(quantity, price, at_ms)
        self.balance -= quantity * price * symbol.unit + fee
        self.realized += realized
        self.fees += fee
        return realized

    def settle(self, symbol: Symbol, paid: Decimal, at_ms: int) -> None:
        """The position in ``symbol`` is no more, and ``paid`` was paid for it."""
        position = self._positions[symbol.name]
        self.balance += paid
        self.realized += paid - position.cost
        self._positions[symbol.name] = Position(symbol, updated_ms=at_ms)

    def value(self, mark: Mark) -> Decimal:
        """What the positions are worth."""
        return sum([position.value(mark) for position in self.positions], ZERO)

    @property
    def cost(self) -> Decimal:
        """What the positions were bought for, less what they were sold for."""
        return sum([position.cost for position in self.positions], ZERO)

    def unrealized(self, mark: Mark) -> Decimal:
        """The profit there is in the positions."""
        return self.value(mark) - self.cost

    def __repr__(self) -> str:
        return f"<Ledger {plain(self.balance)} USDT, {self.positions}>"
