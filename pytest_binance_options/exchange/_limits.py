"""Request weight, 429 and 418: who has sent how much in the current minute, and who is banned until
when.

Counted by client address, never by API key (Binance: Options, General Info, "LIMITS").
"""

from __future__ import annotations

from typing import Protocol

from .._checks import number
from ._clock import Clock
from ._rejections import Rejection

__all__ = ["Limits", "Usage", "Weighted"]

MINUTE_MS = 60_000
FIRST_BAN_MS = 2 * MINUTE_MS
LONGEST_BAN_MS = 3 * 24 * 60 * MINUTE_MS


class Weighted(Protocol):
    """What a request can be for."""

    @property
    def weight(self) -> int:
        """What such a request weighs."""


class Usage:
    """What one address has used. Times are milliseconds since the epoch."""

    __slots__ = ("banned_until_ms", "bans", "minute", "refusal", "refused", "used")

    def __init__(self) -> None:
        self.minute = -1
        #: The weight used in the calendar minute ``minute``, refused requests included.
        self.used = 0
        #: How many requests of this minute met a 429.
        self.refused = 0
        self.bans = 0
        self.banned_until_ms = 0
        #: The answer to the latest request, where it was refused.
        self.refusal: Rejection | None = None


class Limits:
    """The exchange's limits; each can be set. By default as Binance says, and where it says nothing
    as follows.

    ``weight_per_minute`` is 2,400. ``requests_after_429`` (10) is how many further requests in the
    same minute meet a 429 before the next one brings a ban; ``ban_growth`` (2) is how much longer
    each ban is than the one before, from 2 minutes up to 3 days.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._usages: dict[str, Usage] = {}
        self.restore_defaults()

    def restore_defaults(self) -> None:
        """Undo what was set. What was used stays used, and who is banned stays banned."""
        self.weight_per_minute = 2_400
        self.requests_after_429 = 10
        self.ban_growth = 2.0

    def charge(self, client: str, endpoint: Weighted | None) -> Usage:
        """Count a request from ``client`` to ``endpoint``; the usage returned has a ``refusal``
        where it went too far.

        What is no endpoint weighs 1: Binance doesn't say.
        """
        usage = self._current(client)
        now = self._clock.now_ms
        if now < usage.banned_until_ms:
            usage.refusal = self._ban_notice(usage)
            return usage
        usage.used += 1 if endpoint is None else endpoint.weight
        usage.refusal = self._refuse(usage) if usage.used > self.weight_per_minute else None
        return usage

    def used_weight(self, client: str) -> int:
        """The weight that ``client`` has used in the current minute."""
        return self._current(client).used

    def banned_until(self, client: str) -> int | None:
        """When the ban of ``client`` ends, in ms since the epoch; None where there is no ban
        now."""
        until = self._current(client).banned_until_ms
        return until if until > self._clock.now_ms else None

    def ban(self, client: str = "127.0.0.1", seconds: float = FIRST_BAN_MS / 1000) -> int:
        """Ban ``client`` for ``seconds`` (up to 3 days) from now; returns when that ends, in ms
        since the epoch. Raises UsageError for a time out of range."""
        length = number("seconds", seconds, 0, LONGEST_BAN_MS // 1000, above=True)
        usage = self._current(client)
        usage.bans += 1
        usage.banned_until_ms = self._clock.now_ms + round(length * 1000)
        return usage.banned_until_ms

    def exhaust(self, client: str = "127.0.0.1") -> None:
        """Use up what ``client`` may use in the current minute: its next request meets a 429."""
        usage = self._current(client)
        usage.used = max(usage.used, self.weight_per_minute)

    def _current(self, client: str) -> Usage:
        usage = self._usages.get(client)
        if usage is None:
            usage = self._usages[client] = Usage()
        minute = self._clock.now_ms // MINUTE_MS
        if usage.minute != minute:
            usage.minute = minute
            usage.used = usage.refused = 0
        return usage

    def _refuse(self, usage: Usage) -> Rejection:
        if usage.refused > self.requests_after_429:
            usage.banned_until_ms = self._clock.now_ms + self._next_ban_ms(usage.bans)
            usage.bans += 1
            return self._ban_notice(usage)
        usage.refused += 1
        # The texts are those of Binance: Options, Error Code, -1008; how the second one goes on is
        # from USD-M's -1003.
        return Rejection(
            429,
            -1008,
            "Too much request weight used; current limit is"
            f" {self.weight_per_minute} request weight per 1 MINUTE. Please use the websocket for"
            " live updates to avoid polling the API.",
            self._retry_after((usage.minute + 1) * MINUTE_MS),
        )

    def _next_ban_ms(self, earlier_bans: int) -> int:
        length: float = FIRST_BAN_MS
        for _ in range(earlier_bans):
            length *= self.ban_growth
            if length >= LONGEST_BAN_MS:
                return LONGEST_BAN_MS
        return round(length)

    def _ban_notice(self, usage: Usage) -> Rejection:
        return Rejection(
            418,
            -1008,
            f"Way too much request weight used; IP banned until {usage.banned_until_ms}. "
            "Please use the websocket for live updates to avoid bans.",
            self._retry_after(usage.banned_until_ms),
        )

    def _retry_after(self, until_ms: int) -> dict[str, str]:
        # Rounded up: who waits that long is never early.
        return {"Retry-After": str(-(-(until_ms - self._clock.now_ms) // 1000))}

    def state(self) -> dict[str, dict[str, int | None]]:
        """By client address: the weight used in this minute, and when its ban ends (ms since the
        epoch)."""
        return {
            client: {
                "usedWeight": self.used_weight(client),
                "bannedUntil": self.banned_until(client),
            }
            for client in self._usages
        }

    def reset(self) -> None:
        """Nothing used, nobody banned, and the defaults."""
        self._usages.clear()
        self.restore_defaults()

    def __repr__(self) -> str:
        return f"<Limits {self.weight_per_minute} a minute, clients seen: {len(self._usages)}>"
