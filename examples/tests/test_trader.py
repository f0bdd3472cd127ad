"""What an order's life can bring, each one line: what the trader has made of its orders and its
position by the end, and what the naive one has.

Orders are placed with the simulated exchange, and filled when a story says so. The naive trader is
expected to fail (strictly: if it passed, the story would not show what it is there for).
"""

import asyncio
from datetime import timedelta

import pytest
from naive_trader import NaiveTrader
from trader import Refused, Trader

from pytest_binance_options.exchange import fault, fills, scenarios

pytestmark = pytest.mark.asyncio
MINUTE = 60
SYMBOL = "BTC-301227-100000-C"
ORDER = {"path": "/eapi/v1/order", "times": 1}

failing = pytest.mark.xfail(strict=True, reason="naive", raises=AssertionError)
both = pytest.mark.parametrize(
    "kind", [Trader, pytest.param(NaiveTrader, marks=failing)], ids=["written well", "naive"]
)
only = pytest.mark.parametrize("kind", [Trader], ids=["written well"])


class World:
    """A trader, and its exchange."""

    def __init__(self, kind, auth, exchange):
        self.exchange = exchange
        self.bot = kind(auth.api_key, auth.secret_key)

    async def buy(self, quantity="0.2"):
        return await self.bot.place(SYMBOL, "BUY", quantity, "1000")

    async def sell(self, quantity="0.2"):
        return await self.bot.place(SYMBOL, "SELL", quantity, "1000")

    def check(self):
        """The trader knows what is true: what the exchange has."""
        orders = {order.order_id: order.status for order in self.exchange.orders}
        held = self.exchange.orders.ledger().positions
        assert self.bot.orders == orders
        assert self.bot.position == {each.symbol.name: each.quantity for each in held}

    async def live(self, story):
        """The trader lives through a story, and knows what is true at the end."""
        running = asyncio.create_task(self.bot.run())
        try:
            await asyncio.sleep(MINUTE)
            await story(self)
            await asyncio.sleep(6 * MINUTE)
            self.check()
            # And it goes on.
            order = await self.buy("0.1")
            self.exchange.fill(order)
            await asyncio.sleep(2 * MINUTE)
            self.check()
            assert not running.done()
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(running, *others, return_exceptions=True)


@pytest.fixture
def world(kind, binance_options_time, binance_options_auth, binance_options_exchange):
    binance_options_exchange.symbols.add(SYMBOL)
    return World(kind, binance_options_auth, binance_options_exchange)


@pytest.mark.parametrize("kind", [Trader, NaiveTrader], ids=["written well", "naive"])
async def test_a_day_on_which_nothing_goes_wrong(world):
    async def story(world):
        bought = await world.buy("0.2")
        world.exchange.fill(bought, quantity="0.05")
        await asyncio.sleep(MINUTE)
        world.exchange.fill(bought)
        sold = await world.sell("0.1")
        world.exchange.fill(sold)
        given_up = await world.buy()
        await world.bot.cancel(SYMBOL, given_up)

    await world.live(story)


async def the_stream_breaks_between_two_fills(world):
    scenarios.disconnect_between_fills(world.exchange)
    order = await world.buy()
    world.exchange.fill(order, quantity="0.05")
    world.exchange.fill(order)


async def the_answer_is_lost(world):
    scenarios.order_of_unknown_outcome(world.exchange)
    await world.buy()


async def the_request_is_lost(world):
    scenarios.order_of_unknown_outcome(world.exchange, executed=False)
    assert await world.buy() is None


async def the_answer_comes_too_late(world):
    world.exchange.faults.add(fault.timeout(executed=True), method="POST", **ORDER)
    await world.buy()


async def it_is_filled_before_the_answer_comes(world):
    scenarios.fill_before_reply(world.exchange, seconds=2)
    await world.buy()


async def it_is_filled_as_it_is_cancelled(world):
    order = await world.buy()
    world.exchange.streams.lose_next(times=3)
    scenarios.cancel_comes_too_late(world.exchange)
    await world.bot.cancel(SYMBOL, order)


async def the_cancel_is_lost(world):
    order = await world.buy()
    await asyncio.sleep(1)
    world.exchange.faults.add(fault.unknown_outcome(executed=False), method="DELETE", **ORDER)
    await world.bot.cancel(SYMBOL, order)


async def somebody_else_cancels_it(world):
    order = await world.buy()
    scenarios.idle_drop(world.exchange)
    world.exchange.cancel(order)


async def it_is_filled_while_nobody_listens(world):
    world.exchange.fills = fills.in_parts(4, every=MINUTE)
    await world.buy()
    scenarios.network_gone(world.exchange, minutes=3)


STORIES = [
    the_stream_breaks_between_two_fills,
    the_answer_is_lost,
    the_request_is_lost,
    the_answer_comes_too_late,
    it_is_filled_before_the_answer_comes,
    it_is_filled_as_it_is_cancelled,
    the_cancel_is_lost,
    somebody_else_cancels_it,
    it_is_filled_while_nobody_listens,
]


@both
@pytest.mark.parametrize("story", STORIES)
async def test_it_knows_its_orders_and_its_position(world, story):
    await world.live(story)


# Those that end a bot for good, and those that need telling which.
OVER = {"api_key_revoked", "endpoint_moved", "key_of_the_other_environment", "options_not_enabled"}
TOLD = {"event_before_reply"}
# What these do to the next order is a story of its own.
OWN = {"cancel_comes_too_late", "fill_before_reply", "order_of_unknown_outcome"}


@only
@pytest.mark.parametrize("scenario", sorted(set(scenarios.__all__) - OVER - TOLD - OWN))
async def test_in_every_scenario_it_ends_with_the_exchanges_own_state(world, scenario):
    async def story(world):
        order = await world.buy()
        world.exchange.fill(order, quantity="0.05")
        getattr(scenarios, scenario)(world.exchange)
        await asyncio.sleep(1)
        world.exchange.fill(order, quantity="0.05")
        await asyncio.sleep(32 * MINUTE)  # some begin with the next keepalive
        world.exchange.fill(order)

    await world.live(story)


@only
async def test_an_option_expires_while_nobody_listens(world):
    clock = world.exchange.clock
    symbol = world.exchange.symbols.add(f"BTC-{clock.now + timedelta(days=1):%y%m%d}-100000-C")
    clock.skip_to(symbol.expiry_ms - 3 * MINUTE * 1000)

    async def story(world):
        for quantity in ("0.2", "0.1"):
            await world.bot.place(symbol.name, "BUY", quantity, "1000")
        world.exchange.fill(world.exchange.orders.open()[0])
        world.exchange.symbols.set_index_price("BTCUSDT", 101_500)
        scenarios.network_gone(world.exchange, minutes=4)
        await asyncio.sleep(6 * MINUTE)
        assert world.bot.position == {}

    await world.live(story)


@only
async def test_it_waits_as_long_as_it_is_told_to(world):
    async def story(world):
        order = await world.buy()
        scenarios.rate_limited_then_banned(world.exchange)
        await world.bot.cancel(SYMBOL, order)

    await world.live(story)
    statuses = [entry.status for entry in world.exchange.journal]
    assert statuses.count(429) <= 2  # one by the hand, one by the ear
    assert 418 not in statuses


@only
async def test_what_the_exchange_does_not_want_is_said(world):
    running = asyncio.create_task(world.bot.run())
    await asyncio.sleep(1)
    with pytest.raises(Refused, match="-4029"):
        await world.bot.place(SYMBOL, "BUY", "0.1", "1001")
    running.cancel()
