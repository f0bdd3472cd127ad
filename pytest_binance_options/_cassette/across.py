"""Secrets that begin in one frame of a stream and end in a later one.

What stands in one frame by itself is :mod:`.redaction`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from .model import StreamFrame
from .occurrences import Hit, Scanner

__all__ = ["conversations", "replaced_across"]

# Of secrets that overlap the next is seen once the first is gone.
_ROUNDS = 8


def conversations(frames: Iterable[StreamFrame]) -> Iterator[list[int]]:
    """Which of ``frames``, by position, are what one side has said on one connection, in order:
    those of more than one message."""
    said: dict[object, list[int]] = {}
    for number, frame in enumerate(frames):
        if frame.kind in ("text", "binary"):
            said.setdefault((frame.test, frame.connection, frame.direction), []).append(number)
    return (numbers for numbers in said.values() if len(numbers) > 1)


def replaced_across(
    payloads: Sequence[bytes], scanner: Scanner, alias: Callable[[str], str]
) -> list[bytes]:
    """``payloads`` with every secret that goes over the end of one replaced, each part in its
    place."""
    parts = list(payloads)
    for _ in range(_ROUNDS):
        ends = list(accumulate(map(len, parts)))
        hits = [
            hit
            for hit in scanner.find(b"".join(parts))
            if any(hit.start < end < hit.end for end in ends)
        ]
        if not hits:
            break
        for hit in reversed(hits):
            _write(parts, [0, *ends], hit, hit.wrap(alias(hit.secret)))
    return parts


def _write(parts: list[bytes], edges: Sequence[int], hit: Hit, instead: bytes) -> None:
    whose = [n for n in range(len(parts)) if edges[n] < hit.end and edges[n + 1] > hit.start]
    for n in whose:
        start = max(edges[n], hit.start) - edges[n]
        stop = min(edges[n + 1], hit.end) - edges[n]
        # The last one takes what is left.
        size = len(instead) if n == whose[-1] else stop - start
        parts[n] = parts[n][:start] + instead[:size] + parts[n][stop:]
        instead = instead[size:]
