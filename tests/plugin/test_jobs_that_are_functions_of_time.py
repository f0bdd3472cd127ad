"""A job of a pool of threads can be a function of ``time`` itself, with nothing of the test's in
between: it is the test's all the same."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import anyio.to_thread
import pytest

from pytest_binance_options import OneTime

HOUR = 3600
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_in_a_pool_of_ones_own(binance_options_time: OneTime) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, HOUR).result()
        assert pool.submit(time.time).result() == (START + timedelta(hours=1)).timestamp()
        assert pool.submit(datetime.now, timezone.utc).result() == START + timedelta(hours=1)
    assert binance_options_time.now == START + timedelta(hours=1)


@pytest.mark.asyncio
async def test_in_asyncio_s_pool(binance_options_time: OneTime) -> None:
    await asyncio.to_thread(time.sleep, HOUR)
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, HOUR)
    assert binance_options_time.now == START + timedelta(hours=2)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_in_anyio_s_threads(binance_options_time: OneTime, anyio_backend: str) -> None:
    del anyio_backend
    await anyio.to_thread.run_sync(time.sleep, HOUR)
    assert binance_options_time.now == START + timedelta(hours=1)
