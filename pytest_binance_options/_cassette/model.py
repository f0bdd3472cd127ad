"""What a cassette holds, as values: interactions, stream frames, and the facts of the recording.

Nothing here reads or writes files; the values are immutable, so that one parsed file can serve many
tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

from .._frames import ABNORMAL, Binary, Close, Direction, Drop, Frame, Ping, Pong, Text
from .._messages import Request, Response
from .matching import MatchKey, match_key

__all__ = ["Cassette", "Facts", "FrameKind", "Interaction", "StreamFrame"]

FrameKind = Literal["text", "binary", "ping", "pong", "close"]

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a recording comes from. Every field may be missing: a file that another tool saved has
    none.

    ``recorded_at`` is ISO 8601 in UTC, ``recorded_by`` this package's version, ``host`` the REST
    base that answered, ``environment`` its name, ``source`` who stood behind it: "testnet",
    "simulated exchange", ...
    """

    recorded_at: str | None = None
    recorded_by: str | None = None
    host: str | None = None
    environment: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """One request and what answered it.

    ``at_ms`` is when the answer came, in ms since the recording began; ``test`` the node id of the
    test that recorded it. Both are None in a file that another tool wrote.
    """

    request: Request
    response: Response
    at_ms: int | None = None
    test: str | None = None


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """One WebSocket frame.

    ``offset_ms`` counts from the opening of ``connection`` (numbered from 0 in the order they were
    opened, with ``target`` its path and query). ``direction`` is seen from the client: "in" came to
    it. ``payload`` is the text in UTF-8, or the bytes; for "close" the two bytes of the code
    followed by the reason, with code 1006 for an end without a close frame. ``after`` says what it
    followed: how many interactions were done, and how many messages (text and binary frames) the
    client had sent on this connection.
    """

    offset_ms: int
    connection: int
    direction: Direction
    kind: FrameKind
    payload: bytes = b""
    after: tuple[int, int] = (0, 0)
    target: str | None = None
    test: str | None = None

    @staticmethod
    def written(frame: Frame) -> tuple[FrameKind, bytes]:
        """``frame`` as the fields ``kind`` and ``payload`` have it."""
        match frame:
            case Text():
                return "text", frame.data.encode()
            case Binary():
                return "binary", frame.data
            case Ping():
                return "ping", frame.data
            case Pong():
                return "pong", frame.data
            case Close():
                return "close", frame.code.to_bytes(2, "big") + frame.reason.encode()
            case Drop():
                return "close", ABNORMAL.to_bytes(2, "big")

    @property
    def frame(self) -> Frame:
        """The frame itself; what is no UTF-8 in it is replaced."""
        match self.kind:
            case "text":
                return Text(self.payload.decode(errors="replace"))
            case "binary":
                return Binary(self.payload)
            case "ping":
                return Ping(self.payload)
            case "pong":
                return Pong(self.payload)
        code = int.from_bytes(self.payload[:2], "big")
        if code == ABNORMAL:
            return Drop()
        return Close(code or 1000, self.payload[2:].decode(errors="replace"))


@dataclass(frozen=True)
class Cassette:
    """A recording: interactions in the order in which they were answered, and the stream's frames.

    ``metadata`` is what vcrpy's ``get_metadata`` has put beside them, as JSON; nothing here reads
    it.
    """

    interactions: tuple[Interaction, ...] = ()
    frames: tuple[StreamFrame, ...] = ()
    facts: Facts | None = None
    metadata: bytes = b""

    @cached_property
    def index(self) -> Mapping[MatchKey, tuple[int, ...]]:
        """Where the answers to a request stand, in file order."""
        return _index((match_key(i.request), n) for n, i in enumerate(self.interactions))

    @cached_property
    def tests(self) -> Mapping[str, tuple[int, ...]]:
        """Which interactions a test recorded, by node id, in file order."""
        return _index((i.test, n) for n, i in enumerate(self.interactions) if i.test is not None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything above: it changes when the content is damaged or edited."""
        interactions = tuple(
            (
                i.request.method,
                i.request.url,
                i.request.headers.pairs,
                i.request.body,
                i.response.status,
                i.response.headers.pairs,
                i.response.body,
                i.at_ms,
                i.test,
            )
            for i in self.interactions
        )
        frames = tuple(
            (f.offset_ms, f.connection, f.direction, f.kind, f.payload, f.after, f.target, f.test)
            for f in self.frames
        )
        facts = self.facts or Facts()
        origin = (facts.recorded_at, facts.recorded_by, facts.host, facts.environment, facts.source)
        # Nearly no file has it, and the digests of the others stay what they are.
        beside = (self.metadata,) if self.metadata else ()
        # ascii() of tuples of str, bytes, int and None reads the same in every version of Python;
        # repr() does not.
        return (
            "sha256:"
            + hashlib.sha256(ascii((interactions, frames, origin, *beside)).encode()).hexdigest()
        )


def _index(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, tuple[int, ...]]:
    lists: dict[_Key, list[int]] = {}
    for key, position in pairs:
        lists.setdefault(key, []).append(position)
    return {key: tuple(positions) for key, positions in lists.items()}
