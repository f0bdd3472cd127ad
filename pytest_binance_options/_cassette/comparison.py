"""Whether two answers have the same shape: status, content type, and the names and types in their
JSON; values don't count."""

from __future__ import annotations

import json

from .._messages import Response
from .content import UnreadableEncodingError, decode
from .shapes import Shape

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
        found += _compare(before, after)
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


def _compare(before: object, after: object) -> list[str]:
    recorded, now = Shape(), Shape()
    try:
        recorded.add(before)
        now.add(after)
        return list(recorded.differences(now))
    except RecursionError:
        return ["the JSON is nested too deeply to be compared"]
