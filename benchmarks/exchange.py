"""How fast the simulated exchange is by itself: keepalives a second, and a day of them with the
clock turned: `make bench`."""

from __future__ import annotations

import statistics
import sys
import time

from pytest_binance_options._messages import Request
from pytest_binance_options.exchange import Exchange

PATH = "/eapi/v1/listenKey"
CALLS = 50_000
ROUNDS = 7


def _asked(method: str, api_key: str) -> Request:
    return Request(
        method,
        f"https://eapi.binance.com{PATH}",
        {"X-MBX-APIKEY": api_key, "Accept": "application/json"},
    )


def calls_a_second() -> float:
    """Keepalives through handle(), with the journal kept and no limit in the way."""
    exchange = Exchange()
    exchange.limits.weight_per_minute = CALLS + 1
    api_key = exchange.open_account().api_keys[0].api_key
    exchange.handle(_asked("POST", api_key))
    request = _asked("PUT", api_key)
    began = time.perf_counter()
    for _ in range(CALLS):
        exchange.handle(request)
    return CALLS / (time.perf_counter() - began)


def day() -> float:
    """Seconds for 24 hours with a keepalive every 30 minutes."""
    exchange = Exchange()
    api_key = exchange.open_account().api_keys[0].api_key
    keepalive = _asked("PUT", api_key)
    began = time.perf_counter()
    exchange.handle(_asked("POST", api_key))
    for _ in range(48):
        exchange.clock.advance(minutes=30)
        exchange.handle(keepalive)
    took = time.perf_counter() - began
    assert exchange.journal.calls.count(("PUT", PATH, 200)) == 48
    return took


def main() -> int:
    """Print medians."""
    print(f"Python {sys.version.split()[0]}, medians of {ROUNDS} rounds")
    print(
        f"{statistics.median(calls_a_second() for _ in range(ROUNDS)):10,.0f} exchange calls a"
        " second"
    )
    print(
        f"{statistics.median(day() for _ in range(ROUNDS)) * 1000:10.2f} ms for 24 hours with a"
        " keepalive every 30 minutes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
