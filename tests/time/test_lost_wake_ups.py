"""Nobody is forgotten, however slow the thread is that decides who goes on."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import Callable

import pytest

from pytest_binance_options import OneTime
from pytest_binance_options._time import waiting, world
from pytest_binance_options._time.turns import Turns
from pytest_binance_options._time.world import Participant

STEPS = 50


@pytest.fixture
def slow_deciding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has decided looks up only when those who were woken wait again."""
    decide = Turns.decide
    real_sleep = world._real_sleep

    def decide_slowly(self: Turns[Participant], me: Participant) -> None:
        decide(self, me)
        for _ in range(1000):
            if me.awake or not me.world.awake:
                break
            real_sleep(0.001)

    monkeypatch.setattr(Turns, "decide", decide_slowly)


def in_a_loop(ticks: Callable[[], object]) -> None:
    async def sleep() -> None:
        await asyncio.sleep(0.5)
        for _ in range(STEPS):
            await asyncio.sleep(1)
            ticks()

    asyncio.run(sleep())


def in_a_thread(ticks: Callable[[], object]) -> None:
    for _ in range(STEPS):
        time.sleep(1)
        ticks()


@pytest.mark.usefixtures("slow_deciding")
@pytest.mark.parametrize("other", [in_a_loop, in_a_thread])
def test_who_waits_again_before_the_one_who_decides_is_through_is_not_forgotten(
    binance_options_time: OneTime, other: Callable[[Callable[[], object]], None]
) -> None:
    # Less than it takes to wait for the patience even once.
    binance_options_time.world.patience = 3.0
    began = binance_options_time.world.clock.now_ms
    ticks: list[int] = []
    threads = [
        threading.Thread(target=each, args=(lambda: ticks.append(1),))
        for each in (in_a_thread, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ticks) == 2 * STEPS
    assert binance_options_time.world.clock.now_ms - began in (50_000, 50_500)


@pytest.mark.asyncio
async def test_what_a_job_brings_as_it_ends_is_seen_before_time_goes_on(
    binance_options_time: OneTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_world = binance_options_time.world
    looks_outside = waiting.Waiting._looks_outside

    def look_slowly(self: waiting.Waiting) -> bool:
        # It has found nothing to do; and now the job ends.
        for _ in range(1000):
            if len(the_world.participants) == 1:
                break
            world._real_sleep(0.001)
        return looks_outside(self)

    monkeypatch.setattr(waiting.Waiting, "_looks_outside", look_slowly)
    the_world.clock.call_at(the_world.clock.now_ms + 180_000, lambda: None)
    began = the_world.clock.now_ms
    for _ in range(20):
        assert await asyncio.to_thread(world._real_sleep, 0.002) is None
    assert the_world.clock.now_ms == began


def test_a_selector_has_news_or_its_time_is_up(binance_options_time: OneTime) -> None:
    the_world = binance_options_time.world
    clock, began = the_world.clock, the_world.clock.now_ms
    me = world.current()
    assert me is not None
    near, far = socket.socketpair()
    with near, far, selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ)
        # As who lets a lock go that this thread has long got otherwise.
        clock.call_at(began + 1000, lambda: the_world.wake(me))
        clock.call_at(began + 2000, lambda: far.send(b"!"))
        ((key, _),) = selector.select()
        assert (key.fileobj, clock.now_ms - began) == (near, 2000)
        near.recv(1)
        clock.call_at(began + 3000, lambda: the_world.wake(me))
        assert selector.select(2) == []
        assert clock.now_ms - began == 4000
        assert selector.select(0) == []
