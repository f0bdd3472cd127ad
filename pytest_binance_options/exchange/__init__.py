"""The simulated exchange: what Binance's Options REST API and user data streams do, on a clock that
you turn.

No I/O, no real time, no ambient randomness. Start with :class:`Exchange`; ``events`` builds what
its streams send.
"""

from __future__ import annotations

from .accounts import LISTEN_KEY_VALIDITY_MS, Account, ApiKey
from .clock import DEFAULT_START, Clock, Timer
from .exchange import Exchange
from .faults import Fault, Faults
from .journal import Entry, Journal
from .limits import Limits

__all__ = [
    "DEFAULT_START",
    "LISTEN_KEY_VALIDITY_MS",
    "Account",
    "ApiKey",
    "Clock",
    "Entry",
    "Exchange",
    "Fault",
    "Faults",
    "Journal",
    "Limits",
    "Timer",
]
