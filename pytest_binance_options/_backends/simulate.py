"""The simulated exchange as a backend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from .._frames import Direction, Frame
from .._messages import Answer, Request, Response
from ..exchange import Exchange
from .base import Connection, ForwardStream
from .setup import Opened, Setup

__all__ = ["Simulate", "opened"]


class Simulate:
    """Everything is answered by ``exchange``; nothing goes to the network."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def respond(self, request: Request) -> Answer:
        """The exchange's answer."""
        return self.exchange.handle(request)

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: the exchange answers everything itself."""
        raise AssertionError(
            f"{request!r} was forwarded, though the exchange answers every request"
        )

    def connect(self, handshake: Request) -> Connection | Response:
        """The exchange's own stream."""
        return self.exchange.connect(handshake.target, handshake.client)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Never called, as :meth:`observe`."""
        raise AssertionError("a stream was forwarded, though the exchange answers every handshake")


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """An exchange for one test, which knows the test's keys as an account's."""
    config, auth = setup.config, setup.auth
    began = time.monotonic()
    exchange = Exchange(
        seed=config.seed,
        start=config.exchange_start or datetime.now(timezone.utc),
        standstill_ms=lambda: round((time.monotonic() - began) * 1000),
    )
    exchange.open_account(
        api_key=auth.api_key, secret_key=auth.secret_key, public_key=auth.public_key_pem()
    )
    yield Opened(Simulate(exchange), exchange)
