"""Whether two answers have the same shape: status, content type, and the names and types in their
JSON; values don't count."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .._masking import mask
from .._messages import Response
from .content import UnreadableEncodingError, decode

__all__ = ["shape_differences"]

_NOT_JSON = object()


def shape_differences(recorded: Response, now: Response) -> list[str]:
    """In what ``now`` differs in shape from ``recorded``, one phrase each; empty where they agree.

    Values are not compared and not shown: an expiration or a key is another one every time.
    """
    found: list[str] = []
    if recorded.status != now.status:
        found.append(f"the status is {now.status}, recorded was {recorded.status}")
    ours, theirs = _media_type(recorded), _media_type(now)
    if ours != theirs:
        found.append(f"the content type is {theirs or 'missing'}, recorded was {ours or 'none'}")
    before, after = _json(recorded), _json(now)
    if (before is _NOT_JSON) != (after is _NOT_JSON):
        found.append(
            "the body is no JSON any more"
            if after is _NOT_JSON
            else "the body is JSON, recorded was something else"
        )
    elif before is not _NOT_JSON:
        found += _compare(before, after, "")
    elif bool(recorded.body) != bool(now.body):
        found.append(
            "the body is empty, recorded was one with content"
            if recorded.body
            else "there is a body, recorded was none"
        )
    return found


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(response: Response) -> object:
    try:
        return json.loads(decode(response.headers, response.body).body)
    except (ValueError, RecursionError, UnreadableEncodingError):
        return _NOT_JSON


def _type(value: object) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a number"),
        (str, "a string"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return "an object"


def _compare(before: object, after: object, path: str) -> Iterator[str]:
    here = mask(path) or "the JSON"
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            below = f"{path}.{name}" if path else str(name)
            if name not in after:
                yield f"{mask(below)} is gone, recorded was {_type(before[name])}"
            elif name not in before:
                yield f"{mask(below)} is new: {_type(after[name])}"
            else:
                yield from _compare(before[name], after[name], below)
    elif isinstance(before, list) and isinstance(after, list):
        # How many there are is a value. One stands for all, on both sides.
        if before and after:
            yield from _compare(_merged(before), _merged(after), f"{path}[]")
    elif _type(before) != _type(after) and not _both_numbers(before, after):
        yield f"{here} is {_type(after)}, recorded was {_type(before)}"


def _both_numbers(before: object, after: object) -> bool:
    # A number with a fraction may come out whole; the other way round it breaks who reads integers.
    return type(before) is float and type(after) is int


def _merged(items: list[object]) -> object:
    """What stands for all of ``items``: of objects one with all their names, of others the
    first."""
    merged: dict[str, object] = {}
    for item in items:
        if not isinstance(item, dict):
            return items[0]
        for name, value in item.items():
            merged.setdefault(name, value)
    return merged
