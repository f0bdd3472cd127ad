"""What a test has of its one time: the moment, and how to wait until nothing can go on."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from pytest_binance_options import Exchange, OneTime
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
        with living(), pytest.raises(UsageError) as caught:
            one_time.settle()
        errors.append(str(caught.value))
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
    with living(), pytest.raises(UsageError, match="binance_options_time can't put trio on"):
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

        with pytest.raises(UsageError, match="binance_options_time can't put trio on"):
            _run.setup_runner()
    assert _run.setup_runner() == "running"
    for name in ("trio", "trio._core", "trio._core._run"):
        monkeypatch.delitem(sys.modules, name)
