"""The simulated exchange: what Binance's Options REST API and user data streams do, on a clock that
you turn.

No I/O, no real time, no ambient randomness. Start with :class:`Exchange`; ``events`` builds what
its streams send.
"""

from __future__ import annotations

from ._accounts import Account
from ._clock import DEFAULT_START, Clock, Timer
from ._exchange import Exchange
from ._faults import Fault, Faults
from ._journal import Entry, Journal
from ._limits import Limits
from ._listen_key import LISTEN_KEY_VALIDITY_MS
from ._signatures import ApiKey

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
