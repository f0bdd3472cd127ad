"""What is said of a run's bad days: how many there were, and what they have met. No days: nothing.

So that "all passed" tells whether anything has gone wrong at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

from .._backends.remarks import Remarks
from .._counts import many

if TYPE_CHECKING:
    from .._days.coverage import Coverage

__all__ = ["for_page", "lines"]

# Of those that were never met.
_LISTED = 10


def lines(said: Mapping[str, Remarks]) -> Iterator[str]:
    """For the terminal, of what each test has told."""
    lived = _together(said)
    if lived is None:
        return
    yield f"bad days: {_sentence(said, lived)}; the bot was then"
    yield from lived.lines()
    never = [kind for kind in _searched() if kind not in lived.met]
    if never:
        more = f" and {len(never) - _LISTED} more" if len(never) > _LISTED else ""
        told = f"never met: {', '.join(never[:_LISTED])}{more}"
        yield from wrap(told, 80, initial_indent="  ", subsequent_indent="    ")


def for_page(said: Mapping[str, Remarks]) -> tuple[str, str] | None:
    """For the report's page: a sentence, and a table in HTML."""
    lived = _together(said)
    if lived is None:
        return None
    from .._days.stage import SESSIONS
    from .._picture.days import days_table

    table = days_table(lived.met, kinds=_searched(), sessions=SESSIONS)
    return f"{_sentence(said, lived)}.", table


def _together(said: Mapping[str, Remarks]) -> Coverage | None:
    tests = [remarks for remarks in said.values() if remarks.days]
    if not tests:
        return None
    from .._days.coverage import Coverage

    lived = Coverage()
    for remarks in tests:
        lived.include(remarks.days, remarks.met)
    return lived


def _searched() -> list[str]:
    from .._days.search import EXCLUDED, KINDS

    return [kind for kind in KINDS if kind not in EXCLUDED]


def _sentence(said: Mapping[str, Remarks], lived: Coverage) -> str:
    tests = sum(bool(remarks.days) for remarks in said.values())
    searched = _searched()
    met = sum(kind in lived.met for kind in searched)
    return (
        f"{many(lived.days, 'day')} in {many(tests, 'test')}, {met} of"
        f" {len(searched)} kinds of trouble met"
    )
