"""What goes over the wire, as values: for those who ask an exchange by hand.

``exchange.handle`` takes a :class:`Request` and gives a :class:`Response` or a :class:`Failure`;
the connections of ``exchange.connect`` take and give the frames.
"""

from __future__ import annotations

from ._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from ._messages import Answer, Failure, FailureKind, Headers, Request, Response

__all__ = [
    "Answer",
    "Binary",
    "Close",
    "Drop",
    "Failure",
    "FailureKind",
    "Frame",
    "Headers",
    "Ping",
    "Pong",
    "Request",
    "Response",
    "Text",
]
