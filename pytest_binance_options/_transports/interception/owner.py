"""An interception, as the doors and the guard see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..._hosts import Scope
from ..._messages import Answer, Later, Request
from .witness import Seen

if TYPE_CHECKING:
    from ..memory_stream import ClientSocket

__all__ = ["Owner"]


class Owner(Protocol):
    """Whom a request can belong to."""

    #: The mode that a test of pytest's runs in; empty: it is a world of code that no mode is for.
    mode: str
    network: bool
    #: Whether production may be reached, where there is a network.
    production: bool
    #: Whether nothing that is said with the exchange may pass it by: it is written down, or
    #: compared.
    complete: bool
    scope: Scope
    over: bool
    #: Who is told of exceptions that its test may never see, and of refusals.
    seen: Seen

    def note_late(self, what: str) -> None:
        """Take note of a request that came when this one was over, and by whom."""

    def answer(self, request: Request) -> Answer:
        """What the backend, or the network on its word, answers to ``request``."""

    def begin(self, request: Request) -> Answer | Later:
        """As :meth:`answer`, for who doesn't wait for what takes its time."""

    def malformed(self, said: str) -> None:
        """Take note of something that was no request, and what is said of it."""

    @property
    def one_time(self) -> bool:
        """Whether clients find out by the exchange's clock that they have waited for too long."""

    def stream(self, url: str) -> ClientSocket | None:
        """A connection to ``url`` that never leaves the process; None: there is none."""

    def stream_address(self) -> str | None:
        """The loopback server that stands in for the stream's hosts; None: there is none."""
