"""Whose code a file is, and where in the user's own an exception was raised: what a report shows of
a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType

__all__ = ["called_from", "is_ours", "is_users", "raised_at"]

_OURS = str(Path(__file__).parent) + os.sep
# Python's own, and what is installed.
_NOBODY_S = ("<frozen", "/lib/python", "\\lib\\", "site-packages")


def is_ours(filename: str) -> bool:
    """Whether that is a file of this package."""
    return filename.startswith(_OURS)


def is_users(filename: str) -> bool:
    """Whether that is neither of this package, nor of Python or anything installed."""
    return not is_ours(filename) and not any(part in filename for part in _NOBODY_S)


def called_from() -> str:
    """Where in the user's own code, as in "bot.py:31 in on_order", this thread has been called
    from; empty where none of it is at work."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  without the sources' lines
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return _named(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return ""


def raised_at(error: BaseException) -> tuple[str, bool]:
    """Where ``error`` was raised, as in "bot.py:31 in on_order", and whether that is the user's
    code: its innermost line in the user's own, else where it comes from."""
    found = ""
    last: tuple[CodeType, int] | None = None
    for code, line in _frames(error.__traceback__):
        last = code, line
        if is_users(code.co_filename):
            found = _named(code, line)
    if found or last is None:
        return found or "an unknown place", bool(found)
    return _named(*last), False


def _frames(trace: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next


def _named(code: CodeType, line: int) -> str:
    return f"{Path(code.co_filename).name}:{line} in {code.co_name}"
