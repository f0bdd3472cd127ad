"""What the journal has of listen keys: when each was made, and how it ended.

That one was renewed needs no note: it is in the request that did it.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from ._accounts import Accounts
from ._clock import Clock
from ._journal import Journal
from ._listen_key import ListenKey
from ._notes import KeyNote

__all__ = ["KeyRecord"]


class KeyRecord:
    """Writes into ``journal`` what becomes of listen keys, at the time of ``clock``."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def follow(self, accounts: Accounts) -> None:
        """Do so for those of ``accounts``, from now on."""
        accounts.on_made.append(self._made)
        accounts.on_expired.append(partial(self._ended, "expired"))
        accounts.on_closed.append(partial(self._ended, "closed"))

    def _made(self, listen_key: ListenKey, until_ms: int) -> None:
        self._journal.write(
            KeyNote(self._clock.now_ms, listen_key.account, listen_key.label, "made", until_ms)
        )

    def _ended(self, how: Literal["expired", "closed"], listen_key: ListenKey, _value: str) -> None:
        self._journal.write(KeyNote(self._clock.now_ms, listen_key.account, listen_key.label, how))
