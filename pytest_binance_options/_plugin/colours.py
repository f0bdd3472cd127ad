"""The section of a failing test in colours, where it is printed on a terminal that has them.

The report itself stays plain text: it goes to files, and from one process to another. So it is the
writer that pytest prints with that has the colours, while it prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from .conversation import TITLE

__all__ = ["Paint", "coloured", "painted"]

_HEAD = re.compile(r"\d{4}-\d\d-\d\d    requests +\| streams")
_WRONG = re.compile(
    r"-> (?!200\b|#)(?:[1-9]\d\d|connection|no |nobody|the |time)|\bexpired\b|\bdropped\b|handshake"
    r"|closed by the exchange|subscribed to no|of the past| at \S+:\d+ in |was refused"
)


class Paint(Protocol):
    """A terminal writer's ``markup``."""

    def __call__(self, text: str, **markup: bool) -> str: ...


def coloured(text: str, paint: Paint) -> str:
    """The section's ``text`` with colours; without them it is the same as before."""
    above, gap, timeline = text.partition("\n\n")
    if not gap:
        above, timeline = "", text
    lines = above.splitlines()
    if above.startswith("* "):  # else it says that nothing stands out
        lines = [paint(line, yellow=True, bold=True) for line in lines]
    if gap:
        lines.append("")
    for block in _blocks(timeline.splitlines()):
        lines += _block(block, paint)
    return "\n".join(lines)


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines that are of one moment: the first has its time, the others go on."""
    block: list[str] = []
    for line in lines:
        if block and not line.startswith(" " * 12):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _block(lines: list[str], paint: Paint) -> Iterator[str]:
    first = lines[0]
    if _HEAD.fullmatch(first) or not first[:2].isdigit() or first[2:3] != ":":
        yield from (paint(line, bold=True) for line in lines)
        return
    cells = [(line[:12], *_lanes(line[12:])) for line in lines]
    left, right = (" ".join(cell[lane].strip() for cell in cells) for lane in (1, 3))
    noted = left.startswith("-- ")
    for time, asked, bar, heard in cells:
        yield (
            paint(time, light=True)
            + _lane(asked, paint, wrong=bool(_WRONG.search(left)), noted=noted)
            + bar
            + _lane(heard, paint, wrong=bool(_WRONG.search(right)), noted=False)
        )


def _lanes(rest: str) -> tuple[str, str, str]:
    # Two blanks, 31 columns, a bar.
    if rest[33:36].rstrip() == " |" and not rest.lstrip().startswith("-- "):
        return rest[:33], rest[33:36], rest[36:]
    return rest, "", ""


def _lane(text: str, paint: Paint, *, wrong: bool, noted: bool) -> str:
    if not text.strip():
        return text
    if wrong:
        return paint(text, red=True)
    return paint(text, cyan=True) if noted else text


@contextmanager
def painted(config: pytest.Config, reports: Iterable[pytest.TestReport]) -> Iterator[None]:
    """What pytest prints of the sections of ``reports`` in here has colours."""
    writer = config.get_terminal_writer()
    ours = {
        content
        for report in reports
        for title, content in report.sections
        if title.startswith(TITLE)
    }
    line: Callable[..., None] = writer.line

    def in_colours(s: str = "", **markup: bool) -> None:
        line(coloured(s, writer.markup) if s in ours else s, **markup)

    writer.line = in_colours  # type: ignore[method-assign]
    try:
        yield
    finally:
        del writer.line
