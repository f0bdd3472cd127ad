"""Finding pieces of known secrets, of 16 bytes or more: what stands in one frame of two, in one
line of several, in a difference.

Shorter ones are told by the mark of a cut beside them: that is :mod:`.cuts`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .occurrences import SHORTEST, fold, patterns
from .readings import readings

__all__ = ["Pieces", "hide_found"]

# A piece that is as long has eight bytes that begin in the text at a multiple of eight: a look at
# every eighth place is enough.
_SHORTEST_PIECE = 2 * SHORTEST


class Pieces:
    """Finds pieces of ``secrets`` as they are, and in hexadecimal and base64; a private key's head
    and foot are none."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._eights: dict[bytes, list[tuple[bytes, int]]] = {}
        for secret in secrets:
            for pattern, _ in patterns(secret):
                folded = fold(pattern)
                if b"-----" in folded:
                    continue
                for at in range(len(folded) - SHORTEST + 1):
                    self._eights.setdefault(folded[at : at + SHORTEST], []).append((folded, at))

    def hide(self, text: bytes, instead: bytes) -> bytes:
        """``text`` with ``instead`` in place of each."""
        if len(text) < _SHORTEST_PIECE:
            return text
        return hide_found(text, self._found, instead)

    def _found(self, text: bytes) -> Iterator[tuple[int, int]]:
        done = 0
        for at in range(0, len(text) - SHORTEST + 1, SHORTEST):
            of = self._eights.get(text[at : at + SHORTEST])
            if of is not None and at >= done:
                start, end = max((_around(text, at, *each) for each in of), key=_length)
                if end - start >= _SHORTEST_PIECE:
                    yield start, end
                    done = end


def _around(text: bytes, at: int, secret: bytes, of: int) -> tuple[int, int]:
    """How much of ``secret`` there is in ``text`` around ``at``, where its byte ``of`` stands."""
    back = 0
    while back < min(at, of) and text[at - back - 1] == secret[of - back - 1]:
        back += 1
    on = SHORTEST
    while on < min(len(text) - at, len(secret) - of) and text[at + on] == secret[of + on]:
        on += 1
    return at - back, at + on


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def hide_found(
    text: bytes, find: Callable[[bytes], Iterable[tuple[int, int]]], instead: bytes
) -> bytes:
    """``text`` with ``instead`` in place of what ``find`` gives of any of its readings, or of
    several that overlap."""
    spans = {
        reading.span(*piece) for reading in readings(text) for piece in find(fold(reading.plain))
    }
    out = bytearray()
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        if start >= done:
            out += text[done:start] + instead
        done = end
    return bytes(out + text[done:])
