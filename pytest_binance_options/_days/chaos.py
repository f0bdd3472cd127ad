"""A bad day for a test that asked for none, drawn from a seed and the test's name."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from .day import BadDay
from .search import bad_days

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["day_of"]

#: A test lives for a moment, for an hour or for a day, and what comes later never comes.
_HOURS = (0.02, 1, 24)
#: So many are drawn, and the last one is taken: the first is the simplest there is.
_DRAWN = 4


@cache
def _days() -> SearchStrategy[BadDay]:
    days = [bad_days(hours) for hours in _HOURS]

    from hypothesis import strategies

    chosen = strategies.sampled_from(days).flatmap(lambda chosen: chosen)
    return chosen.filter(lambda day: bool(day.troubles))


def day_of(seed: int, test: str) -> BadDay:
    """The bad day of ``test``, the same one for the same ``seed`` and version of Hypothesis; only
    what goes wrong, and no orders of another hand. Raises UsageError where there is no
    Hypothesis."""
    days = _days()

    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded

    drawn: list[BadDay] = []

    # Nothing of the user's profile is for this.
    @seeded(int.from_bytes(hashlib.sha256(f"{seed} {test}".encode()).digest()[:8], "big"))
    @settings(
        max_examples=_DRAWN,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(days)
    def draw(day: BadDay) -> None:
        drawn.append(day)

    draw()
    day = drawn[-1]
    return BadDay(*day.troubles, hours=day.hours, orders_every=0)
