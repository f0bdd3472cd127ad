"""When orders are filled by themselves: how much of each, and how long after it was placed.

The policies that a test chooses from are made by :mod:`pytest_binance_options.exchange.fills`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .order import Order

__all__ = ["FillPolicy", "Plan"]

Plan = list[tuple[int, Decimal]]
"""After how many ms each, in order, which quantity; 0 ms: as the order is placed."""


@dataclass(frozen=True, slots=True)
class FillPolicy:
    """What becomes of an order that is placed: ``plan`` says it; ``said`` is how the policy was
    asked for."""

    said: str
    plan: Callable[[Order], Plan]

    def __repr__(self) -> str:
        return f"fills.{self.said}"
