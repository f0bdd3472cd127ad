"""What a test has of its one time: the moment, and how to wait until nothing can go on."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from pytest_binance_options import Exchange, OneTime
from pytest_binance_options._here import outside
from pytest_binance_options._time import loops
from pytest_binance_options._time import one_time as module
from pytest_binance_options._time.world import current
from pytest_binance_options.errors import NotAtRestError, UsageError

from .living import living, outsider, passed, started


def test_it_tells_the_moment() -> None:
    exchange = Exchange()
    with living(exchange) as one_time:
        time.sleep(1.5)
        assert one_time.now == Exchange().clock.now + timedelta(seconds=1.5)
        assert one_time.now == exchange.clock.now
        assert repr(one_time) == "<binance_options_time 2026-01-01 00:00:01.500+00:00>"


def test_only_who_is_in_it_is_in_it() -> None:
    with module.opened(Exchange().clock) as one_time:
        assert current() is None
        with one_time.inhabited():
            me = current()
            assert me is not None
            with one_time.inhabited():
                assert current() is me
            assert current() is me
        assert current() is None


def test_settle_returns_when_nothing_can_go_on() -> None:
    told: list[str] = []
    with living() as one_time:
        event = threading.Event()

        def bot() -> None:
            for _ in range(1000):
                threading.Lock()
            told.append("worked")
            event.wait()
            told.append("woken")

        thread = started(bot)
        one_time.settle()
        assert told == ["worked"]
        event.set()
        one_time.settle()
        assert told == ["worked", "woken"]
        assert passed(one_time) == 0
        thread.join()


def test_what_is_due_at_this_very_moment_goes_on_before_it_settles() -> None:
    told: list[str] = []
    with living() as one_time:
        clock = one_time.world.clock

        def bot() -> None:
            time.sleep(30)
            time.sleep(30)
            told.append("slept")

        thread = started(bot)
        one_time.settle()
        # Begun before the bot's second sleep, so over before it, at the same moment.
        time.sleep(60)
        clock.call_at(clock.now_ms, lambda: told.append("happened"))
        assert told == []
        one_time.settle()
        assert told == ["happened", "slept"]
        assert passed(one_time) == 60_000
        thread.join()


def test_several_may_settle_at_a_time() -> None:
    told: list[int] = []
    with living() as one_time:
        threads = [started(lambda n=n: (one_time.settle(), told.append(n))) for n in range(3)]
        one_time.settle()
        for thread in threads:
            thread.join()
        assert passed(one_time) == 0
    assert sorted(told) == [0, 1, 2]


def test_settle_in_a_loop_lets_all_tasks_go_on() -> None:
    told: list[int] = []
    with living() as one_time:

        async def bot() -> None:
            for number in range(100):
                await asyncio.sleep(0)
                told.append(number)
            await asyncio.sleep(60)
            told.append(-1)

        async def main() -> None:
            task = asyncio.create_task(bot())
            await one_time.settle_async()
            assert told == list(range(100))
            assert passed(one_time) == 0
            await task

        asyncio.run(main())
    assert told[-1] == -1


def test_settle_in_a_loop_may_be_cancelled() -> None:
    with living() as one_time:

        async def main() -> None:
            settling = asyncio.create_task(one_time.settle_async())
            await asyncio.sleep(0)
            settling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await settling
            await asyncio.sleep(60)

        asyncio.run(main())
        assert passed(one_time) == 60_000


@pytest.mark.parametrize(
    "settle",
    [
        lambda one_time: one_time.settle(timeout=0.2),
        lambda one_time: asyncio.run(one_time.settle_async(timeout=0.2)),
    ],
    ids=["settle", "settle_async"],
)
def test_settle_gives_up_on_who_never_rests(settle: Callable[[OneTime], object]) -> None:
    stop, spinning = False, allocate_lock()
    spinning.acquire()

    def spin() -> None:
        spinning.release()
        while not stop:
            pass

    with living() as one_time:
        thread = started(spin, "spinner")
        spinning.acquire()
        with pytest.raises(NotAtRestError) as caught:
            settle(one_time)
        stop = True
        thread.join()
        # It counts for this once.
        assert one_time.world.patience == 10

    assert str(caught.value).startswith(
        "The world did not come to rest within 0.2 s of real time, so the exchange's clock can't"
        " go on."
    )
    assert "- thread 'spinner' is awake in spin, " in str(caught.value)


@pytest.mark.parametrize("timeout", [-1, float("nan"), "1"])
def test_settle_takes_a_number_of_seconds(timeout: object) -> None:
    with living() as one_time, pytest.raises(UsageError, match="timeout") as caught:
        one_time.settle(timeout=timeout)  # type: ignore[arg-type]

    assert str(caught.value) == f"timeout is {timeout!r}. Give a number from 0 to 86400."


def test_settle_would_block_a_loop() -> None:
    async def main(one_time: OneTime) -> None:
        one_time.settle()

    with living() as one_time, pytest.raises(UsageError) as caught:
        asyncio.run(main(one_time))

    assert str(caught.value) == (
        "settle() would block the event loop that runs in this thread, which could not come to rest"
        " then. Use: await binance_options_time.settle_async()."
    )


def test_settle_is_for_those_who_are_in_it() -> None:
    errors: list[str] = []

    def settle() -> None:
        try:
            one_time.settle()
        except UsageError as error:
            errors.append(str(error))

    with living() as one_time:
        with outsider(settle):
            pass
        with outside(), living():
            settle()
    settle()

    assert errors == 3 * [
        "Only the test, and threads that it has started, can wait for the test to come to rest."
    ]


# Moved by the test


def test_advance_lives_through_the_time_in_a_test_with_threads() -> None:
    told: list[tuple[str, int]] = []
    exchange = Exchange()
    with living(exchange) as one_time:
        stop = threading.Event()

        def bot() -> None:
            while not stop.wait(1800):
                told.append(("bot", passed(one_time)))

        thread = started(bot)
        exchange.clock.call_at(
            exchange.clock.now_ms + 2_000_000, lambda: told.append(("exchange", passed(one_time)))
        )
        exchange.clock.advance(hours=1)
        # What is due at that very moment has happened.
        told.append(("test", passed(one_time)))
        stop.set()
        thread.join()

    assert told == [
        ("bot", 1_800_000),
        ("exchange", 2_000_000),
        ("bot", 3_600_000),
        ("test", 3_600_000),
    ]


def test_a_thread_of_the_bot_may_advance_the_clock() -> None:
    exchange = Exchange()
    with living(exchange) as one_time:
        thread = started(lambda: exchange.clock.advance(minutes=5))
        time.sleep(3600)
        thread.join()
        assert passed(one_time) == 3_600_000


def test_an_outsider_moves_the_clock_at_once() -> None:
    exchange = Exchange()
    with living(exchange) as one_time:
        with outsider(lambda: exchange.clock.advance(minutes=5)):
            pass
        assert passed(one_time) == 300_000
    exchange.clock.advance(minutes=5)
    assert passed(one_time) == 600_000


def test_advance_returns_when_the_world_has_ended() -> None:
    told: list[str] = []
    exchange = Exchange()
    with living(exchange) as one_time:
        thread = started(
            lambda: (exchange.clock.advance(hours=1000), told.append("it has returned"))
        )
        one_time.settle()
    thread.join()

    assert told == ["it has returned"]


# Libraries that are imported later


@pytest.fixture
def trio(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Where trio's loop begins, as if it were installed."""
    for name in ("trio", "trio._core", "trio._core._run"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    run = sys.modules["trio._core._run"]

    def setup_runner(*args: object) -> str:
        return "running"

    run.setup_runner = setup_runner  # type: ignore[attr-defined]
    return run


def test_a_library_that_is_there_is_known(trio: ModuleType) -> None:
    original = trio.setup_runner
    with living(), pytest.raises(UsageError, match="trio can't be put on"):
        trio.setup_runner()
    assert trio.setup_runner is original
    assert trio.setup_runner() == "running"


def test_a_library_that_is_imported_in_the_test_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "trio" / "_core"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "_run.py").write_text("def setup_runner(*args):\n    return 'running'\n")
    for name in list(sys.modules):
        if name.partition(".")[0] == "trio":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with living():
        from trio._core import _run

        with pytest.raises(UsageError, match="trio can't be put on"):
            _run.setup_runner()
    assert _run.setup_runner() == "running"
    for name in ("trio", "trio._core", "trio._core._run"):
        monkeypatch.delitem(sys.modules, name)


