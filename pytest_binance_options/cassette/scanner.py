"""Finding known secrets in text, however they are encoded there, in time that does not grow with their number.

Knows nothing of cassettes, or of what stands where in a request: that is :mod:`.learning`'s.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["SHORTEST", "Hit", "Scanner", "replace_hits", "to_bytes", "to_text"]

# Shorter secrets are no good needles: they occur by chance. They are replaced where they are a whole value.
SHORTEST = 8

# Letters compare without regard to case: a signature is hex in either case.
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")

# One escaped character: percent (also twice), JSON's two kinds, HTML's three.
_ESCAPE = re.compile(
    rb"%(?:25)*([0-9A-Fa-f]{2})"
    rb"|\\+u([0-9A-Fa-f]{4})"
    rb'|\\+([/"\\nrtbf])'
    rb"|&#([0-9]{1,7});"
    rb"|&#[xX]([0-9A-Fa-f]{1,6});"
    rb"|&(amp|lt|gt|quot|apos);"
)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ENTITY = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


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
    """``secret`` stands at ``start`` to ``end``; ``wrap`` writes something else in the encoding it stands in."""

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
    """Finds ``secrets`` as they are, in percent, JSON and HTML escapes, in hexadecimal and in base64.

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
                if len(pattern) >= SHORTEST:
                    self._add(pattern, secret, wrap)
        for bucket in self._needles.values():
            # The longest first; among equals the one written exactly so is preferred in _at().
            bucket.sort(key=lambda needle: -len(needle.pattern))

    def _add(self, pattern: bytes, secret: str, wrap: Callable[[str], bytes] | None) -> None:
        folded = pattern.translate(_FOLD)
        self._needles.setdefault(folded[:SHORTEST], []).append(_Needle(pattern, folded, secret, wrap))

    def find(self, text: bytes) -> list[Hit]:
        """Every occurrence, from left to right, none overlapping another; the longest where several begin."""
        if not self._needles or len(text) < SHORTEST:
            return []
        plain, spans = _unescape(text)
        hits = list(self._scan(plain, spans, text))
        if spans is not None:
            # A backslash or a percent sign may be the secret's own, not an escape's.
            covered = [(hit.start, hit.end) for hit in hits]
            hits += [
                hit
                for hit in self._scan(text, None, text)
                if all(hit.end <= start or hit.start >= end for start, end in covered)
            ]
            hits.sort(key=lambda hit: hit.start)
        return hits

    def _scan(self, text: bytes, spans: list[tuple[int, int]] | None, source: bytes) -> Iterator[Hit]:
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
            start, stop = (position, end) if spans is None else (spans[position][0], spans[end - 1][1])
            wrap = needle.wrap or (_plain if spans is None or b"%" not in source[start:stop] else _percent)
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


def _unescape(text: bytes) -> tuple[bytes, list[tuple[int, int]] | None]:
    """``text`` without escapes, and for every byte of it where it stood; None where nothing was escaped."""
    if b"%" not in text and b"\\" not in text and b"&" not in text:
        return text, None
    out = bytearray()
    spans: list[tuple[int, int]] = []
    done = 0
    for match in _ESCAPE.finditer(text):
        out += text[done : match.start()]
        spans += [(n, n + 1) for n in range(done, match.start())]
        char = _unescaped(match)
        out += char
        spans += [match.span()] * len(char)
        done = match.end()
    out += text[done:]
    spans += [(n, n + 1) for n in range(done, len(text))]
    return bytes(out), spans


def _unescaped(match: re.Match[bytes]) -> bytes:
    percent, json_u, json_c, decimal, hexadecimal, entity = match.groups()
    if percent is not None:
        return bytes([int(percent, 16)])
    if json_c is not None:
        return _CONTROL.get(json_c, json_c)
    if entity is not None:
        return _ENTITY[entity]
    code = int(decimal) if decimal is not None else int(json_u if json_u is not None else hexadecimal, 16)
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else match.group()


def _plain(alias: str) -> bytes:
    return alias.encode()


def _percent(alias: str) -> bytes:
    return quote(alias, safe="").encode()


def _hex(alias: str) -> bytes:
    return alias.encode().hex().encode()


def _base64_forms(raw: bytes) -> Iterator[tuple[bytes, Callable[[str], bytes]]]:
    # Inside a longer text that is base64 as a whole, a secret begins at one of three places in a group of
    # three bytes. The characters that it shares with its neighbours can't be known, the others can.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        first = (0, 2, 3)[shift]
        body = encoded[first : (len(raw) + shift) * 8 // 6]
        for form in {body, body.replace(b"+", b"-").replace(b"/", b"_")}:
            yield form, _filler(len(form))


def _filler(length: int) -> Callable[[str], bytes]:
    # Inside something encoded an alias can't be made to decode to itself at every place: as long, and no secret.
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
