"""The life of a listen key: started, kept alive, closed, expired to the millisecond.

An account has one for each of the exchange's products. Who may ask, and over which wire, is decided
elsewhere.
"""

from __future__ import annotations

from typing import Protocol

from .._products import OPTIONS, Product
from ._clock import Clock, Timer

__all__ = ["LISTEN_KEY_VALIDITY_MS", "Issuer", "ListenKey"]

#: A listen key lives for 60 minutes (Binance: Options, User Data Streams, "Start User Data
#: Stream").
LISTEN_KEY_VALIDITY_MS = OPTIONS.listen_key_validity_ms


class Issuer(Protocol):
    """Who makes listen keys up, and is told when one ends."""

    @property
    def clock(self) -> Clock:
        """What they live on."""

    def issue(self, listen_key: ListenKey, expires_ms: int) -> str:
        """A value that no listen key has had before, and which ends then if nobody renews it."""

    def expired(self, listen_key: ListenKey, value: str) -> None:
        """``value`` has run out, at this very millisecond."""

    def closed(self, listen_key: ListenKey, value: str) -> None:
        """``value`` was closed by a DELETE."""


class ListenKey:
    """The listen key that the account called ``account`` has, or can have, for ``product``.

    ``label`` is what it is called where people read of it.
    """

    def __init__(self, account: str, product: Product, label: str, issuer: Issuer) -> None:
        self.account = account
        self.product = product
        self.label = label
        self._issuer = issuer
        self._clock = issuer.clock
        self._value: str | None = None
        self._expires_ms = 0
        self._timer: Timer | None = None

    @property
    def value(self) -> str | None:
        """The active listen key, or None."""
        self._settle()
        return self._value

    @property
    def expires_ms(self) -> int | None:
        """The first millisecond, since the epoch, at which the active listen key is dead; None
        where there is none."""
        self._settle()
        return None if self._value is None else self._expires_ms

    def start(self) -> tuple[str, int]:
        """POST: the active listen key or a new one, valid from now for as long as the product says;
        and when it ends, in ms since the epoch."""
        self._settle()
        value = self._value
        self._expires_ms = self._clock.now_ms + self.product.listen_key_validity_ms
        if value is None:
            value = self._value = self._issuer.issue(self, self._expires_ms)
            self._timer = self._clock.call_at(self._expires_ms, self._settle)
        return value, self._expires_ms

    def keep_alive(self) -> tuple[str, int] | None:
        """PUT: as :meth:`start` for the active listen key; None where there is none."""
        now = self._clock.now_ms
        if now >= self._expires_ms:
            self._settle()
        if self._value is None:
            return None
        self._expires_ms = now + self.product.listen_key_validity_ms
        return self._value, self._expires_ms

    def close(self) -> bool:
        """DELETE: the active listen key is no more; False where there is none."""
        self._settle()
        value = self._forget()
        if value is not None:
            self._issuer.closed(self, value)
        return value is not None

    def expire(self) -> bool:
        """As when its time is over, though it isn't; False where there is no active listen key."""
        self._settle()
        value = self._forget()
        if value is not None:
            self._issuer.expired(self, value)
        return value is not None

    def reset(self) -> None:
        """As it was before the first :meth:`start`, and nobody is told."""
        self._forget()
        self._expires_ms = 0

    def _settle(self) -> None:
        # Runs when the timer falls due, and before every look at the key, so that nothing scheduled
        # for the same millisecond sees a key that is dead. A keepalive only moves _expires_ms: the
        # timer finds out here, and goes back to sleep.
        value = self._value
        if value is None:
            return
        if self._clock.now_ms < self._expires_ms:
            if self._timer is None or not self._timer.active:
                self._timer = self._clock.call_at(self._expires_ms, self._settle)
            return
        self._forget()
        self._issuer.expired(self, value)

    def _forget(self) -> str | None:
        value, self._value = self._value, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return value

    def __repr__(self) -> str:
        return f"<ListenKey of {self.account}, {self.label}: {'active' if self.value else 'none'}>"
