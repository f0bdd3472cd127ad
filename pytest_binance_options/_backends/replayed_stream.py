"""A stream from a cassette: what came in the recording comes again, after the same that the client
did.

What a client did are the requests that were answered and the messages that it sent; its pings,
pongs and reconnects' timing are its own affair, and so is how long anything took.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from threading import RLock

from .._cassette.model import StreamFrame
from .._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from .._masking import mask
from ..errors import RequestNotRecordedError

__all__ = ["ReplayedStream"]


class ReplayedStream:
    """One client's connection, which plays ``frames``: those of one recorded connection.

    ``answered`` tells how many requests have been answered by now, and every method takes ``lock``,
    which is held while that changes. ``explanation`` is for errors: where the recording is, and how
    to make it anew. ``missed`` is told of a message that was not recorded. ``reword`` puts what
    was recorded into the client's own words. :attr:`target` is the connection's path and query.
    """

    real_peer = True
    pong_overdue = False
    pong_grace = 0.0

    def __init__(
        self,
        frames: Iterable[StreamFrame],
        *,
        answered: Callable[[], int],
        lock: RLock,
        explanation: str,
        missed: Callable[[str], None],
        reword: Callable[[str], str] = str,
    ) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.closed = False
        #: Whether the client has gone.
        self.left = False
        self._answered = answered
        self._lock = lock
        self._explanation = explanation
        self._missed = missed
        self._reword = reword
        frames = tuple(frames)
        self.target = next((f.target for f in frames if f.target), "")
        # Pings and pongs of the client, and the answers to them, depend on its library and on real
        # time.
        self._messages = deque(
            f for f in frames if f.direction == "out" and f.kind in ("text", "binary")
        )
        self._due = deque(f for f in frames if f.direction == "in" and f.kind != "pong")
        self._sent = 0
        self._ids: dict[object, object] = {}
        self._outbox: list[Frame] = []
        self.play()

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        """Take what the client sent; RequestNotRecordedError for a message that the recording has
        not."""
        with self._lock:
            if isinstance(frame, Drop):
                self.closed = self.left = True
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
        with self._lock:
            frames, self._outbox = self._outbox, []
            return frames

    def pong_timed_out(self) -> None:
        """Nothing: pongs are not waited for."""

    def play(self) -> None:
        """Queue what is due by now."""
        with self._lock:
            while self._due and not self.closed:
                requests, messages = self._due[0].after
                if requests > self._answered() or messages > self._sent:
                    return
                self._queue(self._with_the_client_s_id(self._due.popleft().frame))

    @property
    def unplayed(self) -> tuple[int, int]:
        """How many recorded frames with a message are not due yet, and how many messages of the
        client's it has not sent."""
        with self._lock:
            return sum(f.kind in ("text", "binary") for f in self._due), len(self._messages)

    def _take_message(self, data: bytes) -> None:
        expected = self._messages.popleft() if self._messages else None
        said, recorded = _message(data), None if expected is None else _message(expected.payload)
        if recorded is None or said[0] != recorded[0]:
            self._missed(f"on a stream: {mask(data.decode(errors='replace'))}")
            raise self._unrecorded(data, None if expected is None else expected.payload)
        self._ids[recorded[1]] = said[1]
        self._sent += 1
        self.play()

    def _unrecorded(self, sent: bytes, expected: bytes | None) -> RequestNotRecordedError:
        recorded = "nothing more" if expected is None else mask(expected.decode(errors="replace"))
        return RequestNotRecordedError(
            "on its stream the client sent a message that it did not send there when the cassette"
            " was recorded.\n"
            f"  sent:      {mask(sent.decode(errors='replace'))}\n"
            f"  recorded:  {recorded}\n"
            f"{self._explanation}"
        )

    def _with_the_client_s_id(self, frame: Frame) -> Frame:
        # Clients number their requests at random, and their orders.
        if not isinstance(frame, Text):
            return frame
        frame = Text(self._reword(frame.data))
        try:
            answer = json.loads(frame.data)
        except ValueError:
            return frame
        if not isinstance(answer, dict) or not {"result", "error"} & answer.keys():
            return frame
        recorded = answer.get("id")
        if not isinstance(recorded, int | str) or recorded not in self._ids:
            return frame
        return Text(json.dumps({**answer, "id": self._ids[recorded]}, separators=(",", ":")))

    def _queue(self, frame: Frame) -> None:
        self._outbox.append(frame)
        self.closed = self.closed or isinstance(frame, Close | Drop)
        if self.on_ready is not None:
            self.on_ready()


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
