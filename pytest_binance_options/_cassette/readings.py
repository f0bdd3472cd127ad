"""What a text reads as once escapes are undone: percent, JSON, HTML and Python escapes, and lines
that were broken to fit.

Nothing is said of base64 and hexadecimal: they say something else than text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Reading", "readings"]

_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ENTITY = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def _from_percent(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _from_backslash(match: re.Match[bytes]) -> bytes:
    high, low, *units, character = match.groups()
    if high is not None:
        return (
            (bytes.fromhex(high.decode()) + bytes.fromhex(low.decode()))
            .decode("utf-16-be")
            .encode()
        )
    unit = next(filter(None, units), None)
    return _CONTROL.get(character, character) if unit is None else _character(int(unit, 16))


def _from_bytes_repr(match: re.Match[bytes]) -> bytes:
    byte, character = match.groups()
    return _CONTROL.get(character, character) if byte is None else bytes([int(byte, 16)])


def _nothing(match: re.Match[bytes]) -> bytes:
    return b""


def _from_html(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _ENTITY[name]
    return _character(int(decimal) if hexadecimal is None else int(hexadecimal, 16))


def _character(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"?"


class _Escape(NamedTuple):
    #: What has to be in a text for it to have one.
    mark: bytes
    one: re.Pattern[bytes]
    #: What one stands for.
    undo: Callable[[re.Match[bytes]], bytes]


_INNER = (
    _Escape(b"%", re.compile(rb"%([0-9A-Fa-f]{2})"), _from_percent),
    # JSON's, and those of Python's repr() and ascii()
    _Escape(
        b"\\",
        re.compile(
            rb"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})"
            rb"|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\U([0-9A-Fa-f]{8})"
            rb"|\\([/\"'\\nrtbf])"
        ),
        _from_backslash,
    ),
    _Escape(
        b"&",
        re.compile(rb"&#([0-9]{1,7});|&#[xX]([0-9A-Fa-f]{1,6});|&(amp|lt|gt|quot|apos);"),
        _from_html,
    ),
)
# Below these nothing else is undone.
_LAST = (
    # the repr of bytes, where one character of UTF-8 is several
    _Escape(b"\\x", re.compile(rb"\\x([0-9A-Fa-f]{2})|\\([\"'\\nrt])"), _from_bytes_repr),
    # base64 in a mail, strings side by side as pytest prints a long one
    _Escape(
        b"\n",
        re.compile(rb"[\"']\r?\n(?:E(?= ))?[ \t+-]*b?[\"']|\r?\n(?:E(?= ))?[ \t]*"),
        _nothing,
    ),
)
# A query in JSON in a page: more layers than three nobody has seen.
_DEEPEST = 3


class Reading:
    """What ``text`` reads as with ``escapes`` undone, one after the other."""

    __slots__ = ("_escapes", "_spans", "_text", "plain")

    def __init__(self, text: bytes, escapes: tuple[_Escape, ...], plain: bytes) -> None:
        #: The reading.
        self.plain = plain
        self._text = text
        self._escapes = escapes
        self._spans: list[tuple[int, int]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the text stands what the reading has at ``start`` to ``end``."""
        if not self._escapes:
            return start, end
        if self._spans is None:
            # In most texts nothing is found, so nobody asks.
            self._spans = _spans(self._text, self._escapes)
        return self._spans[start][0], self._spans[end - 1][1]

    @property
    def is_escaped(self) -> bool:
        """Whether anything was undone."""
        return bool(self._escapes)


def readings(text: bytes) -> Iterator[Reading]:
    """``text`` as it is, and with escapes undone in every order."""
    waiting: list[tuple[bytes, tuple[_Escape, ...]]] = [(text, ())]
    seen = {text}
    while waiting:
        plain, undone = waiting.pop()
        yield Reading(text, undone, plain)
        if len(undone) == _DEEPEST or (undone and undone[-1] in _LAST):
            continue
        for escape in (*_INNER, *_LAST):
            if escape.mark in plain:
                below = escape.one.sub(escape.undo, plain)
                if below not in seen:
                    seen.add(below)
                    waiting.append((below, (*undone, escape)))


def _spans(text: bytes, escapes: tuple[_Escape, ...]) -> list[tuple[int, int]]:
    """Of each byte of the reading, where it stands in ``text``."""
    spans = [(n, n + 1) for n in range(len(text))]
    for escape in escapes:
        out = bytearray()
        inner: list[tuple[int, int]] = []
        done = 0
        for match in escape.one.finditer(text):
            start, end = match.span()
            character = escape.undo(match)
            out += text[done:start] + character
            inner += spans[done:start]
            inner += [(spans[start][0], spans[end - 1][1])] * len(character)
            done = end
        text = bytes(out + text[done:])
        spans = inner + spans[done:]
    return spans
