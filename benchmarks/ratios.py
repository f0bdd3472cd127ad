"""Keeps what a run costs from growing unseen: ``make ratios``, some seconds, part of the gate.

Counted are calls of functions, Python's and C's, which are the same on a busy machine: no time is
measured. A ceiling is what was counted when it was set and a third more; the newest Pythons and
libraries count a little differently. What is meant to grow with the size alone is counted at two.
Ends with 1 where something is above its ceiling: find what it does more than before, or, where that
is worth it, raise the ceiling in the same change.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType

import aiohttp
import pytest
from per_test import CASSETTE, OUR_CLIENT

import pytest_binance_options
from pytest_binance_options import simulated
from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._cassette.store import load, save
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.exchange import Exchange, events

URL = "https://eapi.binance.com/eapi/v1/listenKey"
JSON = Headers([("Content-Type", "application/json")])
ROUND = 50
FEW = 5
PACKAGE = str(Path(pytest_binance_options.__file__).parent)


def calls(run: Callable[[], object]) -> int:
    """How many functions ``run`` calls, and what it calls in turn."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    run()  # what is done once
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def keepalives(exchange: Exchange, api_key: str) -> Callable[[], object]:
    """Requests at the exchange."""
    headers = {"X-MBX-APIKEY": api_key}
    exchange.handle(Request("POST", URL, headers))
    return lambda: [exchange.handle(Request("PUT", URL, headers)) for _ in range(ROUND)]


def emitted(exchange: Exchange) -> Callable[[], object]:
    """Events for one listener."""
    (account,) = exchange.accounts
    connection = exchange.connect(f"/private/ws/{account.listen_key}")
    assert hasattr(connection, "take"), connection

    def emit() -> None:
        for number in range(ROUND):
            exchange.emit(events.order_trade_update(order_id=number, status="FILLED"))
            connection.take()

    return emit


def worlds() -> None:
    """A world made and ended, its interception included."""
    for _ in range(ROUND):
        with simulated():
            pass


def pings() -> None:
    """Ten hours of a stream in one time: 200 pings."""

    async def listen(api_key: str) -> None:
        async with aiohttp.ClientSession(headers={"X-MBX-APIKEY": api_key}) as session:
            async with session.post(URL) as response:
                key = (await response.json())["listenKey"]
            address = f"wss://fstream.binance.com/private/ws/{key}"
            async with session.ws_connect(address) as socket:
                with suppress(asyncio.TimeoutError):
                    while True:
                        await asyncio.wait_for(socket.receive(), 36_000)

    with simulated(start=datetime(2026, 1, 1, tzinfo=timezone.utc), time=True) as world:
        asyncio.run(listen(world.auth.api_key))


def requests() -> None:
    """A client's requests in one time: 200 keepalives by aiohttp, a minute apart."""

    async def keep_alive(api_key: str) -> None:
        async with aiohttp.ClientSession(headers={"X-MBX-APIKEY": api_key}) as session:
            for method in ("POST", *["PUT"] * 200):
                async with session.request(method, URL) as response:
                    await response.read()
                await asyncio.sleep(60)

    with simulated(start=datetime(2026, 1, 1, tzinfo=timezone.utc), time=True) as world:
        asyncio.run(keep_alive(world.auth.api_key))


def asked(count: int) -> list[Request]:
    """So many requests, each another."""
    return [Request("GET", f"{URL}?n={number}", {"Accept": "*/*"}) for number in range(count)]


def recorded(path: Path, count: int) -> Callable[[], object]:
    """So many interactions recorded and written."""
    requests = asked(count)

    def record() -> None:
        recorder = Record("https://demo-fapi.binance.com", "wss://demo-fstream.binance.com")
        for request in requests:
            recorder.respond(request)
            recorder.observe(request, Response(200, JSON, b"{}"))
        recorder.save(path, test="this")

    return record


def loaded(path: Path) -> Callable[[], object]:
    """Read from the file each time."""

    def read() -> None:
        path.touch()  # else it is known
        load(path)

    return read


def played(path: Path, count: int) -> Callable[[], object]:
    """All of them answered."""
    requests = asked(count)

    def play() -> None:
        replay = Replay(load(path), path=path, record_command="", test="this")
        for request in requests:
            replay.respond(request)

    return play


class Watch:
    """Counts what this package calls in each test but the first few: not what pytest does, whose
    versions differ."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """A test begins."""
        self._count = 0
        sys.setprofile(self._note)

    def pytest_runtest_logfinish(self) -> None:
        """It has ended."""
        sys.setprofile(None)
        self.counts.append(self._count)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        self._count += event in ("call", "c_call") and frame.f_code.co_filename.startswith(PACKAGE)


def in_a_suite(place: Path, mode: str, cassette: str) -> float:
    """A test with the listen key flow by our client."""
    place.mkdir()
    (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    name = f"test_{mode}.py"
    mark = f'@pytest.mark.binance_options(mode="{mode}")'
    source = f"import pytest\neach = pytest.mark.parametrize('n', range({2 * FEW}))\n"
    (place / name).write_text(source + OUR_CLIENT.format(mark=mark), encoding="utf-8")
    if cassette:
        for number in range(2 * FEW):
            path = place / "cassettes" / f"test_{mode}" / f"test_flow[{number}].yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(cassette, encoding="utf-8")
            save(path, load(path))
    watch = Watch()
    plugins = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "pytest_binance_options.plugin"]
    here = Path.cwd()
    os.chdir(place)
    status = pytest.main([*plugins, name], plugins=[watch])
    os.chdir(here)
    assert status == 0, status
    return statistics.median(watch.counts[FEW:])


def main() -> int:
    """Print what was counted, and what is above its ceiling."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    exchange = Exchange()
    exchange.limits.weight_per_minute = 10_000
    ask = keepalives(exchange, exchange.open_account().api_keys[0].api_key)
    with tempfile.TemporaryDirectory() as place:
        small, large = Path(place) / "small.yaml", Path(place) / "large.yaml"
        few, many = 200, 800
        writes = calls(recorded(small, few)), calls(recorded(large, many))
        reads = calls(loaded(small)), calls(loaded(large))
        plays = calls(played(small, few)), calls(played(large, many))
        replays = in_a_suite(Path(place) / "replay", "replay", CASSETTE)
        simulates = in_a_suite(Path(place) / "simulate", "simulate", "")
    counted = {
        "a keepalive at the exchange": (calls(ask) / ROUND, 70),
        "an event, built and heard": (calls(emitted(exchange)) / ROUND, 305),
        "a world, made and ended": (calls(worlds) / ROUND, 1190),
        "a test that replays its own": (replays, 1640),
        "a test that is simulated": (simulates, 1640),
        "a ping in one time": (calls(pings) / 200, 240),
        "a keepalive in one time": (calls(requests) / 200, 640),
        "an interaction read": (reads[1] / many, 40),
        "an interaction played": (plays[1] / many, 70),
        "an interaction recorded": (writes[1] / many, 1310),
        # n interactions are to cost n times as much, and not n times n.
        "read, of 800 over of 200": (reads[1] / reads[0] / 4, 1.1),
        "played, of 800 over of 200": (plays[1] / plays[0] / 4, 1.1),
        "recorded, of 800 over of 200": (writes[1] / writes[0] / 4, 1.1),
    }
    for name, (count, ceiling) in counted.items():
        verdict = "" if count <= ceiling else "   <- above its ceiling"
        print(f"{name:32}{count:8.2f} calls, at most {ceiling:g}{verdict}")
    return int(any(count > ceiling for count, ceiling in counted.values()))


if __name__ == "__main__":
    sys.exit(main())
