"""What repeats itself in a row, said once: a loop's thousand rounds are one round and a number."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

__all__ = ["Run", "runs"]

#: As many steps as a round may have: connect, subscribe, fail, wait.
_LONGEST_ROUND = 4


@dataclass(frozen=True, slots=True)
class Run:
    """``times`` rounds of ``length`` steps each, from the step ``start`` on."""

    start: int
    length: int
    times: int

    @property
    def end(self) -> int:
        """The first step after it."""
        return self.start + self.length * self.times


def runs(steps: Sequence[Hashable]) -> list[Run]:
    """``steps`` as runs, which cover each of them once, in order. A round of several steps has to
    come three times to be one."""
    numbers: dict[Hashable, int] = {}
    known = [numbers.setdefault(step, len(numbers)) for step in steps]
    found: list[Run] = []
    start = 0
    while start < len(known):
        best = Run(start, 1, _times(known, start, 1))
        for length in range(2, _LONGEST_ROUND + 1):
            times = _times(known, start, length)
            if times >= 3 and length * times > best.times * best.length:
                best = Run(start, length, times)
        found.append(best)
        start = best.end
    return found


def _times(known: Sequence[int], start: int, length: int) -> int:
    # A step equals the one a round before it, for as long as the rounds go on.
    end = start + length
    while end < len(known) and known[end] == known[end - length]:
        end += 1
    return max(1, (end - start) // length)
