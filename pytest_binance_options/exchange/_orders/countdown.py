"""The countdowns that cancel all orders on an underlying unless a heartbeat comes (Binance:
Options, Market Maker Endpoints, "Set Auto-Cancel All Open Orders (Kill-Switch) Config").

When one has run out, new orders on that underlying are refused with -2010, until there is a
heartbeat or the countdown is set to 0: that page, of January 2026, says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .._clock import Clock, Timer

__all__ = ["LEAST_MS", "Countdowns"]

#: The shortest countdown there can be.
LEAST_MS = 5_000


class _Countdown:
    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self.timer: Timer | None = None


class Countdowns:
    """Those of all accounts. ``run_out`` is called with the account's name and the underlying."""

    def __init__(self, clock: Clock, run_out: Callable[[str, str], object]) -> None:
        self._clock = clock
        self._run_out = run_out
        self._running: dict[tuple[str, str], _Countdown] = {}

    def set(self, account: str, underlying: str, length_ms: int) -> None:
        """Have the countdown begin, of so many ms (0: have none)."""
        old = self._running.pop((account, underlying), None)
        if old is not None and old.timer is not None:
            old.timer.cancel()
        if length_ms:
            self._running[account, underlying] = _Countdown(length_ms)
            self.beat(account, underlying)

    def beat(self, account: str, underlying: str) -> bool:
        """A heartbeat: the countdown begins anew. False where there is none."""
        countdown = self._running.get((account, underlying))
        if countdown is None:
            return False
        if countdown.timer is not None:
            countdown.timer.cancel()
        countdown.timer = self._clock.call_at(
            self._clock.now_ms + countdown.length_ms, partial(self._run_out, account, underlying)
        )
        return True

    def stopped(self, account: str, underlying: str) -> bool:
        """Whether it has run out, and neither a heartbeat nor another countdown came since."""
        countdown = self._running.get((account, underlying))
        return countdown is not None and countdown.timer is not None and not countdown.timer.active

    def of(self, account: str) -> list[tuple[str, int]]:
        """The account's: underlying and length in ms, in the order in which they were set."""
        return [
            (underlying, countdown.length_ms)
            for (owner, underlying), countdown in self._running.items()
            if owner == account
        ]

    def reset(self) -> None:
        """There are none."""
        for countdown in self._running.values():
            if countdown.timer is not None:
                countdown.timer.cancel()
        self._running.clear()
