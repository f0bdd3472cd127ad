"""A life's timeline: all of it where that is short, else what counts: how it began, each trouble,
and the moment at which something did not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..exchange._journal import Entry, Note
from ..exchange._timeline import draw

__all__ = ["told"]

#: As many lines as are drawn without leaving anything out.
_SHORT = 60
#: As many of the journal's lines before and after a place that counts.
_AROUND = 2, 4
#: The same before and after the moment.
_MOMENT = 10, 4
_ALL = "All of it: str(life.journal)"
_ENDLESS = 10_000


def told(lines: Sequence[Entry | Note], places: Iterable[int], moment: int | None) -> list[str]:
    """``lines`` as lines of 80 columns at most. ``places`` are those of them that count, and
    ``moment`` is the one that counts most: what comes long after it is left out."""
    shown = len(lines) if moment is None else min(len(lines), moment + _MOMENT[1])
    whole = draw(lines[:shown], _SHORT)
    if not whole.left_out:
        return whole.lines
    spans = [(place - _AROUND[0], place + _AROUND[1]) for place in (_AROUND[0], *places)]
    if moment is not None:
        spans.append((moment - _MOMENT[0], shown))
    drawn: list[str] = []
    day, upto = "", 0
    for start, end in _merged(spans, shown):
        if start > upto:
            drawn.append(f"... {start - upto:,} lines are left out here. {_ALL}")
        head, *body = draw(lines[start:end], _ENDLESS).lines
        drawn += body if head == day else [head, *body]
        day, upto = head, end
    if moment is None and upto < shown:
        drawn.append(f"... {shown - upto:,} lines are left out here. {_ALL}")
    return drawn


def _merged(spans: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """``spans`` in order, within 0 to ``size``, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(size, end)) for start, end in spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
