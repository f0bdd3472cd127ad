"""Every scenario's planted bug, searched for: ``python -m tests.days.table [--seeds 10] [name...]``.

Says how many days it took (median and worst of the seeds), how many CPU seconds at worst, how many
troubles are left of the day when it is made short, after how many seconds in all that was (the
first seed), and how many of 100 lives of that day were the same, byte for byte.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_binance_options.bad_days import EXCLUDED, KINDS, BadDay, Life, live
from pytest_binance_options.exchange import scenarios

from . import planted_bots, planted_traders
from .lives import LISTENING_HOURS, TRADING_HOURS, Bot, Living, Trader, listening, trading
from .promises import OF_A_BOT, OF_A_TRADER
from .searching import MOST, Found, find

__all__ = ["GOOD", "Planted", "all_planted"]

#: A sound bot may stop for these, and so they are no part of a search that doesn't ask for them.
_ENDING = (
    "api_key_revoked",
    "endpoint_moved",
    "key_of_the_other_environment",
    "options_not_enabled",
)


@dataclass(frozen=True)
class Planted:
    """A bot with a bug, which ``scenario`` punishes."""

    scenario: str
    bug: str
    bot: Living
    invariants: tuple[object, ...]
    hours: float

    @property
    def kinds(self) -> tuple[str, ...] | None:
        if self.scenario in _ENDING:
            return tuple(KINDS)
        if self.scenario in EXCLUDED:
            return (self.scenario, *(each for each in KINDS if each not in EXCLUDED))
        return None

    def find(self, seed: int, *, shrink: bool = False, most: int = MOST) -> Found | None:
        return find(
            self.bot,
            self.invariants,
            number=seed,
            hours=self.hours,
            kinds=self.kinds,
            shrink=shrink,
            most=most,
        )

    def live(self, day: BadDay) -> Life:
        return live(day, self.bot, invariants=self.invariants)  # type: ignore[arg-type]


#: The examples' bots as they are.
GOOD = (
    Planted("", Bot.__name__, listening(Bot), OF_A_BOT, LISTENING_HOURS),
    Planted("", Trader.__name__, trading(Trader), OF_A_TRADER, TRADING_HOURS),
)


def all_planted(
    names: Sequence[str] = (), listening_hours: float = LISTENING_HOURS
) -> Iterator[Planted]:
    """Those of these scenarios; none: of all."""
    for name in scenarios.__all__:
        if names and name not in names:
            continue
        if name in planted_bots.PLANTED:
            kind = planted_bots.PLANTED[name]
            # Who asks for ever asks a lot: two hours show it.
            hours = 2 if name in _ENDING else listening_hours
            yield Planted(name, kind.__name__, listening(kind), OF_A_BOT, hours)
        if name in planted_traders.PLANTED:
            trader = planted_traders.PLANTED[name]
            yield Planted(name, trader.__name__, trading(trader), OF_A_TRADER, TRADING_HOURS)


def replays(planted: Planted, day: BadDay, times: int) -> int:
    """How many of so many lives of ``day`` were the same as the first, byte for byte."""
    first = _told(planted.live(day))
    return sum(_told(planted.live(day)) == first for _ in range(times))


def _told(life: Life) -> tuple[str, ...]:
    # The journal up to the end of the day. What comes after that is the end of the bot: aiohttp
    # closes what is open in the order of a set.
    return (life.timeline, *map(str, life.record.lines), *map(str, life.broken))


def row(planted: Planted, seeds: Sequence[int], times: int) -> str:
    """A line of the table, as benchmarks/README.md has it."""
    found = [planted.find(seed, shrink=not n) for n, seed in enumerate(seeds)]
    days = [each.days if each else MOST + 1 for each in found]
    seconds = max(each.seconds if each else 10**6 for each in found)
    cells = [
        planted.scenario,
        planted.bug,
        f"{statistics.median(days):g}",
        f"{max(days)}",
        f"{seconds:.1f}",
    ]
    short = found[0]
    if short is not None and short.shortest is not None:
        same = replays(planted, short.shortest, times)
        kinds = ", ".join(each.kind for each in short.shortest.troubles) or "an ordinary day"
        cells += [
            f"{len(short.shortest.troubles)}",
            f"{short.in_all:.1f}",
            f"{same}",
            f"{short.broken}: {kinds}",
        ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many searches of each")
    parser.add_argument("--replays", type=int, default=100, help="how many lives of what is found")
    parser.add_argument("--hours", type=float, default=LISTENING_HOURS, help="of a listener's day")
    parser.add_argument("names", nargs="*", help="scenarios")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    _say("| scenario | bug | median | worst | CPU, s | left | short after, s | same | found by |")
    _say(f"|{' --- |' * 9}")
    for planted in all_planted(given.names, given.hours):
        _say(row(planted, range(1, given.seeds + 1), given.replays))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
