"""WebSocket frames as plain values: what a stream connection takes in and gives out.

No masking, fragments or bytes on the wire: a shell has a WebSocket library for those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from ._masking import mask

__all__ = ["ABNORMAL", "Binary", "Close", "Direction", "Drop", "Frame", "Ping", "Pong", "Text"]

Direction = Literal["in", "out"]
"""Which way a frame goes, as its client sees it: "in" came to it."""

ABNORMAL = 1006
"""The close code that stands for an end without a close frame (RFC 6455, section 7.1.5)."""


@final
@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """A text message. Its repr hides listen keys, as a test's report would show them."""

    data: str

    def __repr__(self) -> str:
        return f"Text({mask(self.data)!r})"


@final
@dataclass(frozen=True, slots=True, repr=False)
class Binary:
    """A binary message. The user data stream sends none; a client may."""

    data: bytes

    def __repr__(self) -> str:
        return f"Binary({len(self.data)} bytes)"


@final
@dataclass(frozen=True, slots=True)
class Ping:
    """A ping; at most 125 bytes (RFC 6455, section 5.5)."""

    data: bytes = b""


@final
@dataclass(frozen=True, slots=True)
class Pong:
    """A pong: the answer to a ping with the same bytes, or unsolicited."""

    data: bytes = b""


@final
@dataclass(frozen=True, slots=True)
class Close:
    """A close frame with its status code (RFC 6455, section 7.4) and reason; nothing follows it."""

    code: int = 1000
    reason: str = ""


@final
@dataclass(frozen=True, slots=True)
class Drop:
    """The end of the TCP connection without a close frame; nothing follows it."""


#: Whatever can go over a stream, in either direction.
Frame = Text | Binary | Ping | Pong | Close | Drop
