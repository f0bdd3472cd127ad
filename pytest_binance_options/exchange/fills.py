"""When the orders of an exchange are filled: at once, in parts, after a while, never::

    exchange.fills = fills.in_parts(3, every=10)

Each order is filled at its own price, from then on; whoever wants another one fills it himself,
with ``exchange.fill(order, price=...)``. There is no market that would.
"""

from __future__ import annotations

from decimal import Decimal

from .._checks import number, whole, wrong
from ._event_fields import Amount, amount
from ._orders.amounts import ZERO, exactly, floored
from ._orders.order import Order
from ._orders.policy import FillPolicy, Plan

__all__ = ["FillPolicy", "after", "at_once", "in_parts", "never"]

_LONGEST = 10**9  # s; some thirty years


def never() -> FillPolicy:
    """No order is filled by itself. An IOC order expires as it is placed, a FOK order is refused
    (-6046)."""
    return FillPolicy("never()", lambda order: [])


def at_once(part: Amount = 1) -> FillPolicy:
    """Each order is filled as it is placed, as a taker: all of it, or that ``part`` of it (above 0,
    up to 1, rounded down to what the symbol's quantities can be). The rest stays open, or expires
    where the order is IOC; a FOK order that isn't filled whole is refused (-6046), a GTX or
    post-only one that is filled at all, too (-6047). Raises UsageError for another part."""
    share = Decimal(amount("part", part))
    if not 0 < share <= 1:
        raise wrong("part", part, 'a decimal above 0, up to 1, as in "0.5"')

    def plan(order: Order) -> Plan:
        with exactly():
            return _whole(order, [(0, order.quantity * share)])

    return FillPolicy("at_once()" if share == 1 else f'at_once("{share}")', plan)


def after(seconds: float) -> FillPolicy:
    """Each order is filled ``seconds`` after it was placed, on the exchange's clock, where it is
    still open. Raises UsageError for a time that is no number above 0."""
    ms = _ms("seconds", seconds)
    return FillPolicy(f"after({seconds:g})", lambda order: [(ms, order.quantity)])


def in_parts(parts: int, *, every: float = 1) -> FillPolicy:
    """Each order is filled in so many ``parts`` (2 to 1,000), ``every`` so many seconds on the
    exchange's clock, the first after as many: equal ones, as far as the symbol's quantities can be
    so, and the last is the rest. Raises UsageError for a number out of range."""
    whole("parts", parts, 2, 1000)
    ms = _ms("every", every)

    def plan(order: Order) -> Plan:
        with exactly():
            part = floored(order.quantity / parts, order.symbol.quantity_precision)
            last = order.quantity - part * (parts - 1)
        planned = [(ms * n, part) for n in range(1, parts)]
        return [*(each for each in planned if each[1] > ZERO), (ms * parts, last)]

    return FillPolicy(f"in_parts({parts}, every={every:g})", plan)


def _whole(order: Order, plan: Plan) -> Plan:
    """``plan``, in quantities that there can be."""
    precision = order.symbol.quantity_precision
    rounded = [(ms, floored(quantity, precision)) for ms, quantity in plan]
    return [(ms, quantity) for ms, quantity in rounded if quantity > ZERO]


def _ms(name: str, seconds: float) -> int:
    return max(1, round(number(name, seconds, 0, _LONGEST, above=True) * 1000))
