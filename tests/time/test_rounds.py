"""What comes at a moment of its own is dealt with where the loop waits, and no differently than by
the loop: which does all of it itself in debug mode. Threads that wait meanwhile have their turn."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import Callable

import pytest

from pytest_binance_options.exchange import Clock

from .living import living, passed, started

Told = list[tuple[str, int]]
Play = Callable[[Clock, Callable[[str], None]], "asyncio.Future[None]"]


def lived(play: Play, *, debug: bool) -> Told:
    told: Told = []
    with living() as one_time:

        async def main() -> None:
            await play(
                one_time.world.clock, lambda what: told.append((what, passed(one_time) // 1000))
            )

        asyncio.run(main(), debug=debug)
    return told


def at(clock: Clock, seconds: float, call: Callable[..., object], *args: object) -> None:
    """Have the loop that runs do it at that moment."""
    loop = asyncio.get_running_loop()
    clock.call_at(
        clock.now_ms + round(seconds * 1000), lambda: loop.call_soon_threadsafe(call, *args)
    )


async def answers(clock: Clock, tell: Callable[[str], None]) -> None:
    """Who waits for what comes says so two rounds later."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    for number in (1, 2, 3):
        at(clock, number, heard.put_nowait, number)
    for _ in range(3):
        tell(f"heard {await heard.get()}")


