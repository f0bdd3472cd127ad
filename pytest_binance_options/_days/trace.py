"""What a bot has failed with, told up to where its own code ends: libraries' frames say little."""

from __future__ import annotations

import traceback

from .._masking import mask
from .._places import is_users

__all__ = ["trace_of"]


def trace_of(error: BaseException) -> str:
    """The traceback of ``error``, without secrets, and without what led to it in a library. Where
    none of its frames is the bot's, all are told."""
    told = traceback.TracebackException.from_exception(error)
    _cut(told)
    return mask("".join(told.format(chain=False)).rstrip())


def _cut(told: traceback.TracebackException) -> None:
    own = [frame for frame in told.stack if is_users(frame.filename)]
    if own:
        told.stack[:] = own
    # Of a group, from Python 3.11 on.
    for each in getattr(told, "exceptions", None) or ():
        _cut(each)
