"""One time for the block of a test, on the clock of an exchange of its own, without the fixture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_binance_options._here import outside
from pytest_binance_options._time.one_time import OneTime, opened
from pytest_binance_options.exchange import Exchange

__all__ = ["line_of", "living", "outsider", "passed", "start_ms", "started", "until_it_waits"]

_real_sleep = time.sleep
_real_start = threading.Thread.start
_real_join = threading.Thread.join


@contextmanager
def living(
    exchange: Exchange | None = None, *, patience: float = 10.0, horizon: float = 400
) -> Iterator[OneTime]:
    """This thread lives on the exchange's clock in here, and so does all that it starts."""
    exchange = exchange or Exchange()
    with (
        opened(exchange.clock, patience=patience, horizon=horizon) as one_time,
        one_time.inhabited(),
    ):
        yield one_time


def start_ms() -> int:
    """When a test's exchange begins, in ms since the epoch."""
    return Exchange().clock.now_ms


def passed(one_time: OneTime) -> int:
    """How far time has gone on since then, in ms."""
    return one_time.world.clock.now_ms - start_ms()


def started(target: Callable[[], object], name: str | None = None) -> threading.Thread:
    """A thread, begun."""
    thread = threading.Thread(target=target, name=name)
    thread.start()
    return thread


@contextmanager
def outsider(target: Callable[[], object]) -> Iterator[None]:
    """A thread that is part of no world, for as long as the block lasts."""
    thread = threading.Thread(target=target)
    with outside():
        _real_start(thread)
    yield
    with outside():
        _real_join(thread)


def until_it_waits(one_time: OneTime, name: str) -> None:
    """Wait, for real, until whoever has ``name`` waits."""
    for _ in range(20_000):
        if f"<{name}, waiting>" in map(repr, list(one_time.world.participants)):
            return
        _real_sleep(0.0005)
    raise AssertionError(f"{name} does not wait: {list(one_time.world.participants)}")


def line_of(file: str, text: str) -> int:
    """The number of the only line of ``file`` that ends with ``text``."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines, start=1) if line.endswith(text))
    return number
