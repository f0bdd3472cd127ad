"""How many bot-days of 24 hours one core lives in a second, with a stream: `make bench-more`.

The bot is examples/bot.py. Each day is lived with ``live`` and held against all invariants, in one
process. An ordinary day has a stream with 480 pings, 48 keepalives, and 24 orders of another hand,
with some 115 events; a quiet one has no orders; the drawn ones are those of a search, whose drawing
counts, too. The variants take turns, so that the machine's moods hit all alike. Printed are
days a second of CPU time: the median of the rounds, the slowest and the fastest.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from pytest_binance_options import World
from pytest_binance_options.bad_days import BadDay, bad_days, live

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from bot import Bot


async def bot(world: World) -> None:
    await Bot(world.auth.api_key).run()


def ordinary(days: int, _round: int) -> None:
    for _ in range(days):
        assert not live(BadDay(), bot).broken


def quiet(days: int, _round: int) -> None:
    for _ in range(days):
        assert not live(BadDay(orders_every=0), bot).broken


def drawn(days: int, round_: int) -> None:
    lived = 0

    @seed(round_)
    @settings(
        max_examples=days,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bad_days())
    def search(day: BadDay) -> None:
        nonlocal lived
        lived += 1
        _ = live(day, bot).broken  # this bot asks for nothing that it missed: some break it

    search()
    assert lived == days


VARIANTS: dict[str, Callable[[int, int], None]] = {
    "an ordinary day": ordinary,
    "a day without orders": quiet,
    "the days of a search": drawn,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=40, help="of each variant, in each round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for round_ in range(options.rounds + 1):
        for name, live_days in VARIANTS.items():
            began = time.process_time()
            live_days(options.days, round_)
            if round_:  # the first one warms up
                rates[name].append(options.days / (time.process_time() - began))
    print(f"{options.days} days a round, {options.rounds} rounds, Python {sys.version.split()[0]}")
    for name, found in rates.items():
        print(
            f"{name:22} {statistics.median(found):5.1f} a second of CPU time"
            f" ({min(found):.1f} to {max(found):.1f})"
        )


if __name__ == "__main__":
    main()
