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

__all__ = ["SHORTEST", "Hit", "Scanner", "replace_hits", "to_bytes", "to_text"]

# Shorter secrets are no good needles: they occur by chance. They are replaced where they are a
# whole value.
SHORTEST = 8

# Letters compare without regard to case: a signature is hex in either case.
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")

_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ENTITY = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def _from_percent(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _from_json(match: re.Match[bytes]) -> bytes:
    high, low, unit, character = match.groups()
    if high is not None:
        return (
            (bytes.fromhex(high.decode()) + bytes.fromhex(low.decode()))
            .decode("utf-16-be")
            .encode()
        )
    return _CONTROL.get(character, character) if unit is None else _character(int(unit, 16))


def _from_html(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _ENTITY[name]
    return _character(int(decimal) if hexadecimal is None else int(hexadecimal, 16))


def _character(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"?"


# How text is escaped: the byte that each escape begins with, one escape, and what it stands for.
_ESCAPES: tuple[tuple[bytes, re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
    (b"%", re.compile(rb"%([0-9A-Fa-f]{2})"), _from_percent),
    (
        b"\\",
        re.compile(
            rb"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})"
            rb'|\\u([0-9A-Fa-f]{4})|\\([/"\\nrtbf])'
        ),
        _from_json,
    ),
    (
        b"&",
        re.compile(rb"&#([0-9]{1,7});|&#[xX]([0-9A-Fa-f]{1,6});|&(amp|lt|gt|quot|apos);"),
        _from_html,
    ),
)
# A query in JSON in a page: more layers than three nobody has seen.
_DEEPEST = 3

_Spans = list[tuple[int, int]]


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
            raw = to_bytes(secret)
            if len(raw) < SHORTEST:
                continue
            self._add(raw, secret, None)
            if b" " in raw:
                self._add(raw.replace(b" ", b"+"), secret, None)  # as forms write it
            self._add(raw.hex().encode(), secret, _hex)
            for pattern, wrap in _base64_forms(raw):
                self._add(pattern, secret, wrap)
        for bucket in self._needles.values():
            # The longest first; among equals the one written exactly so is preferred in _at().
            bucket.sort(key=lambda needle: -len(needle.pattern))

    def _add(self, pattern: bytes, secret: str, wrap: Callable[[str], bytes] | None) -> None:
        folded = pattern.translate(_FOLD)
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
        hits = [hit for plain, spans in _readings(text) for hit in self._scan(plain, spans, text)]
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        kept: list[Hit] = []
        for hit in hits:
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        return kept

    def _scan(self, text: bytes, spans: _Spans | None, source: bytes) -> Iterator[Hit]:
        folded = text.translate(_FOLD)
        needles = self._needles
        position, last = 0, len(text) - SHORTEST
        while position <= last:
            bucket = needles.get(folded[position : position + SHORTEST])
            needle = _at(bucket, text, folded, position) if bucket else None
            if needle is None:
                position += 1
                continue
            end = position + len(needle.pattern)
            start, stop = (
                (position, end) if spans is None else (spans[position][0], spans[end - 1][1])
            )
            wrap = needle.wrap or (
                _plain if spans is None or b"%" not in source[start:stop] else _percent
            )
            yield Hit(start, stop, needle.secret, wrap)
            position = end


def _at(bucket: list[_Needle], text: bytes, folded: bytes, position: int) -> _Needle | None:
    loose: _Needle | None = None
    for needle in bucket:
        if folded.startswith(needle.folded, position):
            if text.startswith(needle.pattern, position):
                return needle
            loose = loose or needle
    return loose


def _readings(text: bytes) -> Iterator[tuple[bytes, _Spans | None]]:
    """``text``, and what it reads as with escapes undone in every order; for each byte, where it
    stands in ``text``."""
    waiting: list[tuple[bytes, _Spans | None, int]] = [(text, None, 0)]
    seen = {text}
    while waiting:
        plain, spans, depth = waiting.pop()
        yield plain, spans
        if depth == _DEEPEST:
            continue
        for mark, escape, undo in _ESCAPES:
            if mark in plain:
                below, inner = _unescape(plain, spans, escape, undo)
                if below not in seen:
                    seen.add(below)
                    waiting.append((below, inner, depth + 1))


def _unescape(
    text: bytes,
    spans: _Spans | None,
    escape: re.Pattern[bytes],
    undo: Callable[[re.Match[bytes]], bytes],
) -> tuple[bytes, _Spans]:
    spans = spans if spans is not None else [(n, n + 1) for n in range(len(text))]
    out = bytearray()
    inner: _Spans = []
    done = 0
    for match in escape.finditer(text):
        start, end = match.span()
        out += text[done:start]
        inner += spans[done:start]
        character = undo(match)
        out += character
        inner += [(spans[start][0], spans[end - 1][1])] * len(character)
        done = end
    out += text[done:]
    inner += spans[done:]
    return bytes(out), inner


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
