"""Finding what is left of known secrets where a text was shortened: "abcdefgh...stuvwxyz"."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from .occurrences import SHORTEST, fold, patterns
from .pieces import hide_found

__all__ = ["Cuts"]

_MARK = re.compile(rb"\.\.\.|\xe2\x80\xa6")


class Cuts:
    """Finds beginnings and ends of ``secrets``, of 8 bytes or more, beside the mark of a cut."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._heads: dict[bytes, list[bytes]] = {}
        self._tails: dict[bytes, list[bytes]] = {}
        for secret in secrets:
            for pattern, _ in patterns(secret):
                folded = fold(pattern)
                self._heads.setdefault(folded[:SHORTEST], []).append(folded)
                self._tails.setdefault(folded[-SHORTEST:], []).append(folded)

        self._head, self._tail = _any_of(self._heads), _any_of(self._tails)

    def hide(self, text: bytes, instead: bytes) -> bytes:
        """``text`` with ``instead`` in place of each."""
        if not self._heads:
            return text
        return hide_found(text, self._found, instead)

    def _found(self, text: bytes) -> Iterable[tuple[int, int]]:
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
