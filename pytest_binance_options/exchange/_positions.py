"""Positions that are held: while there is one, its account is told how it stands every ten seconds.

Source: Binance, Options, User Data Streams, "Event: Account data": sent when there was a deposit, a
withdrawal or a change of position, and every 10 s while there is a position.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ._clock import Clock, Timer
from ._event_values import Event

__all__ = ["Positions"]

_EVERY_MS = 10_000


class Positions:
    """Who holds a position, by the account's name. ``emit`` sends an event to that account, and
    ``anybody_listens`` tells whether that can be of use."""

    def __init__(
        self,
        clock: Clock,
        emit: Callable[[Event, str], object],
        anybody_listens: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._anybody_listens = anybody_listens
        self._held: dict[str, Timer] = {}

    def hold(self, account: str, update: Event | Callable[[], Event]) -> None:
        """``account`` holds a position from now on, of which ``update`` tells, or what that gives
        each time; one that it held before has changed."""
        self._forget(account)
        self._tell(account, update, first=True)

    def drop(self, account: str, update: Event) -> bool:
        """``account`` holds none any more, of which ``update`` tells; nothing happens where it held
        none, and this is False."""
        held = self._forget(account)
        if held:
            self._emit(update, account)
        return held

    def reset(self) -> None:
        """Nobody holds a position, and nobody is told."""
        for account in list(self._held):
            self._forget(account)

    def _tell(
        self, account: str, update: Event | Callable[[], Event], *, first: bool = False
    ) -> None:
        # Before the event: whoever hears it may drop the position.
        self._held[account] = self._clock.call_at(
            self._clock.now_ms + _EVERY_MS, partial(self._tell, account, update)
        )
        if isinstance(update, Event):
            self._emit(update, account)
        elif first or self._anybody_listens():
            # A month has 260,000 of them: they are not made for nobody.
            self._emit(update(), account)

    def _forget(self, account: str) -> bool:
        timer = self._held.pop(account, None)
        if timer is not None:
            timer.cancel()
        return timer is not None
