"""pytest-asyncio, anyio and plain threads: one test after the other, each with a backend of its
own."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

import anyio
import httpx
import pytest
import pytest_asyncio
import requests

from pytest_binance_options import Config, Handle
from pytest_binance_options._plugin.choice import Test
from pytest_binance_options._plugin.marker import MarkerArguments
from pytest_binance_options._plugin.world import Runner, opened
from pytest_binance_options.errors import TestOverError

URL = "https://eapi.binance.com/eapi/v1/listenKey"

pytestmark = pytest.mark.binance_options(mode="simulate")


async def create(handle: Handle) -> str:
    async with httpx.AsyncClient(headers={"X-MBX-APIKEY": handle.auth.api_key}) as client:
        listen_key: str = (await client.post(URL)).json()["listenKey"]
        return listen_key


@pytest.mark.asyncio
async def test_pytest_asyncio(binance_options: Handle) -> None:
    assert len(await create(binance_options)) == 64
    assert len(binance_options.requests) == 1


@pytest_asyncio.fixture
async def listen_key(binance_options: Handle) -> AsyncIterator[str]:
    yield await create(binance_options)
    assert [asked.method for asked in binance_options.requests] == ["POST", "POST"]


@pytest.mark.asyncio
async def test_an_async_fixture_asks_the_same_exchange(
    listen_key: str, binance_options: Handle
) -> None:
    assert await create(binance_options) == listen_key


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.asyncio(loop_scope="session")
async def test_a_loop_for_the_whole_session(turn: int, binance_options: Handle) -> None:
    await asyncio.gather(*(create(binance_options) for _ in range(turn)))
    assert len(binance_options.requests) == turn


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def module_wide(anyio_backend: str) -> str:
    """Keeps anyio's loop, and the task that runs its tests, alive for the module."""
    return anyio_backend


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.anyio
async def test_anyio(turn: int, module_wide: str, binance_options: Handle) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(turn):
            group.start_soon(create, binance_options)
    assert len(binance_options.requests) == turn


class Worker:
    """A thread that lives as long as its owner wants, with a queue of jobs."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[tuple[str, queue.Queue[object]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            api_key, outcome = job
            try:
                outcome.put(
                    requests.post(URL, headers={"X-MBX-APIKEY": api_key}, timeout=5).json()[
                        "listenKey"
                    ]
                )
            except TestOverError as error:
                outcome.put(error)

    def create(self, api_key: str) -> object:
        outcome: queue.Queue[object] = queue.Queue()
        self._jobs.put((api_key, outcome))
        return outcome.get(timeout=10)

    def stop(self) -> None:
        self._jobs.put(None)
        self._thread.join()


@pytest.fixture(scope="module")
def early_worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_thread_from_a_wider_fixture_works_for_each_test(
    turn: int, early_worker: Worker, binance_options: Handle
) -> None:
    assert len(str(early_worker.create(binance_options.auth.api_key))) == 64
    assert len(binance_options.requests) == 1


def a_test(root: Path) -> AbstractContextManager[Handle]:
    """What a test of its own is given, until the block is left."""
    test = Test("test_it.py::test_it", "test_it", "test_it", MarkerArguments(), False, root)

    def no_server() -> NoReturn:
        raise AssertionError("nobody listens here")

    runner = Runner(passed=lambda: True, server=no_server)
    return opened(Config(mode="simulate").checked(), test, runner)


def test_a_thread_that_a_test_leaves_behind_is_told_so(tmp_path: Path) -> None:
    with a_test(tmp_path) as first:
        worker = Worker()
        assert len(str(worker.create(first.auth.api_key))) == 64
    with a_test(tmp_path) as second:
        assert isinstance(worker.create(second.auth.api_key), TestOverError)
        assert second.requests == []
        worker.stop()
