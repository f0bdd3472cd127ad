"""Bots that are plain functions, in threads: they live through the day, and end with it."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from websockets.sync.client import connect

from pytest_binance_options import World
from pytest_binance_options.bad_days import Alive, BadDay, LiveKey, OneStream, Scenario, live
from pytest_binance_options.errors import UsageError

from .bots import sound

REST = "https://eapi.binance.com/eapi/v1/listenKey"
STREAM = "wss://fstream.binance.com/private/ws?listenKey="
QUIET = [Alive(), LiveKey(), OneStream()]


def keeper(world: World) -> None:
    """Has a live key, whatever happens."""
    headers = {"X-MBX-APIKEY": world.auth.api_key}
    while True:
        try:
            requests.post(REST, headers=headers, timeout=10)
            time.sleep(30 * 60)
        except requests.RequestException:
            time.sleep(60)


def test_a_function_lives_through_the_day_and_ends_with_it() -> None:
    life = live(BadDay(Scenario("03:10", "key_lost"), hours=8), keeper, invariants=QUIET)

    life.check()
    assert len(life.requests) == 16
    none_is_left()


def none_is_left() -> None:
    for each in threading.enumerate():
        if each.name == "the bot":
            each.join(10)  # its last steps are nobody's
            assert not each.is_alive()


def test_one_whose_key_is_not_renewed_is_told_so() -> None:
    def once(world: World) -> None:
        requests.post(REST, headers={"X-MBX-APIKEY": world.auth.api_key}, timeout=10)
        threading.Event().wait()

    life = live(BadDay(hours=3), once, invariants=QUIET)

    assert [each.name for each in life.broken] == ["LiveKey"]


def test_threads_of_a_bot_end_too() -> None:
    def several(world: World) -> None:
        def listen() -> None:
            response = requests.post(REST, headers={"X-MBX-APIKEY": world.auth.api_key}, timeout=10)
            with connect(STREAM + response.json()["listenKey"]) as stream:
                for _message in stream:
                    pass

        threads = [threading.Thread(target=each, name="a part of it") for each in (listen, tick)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def tick() -> None:
        while True:
            time.sleep(60)

    life = live(BadDay(hours=1, orders_every=20), several, invariants=QUIET)

    life.check()
    assert [each.name for each in threading.enumerate() if each.name == "a part of it"] == []


def test_what_it_fails_with_is_in_the_life() -> None:
    def fails(world: World) -> None:
        time.sleep(3600)
        raise RuntimeError("no more")

    life = live(BadDay(hours=2), fails)

    assert isinstance(life.error, RuntimeError)
    (broken,) = [each for each in life.broken if each.name == "Alive"]
    assert broken.sentence.startswith("the bot has failed on the way.")
    assert broken.sentence.endswith("RuntimeError: no more")


def test_one_that_does_not_let_itself_be_ended_is_an_error() -> None:
    def stubborn(world: World) -> None:
        told = 0
        while told < 5:
            try:
                time.sleep(1)
            except SystemExit:
                told += 1
        time.sleep(61)

    with pytest.raises(UsageError) as error:
        live(BadDay(hours=2), stubborn)

    assert str(error.value) == (
        "The bot was told to end at the end of the day, and goes on 300 s later: thread"
        " 'the bot'. Have it let SystemExit out, which is raised where it waits."
    )
    none_is_left()


def test_a_function_that_gives_a_coroutine_is_an_async_one() -> None:
    life = live(BadDay(hours=2), lambda world: sound(world), invariants=QUIET)

    life.check()
    assert len(life.requests) > 1


def test_a_function_may_return_where_a_thread_of_it_goes_on() -> None:
    def starts(world: World) -> None:
        threading.Thread(target=keeper, args=[world], name="a keeper", daemon=True).start()

    life = live(BadDay(hours=3), starts, invariants=QUIET)

    life.check()
    assert len(life.requests) == 6
    assert [each.name for each in threading.enumerate() if each.name == "a keeper"] == []


def test_one_has_ended_when_its_last_thread_has() -> None:
    def starts(world: World) -> None:
        threading.Thread(target=time.sleep, args=[600]).start()

    (broken,) = live(BadDay(hours=1), starts, invariants=QUIET).broken

    assert str(broken) == "Alive: the bot has ended by itself."
