"""Finding pieces of known secrets: where a text was shortened, "abcdefgh...stuvwxyz", and where a
line has nothing else in it, as in the difference of two values that take several.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from .occurrences import SHORTEST, fold, patterns
from .readings import readings

__all__ = ["Cuts"]

_MARK = re.compile(rb"\.\.\.|\xe2\x80\xa6")
# What a diff or a repr that takes several lines has before a piece, and behind it.
_BEFORE = re.compile(rb"(?m)^(?:e(?= ))?[ \t+-]*\(?b?[\"']?")
_BEHIND = b"\"',)]}\r "
# Bytes of a line that is told from others: what it is a piece of has more.
_SHORTEST_LINE = 16


class Cuts:
    """Finds beginnings and ends of ``secrets``, of 8 bytes or more, beside the mark of a cut, and
    lines that are a piece of one, of 16 bytes or more."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._heads: dict[bytes, list[bytes]] = {}
        self._tails: dict[bytes, list[bytes]] = {}
        self._long = b""
        for secret in secrets:
            for pattern, _ in patterns(secret):
                folded = fold(pattern)
                self._heads.setdefault(folded[:SHORTEST], []).append(folded)
                self._tails.setdefault(folded[-SHORTEST:], []).append(folded)
                if len(folded) > _SHORTEST_LINE:
                    self._long += b"\n" + folded

        self._head, self._tail = _any_of(self._heads), _any_of(self._tails)

    def hide(self, text: bytes, instead: bytes) -> bytes:
        """``text`` with ``instead`` in place of each."""
        if not self._heads:
            return text
        found: set[tuple[int, int]] = set()
        for reading in readings(text):
            found |= {reading.span(*piece) for piece in self._found(fold(reading.plain))}
        done = len(text)
        for start, end in sorted(found, reverse=True):
            if end <= done:
                text = text[:start] + instead + text[end:]
                done = start
        return text

    def _found(self, text: bytes) -> Iterable[tuple[int, int]]:
        for before in _BEFORE.finditer(text):
            start, end = before.end(), text.find(b"\n", before.end())
            piece = text[start : end if end >= 0 else len(text)].rstrip(_BEHIND)
            if len(piece) >= _SHORTEST_LINE and piece in self._long:
                yield start, start + len(piece)
        marks = [mark.span() for mark in _MARK.finditer(text)]
        if not marks:
            return
        begins, ends = [start for start, _ in marks], [end for _, end in marks]
        for head in self._head.finditer(text):
            n = bisect_left(begins, head.end(1))
            piece = text[head.start() : begins[n]] if n < len(begins) else b""
            if piece and any(each.startswith(piece) for each in self._heads[head[1]]):
                yield head.start(), begins[n]
        for tail in self._tail.finditer(text):
            n = bisect_right(ends, tail.start()) - 1
            piece = text[ends[n] : tail.end(1)] if n >= 0 else b""
            if piece and any(each.endswith(piece) for each in self._tails[tail[1]]):
                yield ends[n], tail.end(1)


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"(?=(" + b"|".join(map(re.escape, words)) + b"))")
