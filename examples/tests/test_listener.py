"""The stream's bad days, each one line: what the listener has made of its orders by the end, and
what the naive one has.

The naive listener is expected to fail (strictly: if it passed, the scenario would not show what it
is there for).
"""

import asyncio
from decimal import Decimal

import pytest
import requests
from listener import Listener
from naive_listener import NaiveListener

from pytest_binance_options.exchange import events, scenarios

pytestmark = pytest.mark.asyncio
MINUTE = 60


class OutdatedListener(NaiveListener):
    """Nobody has told it that the streams are routed now."""

    address = "wss://fstream.binance.com/ws/{key}"


def both(naive):
    failing = pytest.mark.xfail(strict=True, reason="naive", raises=AssertionError)
    return pytest.mark.parametrize(
        "kind", [Listener, pytest.param(naive, marks=failing)], ids=["written well", "naive"]
    )


class World:
    """A bot, the exchange, and what is true of the orders."""

    def __init__(self, kind, auth, exchange):
        self.exchange = exchange
        self.true = {}
        self.bot = kind(auth.api_key, self.ask_for_orders)

    async def ask_for_orders(self):
        """As the exchange's REST API would have it, which is not simulated as far as that."""
        return [(order, *state) for order, state in self.true.items()]

    def order(self, order, status, filled="0"):
        """Something happens to an order; gives the event that says so."""
        self.true[order] = (status, filled, self.exchange.clock.now_ms)
        return events.order_trade_update(
            order_id=order,
            status=status,
            quantity="1",
            last_filled_quantity=filled,
            filled_quantity=filled,
            event_time=self.exchange.clock.now_ms,
        )

    def fill(self, order):
        """An order that the bot has placed is filled."""
        self.bot.placed(order)
        self.exchange.emit(self.order(order, "FILLED", "1"))

    def check(self):
        """The bot knows what is true."""
        assert self.bot.orders == {order: status for order, (status, _, _) in self.true.items()}
        assert self.bot.bought == sum(Decimal(filled) for _, filled, _ in self.true.values())

    async def live(self, story):
        """The bot lives through a story, and knows what is true at the end."""
        running = asyncio.create_task(self.bot.run())
        try:
            await asyncio.sleep(MINUTE)
            await story(self)
            await asyncio.sleep(15 * MINUTE)
            self.check()
            # It knows because it hears, and not because it has asked.
            self.fill(99)
            await asyncio.sleep(1)
            self.check()
            assert not running.done()
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(running, *others, return_exceptions=True)


@pytest.fixture
def world(kind, binance_options_time, binance_options_auth, binance_options_exchange):
    binance_options_exchange.hold_position()
    return World(kind, binance_options_auth, binance_options_exchange)


def once(scenario):
    """A story in which ``scenario`` happens, and an order is filled after it."""

    async def story(world):
        world.fill(1)
        scenario(world.exchange)
        await asyncio.sleep(1)
        world.fill(2)

    return story


async def a_zombie_is_born(world):
    scenarios.born_a_zombie(world.exchange)
    world.exchange.streams.close()
    await asyncio.sleep(1)
    world.fill(1)


async def the_day_is_over(world):
    scenarios.day_is_over(world.exchange, world.order(1, "FILLED", "1"))
    world.bot.placed(1)


async def the_notice_comes_twice(world):
    scenarios.expired_twice(world.exchange)
    scenarios.expires_early(world.exchange)


async def the_event_comes_first(world):
    filled = world.order(1, "FILLED", "1")
    scenarios.event_before_reply(world.exchange, filled, path="/eapi/v1/order")
    requests.post("https://eapi.binance.com/eapi/v1/order", timeout=10)
    await asyncio.sleep(1)
    world.bot.placed(1)


async def one_is_overtaken(world):
    scenarios.out_of_order(world.exchange)
    world.bot.placed(1)
    world.exchange.emit(world.order(1, "NEW"))
    world.exchange.clock.advance(milliseconds=5)
    world.exchange.emit(world.order(1, "FILLED", "1"))


STORIES = {
    "born_a_zombie": a_zombie_is_born,
    "day_is_over": the_day_is_over,
    "duplicate_events": once(scenarios.duplicate_events),
    "event_before_reply": the_event_comes_first,
    "expired_twice": the_notice_comes_twice,
    "expires_early": once(scenarios.expires_early),
    "frame_that_is_no_json": once(scenarios.frame_that_is_no_json),
    "idle_drop": once(scenarios.idle_drop),
    "network_gone": once(scenarios.network_gone),
    "one_event_lost": once(scenarios.one_event_lost),
    "out_of_order": one_is_overtaken,
    "path_form_falls_silent": once(scenarios.path_form_falls_silent),
    "pongs_lost": once(scenarios.pongs_lost),
    "server_shutdown": once(scenarios.server_shutdown),
    "silenced_by_another_consumer": once(scenarios.silenced_by_another_consumer),
    "stale_key_on_reconnect": once(scenarios.stale_key_on_reconnect),
    "zombie_socket": once(scenarios.zombie_socket),
}


@pytest.mark.parametrize("kind", [Listener, NaiveListener], ids=["written well", "naive"])
async def test_a_quarter_of_an_hour_in_which_nothing_goes_wrong(world):
    await world.live(once(lambda _exchange: None))


@both(NaiveListener)
async def test_a_good_day(world):
    async def three_hours(_world):
        await asyncio.sleep(180 * MINUTE)

    await world.live(three_hours)


@both(NaiveListener)
@pytest.mark.parametrize("scenario", STORIES)
async def test_a_bad_day(world, scenario):
    await world.live(STORIES[scenario])


@both(NaiveListener)
async def test_the_network_gives_no_answer(world):
    await world.live(once(lambda exchange: scenarios.network_gone(exchange, form="timeout")))


@both(OutdatedListener)
async def test_the_old_address_falls_silent(world):
    await world.live(once(scenarios.old_address_falls_silent))
