"""Finding pieces of known secrets: where a text was shortened, "abcdefgh...stuvwxyz", and where a
line has nothing else in it, as in the difference of two values that take several.
"""

from __future__ import annotations

import re
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
        self._longest = 0
        self._long = b""
        for secret in secrets:
            for pattern, _ in patterns(secret):
                folded = fold(pattern)
                self._heads.setdefault(folded[:SHORTEST], []).append(folded)
                self._tails.setdefault(folded[-SHORTEST:], []).append(folded)
                self._longest = max(self._longest, len(folded))
                if len(folded) > _SHORTEST_LINE:
                    self._long += b"\n" + folded

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
        for mark in _MARK.finditer(text):
            here = mark.start()
            for start in range(max(0, here - self._longest), here - SHORTEST + 1):
                whole = self._heads.get(text[start : start + SHORTEST], ())
                if any(each.startswith(text[start:here]) for each in whole):
                    yield start, here
                    break
            there = mark.end()
            for end in range(min(len(text), there + self._longest), there + SHORTEST - 1, -1):
                whole = self._tails.get(text[end - SHORTEST : end], ())
                if any(each.endswith(text[there:end]) for each in whole):
                    yield there, end
                    break
