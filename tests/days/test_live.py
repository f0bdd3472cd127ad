"""What becomes of a bot on a day, and what of it should not have been."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress

import aiohttp
import pytest
from websockets.sync.client import connect

from pytest_binance_options import Handle, World
from pytest_binance_options.bad_days import (
    INVARIANTS,
    Alive,
    BadDay,
    EventTrouble,
    LiveKey,
    RequestFault,
    Scenario,
    live,
)
from pytest_binance_options.errors import InvariantError, UsageError
from pytest_binance_options.exchange import _journal

from .bots import REST, STREAM, sound

LISTENS = INVARIANTS


@pytest.mark.parametrize(
    "day",
    [
        BadDay(),
        BadDay(Scenario("03:00", "key_lost"), Scenario("05:00", "zombie_socket")),
        BadDay(EventTrouble("04:00", "cut"), RequestFault("04:00", "reset", method="POST")),
    ],
    ids=str,
)
def test_a_sound_bot_gets_over_it(binance_options: Handle, day: BadDay) -> None:
    binance_options.live(day, sound, invariants=LISTENS).check()


def test_a_bot_that_never_renews_its_key_is_told_so(binance_options: Handle) -> None:
    async def forgetful(world: World) -> None:
        world.client.request("POST", "/eapi/v1/listenKey")
        await asyncio.Event().wait()

    life = binance_options.live(BadDay(hours=3), forgetful, invariants=[LiveKey()])

    with pytest.raises(InvariantError, match="for 1 h 5 min the account has had no listen key"):
        life.check()


def test_what_another_hand_buys_is_filled_in_halves_every_other_time() -> None:
    life = live(BadDay(hours=4), sound)

    filled = [len(order.trades) for order in life.exchange.orders if order.side == "BUY"]
    assert filled == [2, 1, 2, 1]


def test_a_listener_is_cut_off_between_two_fills_of_another_hand() -> None:
    life = live(BadDay(Scenario("01:00", "disconnect_between_fills"), hours=4), sound)

    assert any("dropped by the exchange" in str(line) for line in life.record.lines)


def test_another_program_that_waits_for_its_answer_holds_nobody_up() -> None:
    late = RequestFault("02:00", "delay", method="DELETE", seconds=5, executed=True)
    closed = Scenario("03:00:14", "closed_by_another_consumer")

    lives = [live(BadDay(*troubles, hours=6), sound) for troubles in ((closed,), (late, closed))]

    one, other = ([(each.at_ms, each.method) for each in life.requests] for life in lives)
    assert one == other
    assert (lives[0].record.began_ms + closed.at_ms, "PUT") in one


def test_the_same_day_gives_the_same_life() -> None:
    day = BadDay(Scenario("01:00", "expires_early"), Scenario("03:00", "network_gone"), hours=8)

    assert str(live(day, sound).journal) == str(live(day, sound).journal)


def test_all_of_a_day_is_judged_however_much_a_journal_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_journal, "KEPT", 2)

    life = live(BadDay(hours=2), sound)

    assert len(life.journal.lines) > 4
    assert life.journal.dropped == 0


def test_a_bot_that_connects_again_and_again_is_stopped_and_told_so() -> None:
    async def restless(world: World) -> None:
        headers = {"X-MBX-APIKEY": world.auth.api_key}
        async with aiohttp.ClientSession(headers=headers) as session, session.post(REST) as answer:
            url = STREAM.format(key=(await answer.json())["listenKey"])
            while True:
                async with session.ws_connect(url):
                    await asyncio.sleep(3)

    life = live(BadDay(hours=8), restless, invariants=[Alive()])

    (broken,) = life.broken
    assert broken.sentence == (
        "the bot had made 1,000 connections by then, and was stopped: it connects again and again,"
        " though connections are made."
    )
    assert life.storm == len(life.record.streams) == 1000
    assert life.record.ended_ms - life.record.began_ms == 999 * 3000


def test_so_is_one_in_threads() -> None:
    def restless(world: World) -> None:
        key = world.client.request("POST", "/eapi/v1/listenKey")["listenKey"]
        while True:
            with connect(STREAM.format(key=key)):
                time.sleep(3)

    life = live(BadDay(hours=8), restless, invariants=[Alive()])

    assert [each.name for each in life.broken] == ["Alive"]
    assert life.storm == len(life.record.streams) == 1000


@pytest.mark.asyncio
async def test_a_life_in_a_test_with_an_event_loop(binance_options: Handle) -> None:
    life = binance_options.live(BadDay(hours=2), sound, invariants=LISTENS)

    life.check()
    assert life.requests


def test_a_bot_that_fails_when_it_is_told_to_end() -> None:
    async def untidy(world: World) -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            raise RuntimeError("while closing")

    life = live(BadDay(hours=2), untidy, invariants=INVARIANTS[:1])

    (broken,) = life.broken
    assert broken.sentence.startswith("the bot has failed when it was told to end.")


def test_a_bot_that_does_not_let_itself_be_cancelled_is_an_error() -> None:
    async def stubborn(world: World) -> None:
        for _ in range(6):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(1e9)

    with pytest.raises(UsageError) as error:
        live(BadDay(hours=1), stubborn)

    assert str(error.value) == (
        "The bot was cancelled at the end of the day, and goes on 300 s later. Have it let"
        " CancelledError out."
    )


def test_a_bot_that_exits_has_failed() -> None:
    async def exits(world: World) -> None:
        await asyncio.sleep(60)
        sys.exit("no money left")

    async def has_a_part_that_exits(world: World) -> None:
        await asyncio.gather(asyncio.create_task(exits(world)), sound(world))

    for bot in (exits, has_a_part_that_exits):
        life = live(BadDay(hours=1), bot, invariants=[Alive()])

        (broken,) = life.broken
        assert broken.sentence.startswith("the bot has failed on the way.")
        assert broken.sentence.endswith("SystemExit: no money left")
        assert broken.at_ms == life.record.began_ms + 60_000


def test_a_bot_may_exit_when_it_is_told_to_end() -> None:
    async def exits(world: World) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            sys.exit()

    live(BadDay(hours=1), exits, invariants=[Alive()]).check()


def test_what_an_async_bot_does_in_threads_ends_with_the_day() -> None:
    def beat() -> None:
        while True:
            time.sleep(60)

    async def threaded(world: World) -> None:
        await asyncio.to_thread(beat)

    async def fails(world: World) -> None:
        asyncio.get_running_loop().run_in_executor(None, beat)
        await asyncio.sleep(60)
        raise RuntimeError("no more")

    assert live(BadDay(hours=1), threaded, invariants=[Alive()]).broken == ()
    (broken,) = live(BadDay(hours=1), fails, invariants=[Alive()]).broken
    assert broken.sentence.endswith("RuntimeError: no more")
