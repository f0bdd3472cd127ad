"""``simulated`` without pytest's fixtures: in a block, by hand, nested, side by side."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import aiohttp
import httpx
import pytest
import requests
import websockets

from pytest_binance_options import Handle, World, simulated
from pytest_binance_options._time.world import current
from pytest_binance_options.errors import (
    NetworkRefusedError,
    NotAtRestError,
    StillRunningWarning,
    TestOverError,
    UsageError,
)

URL = "https://eapi.binance.com/eapi/v1/listenKey"
STREAM = "wss://fstream.binance.com/private/ws"
POST = ("POST", "/eapi/v1/listenKey", 200)


def ask(world: World | Handle) -> int:
    """A request as a user's code makes it; the status."""
    return requests.post(URL, headers={"X-MBX-APIKEY": world.auth.api_key}, timeout=5).status_code


def asked(world: World | Handle) -> list[tuple[str, str, int | None]]:
    return [(each.method, each.path, each.status) for each in world.requests]


# What it does


def test_whatever_client_asks_it_is_answered_by_the_world() -> None:
    async def listen(world: World) -> int:
        headers = {"X-MBX-APIKEY": world.auth.api_key}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(URL) as answer,
        ):
            key = (await answer.json())["listenKey"]
        async with websockets.connect(f"{STREAM}/{key}") as stream:
            world.clock.advance(hours=1)
            assert "listenKeyExpired" in str(await stream.recv())
        return answer.status

    with simulated() as world:
        headers = {"X-MBX-APIKEY": world.auth.api_key}
        answers = [
            requests.post(URL, headers=headers, timeout=5).status_code,
            httpx.put(URL, headers=headers).status_code,
            asyncio.run(listen(world)),
        ]

    assert answers == [200, 200, 200]
    assert asked(world) == [POST, ("PUT", "/eapi/v1/listenKey", 200), POST]


def test_a_world_has_what_the_handle_has() -> None:
    with simulated() as world:
        assert world.host == "https://demo-fapi.binance.com"
        assert world.stream_host == "wss://demo-fstream.binance.com"
        (account,) = world.exchange.accounts
        assert [key.api_key for key in account.api_keys] == [world.auth.api_key]
        assert world.clock is world.exchange.clock
        key = world.user_data_streams.options_create_listen_key_v1().listen_key
        assert account.listen_key is not None
        assert (len(key), world.client) == (64, world.client)
        with requests.Session() as session:
            session.mount("https://", world.transport)
            assert session.put(URL, headers={"X-MBX-APIKEY": world.auth.api_key}).json() == {}
        assert requests.get(f"{world.server.url}/eapi/v1/time", timeout=5).status_code == 200
        assert world.server.stream_url.startswith("ws://127.0.0.1:")
        assert repr(world) == "<simulated(), in use, 3 requests answered>"


def test_seed_start_and_auth_are_what_it_begins_with() -> None:
    start = datetime(2026, 6, 1, tzinfo=timezone.utc)

    def key(seed: int) -> str:
        with simulated(seed=seed, start=start, auth="ed25519") as world:
            assert (world.clock.now, world.auth.kind) == (start, "ed25519")
            return world.user_data_streams.options_create_listen_key_v1().listen_key

    assert key(1) == key(1) != key(2)


def test_nothing_leaves_the_machine_meanwhile_and_nothing_is_left_of_it_afterwards() -> None:
    before = (requests.adapters.HTTPAdapter.send, threading.Thread.start, time.sleep)
    with simulated(), pytest.raises(NetworkRefusedError):
        requests.get("http://192.0.2.1/", timeout=5)

    with simulated(time=True):
        pass

    assert before == (requests.adapters.HTTPAdapter.send, threading.Thread.start, time.sleep)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://192.0.2.1/", ""),
        ("https://eapi.binence.com/eapi/v1/listenKey", " Did you mean eapi.binance.com?"),
    ],
)
def test_a_refusal_says_nothing_of_modes_and_fixtures_that_there_are_none_of(
    url: str, advice: str
) -> None:
    with simulated(), pytest.raises(NetworkRefusedError) as caught:
        requests.get(url, timeout=5)

    host = url.split("/")[2] + (":443" if url.startswith("https") else ":80")
    assert str(caught.value) == (
        f"a connection to {host} was asked for, and in a simulated world nothing leaves this"
        f" machine.{advice} Replace what else the code talks to."
    )


