"""``simulated`` where another than pytest runs the code: unittest, doctest, the cells of a
notebook."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import io
import sys
import unittest
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

import pytest
import requests

from pytest_binance_options import World, simulated

from .test_simulated import POST, ask, asked, bot

since_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="unittest's enterContext")
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def ran(case: type[unittest.TestCase]) -> str:
    """What unittest says of the tests of ``case``."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    told = io.StringIO()
    result = unittest.TextTestRunner(stream=told).run(suite)
    assert result.wasSuccessful(), told.getvalue()
    return f"{result.testsRun} passed"


def test_in_unittest_a_world_for_a_class() -> None:
    worlds: list[World] = []

    class Bot(unittest.TestCase):
        world: World

        @classmethod
        def setUpClass(cls) -> None:
            cls.world = simulated().open()
            cls.addClassCleanup(cls.world.close)
            worlds.append(cls.world)

        def test_one(self) -> None:
            assert ask(self.world) == 200

        def test_two(self) -> None:
            assert ask(self.world) == 200

    assert ran(Bot) == "2 passed"
    assert asked(worlds[0]) == [POST, POST]


@since_3_11
def test_in_unittest_a_world_for_a_test() -> None:
    class Bot(unittest.TestCase):
        def setUp(self) -> None:
            self.world: World = self.enterContext(simulated(time=True))  # type: ignore[attr-defined,unused-ignore]

        def test_one(self) -> None:
            asyncio.run(bot(self.world))
            assert self.world.clock.now == NOON

        def test_two(self) -> None:
            assert self.world.requests == []

    assert ran(Bot) == "2 passed"


@since_3_11
def test_in_unittest_s_async_tests_a_world_that_begins_before_the_loop() -> None:
    class Bot(unittest.IsolatedAsyncioTestCase):
        def setUp(self) -> None:
            self.world: World = self.enterContext(simulated(time=True))  # type: ignore[attr-defined,unused-ignore]

        async def test_it(self) -> None:
            await bot(self.world)
            assert self.world.clock.now == NOON

    assert ran(Bot) == "1 passed"


@pytest.mark.parametrize("time", [True, False])
def test_in_unittest_s_async_tests_a_world_that_begins_in_the_loop(time: bool) -> None:
    class Bot(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            ending = simulated(time=time)
            self.world = await ending.__aenter__()
            self.addAsyncCleanup(ending.__aexit__, None, None, None)

        async def test_it(self) -> None:
            if time:
                await bot(self.world)
                assert self.world.clock.now == NOON
            else:
                assert ask(self.world) == 200

        async def asyncTearDown(self) -> None:
            await asyncio.sleep(0)
            assert self.world.requests[0].path == "/eapi/v1/listenKey"

    assert ran(Bot) == "1 passed"


def test_in_unittest_worlds_of_class_and_test_nest() -> None:
    outer = simulated(seed=1).open()
    inner: list[World] = []

    class Bot(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            ending = simulated(seed=2)
            inner.append(await ending.__aenter__())
            self.addAsyncCleanup(ending.__aexit__, None, None, None)

        async def test_it(self) -> None:
            ask(inner[0])

    assert ran(Bot) == "1 passed"
    ask(outer)
    outer.close()
    assert (asked(outer), asked(inner[0])) == ([POST], [POST])


def test_in_a_doctest() -> None:
    text = f"""
    >>> import requests
    >>> from pytest_binance_options import simulated
    >>> world = simulated(seed=1).open()
    >>> headers = {{"X-MBX-APIKEY": world.auth.api_key}}
    >>> requests.post({"https://eapi.binance.com/eapi/v1/listenKey"!r}, headers=headers).ok
    True
    >>> world.close()
    >>> world
    <simulated(), over, 1 requests answered>
    """
    test = doctest.DocTestParser().get_doctest(text, {}, "a doctest", None, None)

    assert doctest.DocTestRunner().run(test) == (0, 7)


def notebook(*cells: Callable[[], object] | Callable[[], Awaitable[object]]) -> None:
    """Run cells as a notebook does: in a loop that goes on between them, those with an ``await`` in
    a task of their own."""

    async def kernel() -> None:
        for cell in cells:
            await asyncio.sleep(0.001)
            if inspect.iscoroutinefunction(cell):
                await asyncio.ensure_future(cell())
            else:
                cell()

    asyncio.run(kernel())


def test_a_world_lasts_from_one_cell_of_a_notebook_to_another() -> None:
    world = simulated()
    told: list[object] = []

    async def ask_in_a_thread() -> None:
        told.append(await asyncio.to_thread(ask, world))

    async def close() -> None:
        world.close()

    notebook(world.open, lambda: told.append(ask(world)), ask_in_a_thread, close, list)

    assert (told, asked(world)) == ([200, 200], [POST, POST])


@pytest.mark.parametrize("opened_in", ["a task", "the loop's own"])
def test_after_a_world_a_notebook_may_begin_another(opened_in: str) -> None:
    first, second = simulated(seed=1), simulated(seed=2)

    async def open_first() -> None:
        first.open()

    async def close_first() -> None:
        first.close()

    notebook(
        open_first if opened_in == "a task" else first.open,
        lambda: ask(first),
        close_first if opened_in != "a task" else first.close,
        second.open,
        lambda: ask(second),
        second.close,
    )

    assert (asked(first), asked(second)) == ([POST], [POST])


def test_one_cell_may_live_on_the_exchange_s_clock() -> None:
    worlds: list[World] = []

    async def cell() -> None:
        async with simulated(time=True) as world:
            await bot(world)
            worlds.append(world)

    notebook(cell, cell)

    assert [world.clock.now for world in worlds] == [NOON, NOON]


def test_an_ordinary_request_is_nobody_s_afterwards() -> None:
    with simulated():
        pass
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/", timeout=1)
