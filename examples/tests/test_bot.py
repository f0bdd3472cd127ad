"""The bot as it is, on the exchange's clock: whoever sleeps here sleeps there, and a day is over in
a moment."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
import pytest_asyncio
from bot import Bot, Refused

from pytest_binance_options.exchange import events, fault, scenarios

pytestmark = pytest.mark.asyncio
MINUTE, HOUR = 60, 60 * 60
LISTEN_KEY = "/eapi/v1/listenKey"


@pytest_asyncio.fixture
async def running(binance_options_time, binance_options_auth):
    """The bot, which has been up for a minute."""
    bot = Bot(binance_options_auth.api_key)
    task = asyncio.create_task(bot.run())
    await asyncio.sleep(MINUTE)
    yield bot, task
    task.cancel()
    with suppress(asyncio.CancelledError, Refused):
        await task


@pytest.fixture
def bot(running):
    return running[0]


@pytest.fixture
def fill(binance_options_exchange):
    """Have an order filled."""
    return lambda order: binance_options_exchange.emit(
        events.order_trade_update(order_id=order, status="FILLED")
    )


async def test_a_day(bot, fill, binance_options_exchange, binance_options_time):
    began = binance_options_time.now
    for hour in range(25):
        fill(hour)
        await asyncio.sleep(HOUR)

    assert binance_options_time.now - began == timedelta(hours=25)
    assert bot.orders == dict.fromkeys(range(25), "FILLED")
    calls = binance_options_exchange.journal.calls
    assert calls.count(("PUT", LISTEN_KEY, 200)) == 50
    # The second is for the connection after the one that was closed at 24 hours.
    assert calls.count(("POST", LISTEN_KEY, 200)) == 2


BAD_DAYS = [
    scenarios.closed_by_another_consumer,
    scenarios.expired_twice,
    scenarios.expires_early,
    scenarios.frame_that_is_no_json,
    scenarios.idle_drop,
    scenarios.keepalive_at_the_boundary,
    scenarios.keepalive_error_swallowed,
    scenarios.key_lost,
    scenarios.network_gone,
    scenarios.one_failed_keepalive,
    scenarios.pongs_lost,
    scenarios.rate_limited_then_banned,
    scenarios.server_shutdown,
    scenarios.silenced_by_another_consumer,
    scenarios.stale_key_on_reconnect,
    scenarios.unknown_outcome_on_keepalive,
    scenarios.zombie_socket,
]


@pytest.mark.parametrize("bad_day", BAD_DAYS)
async def test_the_bot_gets_over_it(bad_day, bot, fill, binance_options_exchange):
    bad_day(binance_options_exchange)
    await asyncio.sleep(3 * HOUR)

    fill(1)
    await asyncio.sleep(1)

    assert bot.orders == {1: "FILLED"}


async def test_a_stream_that_was_dead_from_the_beginning(bot, fill, binance_options_exchange):
    scenarios.born_a_zombie(binance_options_exchange)
    binance_options_exchange.streams.drop()
    await asyncio.sleep(3 * HOUR)

    fill(1)
    await asyncio.sleep(1)

    assert bot.orders == {1: "FILLED"}


async def test_the_network_is_back_within_a_minute_of_its_end(bot, fill, binance_options_exchange):
    scenarios.network_gone(binance_options_exchange, minutes=20, form="timeout")
    await asyncio.sleep(21 * MINUTE)

    fill(1)
    await asyncio.sleep(1)

    assert bot.orders == {1: "FILLED"}


async def test_a_break_now_and_then_is_mended_within_two_seconds(
    bot, fill, binance_options_exchange
):
    for order in range(8):
        binance_options_exchange.streams.drop()
        await asyncio.sleep(2)
        fill(order)
        await asyncio.sleep(HOUR)

    assert bot.orders == dict.fromkeys(range(8), "FILLED")


async def test_a_key_that_has_expired_is_followed_by_another_at_once(
    bot, fill, binance_options_exchange
):
    scenarios.expires_early(binance_options_exchange)
    await asyncio.sleep(2)

    fill(1)
    await asyncio.sleep(1)

    assert bot.orders == {1: "FILLED"}


async def test_it_waits_as_long_as_it_is_told_to(bot, binance_options_exchange):
    scenarios.rate_limited_then_banned(binance_options_exchange)
    binance_options_exchange.streams.drop()
    await asyncio.sleep(HOUR)

    statuses = [entry.status for entry in binance_options_exchange.journal]
    assert statuses.count(429) == 1
    assert 418 not in statuses


async def test_a_keepalive_that_is_not_answered_is_sent_again(bot, binance_options_exchange):
    began = binance_options_exchange.clock.now
    binance_options_exchange.faults.add(fault.timeout(), method="PUT", times=1)
    await asyncio.sleep(32 * MINUTE)

    _, lost, sent_again = binance_options_exchange.journal
    assert lost.status is None
    assert lost.at - began == timedelta(minutes=29)
    # The bot's time-out is 10 s, and it tries again a minute later.
    assert sent_again.at - lost.at == timedelta(seconds=10 + 60)
    assert sent_again.status == 200


async def test_what_was_overtaken_is_not_believed(bot, binance_options_exchange):
    scenarios.out_of_order(binance_options_exchange)
    for status in ("NEW", "FILLED"):
        binance_options_exchange.emit(events.order_trade_update(order_id=1, status=status))
        await asyncio.sleep(1)

    assert bot.orders == {1: "FILLED"}


@pytest.mark.parametrize("end", [scenarios.api_key_revoked, scenarios.endpoint_moved])
async def test_what_is_over_is_over(end, running, binance_options_exchange):
    end(binance_options_exchange)
    await asyncio.sleep(HOUR)

    _, task = running
    with pytest.raises(Refused):
        task.result()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_bot_that_is_stopped_leaves_nothing_behind(running, binance_options_exchange):
    _, task = running
    assert len(binance_options_exchange.streams.connections) == 1

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(binance_options_exchange.streams.connections) == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
