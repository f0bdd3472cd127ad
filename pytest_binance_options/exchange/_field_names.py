"""What a field is called that somebody has looked for by another name: in an event, by the words of
its builder, and in an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from ._event_table import TABLE

__all__ = ["in_answer", "in_event", "in_words"]

#: What other APIs, this exchange's REST among them, call what a builder calls otherwise.
_ALIKE = {
    "qty": "quantity",
    "avg": "average",
    "executed": "filled",
    "cum": "filled",
    "fee": "commission",
    "pnl": "profit",
}
_OF_THE_WRAPPER = ("stream", "data")


def in_event(event_type: str, fields: Iterable[str], missed: str) -> str:
    """What was meant by a field ``missed`` in an event of this type, in a sentence; empty where
    that can't be told. ``fields`` are the names that it had."""
    row = TABLE.get(event_type)
    if not missed or row is None:
        return ""
    if missed in fields:
        return (
            f'{event_type} has "{missed}". At /stream it comes wrapped, in "data"; what answers a'
            " command is no event."
        )
    if missed in _OF_THE_WRAPPER:
        return f'"{missed}" is of what wraps an event at /stream; at /ws there is the event alone.'
    names: Mapping[str, str] = {"e": "event_type", **dict(row.fields.paths())}
    for path in names:
        above, _, wire = path.rpartition(".")
        if wire == missed and above:
            return f'In {event_type} "{missed}" is {path}: in {above.removesuffix("[]")}.'
    near = _nearest(missed, names)
    if near is None:
        return ""
    return f'{event_type} has no "{missed}": {names[near].replace("_", " ")} is {near}.'


def in_words(event_type: str) -> str:
    """The fields of such an event by their words; empty where the table doesn't know it."""
    row = TABLE.get(event_type)
    if row is None:
        return ""
    return ", ".join(
        f"{path} {word}"
        for path, word in row.fields.paths()
        if not word.endswith("_time") and not path.endswith(("B", "P", "G")) and path != "o"
    )


def in_answer(asked: str, fields: Iterable[str], missed: str) -> str:
    """What was meant by a field ``missed`` in the answer to what was ``asked``; empty where that
    can't be told."""
    names = {field: field for field in fields}
    path = _nearest(missed, names)
    if not missed or missed in names or path is None:
        return ""
    return f'The answer to {asked} has no "{missed}": it has {path}.'


def _nearest(missed: str, names: Mapping[str, str]) -> str | None:
    """The path of ``names`` whose word is ``missed``, or most like it."""
    wanted = _plain(missed)
    words: dict[str, str] = {}
    for path, word in names.items():
        words.setdefault(_plain(word), path)
    if wanted in words:
        return words[wanted]
    within = [word for word in words if len(word) > 2 and (word in wanted or wanted in word)]
    if within and len(wanted) > 2:
        return words[max(within, key=lambda word: min(len(word), len(wanted)))]
    near = get_close_matches(wanted, list(words), n=1, cutoff=0.8)
    return words[near[0]] if near else None


def _plain(name: str) -> str:
    parts = re.findall("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)
    return "".join(_ALIKE.get(part.lower(), part.lower()) for part in parts)
