"""What a backend is: whoever answers, however the question arrived.

A question is a request, or the handshake of somebody who wants to listen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .._frames import Direction, Frame
from .._messages import Answer, Later, Request

__all__ = [
    "Backend",
    "Connection",
    "Forward",
    "ForwardStream",
    "TakesNote",
    "begin",
    "malformed",
    "perform",
]


@dataclass(frozen=True, slots=True)
class Forward:
    """A backend's word that the network answers: send ``request``, then tell the backend what
    came."""

    request: Request


@dataclass(frozen=True, slots=True, eq=False)
class ForwardStream:
    """A backend's word that the network answers who wants to listen: connect to ``address``, and
    tell the backend each frame.

    One is made for each connection, and the backend knows the connection by it.
    """

    address: str


class Connection(Protocol):
    """One stream's server side: frames in, frames out. Any thread may call."""

    on_ready: Callable[[], None] | None
    """Called, from any thread, when there is something to take or the connection has ended."""

    real_peer: bool
    """Set by a transport, to say that pongs take real time."""

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""

    @property
    def pong_overdue(self) -> bool:
        """Whether a pong ought to be here by now, though no real time may have passed;
        :meth:`take` gives nothing then."""

    @property
    def pong_grace(self) -> float:
        """How long to wait for a pong that is overdue, in seconds of real time."""

    def pong_timed_out(self) -> object:
        """Say that this time is over; without effect where the pong has come."""

    def receive(self, frame: Frame, received_ms: float | None = None) -> object:
        """Take note of what the client sent, in ms of real time; a Drop says that it is gone."""

    def take(self) -> list[Frame]:
        """What is due to the client, in order; it is handed out once."""


class Backend(Protocol):
    """Answers requests and those who want to listen, or says where they go. Every method may be
    called from any thread."""

    def respond(self, request: Request) -> Answer | Later | Forward:
        """Answer ``request``, now or later, or say that the network does."""

    def observe(self, request: Request, answer: Answer) -> None:
        """Take note of what the network answered. ``request`` is the one given to
        :meth:`respond`."""

    def connect(self, handshake: Request) -> Connection | Answer | ForwardStream:
        """Open a stream at the handshake's target, or say that the network does; a Response means
        refused, a Failure that there is no answer."""

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Take note of what went over a connection that the network has: ``stream`` is what
        :meth:`connect` gave. An end without a close frame is a Drop."""


@runtime_checkable
class TakesNote(Protocol):
    """A backend that wants to know of what never became a question."""

    def malformed(self, said: str) -> None:
        """Take note, from any thread, that something was no request or handshake, and what was
        said of it; no secrets."""


def malformed(backend: Backend, said: str) -> None:
    """Tell ``backend``, where it takes note of such, that something was no request or handshake."""
    if isinstance(backend, TakesNote):
        backend.malformed(said)


def perform(backend: Backend, request: Request, send: Callable[[Request], Answer]) -> Answer:
    """One whole exchange with ``backend``; ``send`` is how this door reaches the network."""
    answer = begin(backend, request, send)
    return answer.wait() if isinstance(answer, Later) else answer


def begin(backend: Backend, request: Request, send: Callable[[Request], Answer]) -> Answer | Later:
    """As :func:`perform`, for who doesn't wait for what takes its time."""
    verdict = backend.respond(request)
    if not isinstance(verdict, Forward):
        return verdict
    answer = send(verdict.request)
    backend.observe(request, answer)
    return answer
