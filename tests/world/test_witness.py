"""What a dead task leaves behind is cleared away before pytest reads a source."""

from __future__ import annotations

import asyncio
import sys
import weakref

import pytest

from pytest_binance_options import simulated
from pytest_binance_options._world.witness import tidy_up


class Bot:
    """Knows its task, which knows it: only the garbage collector ends the two."""

    async def run(self) -> None:
        raise KeyError("status")

    async def live(self) -> None:
        self.task = asyncio.create_task(self.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.mark.skipif(sys.version_info >= (3, 12, 2), reason="python/cpython#106905 is mended")
def test_tasks_that_nobody_can_ask_any_more_end_before_a_traceback_is_made() -> None:
    with simulated() as world:
        bot = Bot()
        asyncio.run(bot.live())
        assert "KeyError: 'status' at test_witness.py:" in str(world.exchange.journal)
        task = weakref.ref(bot.task)
        del bot
        tidy_up()
        assert task() is None
