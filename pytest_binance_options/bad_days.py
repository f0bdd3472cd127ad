"""The search for the day that breaks a bot: days as values, a bot's life through one, and what
should hold on any.

Days and lives need nothing but the core; :func:`bad_days`, which draws days, needs Hypothesis: the
extra ``explore``.
"""

from __future__ import annotations

from ._days.day import BadDay
from ._days.invariants import (
    INVARIANTS,
    Alive,
    EventsHeard,
    LiveKey,
    NoRequestDuringBan,
    OneStream,
)
from ._days.life import Broken, Invariant, Life
from ._days.search import EXCLUDED, KINDS, bad_days
from ._days.stage import Struck
from ._days.trouble import Trouble
from ._days.troubles import (
    Ban,
    EventTrouble,
    HandshakesRefused,
    OrderFilled,
    RequestFault,
    Scenario,
)
from ._world.life import live

__all__ = [
    "EXCLUDED",
    "INVARIANTS",
    "KINDS",
    "Alive",
    "BadDay",
    "Ban",
    "Broken",
    "EventTrouble",
    "EventsHeard",
    "HandshakesRefused",
    "Invariant",
    "Life",
    "LiveKey",
    "NoRequestDuringBan",
    "OneStream",
    "OrderFilled",
    "RequestFault",
    "Scenario",
    "Struck",
    "Trouble",
    "bad_days",
    "live",
]