async def timers_at_the_same_moment(clock: Clock, tell: Callable[[str], None]) -> None:
    """A timer that is due goes off before the answer to what comes then."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    asyncio.get_running_loop().call_later(2, tell, "timer")
    for number in (1, 2, 3):
        at(clock, number, heard.put_nowait, number)
    for _ in range(3):
        tell(f"heard {await heard.get()}")


async def new_timers(clock: Clock, tell: Callable[[str], None]) -> None:
    """What comes asks for timers that are due before the one there was, and takes that back."""
    loop = asyncio.get_running_loop()
    last = loop.call_later(20, tell, "never")

    def come(number: int) -> None:
        tell(f"come {number}")
        loop.call_later(0, tell, f"at once {number}")
        loop.call_later(0.5, tell, f"later {number}")
        loop.call_soon(tell, f"soon {number}")
        if number == 3:
            last.cancel()

    for number in (1, 2, 3):
        at(clock, number, come, number)
    await asyncio.sleep(30)
    tell("slept")


async def rounds_without_end(clock: Clock, tell: Callable[[str], None]) -> None:
    """What comes brings more to do than is done at one go."""

    async def work(name: str) -> None:
        for step in range(12):
            await asyncio.sleep(0)
            if step % 4 == 3:
                tell(f"{name} {step}")

    tasks = []
    at(clock, 1, lambda: tasks.append(asyncio.create_task(work("one"))))
    at(clock, 1, lambda: tasks.append(asyncio.create_task(work("two"))))
    at(clock, 2, lambda: tasks.append(asyncio.create_task(work("three"))))
    await asyncio.sleep(3)
    await asyncio.gather(*tasks)


async def moves_the_clock(clock: Clock, tell: Callable[[str], None]) -> None:
    """What comes moves the clock on itself, beyond what others wait for."""
    asyncio.get_running_loop().call_later(4, tell, "timer")
    at(clock, 1, lambda: (clock.advance(seconds=5), tell("moved")))
    at(clock, 2, tell, "come 2")
    at(clock, 7, tell, "come 7")
    await asyncio.sleep(8)
    tell("slept")


async def is_moved(clock: Clock, tell: Callable[[str], None]) -> None:
    """All of it while somebody in the loop has the clock moved."""
    for number in (1, 2, 3):
        at(clock, number, tell, f"come {number}")
    clock.advance(seconds=2)
    tell("moved to 2")
    clock.advance(seconds=2)
    tell("moved to 4")


@pytest.mark.parametrize(
    "play",
    [answers, timers_at_the_same_moment, new_timers, rounds_without_end, moves_the_clock, is_moved],
)
def test_a_life_is_the_same_whoever_goes_the_rounds(play: Play) -> None:
    told = lived(play, debug=False)
    assert told == lived(play, debug=True)
    assert len(told) >= 3


async def stops(clock: Clock, tell: Callable[[str], None]) -> None:
    loop = asyncio.get_running_loop()
    at(clock, 1, loop.stop)
    at(clock, 2, tell, "too late")
    await asyncio.sleep(3)


def test_a_loop_that_is_stopped_by_what_comes_stops_there() -> None:
    with living() as one_time:
        loop = asyncio.new_event_loop()
        try:
            task = loop.create_task(stops(one_time.world.clock, print))
            loop.run_forever()
            assert passed(one_time) == 1000
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        finally:
            loop.close()


def test_a_callback_that_fails_is_told_of_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(clock: Clock, tell: Callable[[str], None]) -> None:
        at(clock, 1, lambda: 1 // 0)
        at(clock, 1, tell, "next")
        await asyncio.sleep(2)

    assert lived(fails, debug=False) == [("next", 1)]
    assert caplog.text.count("ZeroDivisionError") == 1


def beside_a_thread(
    waits: Callable[[Callable[[str], None], Clock], Callable[[], object]], play: Play
) -> Told:
    """What a thread, which waits in what ``waits`` gives, and a loop have told of the same time."""
    told: Told = []
    with living() as one_time:
        clock = one_time.world.clock

        def tell(what: str) -> None:
            told.append((what, passed(one_time)))

        thread = started(waits(tell, clock), "other")
        # Without a sleep, which would be one on the clock.
        while [each.awake for each in one_time.world.others()] == [True]:
            pass

        async def main() -> None:
            await play(clock, tell)

        asyncio.run(main())
        thread.join()
    return told


async def comes_each_second(clock: Clock, tell: Callable[[str], None]) -> None:
    for number in (1, 2):
        at(clock, number, tell, "comes")
    await asyncio.sleep(3)
    tell("loop")


def test_a_thread_that_waited_first_goes_first() -> None:
    def waits(tell: Callable[[str], None], _clock: Clock) -> Callable[[], object]:
        def sleep() -> None:
            time.sleep(3)
            tell("thread")

        return sleep

    assert beside_a_thread(waits, comes_each_second) == [
        ("comes", 1000),
        ("comes", 2000),
        ("thread", 3000),
        ("loop", 3000),
    ]


def test_a_thread_that_is_woken_has_its_turn_before_the_loop() -> None:
    def waits(tell: Callable[[str], None], clock: Clock) -> Callable[[], object]:
        woken = threading.Event()
        clock.call_at(clock.now_ms + 2000, woken.set)

        def wait() -> None:
            woken.wait()
            tell("thread")

        return wait

    async def comes_with_it(clock: Clock, tell: Callable[[str], None]) -> None:
        # As a stream does that the loop reads: the clock is moved in its thread, the last awake.
        loop = asyncio.get_running_loop()
        clock.call_at(clock.now_ms + 2000, lambda: loop.call_soon(tell, "comes"))
        await asyncio.sleep(3)
        tell("loop")

    assert beside_a_thread(waits, comes_with_it) == [
        ("thread", 2000),
        ("comes", 2000),
        ("loop", 3000),
    ]


def test_a_thread_that_reads_a_socket_is_asked_each_time() -> None:
    near, far = socket.socketpair()

    def waits(tell: Callable[[str], None], clock: Clock) -> Callable[[], object]:
        clock.call_at(clock.now_ms + 1000, lambda: far.send(b"!"))

        def read() -> None:
            with selectors.DefaultSelector() as selector:
                selector.register(near, selectors.EVENT_READ)
                selector.select(2.5)
                tell("thread")

        return read

    with near, far:
        assert beside_a_thread(waits, comes_each_second) == [
            ("comes", 1000),
            ("thread", 1000),
            ("comes", 2000),
            ("loop", 3000),
        ]
