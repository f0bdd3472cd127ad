"""The simulated exchange as a backend."""

from __future__ import annotations

from .._messages import Answer, Request
from ..exchange import Exchange

__all__ = ["Simulate"]


class Simulate:
    """Every request is answered by ``exchange``; nothing goes to the network."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.respond = exchange.handle

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: the exchange answers everything itself."""
        raise AssertionError(
            f"{request!r} was forwarded, though the exchange answers every request"
        )
