"""Records to open: tests of a bot, as many as wanted."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_binance_options._picture.journal import steps_of
from pytest_binance_options._picture.picture import picture
from pytest_binance_options._picture.record import Record
from pytest_binance_options.exchange import Exchange, events
from pytest_binance_options.exchange._hints import sentences
from tests.exchange.asking import Asking
from tests.exchange.listening import connected

__all__ = ["late", "long", "many", "recorded"]


def recorded(exchange: Exchange, name: str, outcome: str = "passed", error: str = "") -> str:
    """The record of a test that used ``exchange``."""
    lines = exchange.journal.lines
    return Record(
        name,
        outcome,
        "simulate",
        seconds=0.02,
        hints=tuple(sentences(lines)) if error else (),
        error=error,
        summary=error.rpartition("\n")[2].removeprefix("E").strip(),
        rest="str(exchange.journal) has them all.",
        picture=picture(steps_of(lines)),
    ).dumps()


def _world() -> tuple[Exchange, Asking]:
    exchange = Exchange()
    return exchange, Asking(exchange, exchange.open_account("account-1"))


def late(name: str = "tests/test_bot.py::test_late") -> str:
    """A keepalive that comes after 61 minutes."""
    exchange, client = _world()
    connected(exchange, f"/private/ws?listenKey={client.start()}")
    exchange.emit(events.order_trade_update())
    exchange.clock.advance(minutes=61)
    client.ask("PUT")
    return recorded(exchange, name, "failed", "bot.py:7: in keepalive\nE   assert 400 == 200")


def long() -> str:
    """Twenty thousand requests, of which no two in a row are alike."""
    exchange, client = _world()
    for number in range(20_000):
        client.ask("GET", f"/eapi/v1/n{number * number % 9973}")
    return recorded(exchange, "tests/test_long.py::test_long", "failed", "E   too long")


def many(count: int) -> Iterator[str]:
    """So many tests, every hundredth of which has failed."""
    for number in range(count):
        exchange, client = _world()
        connected(exchange, f"/private/ws?listenKey={client.start()}")
        for _ in range(number % 12):
            exchange.clock.advance(minutes=30)
            client.ask("PUT")
            exchange.emit(events.order_trade_update())
        client.ask("DELETE")
        name = f"tests/test_{number % 20}.py::test_flow[{number}]"
        failed = number % 100 == 50
        yield recorded(exchange, name, *(("failed", "E   assert 0") if failed else ()))
