"""An order and its trades, as values; and which state of an order may follow which.

What brings an order from one state to another, and what that leads to, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal

from .._exact import EXACT
from .._symbol import Symbol
from .amounts import ZERO, cents, exactly, plain

__all__ = ["ENDED", "OPEN", "TRANSITIONS", "Order", "Trade"]

#: Binance: Options, Common Definition, "Order status". EXPIRED_IN_MATCH is what self-trade
#: prevention ends an order with.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "NEW": frozenset(
        ("PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED")
    ),
    "PARTIALLY_FILLED": frozenset(
        ("PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH")
    ),
    "FILLED": frozenset(),
    "CANCELED": frozenset(),
    "EXPIRED": frozenset(),
    "EXPIRED_IN_MATCH": frozenset(),
    "REJECTED": frozenset(),
}
OPEN = frozenset(state for state, following in TRANSITIONS.items() if following)
ENDED = frozenset(TRANSITIONS) - OPEN


@dataclass(frozen=True, slots=True, repr=False)
class Trade:
    """A fill of an order. Amounts are in USDT; ``fee`` is what was charged, negative where it was
    paid."""

    trade_id: int
    #: What userTrades has beside the trade's own id, and counts ``fromId`` in.
    unique_id: int
    order: Order
    at_ms: int
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realized_profit: Decimal
    maker: bool

    def __repr__(self) -> str:
        of = f"{plain(self.quantity)} at {plain(self.price)} of order {self.order.order_id}"
        return f"<Trade {self.trade_id}: {of}>"


@dataclass(eq=False, slots=True, repr=False)
class Order:
    """One order of an account. Read it; the exchange alone changes it.

    Times are in ms since the epoch, amounts decimals.
    """

    order_id: int
    client_order_id: str
    account: str
    symbol: Symbol
    _: KW_ONLY
    side: str
    quantity: Decimal
    price: Decimal
    time_in_force: str
    reduce_only: bool
    post_only: bool
    self_trade_prevention: str
    created_ms: int
    type: str = "LIMIT"
    status: str = "NEW"
    updated_ms: int = 0
    #: How much of it was filled.
    filled: Decimal = ZERO
    trades: list[Trade] = field(default_factory=list)
    #: Who or what has ended it, and why, where that was not a fill.
    because: str = ""

    @property
    def open(self) -> bool:
        """Whether it can still be filled or cancelled."""
        return self.status in OPEN

    @property
    def remaining(self) -> Decimal:
        """How much of it was not filled: is open, or was when it ended."""
        return EXACT.subtract(self.quantity, self.filled)

    @property
    def average_price(self) -> Decimal:
        """What it was filled at on the average; 0 where it wasn't."""
        if not self.trades:
            return ZERO
        with exactly():
            paid = sum((trade.quantity * trade.price for trade in self.trades), ZERO)
            return cents(paid / self.filled)

    @property
    def sign(self) -> int:
        """1 where it buys, -1 where it sells."""
        return 1 if self.side == "BUY" else -1

    def become(self, status: str, at_ms: int) -> None:
        """Go over to ``status``. That it may was seen to before."""
        if status not in TRANSITIONS[self.status]:
            raise AssertionError(f"{self!r} can't become {status}.")
        self.status = status
        self.updated_ms = at_ms

    def __str__(self) -> str:
        return (
            f"{self.order_id}: {self.side} {plain(self.quantity)} {self.symbol.name} at"
            f" {plain(self.price)}"
        )

    def __repr__(self) -> str:
        filled = f", {plain(self.filled)} filled" if self.trades else ""
        return f"<Order {self}, {self.time_in_force}, {self.status}{filled}>"
