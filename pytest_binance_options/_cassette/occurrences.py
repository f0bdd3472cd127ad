"""Finding known secrets in text, however they are encoded there, in time that does not grow with
their number.

Knows nothing of cassettes, or of what stands where in a request: that is :mod:`.detection`'s.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from .readings import Reading, readings

__all__ = [
    "SHORTEST",
    "Hit",
    "Scanner",
    "fold",
    "patterns",
    "replace_hits",
    "to_bytes",
    "to_text",
]

# Shorter secrets are no good needles: they occur by chance. They are replaced where they are a
# whole value.
SHORTEST = 8
_FEW = 150

# Letters compare without regard to case: a signature is hex in either case.
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")


def to_bytes(text: str) -> bytes:
    """``text`` as the bytes it is searched as: UTF-8, and what a str can hold besides."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def to_text(data: bytes) -> str:
    """The reverse of :func:`to_bytes`."""
    return data.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Hit:
    """``secret`` stands at ``start`` to ``end``; ``wrap`` writes something else in the encoding it
    stands in."""

    start: int
    end: int
    secret: str
    wrap: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class _Needle:
    pattern: bytes
    folded: bytes
    secret: str
    wrap: Callable[[str], bytes] | None


class Scanner:
    """Finds ``secrets`` as they are, in percent, JSON and HTML escapes, in hexadecimal and in
    base64.

    Secrets shorter than :data:`SHORTEST` bytes are not looked for.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._needles: dict[bytes, list[_Needle]] = {}
        for secret in dict.fromkeys(secrets):
            for pattern, wrap in patterns(secret):
                self._add(pattern, secret, wrap)
        for bucket in self._needles.values():
            # The longest first; among equals the one written exactly so is preferred in _at().
            bucket.sort(key=lambda needle: -len(needle.pattern))
        # Of a few an expression is faster, of many the look-up is.
        self._beginnings: re.Pattern[bytes] | None = None
        if len(self._needles) <= _FEW:
            beginnings = b"|".join(map(re.escape, self._needles))
            self._beginnings = re.compile(b"(?=" + beginnings + b")", re.S)

    def _add(self, pattern: bytes, secret: str, wrap: Callable[[str], bytes] | None) -> None:
        folded = fold(pattern)
        self._needles.setdefault(folded[:SHORTEST], []).append(
            _Needle(pattern, folded, secret, wrap)
        )

    def find(self, text: bytes) -> list[Hit]:
        """Occurrences from left to right, none overlapping another; the longest where several
        begin.

        An occurrence that overlaps one of these is found once that is replaced.
        """
        if not self._needles or len(text) < SHORTEST:
            return []
        hits = [hit for reading in readings(text) for hit in self._scan(reading, text)]
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        kept: list[Hit] = []
        for hit in hits:
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        return kept

    def _scan(self, reading: Reading, source: bytes) -> Iterator[Hit]:
        text = reading.plain
        folded = fold(text)
        for position in self._places(folded):
            needle = _at(
                self._needles[folded[position : position + SHORTEST]], text, folded, position
            )
            if needle is not None:
                start, stop = reading.span(position, position + len(needle.pattern))
                percent = reading.is_escaped and b"%" in source[start:stop]
                yield Hit(
                    start, stop, needle.secret, needle.wrap or (_percent if percent else _plain)
                )

    def _places(self, folded: bytes) -> Iterator[int]:
        """Where a needle may begin."""
        if self._beginnings is not None:
            yield from (found.start() for found in self._beginnings.finditer(folded))
            return
        for position in range(len(folded) - SHORTEST + 1):
            if folded[position : position + SHORTEST] in self._needles:
                yield position


def fold(text: bytes) -> bytes:
    """``text`` as it is compared."""
    return text.translate(_FOLD)


def patterns(secret: str) -> Iterator[tuple[bytes, Callable[[str], bytes] | None]]:
    """What ``secret`` reads as once escapes are undone, with what writes something else so; None:
    it goes by the escapes."""
    raw = to_bytes(secret)
    if len(raw) < SHORTEST:
        return
    yield raw, None
    if b" " in raw:
        yield raw.replace(b" ", b"+"), None  # as forms write it
    yield raw.hex().encode(), _hex
    yield from _base64_forms(raw)


def _at(bucket: list[_Needle], text: bytes, folded: bytes, position: int) -> _Needle | None:
    loose: _Needle | None = None
    for needle in bucket:
        if folded.startswith(needle.folded, position):
            if text.startswith(needle.pattern, position):
                return needle
            loose = loose or needle
    return loose


def _plain(alias: str) -> bytes:
    return alias.encode()


def _percent(alias: str) -> bytes:
    return quote(alias, safe="").encode()


def _hex(alias: str) -> bytes:
    return alias.encode().hex().encode()


def _base64_forms(raw: bytes) -> Iterator[tuple[bytes, Callable[[str], bytes]]]:
    # Inside a longer text that is base64 as a whole, a secret begins at one of three places in a
    # group of three bytes. The characters that it shares with its neighbours can't be known, the
    # others can.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        first = (0, 2, 3)[shift]
        body = encoded[first : (len(raw) + shift) * 8 // 6]
        for form in {body, body.replace(b"+", b"-").replace(b"/", b"_")}:
            yield form, _filler(len(form))


def _filler(length: int) -> Callable[[str], bytes]:
    # Inside something encoded an alias can't be made to decode to itself at every place: as long,
    # and no secret.
    def write(alias: str) -> bytes:
        letters = re.sub(rb"[^A-Za-z0-9]", b"", alias.encode()) or b"A"
        return (letters * (length // len(letters) + 1))[:length]

    return write


def replace_hits(text: bytes, hits: Iterable[Hit], alias: Callable[[str], str]) -> bytes:
    """``text`` with every hit overwritten by its secret's alias, in the encoding it stood in."""
    out = bytearray()
    done = 0
    for hit in hits:
        out += text[done : hit.start]
        out += hit.wrap(alias(hit.secret))
        done = hit.end
    out += text[done:]
    return bytes(out)
