"""Live: the exchange itself answers, at the one host that was configured, whatever address the
client wrote."""

from __future__ import annotations

from .._messages import Answer, Request
from .._urls import target
from .base import Forward

__all__ = ["Live", "at_host"]


def at_host(host: str, request: Request) -> Request:
    """``request`` sent to ``host``, a base URL; path and query stay as they were signed, byte for
    byte."""
    path, query = target(request.url)
    return request.with_url(f"{host}{path}?{query}" if query else f"{host}{path}")


class Live:
    """Sends every request to ``host``, a base URL without a trailing slash."""

    def __init__(self, host: str) -> None:
        self.host = host

    def respond(self, request: Request) -> Answer | Forward:
        """The network answers."""
        return Forward(at_host(self.host, request))

    def observe(self, request: Request, answer: Answer) -> None:
        """Nothing is kept."""
