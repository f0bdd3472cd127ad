"""The search for the day that breaks a bot, counted: how many days it takes, and what is left of the
day when it is made short."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings

from pytest_binance_options import World
from pytest_binance_options.bad_days import BadDay, Life, bad_days, live
from pytest_binance_options.errors import InvariantError

__all__ = ["MOST", "Found", "find"]

#: As many days at most.
MOST = 200


@dataclass
class Found:
    """What a search has found: on the ``days``-th day an invariant was ``broken``, after so many
    ``seconds``; ``shortest`` is the day that was left, after ``tried`` lives."""

    days: int = 0
    broken: str = ""
    seconds: float = 0.0
    shortest: BadDay | None = None
    tried: int = 0
    in_all: float = 0.0


def find(
    bot: Callable[[World], Awaitable[None]],
    invariants: Iterable[object],
    *,
    number: int,
    hours: float = 24,
    kinds: Collection[str] | None = None,
    most: int = MOST,
    shrink: bool = True,
) -> Found | None:
    """Search with the seed ``number`` among ``most`` days; None: the bot got over all of them."""
    found = Found()
    began = time.process_time()

    @seed(number)
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
    )
    @given(bad_days(hours, kinds=kinds))
    def search(day: BadDay) -> None:
        found.tried += 1
        life: Life = live(day, bot, invariants=invariants)  # type: ignore[arg-type]
        if life.broken:
            if not found.days:
                found.days = found.tried
                found.seconds = time.process_time() - began
            found.broken = life.broken[0].name
            found.shortest = day
            life.check()

    try:
        search()
    except InvariantError:
        found.in_all = time.process_time() - began
        return found
    return None
