"""The simulated exchange as a backend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from .._frames import Direction, Frame
from .._messages import Answer, Later, Request
from ..client import BinanceAuth
from ..exchange import Exchange
from ..exchange._clock import DEFAULT_START
from ..exchange._notes import Refused
from ..settings import Config
from .base import Connection, ForwardStream
from .setup import Opened, Setup

__all__ = ["Simulate", "opened", "simulation"]


class Simulate:
    """Everything is answered by ``exchange``; nothing goes to the network."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def respond(self, request: Request) -> Answer | Later:
        """The exchange's answer. What takes its time moves the clock on, or comes later where
        others live by the same clock."""
        if self.exchange.clock.live_until is None:
            return self.exchange.handle(request)
        return self.exchange.begin(request)

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: the exchange answers everything itself."""
        raise AssertionError(
            f"{request!r} was forwarded, though the exchange answers every request"
        )

    def connect(self, handshake: Request) -> Connection | Answer:
        """The exchange's own stream."""
        return self.exchange.connect(handshake.target, handshake.client)

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Never called, as :meth:`observe`."""
        raise AssertionError("a stream was forwarded, though the exchange answers every handshake")

    def malformed(self, said: str) -> None:
        """Into the journal, where it may explain what is missing there."""
        self.exchange.journal.write(Refused(self.exchange.clock.now_ms, said))


@contextmanager
def opened(setup: Setup) -> Iterator[Opened]:
    """An exchange for one test, which knows the test's keys as an account's."""
    yield simulation(setup.config, setup.auth, one_time=setup.one_time)


def simulation(config: Config, auth: BinanceAuth, *, one_time: bool) -> Opened:
    """A new exchange, which knows the keys of ``auth`` as an account's; ``one_time``: its clients
    live by its clock."""
    began = time.monotonic()
    # Whose clients live by its clock has no need of the real time: each life is the same then.
    start = DEFAULT_START if one_time else datetime.now(timezone.utc)

    def standstill_ms() -> int:
        if exchange.clock.live_until is not None:
            return 0
        return round((time.monotonic() - began) * 1000)

    exchange = Exchange(
        seed=config.seed,
        start=config.exchange_start or start,
        standstill_ms=standstill_ms,
    )
    exchange.open_account(
        api_key=auth.api_key, secret_key=auth.secret_key, public_key=auth.public_key_pem()
    )
    return Opened(Simulate(exchange), exchange)
