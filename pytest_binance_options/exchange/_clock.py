"""The one clock everything hangs on: it moves only when told to, and what falls due happens on the
way.

Listen keys, bans, pings and connections schedule themselves here; nothing in the exchange reads
real time.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import NoReturn

from .._checks import shown, wrong
from ..errors import UsageError

__all__ = ["DEFAULT_START", "Clock", "Timer", "instant"]

#: The time at which an exchange begins that is told no other.
DEFAULT_START = datetime(2026, 1, 1, tzinfo=timezone.utc)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
_LAST_MS = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // _MILLISECOND


def _in_range(ms: int) -> int:
    if ms > _LAST_MS:
        raise UsageError("The clock can't be advanced past the year 9999.")
    return ms


def _without_unit(*given: object) -> UsageError:
    (first, *_) = given
    example = first if isinstance(first, int | float) else 60
    return UsageError(
        f"advance({', '.join(map(shown, given))}) doesn't say in which unit. Name it, as in"
        f" advance(seconds={example}): days, hours, minutes, seconds and milliseconds, which are"
        " added up."
    )


def instant(ms: int) -> datetime:
    """``ms`` since the epoch as an aware datetime in UTC, or the last one there is."""
    return _EPOCH + timedelta(milliseconds=min(ms, _LAST_MS))


class Timer:
    """Something that falls due: what :meth:`Clock.call_at` returns."""

    __slots__ = ("_callback", "when_ms")

    def __init__(self, when_ms: int, callback: Callable[[], object]) -> None:
        self.when_ms = when_ms
        self._callback: Callable[[], object] | None = callback

    @property
    def active(self) -> bool:
        """Whether this is still to come: neither run nor cancelled."""
        return self._callback is not None

    def cancel(self) -> None:
        """Make sure that this never runs; harmless where it has run, or was cancelled before."""
        self._callback = None


class Clock:
    """Time in whole milliseconds since the epoch, standing still between two calls of
    :meth:`advance`.

    ``start`` is an aware datetime from 1970 on; what is finer than a millisecond is cut off.
    ``lock`` is taken while time moves: the exchange passes its own.
    """

    def __init__(
        self, start: datetime = DEFAULT_START, *, lock: threading.RLock | None = None
    ) -> None:
        if start.tzinfo is None:
            raise UsageError(
                f"start={start!r} has no time zone. Give an aware datetime, as in datetime(2026, 1,"
                " 1, tzinfo=timezone.utc)."
            )
        if start < _EPOCH:
            raise UsageError(
                f"start={start.isoformat()} is before 1970. The exchange counts the milliseconds"
                " since then."
            )
        self._start_ms = (start - _EPOCH) // _MILLISECOND
        self._lock = lock if lock is not None else threading.RLock()
        # As tuples, which a heap can compare in no time: when, in which order, what.
        self._timers: list[tuple[int, int, Timer]] = []
        self._order = 0
        #: Milliseconds since the epoch. Read it; only :meth:`advance` moves it.
        self.now_ms = self._start_ms
        #: Where others live by this clock, what lets them live through the time up to then (ms
        #: since the epoch), in place of :meth:`advance`.
        self.live_until: Callable[[int], object] | None = None
        #: Told by how many ms a test moves the clock on, just before it does.
        self.on_advance: Callable[[int], object] | None = None

    @property
    def now(self) -> datetime:
        """The time as an aware datetime in UTC."""
        return instant(self.now_ms)

    def call_at(self, when_ms: int, callback: Callable[[], object]) -> Timer:
        """Have ``callback`` called when the clock comes to ``when_ms``; the timer returned can
        cancel it.

        A time that has passed already means: first thing in the next :meth:`advance`. Callbacks for
        the same millisecond run in the order in which they were asked for.
        """
        timer = Timer(when_ms, callback)
        with self._lock:
            self._order += 1
            heapq.heappush(self._timers, (when_ms, self._order, timer))
        return timer

    def call_again(self, timer: Timer, when_ms: int, callback: Callable[[], object]) -> None:
        """As :meth:`call_at`, with a ``timer`` that has run: it is called, and this calls it, with
        the clock's lock held."""
        timer.when_ms, timer._callback = when_ms, callback  # noqa: SLF001  nobody else's
        self._order += 1
        heapq.heappush(self._timers, (when_ms, self._order, timer))

    def advance(
        self,
        *unnamed: NoReturn,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Move on by the sum of the arguments, rounded to a millisecond. Each is named.

        Returns when everything that falls due in between, the last moment included, has happened,
        in order and each with :attr:`now` at its own time. Raises UsageError for a time that is
        negative, not a number, without a unit, or leads past the year 9999.
        """
        if unnamed:
            raise _without_unit(*unnamed)
        parts = {
            "days": (days, 86_400_000),
            "hours": (hours, 3_600_000),
            "minutes": (minutes, 60_000),
            "seconds": (seconds, 1_000),
            "milliseconds": (milliseconds, 1),
        }
        for name, (value, _) in parts.items():
            if not hasattr(value, "__float__"):
                raise wrong(name, value, "a number from 0 up")
        total = sum(value * size for value, size in parts.values())
        if not math.isfinite(total) or total < 0:
            raise UsageError(
                f"The clock can't be advanced by {total:g} ms: it only moves forward, by a number"
                " from 0 up."
            )
        when_ms = _in_range(self.now_ms + round(total))
        if self.on_advance is not None:
            self.on_advance(round(total))
        if self.live_until is None:
            self.skip(round(total))
        else:
            self.live_until(when_ms)

    def skip(self, ms: int) -> None:
        """As :meth:`advance`, for the exchange alone: whoever else lives by this clock finds that
        so much time has gone by."""
        with self._lock:
            self._run_until(_in_range(self.now_ms + ms))

    @property
    def due_ms(self) -> int | None:
        """When the next thing falls due, in ms since the epoch; None: nothing does."""
        with self._lock:
            return self._due_ms()

    def _due_ms(self) -> int | None:
        timers = self._timers
        while timers and timers[0][2]._callback is None:  # noqa: SLF001  asked at each step
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def skip_to(self, when_ms: int) -> None:
        """As :meth:`skip`, to that moment, in ms since the epoch; one that has passed stays so."""
        with self._lock:
            self._run_until(when_ms)

    def skip_to_next(self, deadline_ms: int | None, last_ms: int) -> bool:
        """As ``skip_to``, to the next moment at which something is due, or to ``deadline_ms``
        where that comes first; False: there is none up to ``last_ms``."""
        with self._lock:
            due_ms = self._due_ms()
            if due_ms is None or (deadline_ms is not None and deadline_ms < due_ms):
                due_ms = deadline_ms
            if due_ms is None or due_ms > last_ms:
                return False
            self._run_until(due_ms)
            return True

    def _run_until(self, end_ms: int) -> None:
        timers = self._timers
        while timers and timers[0][0] <= end_ms:
            when_ms, _, timer = heapq.heappop(timers)
            callback, timer._callback = timer._callback, None  # noqa: SLF001  asked at each step
            if callback is None:
                continue
            # A callback may itself have moved the clock: it never goes back.
            if when_ms > self.now_ms:
                self.now_ms = when_ms
            callback()
        if end_ms > self.now_ms:
            self.now_ms = end_ms

    def reset(self) -> None:
        """Back to the start, with nothing to come."""
        with self._lock:
            for _, _, timer in self._timers:
                timer.cancel()
            self._timers.clear()
            self.now_ms = self._start_ms

    def __repr__(self) -> str:
        return f"<Clock {self.now.isoformat(sep=' ', timespec='milliseconds')}>"
