"""Reading the part of YAML that our own files are written in, some ten times faster than a YAML
parser does.

Block style, two blanks a level, one value a line. Whatever else is in a text is left to the real
parser: this one says None and never guesses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["NotOursError", "is_name", "is_plain", "read", "scalar"]

# Indentation, dashes (of which the last may open a mapping on its line), a name with its colon, the
# value.
_LINE = re.compile(
    r"""(?P<indent>(?:[ ]{2})*)(?P<dash>-[ ])?
    (?:(?P<name>[A-Za-z_][A-Za-z0-9_.-]*):(?:[ ](?=[^ ])|$))?
    (?P<value>[^ ].*(?<![ ])|)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+]*")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_DOUBLE_QUOTED = re.compile(r'"(?:[^"\\]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*"')
# What YAML takes for something else than text.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off"})


class NotOursError(Exception):
    """The text holds what is not read here."""


_Line = tuple[int, bool, str | None, str]


def read(text: str) -> object:
    """What ``text`` says; None where it is not written as our files are (no such file says
    None)."""
    if not is_plain(text):
        return None
    try:
        lines = [
            _known_line(line) if len(line) <= _SHORT else _line(line)
            for line in text[:-1].split("\n")
        ]
        lines.append((-1, False, None, ""))
        value, end = _block(lines, 0, 0)
    except (NotOursError, RecursionError):
        return None
    return value if end == len(lines) - 1 else None


def is_plain(text: str) -> bool:
    """Whether ``text`` is whole lines of printable ASCII."""
    return text.isascii() and text.endswith("\n") and text.replace("\n", "").isprintable()


def is_name(name: str) -> bool:
    """Whether ``name``, which looks like one, is text and nothing else to YAML."""
    return name.lower() not in _WORDS


def _line(line: str) -> _Line:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NotOursError
    indent, dash, name, value = match.groups()
    if name is not None and not is_name(name):
        raise NotOursError
    return len(indent), dash is not None, name, value


# A suite's cassettes have most of their lines in common: headers, methods, names.
_known_line = lru_cache(maxsize=1024)(_line)
_SHORT = 200


def _block(lines: list[_Line], at: int, indent: int) -> tuple[object, int]:
    return (_list if lines[at][1] else _mapping)(lines, at, indent)


def _list(lines: list[_Line], at: int, indent: int) -> tuple[object, int]:
    items: list[object] = []
    while lines[at][0] == indent and lines[at][1]:
        _, _, name, value = lines[at]
        if name is None:
            items.append(scalar(value))
            at += 1
        else:
            # "- name: value" is a mapping whose first line begins two further on.
            lines[at] = (indent + 2, False, name, value)
            item, at = _mapping(lines, at, indent + 2)
            items.append(item)
    return items, at


def _mapping(lines: list[_Line], at: int, indent: int) -> tuple[object, int]:
    entries: dict[str, object] = {}
    while lines[at][0] == indent and not lines[at][1]:
        _, _, name, value = lines[at]
        if name is None or name in entries:
            raise NotOursError
        at += 1
        if value:
            entries[name] = scalar(value)
            continue
        below, dash = lines[at][:2]
        # A list stands on the level of its name, a mapping one deeper.
        if below != (indent if dash else indent + 2):
            raise NotOursError
        entries[name], at = _block(lines, at, below)
    return entries, at


def scalar(value: str) -> object:
    """What ``value``, all of a line behind its name or dash, says. Raises NotOursError where that
    is for the real parser to say."""
    first = value[:1]
    # Text that begins with a letter or a slash can't be a number or a date, and within a line these
    # three end it.
    if (
        (first.isalpha() or first == "/")
        and ": " not in value
        and " #" not in value
        and value[-1] != ":"
    ):
        return _word(value)
    if first == "'" and _QUOTED.fullmatch(value):
        return value[1:-1].replace("''", "'")
    if first == '"' and _DOUBLE_QUOTED.fullmatch(value):
        return json.loads(value)
    if _NUMBER.fullmatch(value):
        return int(value)
    if _VERSION.fullmatch(value):
        return value
    if value in _EMPTY:
        return _EMPTY[value]()
    raise NotOursError


def _word(value: str) -> str | None:
    if value.lower() not in _WORDS:
        return value
    if value == "null":
        return None
    raise NotOursError


_EMPTY: dict[str, Callable[[], object]] = {"{}": dict, "[]": list}
