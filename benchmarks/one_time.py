"""How many days of a bot one core lives in a second, by binance_options_time: `make bench`.

Each day is a test with a world of its own, its fixtures included, all in one process. The variants
take turns, so that the machine's moods hit all alike. The bare one is the same 49 requests with the
clock turned by hand between them: nobody sleeps there. Printed are medians of the rounds, in CPU
time of the process and in real time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SUITE = """
import asyncio, threading, time
import aiohttp, pytest, requests
from bot import Bot
from pytest_binance_options.exchange import events

LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"
HOUR = 3600

pytestmark = pytest.mark.parametrize("round, day", [(r, d) for r in range(ROUNDS) for d in range(DAYS)])


async def keepalives(api_key, sleep):
    async with aiohttp.ClientSession(headers={"X-MBX-APIKEY": api_key}) as session:
        async with session.post(LISTEN_KEY) as response:
            assert response.status == 200
        for _ in range(48):
            await sleep(HOUR / 2)
            async with session.put(LISTEN_KEY) as response:
                assert response.status == 200


def test_bare(round, day, binance_options_auth, binance_options_clock):
    async def turn(seconds):
        binance_options_clock.advance(seconds=seconds)

    asyncio.run(keepalives(binance_options_auth.api_key, turn))


def test_rest(round, day, binance_options_time, binance_options_auth):
    asyncio.run(keepalives(binance_options_auth.api_key, asyncio.sleep))


def test_thread(round, day, binance_options_time, binance_options_auth):
    def keepalives():
        with requests.Session() as session:
            session.headers["X-MBX-APIKEY"] = binance_options_auth.api_key
            assert session.post(LISTEN_KEY, timeout=10).status_code == 200
            for _ in range(48):
                time.sleep(HOUR / 2)
                assert session.put(LISTEN_KEY, timeout=10).status_code == 200

    thread = threading.Thread(target=keepalives)
    thread.start()
    thread.join()


def test_stream(round, day, binance_options_time, binance_options_auth, binance_options_exchange):
    async def live():
        bot = Bot(binance_options_auth.api_key)
        running = asyncio.create_task(bot.run())
        await asyncio.sleep(60)
        for hour in range(24):
            binance_options_exchange.emit(
                events.order_trade_update(order_id=hour, status="FILLED")
            )
            await asyncio.sleep(HOUR)
        assert bot.orders == dict.fromkeys(range(24), "FILLED")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(live())
    calls = binance_options_exchange.journal.calls
    assert calls.count(("PUT", "/eapi/v1/listenKey", 200)) == 48
"""
VARIANTS = {
    "bare": "48 keepalives with aiohttp, the clock turned by hand",
    "rest": "48 keepalives with aiohttp, one time",
    "thread": "48 keepalives with requests in a thread, one time",
    "stream": "examples/bot.py: keepalives, a stream with pings and its 24 hours, an event an hour",
}


class Stopwatch:
    """Has the variants take turns, and keeps what each of them takes in each round, in seconds of
    CPU time and of real time."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[int, list[float]]] = {name: {} for name in VARIANTS}
        self.failed = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        order = list(VARIANTS)
        items.sort(key=lambda item: (item.callspec.params["round"], order.index(_variant(item))))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Iterator[None]:
        cpu, real = time.process_time(), time.perf_counter()
        result = yield
        taken = self.taken[_variant(item)].setdefault(item.callspec.params["round"], [0.0, 0.0])
        taken[0] += time.process_time() - cpu
        taken[1] += time.perf_counter() - real
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.failed


def _variant(item: pytest.Function) -> str:
    return item.originalname.removeprefix("test_")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=40, help="of each variant, in each round")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as root:
        # The first round warms up, and does not count.
        text = SUITE.replace("ROUNDS", str(options.rounds + 1)).replace("DAYS", str(options.days))
        (Path(root) / "test_days.py").write_text(text, encoding="utf-8")
        (Path(root) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        status = pytest.main(
            ["-qq", "--no-header", "--no-summary", "-p", "no:cacheprovider", root],
            plugins=[watch, "pytest_binance_options.plugin"],
        )
    if status or watch.failed:
        return 1
    print(
        f"\n{options.days} days a round, {options.rounds} rounds, Python"
        f" {sys.version.split()[0]}, pytest {pytest.__version__}, medians"
    )
    rounds = range(1, options.rounds + 1)
    for name, what in VARIANTS.items():
        taken = watch.taken[name]
        cpu, real = (
            statistics.median(options.days / taken[each][kind] for each in rounds)
            for kind in (0, 1)
        )
        ratio = statistics.median(taken[each][0] / watch.taken["bare"][each][0] for each in rounds)
        print(
            f"{cpu:7.0f} days a second of CPU time, {real:5.0f} of real time,{ratio:6.2f} x bare: {what}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
