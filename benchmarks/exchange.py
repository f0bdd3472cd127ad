"""The simulated exchange by itself: keepalives a second, what a million of them add in memory, a
day of them with the clock turned, and a day of 10,000 accounts: `make bench`."""

from __future__ import annotations

import resource
import sys
import time

from harness import Measure, Table, main

PATH = "/eapi/v1/listenKey"
CALLS = 50_000
ACCOUNTS = 10_000


def _asked(method: str, api_key: str) -> object:
    from pytest_binance_options._messages import Request

    return Request(
        method,
        f"https://eapi.binance.com{PATH}",
        {"X-MBX-APIKEY": api_key, "Accept": "application/json"},
    )


def _opened(accounts: int = 1, calls: int = CALLS):
    from pytest_binance_options.exchange import Exchange

    exchange = Exchange()
    exchange.limits.weight_per_minute = max(calls, accounts) + 1
    keys = [
        exchange.open_account(f"account-{number}").api_keys[0].api_key for number in range(accounts)
    ]
    return exchange, [(_asked("POST", key), _asked("PUT", key)) for key in keys]


def calls_a_second() -> float:
    """Keepalives through handle(), with the journal kept and no limit in the way."""
    exchange, ((begin, keepalive),) = _opened()
    exchange.handle(begin)
    began = time.process_time()
    for _ in range(CALLS):
        exchange.handle(keepalive)
    return CALLS / (time.process_time() - began)


def million_calls() -> float:
    """By how many MB the process is larger after a million calls than it was before, when the
    journal was full already."""
    exchange, ((begin, keepalive),) = _opened(calls=1_200_000)
    exchange.handle(begin)

    def ask(times: int) -> int:
        for _ in range(times):
            exchange.handle(keepalive)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    return (-ask(150_000) + ask(1_000_000)) / 1024


def _day(accounts: int) -> float:
    """Seconds for 24 hours with a keepalive every 30 minutes."""
    exchange, asked = _opened(accounts)
    began = time.process_time()
    for begin, _ in asked:
        exchange.handle(begin)
    for _ in range(48):
        exchange.clock.advance(minutes=30)
        for _, keepalive in asked:
            exchange.handle(keepalive)
    took = time.process_time() - began
    assert exchange.journal.asked == 49 * accounts
    assert all(account.listen_key for account in exchange.accounts)
    return took


TABLES = {
    "calls": Table(
        "The exchange's handle()",
        "calls",
        {"calls": Measure(calls_a_second)},
        unit="a second of CPU time",
        scale=1,
        more_is_better=True,
    ),
    "memory": Table(
        "What a million calls more leave behind when the journal is full",
        "a million calls",
        {"a million calls": Measure(million_calls)},
        unit="MB",
        scale=1,
        rounds=1,
    ),
    "day": Table(
        "24 hours with a keepalive every 30 minutes",
        "one account",
        {
            "one account": Measure(lambda: _day(1)),
            "10,000 accounts": Measure(lambda: _day(ACCOUNTS)),
        },
        unit="s of CPU time",
        scale=1,
        rounds=3,
    ),
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
