"""What a test has failed with: an exception, what led to it, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator

from .._places import raised_at
from ..exchange._code_notes import Raised

__all__ = ["chain", "failures"]


def failures(error: BaseException, now_ms: int) -> list[Raised]:
    """What a test has failed with: ``error``, and what led to it."""
    return [
        Raised(now_ms, each, raised_at(each)[0], "ended the test")
        for each in dict.fromkeys(chain(error))
    ]


def chain(error: BaseException) -> Iterator[BaseException]:
    """``error``, what led to it, and what is in it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
        inner = getattr(each, "exceptions", ())
        waiting += [one for one in inner if isinstance(one, BaseException)]
