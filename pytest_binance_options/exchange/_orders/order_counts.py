"""How many orders an account has placed lately, and how many it may (exchangeInfo's rate limits of
type ORDERS; Binance: Options, General Info, "Order Rate Limits": counted by account)."""

from __future__ import annotations

from dataclasses import dataclass

from .._clock import Clock
from .._market import ORDER_LIMITS
from .._rejections import Rejection
from .rejections import too_many_orders

__all__ = ["OrderCounts"]


@dataclass(frozen=True, slots=True)
class _Window:
    """Intervals are those of the calendar, as with weights."""

    letters: str
    said: str
    limit: int
    length_ms: int


_LENGTHS_MS = {"SECOND": 1_000, "MINUTE": 60_000}
_WINDOWS = tuple(
    _Window(f"{many}{interval[0]}", f"{many} {interval}", limit, many * _LENGTHS_MS[interval])
    for interval, many, limit in reversed(ORDER_LIMITS)
)


class OrderCounts:
    """The counts of all accounts. ``limits`` are by the interval's name, as in the header, and can
    be set: 300 in "10S", 1,200 in "1M"."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._placed: dict[tuple[str, str], tuple[int, int]] = {}
        self.reset()

    def refuse(self, account: str) -> Rejection | None:
        """The answer to ``account``, which wants to place one more; None where it may."""
        for window in _WINDOWS:
            limit = self.limits[window.letters]
            if self._count(account, window) >= limit:
                return too_many_orders(limit, window.said)
        return None

    def add(self, account: str) -> None:
        """``account`` has placed one."""
        for window in _WINDOWS:
            now = self._clock.now_ms // window.length_ms
            count = self._count(account, window) + 1
            self._placed[account, window.letters] = (now, count)

    def headers(self, account: str) -> tuple[tuple[str, str], ...]:
        """What an answer to an order of ``account`` says about it."""
        return tuple(
            (f"X-MBX-ORDER-COUNT-{window.letters}", str(self._count(account, window)))
            for window in _WINDOWS
        )

    def _count(self, account: str, window: _Window) -> int:
        since, count = self._placed.get((account, window.letters), (-1, 0))
        return count if since == self._clock.now_ms // window.length_ms else 0

    def reset(self) -> None:
        """Nobody has placed an order, and the limits are as at first."""
        self._placed.clear()
        self.limits = {window.letters: window.limit for window in _WINDOWS}
