"""Reading interactions in the one form in which this package writes them, each as a whole, some
three times as fast as :mod:`.quick` reads lines.

Values are read as there. Whatever else is in a text, a mistake too, is left to the general reader:
this one says None and never guesses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .._messages import Headers, Request, Response
from .model import Interaction
from .quick import NotOursError, is_name, is_plain, scalar

__all__ = ["split"]

_LINE = r"[^ \n](?:[^\n]*[^ \n])?"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_VALUE = rf"({_LINE})\n"
_HEADERS = rf"    headers:(?: \{{\}}\n|\n((?:      {_NAME}:\n(?:      - {_LINE}\n)+)+))"
_INTERACTION = re.compile(
    r"- request:\n"
    rf"    body: {_VALUE}"
    rf"{_HEADERS}"
    rf"    method: {_VALUE}"
    rf"    uri: {_VALUE}"
    r"  response:\n"
    r"    body:\n"
    rf"      string: {_VALUE}"
    rf"{_HEADERS}"
    r"    status:\n"
    r"      code: ([1-9][0-9]{2})\n"
    rf"      message: {_VALUE}"
    rf"(?:  binance_options:\n(?:    at_ms: (0|[1-9][0-9]{{0,15}})\n)?(?:    test: {_VALUE})?)?"
)
_HEADER = re.compile(rf"      (?:({_NAME}):\n|- {_VALUE})")
_BEGIN = re.compile(r"^interactions:\n", re.MULTILINE)
_NONE = Headers()
# Headers and values that a suite's cassettes have in common are no longer than that.
_SHORT = 1000


def split(text: str) -> tuple[str, list[Interaction]] | None:
    """``text`` as a document without its interactions, and these; None where one of them is written
    in another way. What stands around them is not looked at."""
    begin = _BEGIN.search(text)
    if begin is None or not is_plain(text):
        return None
    at = begin.end()
    found: list[Interaction] = []
    try:
        while (one := _INTERACTION.match(text, at)) is not None:
            found.append(_interaction(*one.groups()))
            at = one.end()
    except (NotOursError, ValueError):  # the latter: a number of thousands of digits
        return None
    # An interaction of another form is left behind, and makes no document of the rest.
    return f"{text[: begin.start()]}interactions: []\n{text[at:]}", found


def _interaction(
    body: str,
    headers: str | None,
    method: str,
    uri: str,
    answer: str,
    answer_headers: str | None,
    code: str,
    message: str,
    at_ms: str | None,
    test: str | None,
) -> Interaction:
    _known_scalar(message)  # is read by nobody, and has to be one
    return Interaction(
        Request(
            _text(_known_scalar(method)),
            _text(scalar(uri)),
            _headers(headers),
            b"" if body == "null" else _bytes(scalar(body)),
        ),
        Response(int(code), _headers(answer_headers), _bytes(scalar(answer))),
        None if at_ms is None else int(at_ms),
        None if test is None else _text(_known_scalar(test)),
    )


_known_scalar = lru_cache(maxsize=1024)(scalar)


def _text(value: object) -> str:
    if type(value) is not str or not value:
        raise NotOursError
    return value


def _bytes(value: object) -> bytes:
    if type(value) is not str:
        raise NotOursError
    return value.encode("utf-8", "surrogatepass")


def _headers(block: str | None) -> Headers:
    if block is None:
        return _NONE
    return _known_headers(block) if len(block) <= _SHORT else _headers_in(block)


def _headers_in(block: str) -> Headers:
    pairs: list[tuple[str, str]] = []
    seen: set[str] = set()
    current = ""
    for name, value in _HEADER.findall(block):
        if not name:
            pairs.append((current, _text_of(value)))
        elif name in seen or not is_name(name):
            raise NotOursError
        else:
            seen.add(name)
            current = name
    return Headers(tuple(pairs))


_known_headers = lru_cache(maxsize=256)(_headers_in)


def _text_of(value: str) -> str:
    found = scalar(value)
    if found is None:
        return ""
    if type(found) is int:
        return str(found)
    if type(found) is not str:
        raise NotOursError
    return found
