"""Keeps what was asked and answered in the test's own process, for ``binance_options.requests``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .._forks import Home
from .._frames import Direction, Frame
from .._masking import mask
from .._messages import Answer, Later, Request, Response
from .base import Backend, Connection, Forward, ForwardStream, malformed

__all__ = ["Asked", "Logged"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and how it ended. ``status`` is None where no response came: refused, reset,
    timed out, not recorded."""

    method: str
    path: str
    status: int | None

    def __repr__(self) -> str:
        asked = mask(f"method={self.method!r}, path={self.path!r}, status={self.status}")
        return f"Asked({asked})"


class Logged:
    """``backend``, with a list of what it was asked, in the order in which it was answered.

    Requests of several threads that are answered at the same time stand in either order. Those of a
    forked process raise ForkedProcessError.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.requests: list[Asked] = []
        self._home = Home()

    def respond(self, request: Request) -> Answer | Later | Forward:
        """As the backend does; what it answers itself is logged when it does."""
        self._home.check(lambda: f"{request.method} {mask(request.path)}")
        try:
            verdict = self.backend.respond(request)
        except Exception:
            self._note(request, None)
            raise
        if isinstance(verdict, Later):
            return verdict.noted(partial(self._note, request))
        if not isinstance(verdict, Forward):
            self._note(request, verdict)
        return verdict

    def observe(self, request: Request, answer: Answer) -> None:
        """As the backend does; what the network answered is logged here."""
        self.backend.observe(request, answer)
        self._note(request, answer)

    def connect(self, handshake: Request) -> Connection | Answer | ForwardStream:
        """As the backend does."""
        return self.backend.connect(handshake)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """As the backend does."""
        self.backend.observe_frame(stream, direction, frame)

    @property
    def copies_have_asked(self) -> bool:
        """Whether a forked process has asked, and was told that nobody answers it."""
        return self._home.copies_have_asked

    def malformed(self, said: str) -> None:
        """As the backend does."""
        malformed(self.backend, said)

    def _note(self, request: Request, answer: Answer | None) -> None:
        # list.append is atomic: no lock is needed for threads to share this.
        self.requests.append(
            Asked(
                request.method,
                request.path,
                answer.status if isinstance(answer, Response) else None,
            )
        )