def test_a_thread_has_one_clock_at_a_time() -> None:
    with living() as one_time, pytest.raises(UsageError) as caught, living():
        raise AssertionError

    assert str(caught.value) == (
        "This thread lives on the clock of an exchange already (binance_options_time, or"
        " simulated(time=True)), and another exchange would have another clock. Use the one that is"
        " there, or begin where that is over."
    )
    assert passed(one_time) == 0


def test_worlds_of_two_threads_have_a_clock_each_and_end_in_any_order() -> None:
    slept = {}
    first_is_over, both_are_here = allocate_lock(), allocate_lock()
    first_is_over.acquire(), both_are_here.acquire()

    def live_longer() -> None:
        with living() as one_time:
            both_are_here.release()
            first_is_over.acquire()
            time.sleep(7200)
            slept["longer"] = passed(one_time)

    before = time.sleep
    with outsider(live_longer):
        both_are_here.acquire()
        with living() as one_time:
            time.sleep(3600)
            slept["shorter"] = passed(one_time)
        first_is_over.release()

    assert slept == {"shorter": 3_600_000, "longer": 7_200_000}
    assert time.sleep is before


# A loop that runs already


def test_a_running_loop_can_be_put_on_the_clock_and_taken_off_again() -> None:
    told: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        real = loop.time()
        before = loop.call_later(0.001, told.append, "set before")
        with living() as one_time, loops.running_loop_on_the_clock():
            await asyncio.sleep(86_400)
            assert (passed(one_time), told) == (86_400_000, [])
            one_time.world.clock.advance(hours=1)
            assert loop.time() >= real + 90_000
            left = loop.call_later(3600, told.append, "left over")
        assert loop.time() < real + 60
        while not told:
            await asyncio.sleep(0.001)
        assert before.when() < left.when()
        left.cancel()

    asyncio.run(main())
    assert told == ["set before"]


def test_a_loop_that_was_put_on_the_clock_may_stop_and_run_again_meanwhile() -> None:
    loop = asyncio.new_event_loop()
    with ExitStack() as stack:

        async def begin() -> OneTime:
            one_time = stack.enter_context(living())
            stack.enter_context(loops.running_loop_on_the_clock())
            return one_time

        one_time = loop.run_until_complete(begin())
        loop.run_until_complete(asyncio.sleep(60))
        loop.run_until_complete(asyncio.sleep(60))
        assert passed(one_time) == 120_000

        async def end() -> None:
            stack.close()
            await asyncio.sleep(0.001)

        loop.run_until_complete(end())
    loop.close()
