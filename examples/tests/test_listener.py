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


class OutdatedListener(NaiveListener):
    """Nobody has told it that the streams are routed now."""

    address = "wss://fstream.binance.com/ws/{key}"


def both(naive):
    failing = pytest.mark.xfail(strict=True, reason="naive", raises=AssertionError)
    return pytest.mark.parametrize(
        "kind", [Listener, pytest.param(naive, marks=failing)], ids=["written well", "naive"]
    )


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop that lives on the exchange's clock: who sleeps here, sleeps there."""

    def __init__(self, clock):
        self._exchange_clock = clock
        self._began_ms = clock.now_ms
        super().__init__()

    def time(self):
        return (self._exchange_clock.now_ms - self._began_ms) / 1000


class World:
    """A bot, the exchange, and what is true of the orders."""

    def __init__(self, kind, auth, exchange, server):
        self.exchange = exchange
        self.true = {}
        self.bot = kind(auth.api_key, self.ask_for_orders)
        self._server = server

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

    async def settle(self):
        """Return when nothing more happens without time passing."""
        quiet = 0
        while quiet < 5:
            before = self._state()
            self._server.flush()
            for _ in range(10):
                await asyncio.sleep(0)
            quiet = quiet + 1 if self._state() == before else 0

    def _state(self):
        streams = self.exchange.streams.connections
        return repr((len(self.exchange.journal), streams, self.bot.orders, self.bot.bought))

    async def passes(self, minutes):
        for _ in range(round(minutes * 6)):
            await self.settle()
            self.exchange.clock.advance(seconds=10)
        await self.settle()

    def check(self):
        """The bot knows what is true."""
        assert self.bot.orders == {order: status for order, (status, _, _) in self.true.items()}
        assert self.bot.bought == sum(Decimal(filled) for _, filled, _ in self.true.values())

    async def live(self, story):
        running = asyncio.create_task(self.bot.run())
        try:
            await self.passes(minutes=1)
            await story(self)
            await self.passes(minutes=15)
            self.check()
            # It knows because it hears, and not because it has asked.
            self.fill(99)
            await self.settle()
            self.check()
            assert not running.done()
        finally:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(running, *others, return_exceptions=True)


@pytest.fixture
def world(kind, binance_options_auth, binance_options_exchange, binance_options_server):
    binance_options_exchange.hold_position()
    return World(kind, binance_options_auth, binance_options_exchange, binance_options_server)


@pytest.fixture
def live(world):
    """Let the bot live through a story, and see what it knows at the end."""

    def live(story):
        loop = ClockLoop(world.exchange.clock)
        try:
            loop.run_until_complete(world.live(story))
        finally:
            loop.close()

    return live


def once(scenario):
    """A story in which ``scenario`` happens, and an order is filled after it."""

    async def story(world):
        world.fill(1)
        scenario(world.exchange)
        await world.settle()
        world.fill(2)

    return story


async def a_zombie_is_born(world):
    scenarios.born_a_zombie(world.exchange)
    world.exchange.streams.close()
    await world.settle()
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
    await world.settle()
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
def test_a_quarter_of_an_hour_in_which_nothing_goes_wrong(live):
    live(once(lambda _exchange: None))


@both(NaiveListener)
def test_a_good_day(live):
    async def three_hours(world):
        await world.passes(minutes=180)

    live(three_hours)


@both(NaiveListener)
@pytest.mark.parametrize("scenario", STORIES)
def test_a_bad_day(live, scenario):
    live(STORIES[scenario])


@both(NaiveListener)
def test_the_network_gives_no_answer(live):
    live(once(lambda exchange: scenarios.network_gone(exchange, form="timeout")))


@both(OutdatedListener)
def test_the_old_address_falls_silent(live):
    live(once(scenarios.old_address_falls_silent))
