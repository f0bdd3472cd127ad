"""What should hold on any day: where it doesn't, the bot is told; where it does, or the day is to
blame, it isn't."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from pytest_binance_options import Handle, World
from pytest_binance_options.bad_days import (
    INVARIANTS,
    Alive,
    BadDay,
    Ban,
    EventsHeard,
    LiveKey,
    NoRequestDuringBan,
    OneStream,
    Scenario,
    live,
)
from pytest_binance_options.errors import InvariantError, UsageError

from .bots import REST, STREAM

Body = Callable[[World, aiohttp.ClientSession], Awaitable[None]]


def bot(body: Body) -> Callable[[World], Awaitable[None]]:
    """A bot with a session, a key each half an hour, and ``body`` to do beside."""

    async def run(world: World) -> None:
        headers = {"X-MBX-APIKEY": world.auth.api_key}
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.post(REST):
                pass
            await asyncio.gather(renew(session), body(world, session))

    async def renew(session: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(30 * 60)
            async with session.post(REST):
                pass

    return run


async def listen(session: aiohttp.ClientSession) -> None:
    """Until the stream ends, or has been silent for an hour and a quarter."""
    async with session.post(REST) as response:
        key = (await response.json())["listenKey"]
    async with session.ws_connect(STREAM.format(key=key)) as stream:
        while True:
            message = await asyncio.wait_for(stream.receive(), 75 * 60)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return


async def ask(world: World, session: aiohttp.ClientSession, ahead_ms: int = 0) -> int:
    """For the open orders; gives the status of the answer."""
    query = f"timestamp={int(time.time() * 1000) + ahead_ms}"
    key = str(world.auth.secret_key).encode()
    signature = hmac.new(key, query.encode(), hashlib.sha256).hexdigest()
    url = f"https://eapi.binance.com/eapi/v1/openOrders?{query}&signature={signature}"
    async with session.get(url) as response:
        return response.status


async def on_notice(world: World) -> None:
    """Makes a new key whenever it is told that the one before has expired, and renews none."""
    headers = {"X-MBX-APIKEY": world.auth.api_key}
    async with aiohttp.ClientSession(headers=headers) as session:
        while True:
            async with session.post(REST) as response:
                key = (await response.json()).get("listenKey")
            if key is None:
                await asyncio.sleep(int(response.headers["Retry-After"]))
                continue
            async with session.ws_connect(STREAM.format(key=key)) as stream:
                while "listenKeyExpired" not in str((await stream.receive()).data):
                    pass


def test_a_key_that_runs_out_for_want_of_a_keepalive_is_no_live_key() -> None:
    (broken,) = live(BadDay(hours=4), on_notice, invariants=[LiveKey()]).broken

    assert str(broken) == (
        "LiveKey: the listen key has run out, though nothing had gone wrong for 1 h 5 min: nobody"
        " had renewed it."
    )


def test_a_key_that_runs_out_while_nobody_can_renew_it_is_the_day_s_doing() -> None:
    day = BadDay(Ban("00:55", 3600), hours=2)

    assert not live(day, on_notice, invariants=[LiveKey(within=4 * 60)]).broken


@bot
async def deaf(world: World, session: aiohttp.ClientSession) -> None:
    """Takes an open stream for a sound one."""
    async with session.post(REST) as response:
        key = (await response.json())["listenKey"]
    async with session.ws_connect(STREAM.format(key=key)) as stream:
        while (await stream.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    await asyncio.Event().wait()


def test_a_bot_that_is_deaf_is_told_so() -> None:
    life = live(BadDay(Scenario("01:00", "zombie_socket"), hours=5), deaf)

    told = (
        "EventsHeard: ORDER_TRADE_UPDATE was heard by nobody (the connection is a zombie, as the"
        " test set up), though nothing had gone wrong for 2 h."
    )
    assert [str(each) for each in life.broken] == [told]
    # The beginning, the trouble and the moment are shown; what is between them is not.
    lines = life.timeline.splitlines()
    assert lines[1] == "00:00:00.000  POST /eapi/v1/listenKey -> 200  | listen key made"
    assert "01:00:00.000  -- scenario zombie_socket()" in lines
    assert "03:30:07.000  -- HERE: EventsHeard <<<<<<<<<<" in lines
    left_out = [line for line in lines if line.endswith("All of it: str(life.journal)")]
    assert 1 <= len(left_out) <= 2
    assert max(map(len, lines)) <= 80


def test_a_bot_that_knocks_at_the_wrong_door_for_ever_is_told_so() -> None:
    @bot
    async def knocking(world: World, session: aiohttp.ClientSession) -> None:
        while True:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect("wss://fstream.binance.com/private/was/nothing")
            await asyncio.sleep(600)

    life = live(BadDay(hours=4), knocking)

    assert [each.name for each in life.broken] == ["EventsHeard"]


@pytest.mark.parametrize("asks_again", [True, False])
def test_a_bot_that_asks_has_to_ask_for_what_it_missed(asks_again: bool) -> None:
    @bot
    async def trader(world: World, session: aiohttp.ClientSession) -> None:
        await ask(world, session)
        while True:
            await listen(session)
            await asyncio.sleep(1)
            if asks_again:
                await ask(world, session)

    life = live(BadDay(Scenario("01:00", "idle_drop"), hours=6), trader)

    told = (
        "ORDER_TRADE_UPDATE was heard by nobody (nobody is connected), and the bot has not asked"
        " for what it missed within 2 h."
    )
    assert [each.sentence for each in life.broken] == ([] if asks_again else [told])


@pytest.mark.parametrize("sets_its_clock", [True, False])
def test_a_bot_whose_clock_is_refused_has_to_set_it(sets_its_clock: bool) -> None:
    @bot
    async def trader(world: World, session: aiohttp.ClientSession) -> None:
        ahead_ms = 0
        while True:
            while await ask(world, session, ahead_ms) != 200:  # -1021
                await asyncio.sleep(60)
                if sets_its_clock:
                    async with session.get("https://eapi.binance.com/eapi/v1/time") as response:
                        server_time = (await response.json())["serverTime"]
                    ahead_ms = server_time - int(time.time() * 1000)
            await listen(session)
            await asyncio.sleep(1)

    skewed = Scenario("01:00", "clock_skew", seconds=-10)
    life = live(BadDay(skewed, Scenario("01:30", "idle_drop"), hours=6), trader)

    told = (
        "ORDER_TRADE_UPDATE was heard by nobody (nobody is connected), and the bot has not asked"
        " for what it missed within 2 h."
    )
    assert [each.sentence for each in life.broken] == ([] if sets_its_clock else [told])


def test_a_bot_that_only_listens_need_not_ask_but_can_be_asked_to() -> None:
    @bot
    async def listener(world: World, session: aiohttp.ClientSession) -> None:
        while True:
            await listen(session)
            await asyncio.sleep(1)

    day = BadDay(Scenario("01:00", "idle_drop"), hours=6)

    assert live(day, listener).broken == ()
    assert len(live(day, listener, invariants=[EventsHeard(asks=True)]).broken) == 1


def test_two_streams_are_one_too_many() -> None:
    @bot
    async def several(world: World, session: aiohttp.ClientSession) -> None:
        await asyncio.gather(listen(session), listen(session))

    life = live(BadDay(hours=1, orders_every=20), several)

    assert [str(each) for each in life.broken] == [
        "OneStream: for 1 min there have been two connections, #1 and #2."
    ]
    assert live(BadDay(hours=1), several, invariants=[OneStream(within=7200)]).broken == ()


@pytest.mark.parametrize(("pause", "holds"), [(60, False), (600, True)])
def test_who_is_banned_keeps_quiet(pause: int, holds: bool) -> None:
    @bot
    async def asking(world: World, session: aiohttp.ClientSession) -> None:
        while True:
            async with session.put(REST) as response:
                await asyncio.sleep(60 if response.status == 200 else pause)

    life = live(
        BadDay(Ban("00:10:30", seconds=300), hours=1), asking, invariants=[NoRequestDuringBan()]
    )

    told = (
        "NoRequestDuringBan: PUT /eapi/v1/listenKey was asked during a ban, of which the bot had"
        " been told 1 min before."
    )
    assert [str(each) for each in life.broken] == ([] if holds else [told])


def test_a_bot_may_stop_for_what_nothing_helps_against() -> None:
    @bot
    async def stopping(world: World, session: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(60)
            async with session.put(REST) as response:
                assert response.status == 200

    day = BadDay(Scenario("00:10", "api_key_revoked"), hours=3)
    life = live(day, stopping)

    assert isinstance(life.error, AssertionError)
    assert life.broken == ()


def test_a_function_of_the_user_s_is_an_invariant() -> None:
    async def idle(world: World) -> None:
        await asyncio.Event().wait()

    def told(life: object) -> str:
        return "it was said so"

    def asserted(life: object) -> None:
        raise AssertionError("it was asserted")

    def denied(life: object) -> bool:
        """What this denies."""
        return False

    def held(life: object) -> None:
        """Nothing to say."""

    life = live(BadDay(hours=1), idle, invariants=[told, asserted, denied, held])

    assert [str(each) for each in life.broken] == [
        "told: it was said so",
        "asserted: it was asserted",
        "denied: What this denies.",
    ]


def test_what_is_no_invariant_is_refused() -> None:
    async def idle(world: World) -> None:
        await asyncio.Event().wait()

    with pytest.raises(UsageError) as error:
        live(BadDay(hours=1), idle, invariants=[LiveKey])
    assert str(error.value) == "LiveKey is a class. Make one, as in invariants=[LiveKey()]."
    with pytest.raises(UsageError) as error:
        live(BadDay(hours=1), idle, invariants=["LiveKey"])  # type: ignore[list-item]
    assert str(error.value) == (
        "invariants has a str in it. Give those of pytest_binance_options.bad_days, as in"
        " [*INVARIANTS, books_agree], and functions that take a life."
    )


def test_a_failure_says_what_day_and_when(binance_options: Handle) -> None:
    async def failing(world: World) -> None:
        await asyncio.sleep(600)
        raise RuntimeError(f"refused: {world.auth.api_key}")

    life = binance_options.live(BadDay(hours=1), failing)

    with pytest.raises(InvariantError) as error:
        life.check()
    lines = str(error.value).splitlines()
    assert lines[0] == "Alive: the bot has failed on the way."
    assert lines[-1].endswith("-- HERE: Alive <<<<<<<<<<")
    assert life.day == BadDay(hours=1)
    assert str(world_key(life.world)) not in str(error.value)
    assert max(map(len, life.timeline.splitlines())) <= 80


def world_key(world: object) -> str:
    assert isinstance(world, World)
    return world.auth.api_key


def test_in_a_test_on_the_clock_already_it_says_what_to_do(
    binance_options: Handle, binance_options_time: object
) -> None:
    with pytest.raises(UsageError) as error:
        binance_options.live(BadDay(), deaf, invariants=INVARIANTS)

    assert str(error.value) == (
        "live() makes a world with a clock of its own, and this test lives on an exchange's clock"
        " already (binance_options_time, or simulated(time=True)). Leave that out."
    )


def test_what_differs_from_the_defaults_is_told_with_the_day() -> None:
    async def ends(world: World) -> None:
        pass

    with pytest.raises(InvariantError) as error:
        live(BadDay(hours=1), ends, invariants=[Alive(), LiveKey(within=300)]).check()

    call = "    binance_options.live(day, ends, invariants=[Alive(), LiveKey(within=300)]).check()"
    assert call in str(error.value).splitlines()