def test_a_client_that_is_not_known_is_sent_to_the_world_s_server() -> None:
    with simulated(), pytest.raises(NetworkRefusedError, match=r"the address of the world's .serv"):
        socket.create_connection(("eapi.binance.com", 443))


def test_an_error_in_the_block_comes_out_of_it_and_ends_the_world() -> None:
    worlds: list[World] = []

    def fail() -> None:
        with simulated(time=True) as world:
            worlds.append(world)
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            raise KeyError("the body's own")

    with pytest.raises(KeyError, match="the body's own"):
        fail()
    assert (repr(worlds[0]), current()) == ("<simulated(), over, 0 requests answered>", None)


def test_it_neither_runs_nor_imports_pytest() -> None:
    code = f"""
        import sys
        sys.modules["pytest"] = sys.modules["_pytest"] = None  # an import is an error

        import asyncio, time, requests
        from pytest_binance_options import simulated

        with simulated() as world:
            answer = requests.post({URL!r}, headers={{"X-MBX-APIKEY": world.auth.api_key}})
            assert (answer.status_code, world.server.port > 0) == (200, True)

        async def main():
            async with simulated(time=True):
                await asyncio.sleep(3600)

        asyncio.run(main())
        """
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(code)]

    done = subprocess.run(command, capture_output=True, text=True)

    # The loop says that its first step took long: it imported what it needs.
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


# Its beginning and its end


def test_it_can_be_opened_and_closed_by_hand() -> None:
    world = simulated().open()
    try:
        assert ask(world) == 200
    finally:
        world.close()
    world.close()

    assert asked(world) == [POST]
    assert (world.exchange.clock.now, len(world.exchange.journal)) == (world.clock.now, 1)


def over(world: World) -> None:
    with world:
        ask(world)


OVER = (
    "This world is over, and is good for one time: what is left of it is .exchange, .clock and"
    " .requests. Make another: simulated()."
)
IN_USE = "This world is in use already. Make another: simulated()."
REAL_TIME = (
    "The code of this world lives in real time, so there is nothing to settle. Write:"
    " simulated(time=True)."
)
NOT_BEGUN = (
    "This world has not begun. Write: with simulated() as world. Or, where there is no block: world"
    " = simulated().open()."
)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda world: world.auth, NOT_BEGUN),
        (lambda world: world.exchange, NOT_BEGUN),
        (lambda world: (world.open(), world.open()), IN_USE),
        (lambda world: (world.open(), world.__enter__()), IN_USE),
        (lambda world: (over(world), world.open()), OVER),
        (lambda world: (over(world), world.client), OVER),
        (lambda world: (over(world), world.server), OVER),
        (
            lambda world: (world.open(), world.time),
            REAL_TIME,
        ),
    ],
)
def test_what_can_t_be_done_is_said(use: Callable[[World], object], message: str) -> None:
    world = simulated()
    try:
        with pytest.raises(UsageError) as caught:
            use(world)
    finally:
        world.close()

    assert str(caught.value) == message


NAIVE = (
    "simulated(), start is datetime.datetime(2026, 1, 1, 0, 0). Give an aware datetime, as in"
    " datetime(2026, 1, 1, tzinfo=timezone.utc)."
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"auth": "dsa"}, "simulated(), auth is 'dsa'. Give one of: hmac, rsa, ed25519."),
        ({"seed": "1"}, "simulated(), seed is '1'. Give a whole number."),
        (
            {"start": datetime(2026, 1, 1)},  # noqa: DTZ001
            NAIVE,
        ),
        (
            {"secrets": ["hunter2"]},
            (
                "simulated(), secrets, number 1 is shorter than 8 bytes: it would be found in other"
                " text by chance. Give a longer secret, or leave it out."
            ),
        ),
        ({"time": 1}, "simulated(), time is 1. Give true or false."),
        (
            {"time_horizon": 0},
            "simulated(), time_horizon is 0. Give a number of days above 0, up to 36500.",
        ),
    ],
)
def test_an_argument_that_won_t_do_is_said(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        simulated(**arguments)  # type: ignore[arg-type]

    assert str(caught.value) == message


def test_secrets_of_one_s_own_are_hidden_in_what_is_said_of_it_afterwards_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pytest_binance_options._masking._KNOWN", [])
    monkeypatch.setattr("pytest_binance_options._cassette.hiding._HIDDEN_FOR_GOOD", set())
    own = "correct horse, battery staple"
    with simulated(secrets=[own]) as world:
        requests.get(f"https://eapi.binance.com/eapi/v1/{own}?{own}=1", timeout=5)
        with pytest.raises(NetworkRefusedError) as refused:
            requests.get(f"https://example.org/{own}", timeout=5)

    said = f"{world.exchange.journal} {world.requests} {world!r} {refused.value}"
    assert "/eapi/v1/<hidden> (<hidden>) -> 404" in said
    assert "horse" not in said
    assert own not in repr(vars(world))


def test_a_thread_that_goes_on_is_named() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="a bot")

    def leave_it() -> None:
        with simulated():
            thread.start()

    with pytest.warns(StillRunningWarning) as caught:
        leave_it()
    stop.set()
    thread.join()

    (warning,) = caught
    assert str(warning.message) == (
        "thread 'a bot': started in simulated(), and still at work after its end. What they ask for"
        " from now on goes to the real network. Stop the threads, or cancel and await the tasks,"
        " before the block ends."
    )
    assert warning.filename == __file__


