"""Live: the exchange itself answers, at the one address that was configured, whatever address the
client wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._frames import Direction, Frame
from .._hosts import mixture
from .._messages import Answer, Request
from ..errors import UsageError
from .base import Forward, ForwardStream
from .reach import Reach
from .setup import Opened, Setup

__all__ = ["Live", "at_host", "opened"]


def at_host(host: str, request: Request) -> Request:
    """``request`` sent to ``host``, a base URL; path and query stay as they were signed, byte for
    byte."""
    return request.with_url(host + request.target)


class Live:
    """Sends every request to ``host``, and who wants to listen to ``stream_host``: base URLs
    without a trailing slash."""

    def __init__(self, host: str, stream_host: str) -> None:
        self.host = host
        self.stream_host = stream_host
        self.reach = Reach(host)

    def respond(self, request: Request) -> Forward:
        """The network answers."""
        return Forward(at_host(self.host, request))

    def observe(self, request: Request, answer: Answer) -> None:
        """Nothing is kept but whether there was an answer."""
        self.reach.note(answer)

    def connect(self, handshake: Request) -> ForwardStream:
        """The network answers. Raises UsageError where it can't know the listen key: that came from
        another exchange."""
        mixed = mixture(self.host, self.stream_host)
        if mixed:
            # Not before: who asks for no stream has no need to say where there are any.
            raise UsageError(mixed)
        return ForwardStream(self.stream_host + handshake.target)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Nothing is kept."""


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """The configured exchange, for one test."""
    live = Live(setup.config.host, setup.config.stream_host)
    yield Opened(live)
    live.reach.warn()
