"""How many days the examples' sound bots get over, and each that they don't, which would be a false
alarm: ``python -m tests.days.good [--days 10000] [--seed 1] [--hours 24] listener|trader``."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from pytest_binance_options.bad_days import BadDay, bad_days, live

from .lives import TRADING_HOURS
from .table import GOOD

__all__: list[str] = []

_EACH = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=24, help="of a listener's day")
    parser.add_argument("bot", choices=["listener", "trader"])
    given_ = parser.parse_args()
    logging.disable(logging.CRITICAL)
    good = GOOD[given_.bot == "trader"]
    hours = TRADING_HOURS if given_.bot == "trader" else given_.hours
    lived = alarms = 0
    began = time.process_time()

    @seed(given_.seed)
    @settings(
        max_examples=given_.days,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(bad_days(hours))
    def get_over(day: BadDay) -> None:
        nonlocal lived, alarms
        lived += 1
        life = live(day, good.bot, invariants=good.invariants)  # type: ignore[arg-type]
        if life.broken:
            alarms += 1
            _say(f"{day!r}\n{life.broken[0]}\n")
        if not lived % _EACH:
            rate = lived / (time.process_time() - began)
            _say(f"{lived:,} days, {alarms} alarms, {rate:.1f} days a second of CPU time")

    get_over()
    _say(f"{lived:,} days of the {given_.bot}, {alarms} alarms.")
    sys.exit(1 if alarms else 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
