"""What stands out of the requests in a journal: why they were refused, where only the exchange can
know that, names that are nearly right, and too many at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ._journal import Entry
from ._notes import time_of_day

__all__ = ["clues", "misnamed", "too_often"]

#: Requests in one second; a bot that has a pause anywhere stays below.
_MANY = 100
_NO_SUCH = -1020
_MANDATORY = -1102
_PATHS = re.compile(r"(?:GET|POST|PUT|DELETE) (/[^\s,]+[^\s,.])")
_MISSING = re.compile(r"parameter '(\w+)'")


def clues(entries: Sequence[Entry]) -> Iterator[str]:
    """Why requests were refused, unless the same one came through later."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for entry in entries:
        asked = (entry.method, entry.path)
        if entry.clue:
            found.setdefault(asked, {})[entry.clue] = None
        elif entry.status == 200:
            found.pop(asked, None)
    yield from dict.fromkeys(clue for clues in found.values() for clue in clues)


def misnamed(entries: Sequence[Entry]) -> Iterator[str]:
    """A path, or a parameter, that is nearly one that there is."""
    found: dict[str, None] = {}
    for entry in entries:
        asked = f"{entry.method} {entry.path}"
        if entry.code == _NO_SUCH and entry.status == 404:
            # All begin alike.
            known = {_last(path): path for path in _PATHS.findall(entry.msg) if path != entry.path}
            near = get_close_matches(_last(entry.path), known, n=1, cutoff=0.75)
            meant = f" Did you mean {known[near[0]]}?" if near else ""
            found[f"{asked} -> 404: there is no such endpoint.{meant}"] = None
        elif entry.code == _NO_SUCH:
            found[f"{asked} -> {entry.status}: {entry.msg}"] = None
        missing = _MISSING.search(entry.msg) if entry.code == _MANDATORY else None
        if missing and missing[1] not in entry.parameters:
            plain = {_plain(name): name for name in entry.parameters}
            near = get_close_matches(_plain(missing[1]), plain, n=1, cutoff=0.8)
            if near:
                found[f"{asked} wants {missing[1]}; there was {plain[near[0]]}."] = None
    yield from list(found)[:3]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def too_often(entries: Sequence[Entry]) -> Iterator[str]:
    """More requests in a second than a bot makes that has a pause anywhere."""
    seconds: dict[int, int] = {}
    for entry in entries:
        second = entry.at_ms // 1000
        seconds[second] = seconds.get(second, 0) + 1
    if seconds:
        second, count = max(seconds.items(), key=lambda item: item[1])
        if count >= _MANY:
            at = time_of_day(second * 1000)
            yield (
                f"{count:,} requests came within one second of the exchange's clock, from {at} on."
            )
