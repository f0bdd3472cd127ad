"""What an exchange does with orders, written a second time and otherwise: plain records of what
happened, from which all figures are worked out anew with fractions whenever somebody asks.

Nothing here is the exchange's code. What an account has is a sum over its trades and payments; who
heard what is a list for each connection; what is to come is one sorted agenda.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

__all__ = ["Model", "ModelOrder", "number"]

F = Fraction
ZERO = F(0)
INDEX = {"BTC": F(60_000), "ETH": F(3_000)}
MARK = {"BTC": F(2_000), "ETH": F(100)}
FIRST_ID = 4611875134427365377
TEN_SECONDS = 10_000
PENDING = ("NEW", "PARTIALLY_FILLED")


def number(text: object) -> Fraction:
    """An amount on the wire."""
    assert isinstance(text, str), text
    return F(text)


def eighth(value: Fraction) -> Fraction:
    """To eight decimals."""
    return F(round(value * 10**8), 10**8)


@dataclass(eq=False)
class ModelOrder:
    """An order: what it was placed as, and what became of it."""

    id: int
    name: str | None
    account: str
    symbol: str
    buys: bool
    quantity: Fraction
    price: Fraction
    reduces: bool
    placed_ms: int
    status: str = "NEW"

    @property
    def sign(self) -> int:
        return 1 if self.buys else -1


@dataclass(eq=False)
class ModelTrade:
    """A fill."""

    order: ModelOrder
    quantity: Fraction
    price: Fraction
    fee: Fraction


@dataclass
class Holding:
    """What trades in one symbol have come to."""

    quantity: Fraction = ZERO
    cost: Fraction = ZERO
    realized: Fraction = ZERO

    def take(self, change: Fraction, price: Fraction) -> None:
        closing = ZERO
        if change * self.quantity < 0:
            closing = min(abs(change), abs(self.quantity))
        if closing:
            share = self.cost * closing / abs(self.quantity)
            given = self.cost if closing == abs(self.quantity) else eighth(share)
            earned = closing * price * (1 if self.quantity > 0 else -1)
            self.realized += earned - given
            self.cost -= given
        opening = abs(change) - closing
        self.cost += opening * price * (1 if change > 0 else -1)
        self.quantity += change


@dataclass
class Agenda:
    """What is to come, by time and by the order in which it was entered."""

    entries: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    entered: int = 0

    def add(self, when: int, do: Callable[[], None]) -> int:
        self.entered += 1
        self.entries.append((when, self.entered, do))
        return self.entered

    def drop(self, number_: int | None) -> None:
        self.entries = [entry for entry in self.entries if entry[1] != number_]


class Model:
    """Two accounts, their orders, and who hears of them."""

    def __init__(self, start_ms: int, accounts: dict[str, Fraction]) -> None:
        self.start_ms = start_ms
        self.opening = accounts
        self.reset()

    def reset(self) -> None:
        self.now = self.start_ms
        self.orders: list[ModelOrder] = []
        self.trades: list[ModelTrade] = []
        self.worked_out: dict[str, tuple[int, dict[str, Holding]]] = {}
        self.paid = {name: [amount] for name, amount in self.opening.items()}
        self.marks: dict[str, Fraction] = {}
        self.agenda = Agenda()
        self.ticks: dict[str, int] = {}
        self.countdowns: dict[tuple[str, str], list[int | None]] = {}
        self.ears: dict[object, tuple[str, list[dict[str, Any]]]] = {}
        self.policy: tuple[str, Fraction] = ("never", ZERO)

    # Worked out

    def mine(self, account: str, symbol: str | None = None) -> Iterator[ModelOrder]:
        for order in self.orders:
            if order.account == account and symbol in (None, order.symbol):
                yield order

    def pending(self, account: str, symbol: str | None = None) -> list[ModelOrder]:
        return [order for order in self.mine(account, symbol) if order.status in PENDING]

    def filled(self, order: ModelOrder) -> Fraction:
        return sum((trade.quantity for trade in self.trades if trade.order is order), ZERO)

    def left(self, order: ModelOrder) -> Fraction:
        return order.quantity - self.filled(order)

    def holdings(self, account: str) -> dict[str, Holding]:
        trades, held = self.worked_out.get(account, (0, {}))
        if trades == len(self.trades):
            return held
        held = {}
        for trade in self.trades:
            if trade.order.account == account:
                holding = held.setdefault(trade.order.symbol, Holding())
                holding.take(trade.order.sign * trade.quantity, trade.price)
        self.worked_out[account] = (len(self.trades), held)
        return held

    def balance(self, account: str) -> Fraction:
        spent = [
            trade.order.sign * trade.quantity * trade.price + trade.fee
            for trade in self.trades
            if trade.order.account == account
        ]
        return sum(self.paid[account], ZERO) - sum(spent, ZERO)

    def mark(self, symbol: str) -> Fraction:
        return self.marks.get(symbol, MARK[symbol[:3]])

    def fee(self, symbol: str, price: Fraction, quantity: Fraction) -> Fraction:
        return min(INDEX[symbol[:3]] * 24 / 100_000, price / 10) * quantity

    def margin(self, symbol: str, share: Fraction, least: Fraction) -> Fraction:
        index, strike = INDEX[symbol[:3]], F(symbol.split("-")[2])
        out = max(ZERO, strike - index if symbol.endswith("C") else index - strike)
        return max(share * index - out, least * index) + self.mark(symbol)

    def tied(self, account: str) -> Fraction:
        """What orders and short positions tie up: by symbol, as one sum."""
        total = ZERO
        held = self.holdings(account)
        pending = self.pending(account)
        for symbol in {*held, *(order.symbol for order in pending)}:
            quantity = held[symbol].quantity if symbol in held else ZERO
            buys = [o for o in pending if o.symbol == symbol and o.buys]
            sells = [o for o in pending if o.symbol == symbol and not o.buys]
            total += sum((self.left(o) * o.price for o in buys), ZERO)
            total += sum((self.fee(symbol, o.price, self.left(o)) for o in buys + sells), ZERO)
            to_sell = sum((self.left(o) for o in sells), ZERO)
            naked = max(ZERO, -quantity) + max(ZERO, to_sell - max(ZERO, quantity))
            total += naked * self.margin(symbol, F(15, 100), F(10, 100))
        return total

    # What is heard

    def tell(self, account: str, **event: Any) -> None:
        for owner, heard in self.ears.values():
            if owner == account:
                heard.append({"E": self.now, **event})

    def tell_of(
        self, order: ModelOrder, trade: ModelTrade | None = None, rp: Fraction = ZERO
    ) -> None:
        sizes = {True: ZERO, False: ZERO}
        for other in self.pending(order.account, order.symbol):
            sizes[other.buys] += self.left(other)
        self.tell(
            order.account,
            e="ORDER_TRADE_UPDATE",
            i=order.id,
            X=order.status,
            l=trade.quantity if trade else ZERO,
            z=self.filled(order),
            L=trade.price if trade else ZERO,
            n=-trade.fee if trade else ZERO,
            t=self.trades.index(trade) + 1 if trade else 0,
            rp=rp,
            b=sizes[True],
            a=sizes[False],
        )

    def tell_account(self, account: str) -> None:
        held = self.holdings(account)
        value = sum((each.quantity * self.mark(name) for name, each in held.items()), ZERO)
        cost = sum((each.cost for each in held.values()), ZERO)
        short = {name: -each.quantity for name, each in held.items() if each.quantity < 0}
        least = [size * self.margin(name, F(75, 1000), F(5, 100)) for name, size in short.items()]
        balance = self.balance(account)
        self.tell(
            account,
            e="ACCOUNT_UPDATE",
            eq=eighth(balance + value),
            b=eighth(balance),
            m=eighth(value),
            u=eighth(value - cost),
            i=eighth(self.tied(account)),
            M=eighth(sum(least, ZERO)),
        )

    def balance_changed(
        self, account: str, reason: str, symbol: str | None, change: Fraction = ZERO
    ) -> None:
        held = self.holdings(account)
        positions = []
        if symbol is not None:
            holding = held[symbol]
            value = eighth(holding.quantity * self.mark(symbol))
            positions = [(symbol, holding.quantity, value)]
        self.tell(
            account,
            e="BALANCE_POSITION_UPDATE",
            m=reason,
            b=eighth(self.balance(account)),
            bc=change,
            P=positions,
        )
        self.agenda.drop(self.ticks.pop(account, None))
        if any(each.quantity for each in held.values()):
            self.tick(account)
        else:
            self.tell_account(account)

    def tick(self, account: str) -> None:
        self.ticks[account] = self.agenda.add(self.now + TEN_SECONDS, lambda: self.tick(account))
        self.tell_account(account)

    # What happens

    def plan(self, quantity: Fraction) -> list[tuple[int, Fraction]]:
        kind, how = self.policy
        if kind == "at_once":
            part = F(int(quantity * how * 100), 100)
            return [(0, part)] if part else []
        if kind == "after":
            return [(int(how), quantity)]
        if kind == "in_parts":
            part = F(int(quantity * 100 / how), 100)
            parts = [(1003 * n, part) for n in range(1, int(how)) if part]
            return [*parts, (1003 * int(how), quantity - part * (int(how) - 1))]
        return []

    def place(
        self,
        account: str,
        symbol: str,
        *,
        buys: bool,
        quantity: Fraction,
        price: Fraction,
        force: str,
        reduces: bool,
        name: str | None,
    ) -> ModelOrder | int:
        """The order, or the code of the refusal."""
        if symbol.startswith("BTC") and (price / 5).denominator != 1:
            return -4029
        if self.run_out(account, symbol[:3]):
            return -2010
        if name is not None and any(o.name == name for o in self.pending(account)):
            return -6044
        if reduces:
            held = self.holdings(account).get(symbol, Holding()).quantity
            same = [o for o in self.pending(account, symbol) if o.buys == buys]
            ahead = sum((self.left(o) for o in same), ZERO)
            if (held >= 0 if buys else held <= 0) or ahead + quantity > abs(held):
                return -6045
        order = ModelOrder(
            FIRST_ID + len(self.orders),
            name,
            account,
            symbol,
            buys,
            quantity,
            price,
            reduces,
            self.now,
        )
        before = self.tied(account)
        self.orders.append(order)
        more = self.tied(account) - before
        self.orders.pop()
        if more > self.balance(account) - before and not reduces:
            return -2018 if buys else -2027
        plan = self.plan(quantity)
        now = sum((size for ms, size in plan if not ms), ZERO)
        if force == "FOK" and now < quantity:
            return -6046
        if force == "GTX" and now:
            return -6047
        self.orders.append(order)
        self.tell_of(order)
        for ms, size in plan:
            if not ms:
                self.fill_planned(order, size)
            elif force != "IOC":
                self.agenda.add(self.now + ms, partial(self.fill_planned, order, size))
        if force == "IOC" and order.status in PENDING:
            self.end(order, "EXPIRED")
        return order

    def fill_planned(self, order: ModelOrder, size: Fraction) -> None:
        if order.status in PENDING:
            size = min(size, self.left(order))
            self.fill(order, size, order.price, self.fee(order.symbol, order.price, size))

    def fill(self, order: ModelOrder, size: Fraction, price: Fraction, fee: Fraction) -> None:
        def realized() -> Fraction:
            return self.holdings(order.account).get(order.symbol, Holding()).realized

        before = realized()
        trade = ModelTrade(order, size, price, fee)
        self.trades.append(trade)
        order.status = "PARTIALLY_FILLED" if self.left(order) else "FILLED"
        self.marks[order.symbol] = price
        self.tell_of(order, trade, realized() - before)
        self.balance_changed(order.account, "ORDER", order.symbol)
        position = self.holdings(order.account)[order.symbol].quantity
        for other in self.pending(order.account, order.symbol):
            if other.reduces:
                size = self.left(other)
                if position * other.sign < 0 and size <= abs(position):
                    position += other.sign * size
                else:
                    self.end(other, "EXPIRED")

    def end(self, order: ModelOrder, status: str) -> None:
        order.status = status
        if status != "REJECTED":
            self.tell_of(order)

    def pay(self, account: str, amount: Fraction) -> None:
        self.paid[account].append(amount)
        self.balance_changed(account, "DEPOSIT" if amount > 0 else "WITHDRAW", None, amount)

    # Countdowns: length, and the number on the agenda, which is gone when it has run out

    def set_countdown(self, account: str, asset: str, ms: int) -> None:
        old = self.countdowns.pop((account, asset), None)
        self.agenda.drop(old[1] if old else None)
        if ms:
            self.countdowns[account, asset] = [ms, None]
            self.beat(account, asset)

    def beat(self, account: str, asset: str) -> bool:
        found = self.countdowns.get((account, asset))
        if found is None:
            return False
        self.agenda.drop(found[1])

        def over() -> None:
            found[1] = None
            for order in self.pending(account):
                if order.symbol.startswith(asset):
                    self.end(order, "CANCELED")

        assert found[0] is not None
        found[1] = self.agenda.add(self.now + found[0], over)
        return True

    def run_out(self, account: str, asset: str) -> bool:
        found = self.countdowns.get((account, asset))
        return found is not None and found[1] is None

    def advance(self, ms: int) -> None:
        end = self.now + ms
        while True:
            due = min((entry for entry in self.agenda.entries if entry[0] <= end), default=None)
            if due is None:
                break
            self.agenda.drop(due[1])
            self.now = due[0]
            due[2]()
        self.now = end
