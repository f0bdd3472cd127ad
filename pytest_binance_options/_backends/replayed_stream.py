"""Streams from a cassette: what came in the recording comes again, after the same that the client
did.

What a client did are the requests that were answered and the messages that it sent; its pings,
pongs and reconnects' timing are its own affair. How frames get into a cassette is in
:mod:`.record`.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from .._cassette.model import StreamFrame
from .._frames import ABNORMAL, Binary, Close, Drop, Frame, Ping, Pong, Text
from .._masking import mask
from .._messages import Answer, Failure, Request
from ..errors import RequestNotRecordedError
from .base import Backend, Forward

__all__ = ["ReplayedStreams"]


class ReplayClock(Protocol):
    """The clock on which the recorded pace is kept."""

    @property
    def now_ms(self) -> int:
        """The time in milliseconds."""

    def call_at(self, when_ms: int, callback: Callable[[], object]) -> object:
        """Have ``callback`` called when the clock comes to ``when_ms``."""


class ReplayedStreams:
    """Plays ``frames``, a cassette's: each recorded connection once, in order, to whoever connects
    to its address.

    With a ``clock`` frames come at the recorded pace on it, without one at once. ``path`` and
    ``record_command`` are for errors. To know which requests were answered, this has to see them:
    let :meth:`watching` wrap the REST backend.
    """

    def __init__(
        self,
        frames: Iterable[StreamFrame],
        *,
        path: object,
        record_command: str,
        clock: ReplayClock | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        #: How many requests have been answered.
        self.answered = 0
        self._explanation = f"  cassette:  {path}\nTo record the test again:\n  {record_command}"
        recorded: dict[tuple[str | None, int], list[StreamFrame]] = {}
        for frame in frames:
            recorded.setdefault((frame.test, frame.connection), []).append(frame)
        self._unplayed = list(recorded.values())
        self._open: list[_Replayed] = []

    def watching(self, backend: Backend) -> Backend:
        """``backend``, with an eye on what it answers."""
        return _Watching(backend, self)

    def connect(self, target: str, client: str) -> _Replayed:
        """Play the next connection that was recorded at ``target``; RequestNotRecordedError where
        there is none left."""
        del client
        with self.lock:
            wanted = _address(target)
            for frames in self._unplayed:
                if _address(frames[0].target or "") == wanted:
                    self._unplayed.remove(frames)
                    connection = _Replayed(self, frames)
                    self._open.append(connection)
                    return connection
            left = [
                f"  - {mask(frames[0].target or '')}, {len(frames)} frames"
                for frames in self._unplayed
            ]
            raise RequestNotRecordedError(
                "\n".join(
                    [
                        "the cassette has no stream, or none left, for this address.",
                        f"  asked for: {mask(target)}",
                        *(["What it still has:", *left] if left else ["It has no other stream."]),
                        self._explanation,
                    ]
                )
            )

    def request_answered(self) -> None:
        """One more request was answered: frames may have waited for that."""
        with self.lock:
            self.answered += 1
            for connection in tuple(self._open):
                connection.play()

    def left(self, connection: _Replayed) -> None:
        """``connection`` has lost its client."""
        if connection in self._open:
            self._open.remove(connection)

    def unrecorded(self, sent: str, expected: str | None) -> RequestNotRecordedError:
        """The error for a message that the client sent at this point only now."""
        return RequestNotRecordedError(
            "on its stream the client sent a message that it did not send there when the cassette"
            " was recorded.\n"
            f"  sent:      {mask(sent)}\n"
            f"  recorded:  {'nothing more' if expected is None else mask(expected)}\n"
            f"{self._explanation}"
        )


class _Watching:
    def __init__(self, backend: Backend, streams: ReplayedStreams) -> None:
        self._backend = backend
        self._streams = streams

    def respond(self, request: Request) -> Answer | Forward:
        verdict = self._backend.respond(request)
        if not isinstance(verdict, Failure | Forward):
            self._streams.request_answered()
        return verdict

    def observe(self, request: Request, answer: Answer) -> None:
        self._backend.observe(request, answer)


class _Replayed:
    """One client's connection. Every method takes the lock of all."""

    real_peer = True
    pong_overdue = False
    pong_grace = 0.0

    def __init__(self, streams: ReplayedStreams, frames: Iterable[StreamFrame]) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.closed = False
        self._streams = streams
        # Pings and pongs of the client, and the answers to them, depend on its library and on real
        # time.
        self._messages = deque(
            f for f in frames if f.direction == "out" and f.kind in ("text", "binary")
        )
        self._due = deque(f for f in frames if f.direction == "in" and f.kind != "pong")
        self._sent = 0
        self._ids: dict[object, object] = {}
        self._outbox: list[Frame] = []
        # The recorded pace counts from what the client did last: when that was, and when it was in
        # the recording.
        self._since = (self._now(), 0)
        self.play()

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        """Take what the client sent; RequestNotRecordedError for a message that the recording has
        not."""
        with self._streams.lock:
            if isinstance(frame, Drop):
                self.closed = True
                self._streams.left(self)
            elif self.closed:
                pass
            elif isinstance(frame, Close):
                self._queue(Close(frame.code))
            elif isinstance(frame, Ping):
                self._queue(Pong(frame.data))
            elif isinstance(frame, Text | Binary):
                self._take_message(frame.data.encode() if isinstance(frame, Text) else frame.data)

    def take(self) -> list[Frame]:
        """What is due."""
        with self._streams.lock:
            frames, self._outbox = self._outbox, []
            return frames

    def pong_timed_out(self) -> None:
        """Nothing: pongs are not waited for."""

    def play(self) -> None:
        """Queue what is due by now, and have the clock call when the next is."""
        with self._streams.lock:
            while self._due and not self.closed:
                frame = self._due[0]
                if frame.after[0] > self._streams.answered or frame.after[1] > self._sent:
                    return
                clock = self._streams.clock
                when = self._since[0] + frame.offset_ms - self._since[1]
                if clock is not None and when > clock.now_ms:
                    clock.call_at(when, self.play)
                    return
                self._due.popleft()
                self._queue(self._played(frame))

    def _take_message(self, data: bytes) -> None:
        expected = self._messages.popleft() if self._messages else None
        said, recorded = _message(data), None if expected is None else _message(expected.payload)
        if expected is None or recorded is None or said[0] != recorded[0]:
            raise self._streams.unrecorded(
                data.decode(errors="replace"),
                None if expected is None else expected.payload.decode(errors="replace"),
            )
        self._ids[recorded[1]] = said[1]
        self._sent += 1
        self._since = (self._now(), expected.offset_ms)
        self.play()

    def _played(self, recorded: StreamFrame) -> Frame:
        data = recorded.payload
        if recorded.kind == "text":
            return Text(self._answered_with_its_id(data.decode()))
        if recorded.kind == "binary":
            return Binary(data)
        if recorded.kind == "ping":
            return Ping(data)
        code = int.from_bytes(data[:2], "big")
        return (
            Drop() if code == ABNORMAL else Close(code or 1000, data[2:].decode(errors="replace"))
        )

    def _answered_with_its_id(self, text: str) -> str:
        # Clients number their requests at random.
        try:
            answer = json.loads(text)
        except ValueError:
            return text
        if not isinstance(answer, dict) or not {"result", "error"} & answer.keys():
            return text
        recorded = answer.get("id")
        if not isinstance(recorded, int | str) or recorded not in self._ids:
            return text
        return json.dumps({**answer, "id": self._ids[recorded]}, separators=(",", ":"))

    def _queue(self, frame: Frame) -> None:
        self._outbox.append(frame)
        self.closed = self.closed or isinstance(frame, Close | Drop)
        if self.on_ready is not None:
            self.on_ready()

    def _now(self) -> int:
        return 0 if self._streams.clock is None else self._streams.clock.now_ms


def _message(data: bytes) -> tuple[object, object]:
    """What a client's message says apart from its id, and the id."""
    try:
        request = json.loads(data)
    except ValueError:
        return data, None
    if not isinstance(request, dict):
        return request, None
    identity = request.pop("id", None)
    return request, identity if isinstance(identity, int | str) else None


def _address(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(target)
    return parts.path.rstrip("/"), tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
