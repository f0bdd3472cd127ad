"""The journal drawn as a timeline of two lanes, requests and streams, for people who look at a
failure: 80 columns, so many lines at most, and what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from .._products import PRODUCTS
from ._clock import instant
from ._journal import Entry
from ._notes import KeyNote, Note, time_of_day
from ._runs import Run, runs

__all__ = ["WIDTH", "Drawing", "draw"]

#: Columns.
WIDTH = 80
_TIME = 12
_LEFT = 31
_RIGHT = WIDTH - _TIME - _LEFT - len("  ") - len(" | ")
#: As many lines as one thing may take; what it says beyond that is in the journal.
_LINES_EACH = 6
#: Of the lines there are, the part that the beginning gets where not all have room.
_HEAD = 2 / 3
_REST = "str(exchange.journal)"
_LOCAL = "127.0.0.1"
_LISTEN_KEY_PATHS = {product.listen_key_path for product in PRODUCTS}


@dataclass(frozen=True, slots=True)
class Drawing:
    """The ``lines``; and of the journal's, how many are ``shown`` in them, and how many were
    ``left_out``."""

    lines: list[str]
    shown: int
    left_out: int


@dataclass(slots=True)
class _Row:
    """A moment: what was asked, what became of it or happened by itself. ``size`` is how many lines
    of the journal that is."""

    at_ms: int
    asked: Entry | None = None
    noted: Note | None = None
    size: int = 1
    several: bool = False
    key: object = field(init=False)

    def __post_init__(self) -> None:
        self.key = (
            None if self.asked is None else self.asked.key,
            None if self.noted is None else self.noted.key,
        )

    @property
    def left(self) -> str:
        """What the requests' lane says."""
        entry = self.asked
        if entry is None:
            return ""
        who = f"{entry.account or '-'}: " if self.several else ""
        client = "" if entry.client == _LOCAL else f" from {entry.client}"
        return who + entry.said + client

    @property
    def right(self) -> str:
        """What the streams' lane says."""
        if self.noted is not None:
            who = f"{self.noted.account}: " if self.several and self.noted.account else ""
            return who + self.noted.text
        entry = self.asked
        renewed = (
            entry is not None
            and entry.status == 200
            and entry.method in ("PUT", "POST")
            and entry.path in _LISTEN_KEY_PATHS
        )
        return "listen key renewed" if renewed else ""


def draw(lines: Sequence[Entry | Note], most: int) -> Drawing:
    """The journal's ``lines`` as ``most`` lines, four at the least."""
    if not lines:
        return Drawing(["Nothing was asked, and nobody connected."], 0, 0)
    rows = _rows(lines)
    found = runs([row.key for row in rows])
    total = len(lines)
    drawn, shown, cut = _take(rows, found, most - 2)
    if shown == total:
        note = [f"What ends in ... goes on in {_REST}."] if cut else []
        return Drawing([_head(rows[0]), *drawn, *note], shown, 0)
    room = most - 3
    head, first, _ = _take(rows, found, round(room * _HEAD))
    tail, last, _ = _take(rows, found[::-1], room - len(head), backwards=True)
    left_out = total - first - last
    gap = f"... {left_out:,} lines of the journal are left out here. All of it: {_REST}"
    day = _head(_row_at(rows, total - last))
    tail = tail if tail[:1] == [day] else [day, *tail]
    return Drawing([_head(rows[0]), *head, gap, *tail], first + last, left_out)


def _row_at(rows: Sequence[_Row], size: int) -> _Row:
    """The row that comes after so many of the journal's lines."""
    for row in rows:
        if size <= 0:
            return row
        size -= row.size
    return rows[-1]


def _rows(lines: Sequence[Entry | Note]) -> list[_Row]:
    several = len({line.account for line in lines if line.account is not None}) > 1
    rows: list[_Row] = []
    for line in lines:
        if isinstance(line, Entry):
            rows.append(_Row(line.at_ms, asked=line, several=several))
            continue
        last = rows[-1] if rows else None
        if (
            isinstance(line, KeyNote)
            and last is not None
            and last.asked is not None
            and last.noted is None
            and (last.at_ms, last.asked.account) == (line.at_ms, line.account)
            and last.asked.path in _LISTEN_KEY_PATHS
        ):
            rows[-1] = _Row(line.at_ms, last.asked, line, size=2, several=several)
        else:
            rows.append(_Row(line.at_ms, noted=line, several=several))
    return rows


def _take(
    rows: Sequence[_Row], found: Iterable[Run], room: int, *, backwards: bool = False
) -> tuple[list[str], int, bool]:
    """As many runs as have room, of those ``found``; how many of the journal's lines that are; and
    whether one of them ends before its end."""
    drawn: list[list[str]] = []
    shown = 0
    cut = False
    for run in found:
        block = _block(rows, run)
        room -= len(block)
        if room < 0:
            break
        drawn.append(block)
        cut = cut or any(line.endswith("...") for line in block)
        shown += sum(row.size for row in rows[run.start : run.end])
    if backwards:
        drawn.reverse()
    return [line for block in drawn for line in block], shown, cut


def _block(rows: Sequence[_Row], run: Run) -> list[str]:
    first = rows[run.start]
    before = rows[run.start - 1] if run.start else first
    block = [] if _day(before) == _day(first) else [_head(first)]
    last = rows[run.end - 1]
    until = time_of_day(last.at_ms)
    if _day(last) != _day(first):
        until = f"{_day(last)} {until}"
    once = rows[run.start : run.start + run.length]
    more = ""
    if run.times > 1 and run.length == 1:
        same = last.at_ms == first.at_ms
        more = f" (x{run.times:,})" if same else f" (x{run.times:,}, until {until})"
    for row in once:
        block += _cells(row, more)
    if run.length > 1 and run.times > 1:
        block.append(f"{'':{_TIME}}  = these {run.length}, {run.times:,} times, until {until}")
    return block


def _cells(row: _Row, more: str) -> list[str]:
    time = time_of_day(row.at_ms)
    note = row.noted
    if note is not None and note.lane == "both":
        text = _wrapped(f"-- {row.right}{more}", WIDTH - _TIME - 2)
        return [f"{time if n == 0 else '':{_TIME}}  {line}" for n, line in enumerate(text)]
    left, right = row.left, row.right
    if left:
        left += more
    else:
        right += more
    asked, heard = _wrapped(left, _LEFT), _wrapped(right, _RIGHT)
    return [
        f"{time if n == 0 else '':{_TIME}}  {_nth(asked, n):{_LEFT}} | {_nth(heard, n)}".rstrip()
        for n in range(max(len(asked), len(heard)))
    ]


def _wrapped(text: str, width: int) -> list[str]:
    lines = wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
    if len(lines) > _LINES_EACH:
        last = lines[_LINES_EACH - 1][: width - 4]
        lines = [*lines[: _LINES_EACH - 1], f"{last} ..."]
    return lines


def _nth(cells: Sequence[str], n: int) -> str:
    return cells[n] if n < len(cells) else ""


def _day(row: _Row) -> str:
    return instant(row.at_ms).date().isoformat()


def _head(row: _Row) -> str:
    return f"{_day(row):{_TIME}}  {'requests':{_LEFT}} | streams"
