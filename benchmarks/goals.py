"""The goals, and how far the figures of the last runs are from them: `make goals`.

Reads what `make bench TAKE=1`, `TAKE=2`, ... have kept, a directory each, and prints Markdown: a
column for each run. A goal is reached where every run reaches it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Figures = Mapping[str, list[float]]
KEPT = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Goal:
    """A figure of ``table`` that is to be ``bound`` at most, or at least; None: it is only said."""

    what: str
    table: str
    figure: Callable[[Figures], float]
    bound: float | None
    at_least: bool = False
    unit: str = "x"

    def verdict(self, found: list[float]) -> str:
        """Whether all that was ``found`` is as it should be; if not, by how much at worst."""
        if self.bound is None:
            return "" if found else "not measured"
        if not found:
            return "not measured"
        worst = min(found) if self.at_least else max(found)
        missed = worst < self.bound if self.at_least else worst > self.bound
        if not missed:
            return "yes"
        times = sum((each < self.bound) == self.at_least and each != self.bound for each in found)
        return f"no, in {times} of {len(found)}: {abs(worst / self.bound - 1):.0%} off at worst"

    def wanted(self) -> str:
        """The goal, with its unit."""
        if self.bound is None:
            return "that it works"
        return f"{'>=' if self.at_least else '<='} {_shown(self.bound)} {self.unit}"


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def ratio(who: str, to: str) -> Callable[[Figures], float]:
    """The median over the rounds of what ``who`` takes, to what ``to`` takes in the same round."""
    return lambda figures: statistics.median(
        one / other for one, other in zip(figures[who], figures[to], strict=True)
    )


def median(who: str, scale: float = 1) -> Callable[[Figures], float]:
    """The median over the rounds, in the goal's unit."""
    return lambda figures: statistics.median(figures[who]) * scale


BARE = "a bare requests adapter"
OWN = "our client, a cassette of its own"
GOALS = (
    Goal("replay from a cassette of its own, to a bare adapter", "flow", ratio(OWN, BARE), 0.9),
    Goal("the same, to cassetter", "flow", ratio(OWN, "cassetter, a cassette of its own"), 0.5),
    Goal(
        "the same, to pytest-recording",
        "flow",
        ratio(OWN, "pytest-recording, a cassette of its own"),
        0.2,
    ),
    Goal("simulated, to a bare adapter", "flow", ratio("our client, simulated", BARE), 1.0),
    Goal(
        "installed and unused, a whole run",
        "run",
        ratio("with the plugin, unused", "without the plugin"),
        1.02,
    ),
    Goal(
        "interception entered and left, requests imported",
        "enter",
        median("here, requests imported", 1e6),
        100,
        unit="us",
    ),
    Goal(
        "the same, all clients imported",
        "enter",
        median("here, all clients imported", 1e6),
        100,
        unit="us",
    ),
    Goal(
        "finding one of 10,000 interactions, to one of 1,000",
        "lookup",
        ratio("of 10,000", "of 1,000"),
        1.5,
    ),
    Goal("loading 10,000, as fast as vcrpy", "load", ratio("vcrpy", "here"), 20, at_least=True),
    Goal(
        "loading them, as fast as cassetter",
        "load",
        ratio("cassetter, 5,000 (it refuses more)", "here"),
        1,
        at_least=True,
    ),
    Goal("playing 10,000, as fast as vcrpy", "replay", ratio("vcrpy", "here"), 20, at_least=True),
    Goal(
        "recording, each of 10,000 to each of 1,000: O(n)",
        "record",
        ratio("of 10,000", "of 1,000"),
        1.2,
    ),
    Goal("the exchange", "calls", median("calls"), 250_000, at_least=True, unit="calls a second"),
    Goal(
        "memory that a million calls add to a full journal's",
        "memory",
        median("a million calls"),
        1,
        unit="MB",
    ),
    Goal("24 hours of 10,000 accounts", "day", median("10,000 accounts"), None, unit="s"),
    Goal(
        "the server, as fast as pytest-httpserver",
        "server",
        ratio("here, the simulated exchange", "pytest-httpserver"),
        3,
        at_least=True,
    ),
    Goal(
        "the server, as fast as bare aiohttp",
        "server",
        ratio("here, the simulated exchange", "a bare aiohttp server"),
        0.7,
        at_least=True,
    ),
    Goal(
        "1,000 streams x 100 events, as fast as bare aiohttp",
        "streams",
        ratio("here", "a bare aiohttp server"),
        0.8,
        at_least=True,
    ),
    Goal(
        "5,000 connections, no frame lost",
        "streams",
        median("here, 5,000 connections, 10 events each"),
        None,
        unit="frames a second",
    ),
    Goal(
        "1,000 replayed tests, faster with -n 2",
        "parallel",
        ratio("in one process", "-n 2"),
        1.7,
        at_least=True,
    ),
)


def rows(runs: list[Path]) -> list[str]:
    """The table's, one for each goal, with a column for each of the ``runs``."""
    head = " | ".join(f"run {place.name}" for place in runs)
    lines = [f"| | goal | {head} | reached |", "| --- | --- |" + " --- |" * (len(runs) + 1)]
    for goal in GOALS:
        found = [None if kept is None else goal.figure(kept) for kept in _read(runs, goal.table)]
        cells = " | ".join("" if each is None else _shown(each) for each in found)
        verdict = goal.verdict([each for each in found if each is not None])
        said = goal.wanted() if goal.bound is not None else f"that it works ({goal.unit})"
        lines.append(f"| {goal.what} | {said} | {cells} | {verdict} |")
    return lines


def _read(runs: list[Path], table: str) -> list[Figures | None]:
    files = [place / f"{table}.json" for place in runs]
    return [json.loads(file.read_text())["figures"] if file.exists() else None for file in files]


def main() -> int:
    """Print the table, and under what circumstances each part was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", type=Path, help=f"directories; all in {KEPT.name}")
    runs = parser.parse_args().runs or sorted(KEPT.glob("*/"))
    if not runs:
        sys.exit(f"Nothing is kept in {KEPT}. Run: make bench TAKE=1")
    print("\n".join(rows(runs)), end="\n\n")
    for place in runs:
        for file in sorted(place.glob("*.json")):
            print(
                f"- run {place.name}, {file.stem}: {json.loads(file.read_text())['circumstances']}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