def test_a_task_that_goes_on_is_named_where_the_block_is_async() -> None:
    async def main() -> None:
        async with simulated():
            bot = asyncio.create_task(asyncio.sleep(60), name="a bot")
            await asyncio.sleep(0)
        bot.cancel()

    with pytest.warns(StillRunningWarning, match="^task 'a bot': started in"):
        asyncio.run(main())


def test_what_has_ended_by_then_is_not() -> None:
    async def main() -> None:
        async with simulated():
            await asyncio.create_task(asyncio.sleep(0))

    with simulated():
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    asyncio.run(main())


# More than one


def test_worlds_nest_and_each_answers_what_was_started_in_it() -> None:
    go = threading.Event()
    with simulated(seed=1) as outer:
        thread = threading.Thread(target=lambda: (go.wait(10), ask(outer)))
        thread.start()
        with simulated(seed=2) as inner:
            ask(inner)
            go.set()
            thread.join()
        ask(outer)

    assert (asked(outer), asked(inner)) == ([POST, POST], [POST])


def test_a_world_in_a_test_answers_its_block_and_the_fixtures_the_rest(
    binance_options: Handle,
) -> None:
    with simulated() as world:
        ask(world)
    ask(binance_options)

    assert (asked(world), asked(binance_options)) == ([POST], [POST])


def test_worlds_may_end_in_the_order_in_which_they_began() -> None:
    first, second = simulated(seed=1).open(), simulated(seed=2).open()
    first.close()
    ask(second)
    with simulated(seed=3) as third:
        second.close()
        ask(third)

    assert [asked(world) for world in (first, second, third)] == [[], [POST], [POST]]


def test_tasks_side_by_side_have_a_world_each() -> None:
    async def live(seed: int) -> World:
        async with simulated(seed=seed) as world, httpx.AsyncClient() as client:
            for _ in range(seed):
                for _ in range(5):
                    await asyncio.sleep(0)
                await client.post(URL, headers={"X-MBX-APIKEY": world.auth.api_key})
            return world

    async def main() -> list[World]:
        return await asyncio.gather(*(live(seed) for seed in (1, 2, 3)))

    assert [asked(world) for world in asyncio.run(main())] == [[POST], 2 * [POST], 3 * [POST]]


def test_threads_side_by_side_have_a_world_each() -> None:
    together = threading.Barrier(3)

    def live(seed: int) -> list[tuple[str, str, int | None]]:
        with simulated(seed=seed, time=True) as world:
            began = world.clock.now
            real = threading.Barrier.wait
            for _ in range(seed):
                ask(world)
                time.sleep(seed * 3600)
            assert world.clock.now - began == timedelta(hours=seed * seed)
            assert real is threading.Barrier.wait
        together.wait(10)
        return asked(world)

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(live, (1, 2, 3)))

    assert found == [[POST], 2 * [POST], 3 * [POST]]


def test_a_job_in_a_pool_may_have_a_world_of_its_own() -> None:
    def job() -> World:
        with simulated(seed=2) as inner:
            ask(inner)
        ask(outer)
        return inner

    with simulated(seed=1) as outer, ThreadPoolExecutor(1) as pool:
        inner = pool.submit(job).result()

    assert (asked(outer), asked(inner)) == ([POST], [POST])


