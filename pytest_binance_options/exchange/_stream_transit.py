"""What becomes of an account's events between the exchange and those who listen: some are lost,
some are late, one is overtaken by the next.

To whom an event goes is decided in :mod:`pytest_binance_options.exchange._stream_hub`.
"""

from __future__ import annotations

from collections.abc import Callable

from ._clock import Clock, Timer
from ._event_values import Event

__all__ = ["Transit"]

Deliver = Callable[[Event], int]


class _Held:
    """An event that is to be overtaken: awaited, and then on its way. ``deliver`` delivers it."""

    def __init__(self, longest_ms: int) -> None:
        self.longest_ms = longest_ms
        self.at_ms = 0
        self.deliver: Callable[[], int] | None = None
        self.timer: Timer | None = None


class _Late:
    """Events that are under way for longer, each as what delivers it."""

    def __init__(self) -> None:
        self.deliveries: list[Callable[[], int]] = []
        self.timer: Timer | None = None


class Transit:
    """The way of all events, by account. ``lost`` is told of those that are lost, and of whose they
    were."""

    def __init__(self, clock: Clock, lost: Callable[[Event, str], object]) -> None:
        self._clock = clock
        self._lost = lost
        self._to_lose: dict[str, int] = {}
        self._held: dict[str, _Held] = {}
        self._to_delay: dict[str, int] = {}
        self._late: dict[str, _Late] = {}

    def lose(self, account: str, times: int) -> None:
        """Have the next ``times`` events of ``account`` lost."""
        self._to_lose[account] = times

    def hold(self, account: str, longest_ms: int) -> None:
        """Have the next event of ``account`` arrive after the one that follows it, or when
        ``longest_ms`` are over; one that is held already stays so."""
        held = self._held.get(account)
        if held is None or held.deliver is None:
            self._held[account] = _Held(longest_ms)

    def delay(self, account: str, late_ms: int) -> None:
        """Have the next event of ``account``, and those that follow it within ``late_ms``, arrive
        when these are over."""
        self._to_delay[account] = late_ms

    def carry(
        self, event: Event, account: str, now_ms: int, key: str, bound_for: int, deliver: Deliver
    ) -> int:
        """Have ``event``, which happens at ``now_ms`` and is ``bound_for`` so many connections that
        have the listen key ``key``, go its way; ``deliver`` is the end of it. Gives how many
        connections get it."""
        if self._to_lose.get(account):
            self._to_lose[account] -= 1
            self._lost(event, account)
            return 0
        late_ms = self._to_delay.pop(account, None)
        if late_ms is not None and account not in self._late:
            self._late[account] = late = _Late()
            late.timer = self._clock.call_at(
                self._clock.now_ms + late_ms, lambda: self._arrive(account)
            )
        if account in self._late:
            as_it_was = Event(event.type, event.at(now_ms, key), verbatim=True)
            self._late[account].deliveries.append(lambda: deliver(as_it_was))
            return bound_for
        held = self._held.get(account)
        if held is None:
            return deliver(event)
        if held.deliver is None:
            # As it was when it happened: its time is the earlier one.
            then = Event(event.type, event.at(now_ms, key), verbatim=True)
            held.at_ms = now_ms
            held.deliver = lambda: deliver(then)
            held.timer = self._clock.call_at(
                self._clock.now_ms + held.longest_ms, lambda: self._let_go(account)
            )
            return bound_for
        # The clock may stand still, and a later one is later.
        later = event.at(max(now_ms, held.at_ms + 1), key)
        reached = deliver(Event(event.type, later, verbatim=True))
        self._let_go(account)
        return reached

    def _let_go(self, account: str) -> None:
        held = self._held.pop(account, None)
        if held is not None and held.deliver is not None and held.timer is not None:
            held.timer.cancel()
            held.deliver()

    def _arrive(self, account: str) -> None:
        late = self._late.pop(account, None)
        for deliver in [] if late is None else late.deliveries:
            deliver()

    def reset(self) -> None:
        """Nothing is lost, late or held any more; what was on its way never arrives."""
        for late in self._late.values():
            if late.timer is not None:
                late.timer.cancel()
        self._late.clear()
        self._to_delay.clear()
        for held in self._held.values():
            if held.timer is not None:
                held.timer.cancel()
        self._held.clear()
        self._to_lose.clear()
