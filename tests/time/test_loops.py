"""Event loops of asyncio: their timers and time-outs are the clock's, in one thread or in many."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import ModuleType

import pytest

from pytest_binance_options._time import loops, waiting
from pytest_binance_options._transports.interception.patching import Patches
from pytest_binance_options.errors import NotAtRestError, UsageError

from .living import line_of, living, outsider, passed, started, until_it_waits

since_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout, Runner")


def timed_out(seconds: float) -> Awaitable[object]:
    return asyncio.wait_for(asyncio.Event().wait(), seconds)


@pytest.mark.parametrize(
    ("seconds", "ms"),
    [(86_400, 86_400_000), (1, 1000), (0.001, 1), (0.0001, 1), (0.0125, 13), (0, 0), (-1, 0)],
)
def test_asyncio_sleep_takes_its_time_on_the_clock(seconds: float, ms: int) -> None:
    with living() as one_time:
        asyncio.run(asyncio.sleep(seconds))

        assert passed(one_time) == ms


def test_timers_of_a_loop_go_off_on_the_clock_in_order() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:

        async def main() -> None:
            loop = asyncio.get_running_loop()
            began = loop.time()

            def tell(name: str) -> None:
                told.append((name, passed(one_time)))

            loop.call_at(began + 20, tell, "at 20")
            loop.call_later(10, tell, "later 10")
            loop.call_later(10, tell, "later 10, too")
            loop.call_later(5, tell, "never").cancel()
            loop.call_soon(tell, "soon")
            await asyncio.sleep(30)
            tell("slept")
            assert loop.time() - began == pytest.approx(30)

        asyncio.run(main())

    assert told == [
        ("soon", 0),
        ("later 10", 10_000),
        ("later 10, too", 10_000),
        ("at 20", 20_000),
        ("slept", 30_000),
    ]


def test_a_sleep_ends_though_what_falls_due_then_moves_the_clock() -> None:
    with living() as one_time:
        clock = one_time.world.clock
        clock.call_at(clock.now_ms + 60_000, lambda: clock.skip(5000))

        asyncio.run(asyncio.sleep(60))

        assert passed(one_time) == 65_000


def test_a_time_out_is_over_on_the_clock() -> None:
    with living() as one_time:

        async def main() -> None:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 90)
            assert passed(one_time) == 90_000
            assert await asyncio.wait_for(asyncio.sleep(10, "slept"), 90) == "slept"
            assert passed(one_time) == 100_000
            done, pending = await asyncio.wait(
                [asyncio.ensure_future(asyncio.sleep(60))], timeout=5
            )
            assert (len(done), len(pending)) == (0, 1)
            assert passed(one_time) == 105_000
            with pytest.raises(asyncio.TimeoutError):
                await next(iter(asyncio.as_completed([asyncio.Event().wait()], timeout=5)))
            assert passed(one_time) == 110_000

        asyncio.run(main())


@since_3_11
def test_a_block_with_a_time_out_is_over_on_the_clock() -> None:
    with living() as one_time:

        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(90):
                    await asyncio.Event().wait()
            assert passed(one_time) == 90_000
            async with asyncio.timeout(90) as scope:
                await asyncio.sleep(60)
                scope.reschedule(asyncio.get_running_loop().time() + 60)
                await asyncio.sleep(50)
            assert passed(one_time) == 200_000

        asyncio.run(main())


@since_3_11
def test_a_runner_runs_on_the_clock_again_and_again() -> None:
    with living() as one_time, asyncio.Runner() as runner:
        runner.run(asyncio.sleep(60))
        time.sleep(60)
        runner.run(asyncio.sleep(60))

        assert passed(one_time) == 180_000


@since_3_11
def test_a_loop_from_before_is_on_the_clock_in_here_and_as_it_was_afterwards() -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        runner.run(asyncio.sleep(0))
        before = dict(vars(loop)), dict(vars(loop._selector))
        with living() as one_time:
            runner.run(asyncio.sleep(60))
            assert passed(one_time) == 60_000
        after = dict(vars(loop)), dict(vars(loop._selector))
        for each in (*before, *after):
            each.pop("_thread_id", None)
        assert after == before
        runner.run(asyncio.sleep(0.001))


def test_tasks_due_at_the_same_moment_go_on_in_the_same_order() -> None:
    def life() -> tuple[int, ...]:
        told: list[int] = []

        async def beat(number: int) -> None:
            for _ in range(5):
                await asyncio.sleep(1)
                told.append(number)

        async def main() -> None:
            await asyncio.gather(*(beat(number) for number in range(5)))

        with living():
            asyncio.run(main())
        return tuple(told)

    assert {life() for _ in range(200)} == {tuple(range(5)) * 5}


def test_a_timer_that_never_goes_off_is_one() -> None:
    with living() as one_time:

        async def main() -> None:
            for_ever = asyncio.ensure_future(asyncio.sleep(float("inf")))
            await asyncio.sleep(90)
            assert not for_ever.done()
            for_ever.cancel()

        asyncio.run(main())

        assert passed(one_time) == 90_000


def test_going_round_for_a_while_takes_no_time() -> None:
    with living() as one_time:

        async def main() -> None:
            for _ in range(15_000):
                await asyncio.sleep(0)

        asyncio.run(main())

        assert passed(one_time) == 0


def test_going_round_for_long_is_no_error_while_time_goes_on() -> None:
    with living() as one_time:

        async def main() -> None:
            for number in range(40_000):
                await asyncio.sleep(0 if number % 8000 else 1)

        asyncio.run(main())

        assert passed(one_time) == 5000


def test_a_task_that_goes_round_for_ever_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that it is asked for often, on a slow machine, too: the watchdog is for other cases.
    monkeypatch.setattr(waiting, "_MANY_ROUNDS", 200)

    async def bot() -> None:
        while True:
            await asyncio.sleep(0)  # busy

    async def main() -> None:
        for number in range(12):
            asyncio.create_task(asyncio.sleep(3600), name=f"other {number:02}")  # noqa: RUF006
        asyncio.create_task(bot(), name="a bot")  # noqa: RUF006
        await asyncio.sleep(3600)  # main

    with living(patience=1), pytest.raises(NotAtRestError) as caught:
        asyncio.run(main())  # run

    lines = re.sub(r"Task-\d+", "Task-N", str(caught.value)).split("\n")
    assert lines[0] == (
        "The world did not come to rest within 1 s of real time, so the exchange's clock can't"
        " go on."
    )
    test, name = "test_a_task_that_goes_round_for_ever_is_named", __file__
    assert lines[1] == (
        f"- the test is awake in {test}, {name}:{line_of(name, '# run')}: asyncio.run(main())  # run"
    )
    assert lines[2] == (
        f"  - task 'Task-N' in main, {name}:{line_of(name, '# main')}:"
        " await asyncio.sleep(3600)  # main"
    )
    assert (
        f"  - task 'a bot' in bot, {name}:{line_of(name, '# busy')}: await asyncio.sleep(0)  # busy"
    ) == lines[3]
    assert lines[4] == "  - task 'other 00'"
    assert lines[-2] == "  - and 4 tasks more"


def test_a_loop_in_which_all_wait_for_nothing_says_where() -> None:
    async def bot() -> None:
        await asyncio.Queue().get()  # nothing comes

    with living(patience=5), pytest.raises(NotAtRestError) as caught:
        asyncio.run(bot())

    assert (
        f" in bot, {__file__}:{line_of(__file__, '# nothing comes')}: await asyncio.Queue().get()"
        in str(caught.value)
    )


# Several loops


def test_loops_in_several_threads_live_on_one_clock() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:

        async def beat(name: str, seconds: float) -> None:
            for _ in range(2):
                await asyncio.sleep(seconds)
                told.append((name, passed(one_time)))

        threads = [
            started(lambda n=name, s=seconds: asyncio.run(beat(n, s)))
            for name, seconds in [("slow", 50), ("quick", 20)]
        ]
        asyncio.run(beat("the test", 30))
        for thread in threads:
            thread.join()

    assert told == [
        ("quick", 20_000),
        ("the test", 30_000),
        ("quick", 40_000),
        ("slow", 50_000),
        ("the test", 60_000),
        ("slow", 100_000),
    ]


def in_a_loop(call: Callable[[asyncio.AbstractEventLoop], object]) -> None:
    """Call that while a loop runs in another thread."""
    loop = asyncio.new_event_loop()
    thread = started(loop.run_forever, "loop")
    try:
        call(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_coroutine_given_to_another_loop_takes_its_time_there() -> None:
    with living() as one_time:

        def call(loop: asyncio.AbstractEventLoop) -> None:
            future = asyncio.run_coroutine_threadsafe(asyncio.sleep(60, "slept"), loop)
            assert future.result() == "slept"
            assert passed(one_time) == 60_000

            future = asyncio.run_coroutine_threadsafe(asyncio.sleep(60, "slept"), loop)
            with pytest.raises(FutureTimeoutError):
                future.result(timeout=10)
            assert passed(one_time) == 70_000

            async def wait() -> str:
                return await asyncio.wrap_future(future)

            assert asyncio.run(wait()) == "slept"
            assert passed(one_time) == 120_000

        in_a_loop(call)


def test_a_loop_can_be_called_from_another_thread() -> None:
    told: list[int] = []
    with living() as one_time:

        def call(loop: asyncio.AbstractEventLoop) -> None:
            time.sleep(10)
            loop.call_soon_threadsafe(lambda: told.append(passed(one_time)))
            one_time.settle()
            assert told == [10_000]

        in_a_loop(call)


def test_a_loop_can_be_called_from_outside() -> None:
    with living() as one_time:

        async def main() -> None:
            loop, event = asyncio.get_running_loop(), asyncio.Event()

            def call() -> None:
                until_it_waits(one_time, "the test")
                loop.call_soon_threadsafe(event.set)

            with outsider(call):
                await event.wait()

        asyncio.run(main())
        assert passed(one_time) == 0


def test_two_loops_hand_each_other_work_in_order() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:

        def call(loop: asyncio.AbstractEventLoop) -> None:
            async def there(number: int) -> None:
                await asyncio.sleep(1)
                told.append((f"there {number}", passed(one_time)))

            async def here() -> None:
                for number in range(3):
                    future = asyncio.run_coroutine_threadsafe(there(number), loop)
                    await asyncio.wrap_future(future)
                    await asyncio.sleep(1)
                    told.append((f"here {number}", passed(one_time)))

            asyncio.run(here())

        in_a_loop(call)

    assert told == [
        ("there 0", 1000),
        ("here 0", 2000),
        ("there 1", 3000),
        ("here 1", 4000),
        ("there 2", 5000),
        ("here 2", 6000),
    ]


def test_a_loop_in_a_thread_goes_on_for_real_when_its_world_ends() -> None:
    told: list[str] = []

    async def bot(event: asyncio.Event) -> None:
        await event.wait()
        told.append("it came")

    loop = asyncio.new_event_loop()
    event = asyncio.Event()
    with living() as one_time:
        thread = started(lambda: loop.run_until_complete(bot(event)))
        one_time.settle()
    loop.call_soon_threadsafe(event.set)
    thread.join()
    loop.close()

    assert told == ["it came"]


# The exchange's own doing, in the middle of a loop


def test_advance_in_a_loop_lives_through_the_time() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:
        clock = one_time.world.clock

        async def beat() -> None:
            while True:
                await asyncio.sleep(10)
                told.append(("beat", passed(one_time)))

        async def main() -> None:
            beating = asyncio.create_task(beat())
            await asyncio.sleep(0)
            clock.advance(seconds=25)
            told.append(("advanced", passed(one_time)))
            assert asyncio.current_task() is not beating
            await asyncio.sleep(5)
            # What is due at that very moment has happened when it returns.
            clock.advance(seconds=10)
            told.append(("advanced", passed(one_time)))
            beating.cancel()

        asyncio.run(main())

    assert told == [
        ("beat", 10_000),
        ("beat", 20_000),
        ("advanced", 25_000),
        ("beat", 30_000),
        ("beat", 40_000),
        ("advanced", 40_000),
    ]


def test_advance_in_a_callback_of_a_loop_lives_through_the_time() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:
        clock = one_time.world.clock

        def tell(name: str) -> None:
            told.append((name, passed(one_time)))

        def callback() -> None:
            clock.advance(seconds=60)
            tell("advanced")

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(30, tell, "a timer")
            loop.call_soon(callback)
            loop.call_soon(tell, "ready before")
            await asyncio.sleep(90)
            tell("slept")

        asyncio.run(main())

    assert told == [
        ("ready before", 0),
        ("a timer", 30_000),
        ("advanced", 60_000),
        ("slept", 90_000),
    ]


# Who can't be on the clock


class Loop(asyncio.BaseEventLoop):
    """One that waits by means of its own."""


def test_a_loop_that_waits_by_means_of_its_own_is_refused() -> None:
    loop = Loop()
    with living(), pytest.raises(UsageError) as caught:
        loop.run_forever()
    loop.close()

    assert str(caught.value) == (
        "An event loop of the type tests.time.test_loops.Loop can't be put on the"
        " exchange's clock, as it waits by means of its own. Run this with asyncio's"
        " SelectorEventLoop: on Windows, and beside uvloop, by"
        " asyncio.Runner(loop_factory=asyncio.SelectorEventLoop), or by the event loop policy of"
        " your async plugin."
    )


@since_3_11
def test_such_a_loop_is_refused_before_it_has_anything_to_run() -> None:
    async def never() -> None:
        raise AssertionError

    runner = asyncio.Runner(loop_factory=Loop)
    coroutine = never()
    with living(), pytest.raises(UsageError, match="An event loop of the type"):
        runner.run(coroutine)
    coroutine.close()
    runner.get_loop().close()


def test_trio_is_refused_in_a_world_and_only_there() -> None:
    def setup_runner(*args: object) -> tuple[object, ...]:
        return args

    module = ModuleType("trio._core._run")
    module.setup_runner = setup_runner
    patches = Patches()
    loops.patch_trio(patches, module)
    told: list[object] = []

    with living():
        with outsider(lambda: told.append(module.setup_runner(1))):
            pass
        with pytest.raises(UsageError) as caught:
            module.setup_runner(1)
    patches.lift()

    assert told == [(1,)]
    assert str(caught.value) == (
        "trio can't be put on the exchange's clock, as it waits by means of its"
        " own. Run this with asyncio: where anyio's plugin runs it, by"
        ' @pytest.mark.parametrize("anyio_backend", ["asyncio"]).'
    )


def test_a_loop_of_an_outsider_is_real() -> None:
    told: list[object] = []

    async def real() -> None:
        told.append(await asyncio.sleep(0.001, asyncio.get_running_loop().time()))

    with living() as one_time, outsider(lambda: asyncio.run(real())):
        pass

    assert passed(one_time) == 0
    assert isinstance(told[0], float)


def test_a_loop_in_no_world_keeps_its_timers_in_order_meanwhile() -> None:
    went_off: list[int] = []
    loop = asyncio.SelectorEventLoop()
    try:
        handles = [loop.call_later(0.003 - i / 1000, went_off.append, i) for i in range(3)]
        with living():
            # Made before, and compared with each other and with one that is made now.
            assert handles[1] < handles[0]
            handles.append(loop.call_later(60, went_off.append, 60))
            assert handles[0] < handles[3]
            assert not handles[3] < handles[0]
            assert sorted(handles) == [handles[2], handles[1], handles[0], handles[3]]
        loop.call_later(0.02, loop.stop)
        loop.run_forever()
    finally:
        loop.close()
    assert went_off == [2, 1, 0]
