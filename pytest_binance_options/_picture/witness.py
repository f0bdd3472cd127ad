"""Where nobody keeps a journal, because a recording or the network answers: what passes by, with
the real time at which it did."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from time import time_ns

from .._backends.base import Backend, Connection, Forward, ForwardStream
from .._frames import Close, Direction, Drop, Frame
from .._masking import mask
from .._messages import Answer, Failure, Later, Request, Response
from .steps import Step, Tone, Words
from .traffic import Traffic

__all__ = ["Witness"]


def _now_ms() -> int:
    return time_ns() // 1_000_000


class Witness:
    """``backend``, and a record of what it was asked and told. Any thread may call."""

    def __init__(self, backend: Backend, now_ms: Callable[[], int] = _now_ms) -> None:
        self._backend = backend
        self._now_ms = now_ms
        self._traffic = Traffic(mask)
        self._steps: list[Step] = []
        self._numbers = count(1)
        self._streams: dict[ForwardStream, int] = {}
        self._ended: set[int] = set()

    @property
    def steps(self) -> list[Step]:
        """What happened until now, oldest first."""
        return list(self._steps)

    def say(self, label: str, text: str, tone: Tone) -> None:
        """Write down something that the test did."""
        words = Words(label, text, tone=tone)
        self._steps.append(Step(self._now_ms(), "test", (label, text), lambda: words))

    def respond(self, request: Request) -> Answer | Later | Forward:
        """As the backend does."""
        try:
            verdict = self._backend.respond(request)
        except Exception:
            self._asked(request, None)
            raise
        if isinstance(verdict, Later):
            return verdict.noted(partial(self._asked, request))
        if not isinstance(verdict, Forward):
            self._asked(request, verdict)
        return verdict

    def observe(self, request: Request, answer: Answer) -> None:
        """As the backend does."""
        self._backend.observe(request, answer)
        self._asked(request, answer)

    def connect(self, handshake: Request) -> Connection | Answer | ForwardStream:
        """As the backend does."""
        verdict = self._backend.connect(handshake)
        if isinstance(verdict, Response | Failure):
            self._steps.append(self._traffic.refused(self._now_ms(), handshake.target, verdict))
            return verdict
        number = next(self._numbers)
        self._steps.append(self._traffic.connected(self._now_ms(), number, handshake.target))
        if isinstance(verdict, ForwardStream):
            self._streams[verdict] = number
            return verdict
        return _Watched(verdict, partial(self._frame, number))

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """As the backend does."""
        self._backend.observe_frame(stream, direction, frame)
        self._frame(self._streams[stream], direction, frame)

    def _asked(self, request: Request, answer: Answer | None) -> None:
        self._steps += self._traffic.asked(self._now_ms(), request, answer)

    def _frame(self, number: int, direction: Direction, frame: Frame) -> None:
        if isinstance(frame, Close | Drop):
            # Who is taken leave of says goodbye as well.
            if number in self._ended:
                return
            self._ended.add(number)
        step = self._traffic.frame(self._now_ms(), number, direction, frame)
        if step is not None:
            self._steps.append(step)


class _Watched:
    """``connection``, whose frames ``tell`` is told of."""

    def __init__(self, connection: Connection, tell: Callable[[Direction, Frame], object]) -> None:
        self._connection = connection
        self._tell = tell

    @property
    def on_ready(self) -> Callable[[], None] | None:
        """As the connection's."""
        return self._connection.on_ready

    @on_ready.setter
    def on_ready(self, call: Callable[[], None] | None) -> None:
        self._connection.on_ready = call

    @property
    def real_peer(self) -> bool:
        """As the connection's."""
        return self._connection.real_peer

    @real_peer.setter
    def real_peer(self, real: bool) -> None:
        self._connection.real_peer = real

    @property
    def closed(self) -> bool:
        """As the connection's."""
        return self._connection.closed

    @property
    def pong_overdue(self) -> bool:
        """As the connection's."""
        return self._connection.pong_overdue

    @property
    def pong_grace(self) -> float:
        """As the connection's."""
        return self._connection.pong_grace

    def pong_timed_out(self) -> object:
        """As the connection's."""
        return self._connection.pong_timed_out()

    def receive(self, frame: Frame, received_ms: float | None = None) -> object:
        """As the connection's."""
        self._tell("out", frame)
        return self._connection.receive(frame, received_ms)

    def take(self) -> list[Frame]:
        """As the connection's."""
        frames = self._connection.take()
        for frame in frames:
            self._tell("in", frame)
        return frames
