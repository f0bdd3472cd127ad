"""Who a thread is, where it lives by another clock than the machine's: a slot, empty in all others.

What fills it is :mod:`pytest_binance_options._time`'s; what has to step out for a while is
anybody's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["here", "outside"]


class _Here(threading.local):
    participant: object = None


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
