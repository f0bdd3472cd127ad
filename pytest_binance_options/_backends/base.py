"""What a backend is: whoever answers, however the question arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .._messages import Answer, Request

__all__ = ["Backend", "Forward", "perform"]


@dataclass(frozen=True, slots=True)
class Forward:
    """A backend's word that the network answers: send ``request``, then tell the backend what
    came."""

    request: Request


class Backend(Protocol):
    """Answers requests, or says where they go. Both methods may be called from any thread."""

    def respond(self, request: Request) -> Answer | Forward:
        """Answer ``request``, or say that the network does."""

    def observe(self, request: Request, answer: Answer) -> None:
        """Take note of what the network answered. ``request`` is the one given to
        :meth:`respond`."""


def perform(backend: Backend, request: Request, send: Callable[[Request], Answer]) -> Answer:
    """One whole exchange with ``backend``; ``send`` is how this door reaches the network."""
    verdict = backend.respond(request)
    if not isinstance(verdict, Forward):
        return verdict
    answer = send(verdict.request)
    backend.observe(request, answer)
    return answer