def test_what_is_left_of_one_is_not_answered_by_the_next() -> None:
    go, errors = threading.Event(), []

    def late(world: World) -> None:
        go.wait(10)
        try:
            ask(world)
        except TestOverError as error:
            errors.append(error)

    def leave_it() -> tuple[World, threading.Thread]:
        with simulated() as first:
            thread = threading.Thread(target=late, args=(first,))
            thread.start()
            return first, thread

    with pytest.warns(StillRunningWarning):
        first, thread = leave_it()
    with simulated() as second:
        go.set()
        thread.join()

    assert (len(errors), asked(first), asked(second)) == (1, [], [])


# Time


def test_code_lives_on_the_exchange_s_clock() -> None:
    told: list[datetime] = []
    with simulated(time=True) as world:
        timer = threading.Timer(1800, lambda: told.append(datetime.now(timezone.utc)))
        timer.start()
        time.sleep(24 * 3600)
        world.time.settle()
        assert world.time.now == world.clock.now == datetime(2026, 1, 2, tzinfo=timezone.utc)

    assert told == [datetime(2026, 1, 1, 0, 30, tzinfo=timezone.utc)]
    assert abs(time.time() - datetime.now(timezone.utc).timestamp()) < 60


async def bot(world: World) -> None:
    """Keeps its key for half a day, and then loses it."""
    headers = {"X-MBX-APIKEY": world.auth.api_key}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(URL) as answer:
            key = (await answer.json())["listenKey"]
        async with session.ws_connect(f"{STREAM}/{key}") as stream:
            event = asyncio.create_task(stream.receive_json())
            for _ in range(22):
                await asyncio.sleep(1800)
                await (await session.put(URL)).read()
            assert (await event)["e"] == "listenKeyExpired"


def test_so_does_a_loop_that_runs_already_in_an_async_block() -> None:
    async def main() -> None:
        began = time.monotonic()
        async with simulated(time=True) as world:
            await bot(world)
            await world.time.settle_async()
            assert world.clock.now == datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
        await asyncio.sleep(0.001)
        assert time.monotonic() - began < 3600

    asyncio.run(main())


def test_and_a_loop_that_begins_in_a_block() -> None:
    with simulated(time=True) as world:
        asyncio.run(bot(world))
        assert world.clock.now == datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def test_with_time_a_running_loop_needs_an_async_block() -> None:
    async def main() -> None:
        with simulated(time=True):
            raise AssertionError

    with pytest.raises(UsageError) as caught:
        asyncio.run(main())

    assert str(caught.value) == (
        "An event loop runs in this thread, and with time=True it is put on the exchange's clock."
        " Write: async with simulated(time=True) as world."
    )


def test_with_time_it_is_not_opened_by_hand() -> None:
    with pytest.raises(UsageError) as caught:
        simulated(time=True).open()

    assert str(caught.value) == (
        "With time=True a world is for a block: between two lines of a REPL, or two cells of a"
        " notebook, its clock would run away. Write: with simulated(time=True) as world."
    )


def test_with_time_it_ends_where_it_began() -> None:
    errors: list[str] = []

    def end() -> None:
        try:
            world.close()
        except UsageError as error:
            errors.append(str(error))

    with simulated(time=True) as world:
        thread = threading.Thread(target=end)
        thread.start()
        thread.join()

    assert errors == [
        "With time=True a world ends in the thread in which it began: it is that thread's time."
    ]


@pytest.mark.parametrize("inner", [True, False])
def test_a_thread_on_one_clock_gets_no_other(inner: bool) -> None:
    with simulated(time=True) as world, pytest.raises(UsageError, match="lives on the clock"):
        simulated(time=inner).__enter__()

    assert repr(world) == "<simulated(), over, 0 requests answered>"


def test_what_never_comes_to_rest_is_told_how_to_say_so() -> None:
    async def wait() -> None:
        async def keep_alive() -> None:
            while True:
                await asyncio.sleep(1800)

        async with simulated(time=True, time_horizon=2):
            bot = asyncio.create_task(keep_alive())
            await asyncio.gather(bot, asyncio.Event().wait())

    with pytest.raises(NotAtRestError, match=r"set time_horizon \(as an ini key"):
        asyncio.run(wait())
    assert current() is None
