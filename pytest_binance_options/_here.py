"""Who a thread is, where it lives by another clock than the machine's: a slot, empty in all others.

What fills it is :mod:`pytest_binance_options._time`'s; what has to step out for a while is
anybody's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Participant", "here", "outside"]


class Participant(Protocol):
    """Who lives by another clock."""

    def wait_until(self, come: Callable[[], bool], seconds: float) -> bool:
        """Wait until ``come`` says that it has come, for at most so many seconds on that clock;
        whether it has."""


class _Here(threading.local):
    participant: Participant | None = None


here = _Here()
"""This thread's own."""


@contextmanager
def outside() -> Iterator[None]:
    """What this thread does in here is real: it waits for what takes real time, and the clock that
    it lives by waits for it."""
    before, here.participant = here.participant, None
    try:
        yield
    finally:
        here.participant = before
