"""How the examples' bots spend a day: one listens, one trades."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from unittest import mock

from pytest_binance_options import World
from pytest_binance_options.exchange import fills

from .examples import bot, trader
from .promises import QUANTITY

Bot, Trader = bot.Bot, trader.Trader

__all__ = ["LISTENING_HOURS", "TRADING_HOURS", "Bot", "Living", "Trader", "listening", "trading"]

Living = Callable[[World], Awaitable[None]]
#: How long a day is: a trader asks some two hundred things an hour.
LISTENING_HOURS = 8
TRADING_HOURS = 3
#: The option that the day's other hand trades, too: the bot asks for the past of none but its own.
_SYMBOL = "BTC-261225-50000-C"
_NOTICES = ("listenKeyExpired", "serverShutdown")


def listening(kind: type[Bot]) -> Living:
    """A bot of that kind. What it reads and handles is counted."""

    async def live(world: World) -> None:
        counted = world.counted = Counter()  # type: ignore[attr-defined]

        def counting(name: str, method: str) -> object:
            original = getattr(Bot, method)

            def call(self: Bot, given: object) -> object:
                done = original(self, given)
                event = done if isinstance(done, dict) else given
                if isinstance(event, dict) and event["e"] not in _NOTICES:
                    counted[name] += 1
                return done

            return mock.patch.object(Bot, method, call)

        with counting("read", "_read"), counting("handled", "_on_event"):
            await kind(world.auth.api_key).run()

    return live


def trading(kind: type[Trader]) -> Living:
    """A trader of that kind, that buys, sells and thinks better of it every 20 minutes. Its orders
    are filled in two parts."""

    async def live(world: World) -> None:
        world.exchange.fills = fills.in_parts(2, every=30)
        me = world.trader = kind(world.auth.api_key, world.auth.secret_key)
        world.meant = 0
        ends = time.monotonic() + (TRADING_HOURS - 0.6) * 3600

        async def place(side: str) -> int | None:
            world.meant += 1
            return await me.place(_SYMBOL, side, str(QUANTITY), "1000")

        async def trade() -> None:
            while time.monotonic() < ends:
                await asyncio.sleep(17 * 60)
                await place("BUY")
                await asyncio.sleep(90)
                await place("SELL")
                await asyncio.sleep(60)
                order = await place("BUY")
                await asyncio.sleep(5)
                if order is not None:
                    await me.cancel(_SYMBOL, order)
            await asyncio.Event().wait()

        await asyncio.gather(me.run(), trade())

    return live
