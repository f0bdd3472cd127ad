"""What stands in for the testnet where the documentation shows a command that asks it: REST and
streams on loopback.

The account has a position, so something happens on its stream all the time, as on the exchange.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events
from tests.support.testnet import API_KEY, SECRET_KEY

__all__ = ["StandIn", "standing_in"]

_TICK = 0.05  # seconds


@dataclass(frozen=True)
class StandIn:
    """``arguments`` have pytest ask it, ``environ`` names its account."""

    arguments: str
    environ: dict[str, str]


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A stand-in, until the block ends."""
    exchange = Exchange(start=datetime.now(timezone.utc))
    exchange.open_account(api_key=API_KEY, secret_key=SECRET_KEY)
    over = threading.Event()

    def live() -> None:
        while not over.wait(_TICK):
            with exchange.lock:
                now_ms = int(datetime.now(timezone.utc).timestamp() * 1000)
                exchange.clock.advance(milliseconds=max(0, now_ms - exchange.clock.now_ms))
                exchange.emit(events.account_update())

    living = threading.Thread(target=live)
    server = LoopbackServer()
    server.start()
    try:
        with server.attach(Simulate(exchange)) as attached:
            living.start()
            yield StandIn(
                f"--binance-options-host={attached.url}"
                f" --binance-options-stream-host={attached.stream_url}",
                {"BINANCE_API_KEY": API_KEY, "BINANCE_SECRET_KEY": SECRET_KEY},
            )
    finally:
        over.set()
        living.join()
        server.stop()
