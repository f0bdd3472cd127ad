"""Clients' own time-outs, in one time: each fires at its own moment of the exchange's time, as the
client's own exception, whoever else waits meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from pytest_binance_options import BinanceAuth, Clock, Exchange
from pytest_binance_options.exchange import fault

from .doors import DOORS, Door

pytestmark = [
    pytest.mark.binance_options(mode="simulate"),
    pytest.mark.usefixtures("binance_options_time"),
    # Where there is a door, what follows takes no real time.
    pytest.mark.timeout(60),
]


@pytest.fixture
def headers(binance_options_auth: BinanceAuth) -> dict[str, str]:
    return {"X-MBX-APIKEY": binance_options_auth.api_key}


@pytest.fixture(params=DOORS, ids=repr)
def door(request: pytest.FixtureRequest) -> Door:
    chosen: Door = request.param
    return chosen


def listen_key(exchange: Exchange) -> str | None:
    (account,) = exchange.accounts
    return account.listen_key


def journal(exchange: Exchange) -> list[str]:
    return [str(entry).partition("listenKey -> ")[2] for entry in exchange.journal]


@pytest.mark.parametrize("seconds", [0.001, 4.321, 3600])
def test_no_answer_is_a_time_out_at_its_exact_moment(
    door: Door,
    headers: dict[str, str],
    binance_options_exchange: Exchange,
    binance_options_clock: Clock,
    seconds: float,
) -> None:
    binance_options_exchange.faults.add(fault.timeout())
    began = binance_options_clock.now_ms
    with pytest.raises(door.timed_out) as caught:
        door.ask(headers, seconds)
    assert type(caught.value) is door.timed_out
    assert binance_options_clock.now_ms - began == round(seconds * 1000)
    assert listen_key(binance_options_exchange) is None
    # Nothing comes after it.
    time.sleep(100_000)


def test_aiohttp_rounds_a_total_of_more_than_five_seconds_up_to_a_whole_one_each_time_alike(
    headers: dict[str, str], binance_options_exchange: Exchange, binance_options_clock: Clock
) -> None:
    """aiohttp.helpers.calculate_timeout_when, and ceil_threshold in its ClientTimeout."""
    binance_options_exchange.faults.add(fault.timeout())
    (door,) = (each for each in DOORS if each.name == "aiohttp-total")
    time.sleep(0.25)
    began = binance_options_clock.now_ms
    with pytest.raises(door.timed_out):
        door.ask(headers, 7.5)
    assert binance_options_clock.now_ms - began == 7750


def test_a_request_that_takes_its_time_is_answered_at_its_exact_moment(
    door: Door,
    headers: dict[str, str],
    binance_options_exchange: Exchange,
    binance_options_clock: Clock,
) -> None:
    binance_options_exchange.faults.add(fault.delay(3.999), times=1)
    began = binance_options_clock.now_ms
    key = door.ask(headers, 4)
    assert key == listen_key(binance_options_exchange)
    assert binance_options_clock.now_ms - began == 3999
    assert journal(binance_options_exchange) == ["200 [fault: delay of 3.999 s]"]


def test_what_takes_longer_than_the_client_waits_is_executed_at_its_own_time_all_the_same(
    door: Door,
    headers: dict[str, str],
    binance_options_exchange: Exchange,
    binance_options_clock: Clock,
) -> None:
    binance_options_exchange.faults.add(fault.delay(30), times=1)
    began = binance_options_clock.now_ms
    with pytest.raises(door.timed_out):
        door.ask(headers, 4.5)
    assert binance_options_clock.now_ms - began == 4500
    time.sleep(25.499)
    assert listen_key(binance_options_exchange) is None
    time.sleep(0.001)
    assert binance_options_clock.now_ms - began == 30_000
    assert listen_key(binance_options_exchange) is not None
    (said,) = journal(binance_options_exchange)
    # Where the client has said beforehand how long it would wait, the journal knows that it did.
    assert said in {
        "200 [fault: delay of 30 s]",
        "no answer in time [fault: delay of 30 s] [executed 30 s after it was sent: 200]",
    }


@pytest.mark.parametrize("kind", ["reset", "refused"])
def test_a_connection_that_fails_does_so_at_once(
    door: Door,
    headers: dict[str, str],
    binance_options_exchange: Exchange,
    binance_options_clock: Clock,
    kind: str,
) -> None:
    binance_options_exchange.faults.add_json({"fault": kind})
    began = binance_options_clock.now_ms
    expected: type[Exception] = getattr(door, kind)
    with pytest.raises(expected) as caught:
        door.ask(headers, 4)
    assert type(caught.value) is expected
    assert binance_options_clock.now_ms == began
    assert listen_key(binance_options_exchange) is None


def test_all_doors_at_once_each_in_a_thread_of_its_own(
    headers: dict[str, str], binance_options_exchange: Exchange, binance_options_clock: Clock
) -> None:
    binance_options_exchange.faults.add(fault.timeout())
    began = binance_options_clock.now_ms
    ends: dict[str, tuple[type[BaseException] | None, int]] = {}

    def wait(door: Door, seconds: float) -> None:
        error: type[BaseException] | None = None
        try:
            door.ask(headers, seconds)
        except Exception as caught:  # noqa: BLE001  whatever it is
            error = type(caught)
        ends[door.name] = (error, binance_options_clock.now_ms - began)

    waits = {door: 1 + at / 4 for at, door in enumerate(DOORS)}
    threads = [threading.Thread(target=wait, args=each) for each in waits.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == {
        door.name: (door.timed_out, round(seconds * 1000)) for door, seconds in waits.items()
    }
    assert list(ends) == [door.name for door in DOORS]


@pytest.mark.asyncio
async def test_others_go_on_while_one_waits(
    headers: dict[str, str], binance_options_exchange: Exchange, binance_options_clock: Clock
) -> None:
    binance_options_exchange.faults.add(fault.delay(50), times=1)
    began = binance_options_clock.now_ms
    heard: list[tuple[str, int]] = []

    def note(what: str) -> None:
        heard.append((what, binance_options_clock.now_ms - began))

    async def ask(door: Door) -> None:
        await asyncio.to_thread(door.ask, headers, 4)
        note(door.name)

    async def tick() -> None:
        for _ in range(3):
            await asyncio.sleep(20)
            note("tick")

    (slow,) = (each for each in DOORS if each.name == "requests")
    (quick,) = (each for each in DOORS if each.name == "httpx")
    ticking = asyncio.create_task(tick())
    with pytest.raises(slow.timed_out):
        await ask(slow)
    note("timed out")
    await ask(quick)
    await ticking
    assert heard == [
        ("timed out", 4000),
        ("httpx", 4000),
        ("tick", 20_000),
        ("tick", 40_000),
        ("tick", 60_000),
    ]
