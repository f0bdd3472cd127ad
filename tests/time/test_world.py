"""Rest, and what ends it: time goes on when nothing can go on without it, to the next thing due."""

from __future__ import annotations

import asyncio
import threading
import time
from _thread import allocate_lock

import pytest

from pytest_binance_options._here import outside
from pytest_binance_options._time.world import current, deadline_after
from pytest_binance_options.errors import NotAtRestError, UsageError

from .living import line_of, living, outsider, passed, start_ms, started, until_it_waits


def test_a_sleep_takes_its_time_on_the_clock() -> None:
    with living() as one_time:
        time.sleep(1800)

        assert passed(one_time) == 1_800_000


@pytest.mark.parametrize(
    ("seconds", "ms"),
    [(0, 0), (0.0001, 1), (0.001, 1), (0.0011, 2), (0.0010000001, 1), (1.2345, 1235)],
)
def test_a_moment_between_two_milliseconds_is_the_later_one(seconds: float, ms: int) -> None:
    with living() as one_time:
        time.sleep(seconds)

        assert passed(one_time) == ms


def test_a_deadline_that_has_passed_is_now() -> None:
    assert deadline_after(5, -1) == 5


def test_what_the_exchange_has_due_happens_on_the_way_at_its_moment() -> None:
    seen: list[object] = []
    with living() as one_time:
        clock = one_time.world.clock
        for ms in (10, 30):
            clock.call_at(start_ms() + ms, lambda: seen.append(passed(one_time)))
        time.sleep(0.02)
        seen.append("the test")
        time.sleep(0.01)
        # Due at the same moment as something of the exchange's, which comes first.
        seen.append("the test again")

    assert seen == [10, "the test", 30, "the test again"]


def test_who_is_due_first_goes_on_first_and_then_who_has_waited_longer() -> None:
    woken: list[tuple[str, int]] = []
    with living() as one_time:

        def sleep(name: str, seconds: float) -> None:
            time.sleep(seconds)
            woken.append((name, passed(one_time)))

        threads = []
        for name, seconds in [("b", 2), ("c", 2), ("a", 1), ("d", 2)]:
            threads.append(started(lambda n=name, s=seconds: sleep(n, s)))
            one_time.settle()  # it sleeps by now
        for thread in threads:
            thread.join()

    assert woken == [("a", 1000), ("b", 2000), ("c", 2000), ("d", 2000)]


@pytest.mark.parametrize("attempt", range(4))
def test_those_due_at_the_same_moment_go_on_one_by_one_in_the_same_order(attempt: int) -> None:
    def life() -> list[int]:
        told: list[int] = []
        with living() as one_time:

            def beat(number: int) -> None:
                for _ in range(10):
                    time.sleep(1)
                    told.append(number)
                    told.append(number)

            threads = []
            for number in range(5):
                threads.append(started(lambda n=number: beat(n)))
                one_time.settle()
            for thread in threads:
                thread.join()
        return told

    lives = {tuple(life()) for _ in range(50)}

    assert lives == {tuple(n for _ in range(10) for n in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4))}


def test_time_stands_still_while_anybody_is_awake() -> None:
    real = allocate_lock()
    real.acquire()
    seen: list[int] = []
    with living() as one_time:

        def awake() -> None:
            with real:
                seen.append(passed(one_time))

        def let_go() -> None:
            until_it_waits(one_time, "the test")
            seen.append(passed(one_time))
            real.release()

        with outsider(let_go):
            started(awake)
            time.sleep(60)

            assert seen == [0, 0]
            assert passed(one_time) == 60_000


def test_a_thread_from_before_keeps_real_time() -> None:
    seen: list[object] = []
    go, done = allocate_lock(), allocate_lock()
    go.acquire()
    done.acquire()

    def look() -> None:
        with go:
            seen.append(time.time())
            time.sleep(0.001)
            threading.Event().wait(0.001)
            seen.append(current())
            done.release()

    with outsider(look), living() as one_time:
        time.sleep(3600)
        with outside():
            before = time.time()
            go.release()
            done.acquire()
            after = time.time()

        assert passed(one_time) == 3_600_000
        assert before <= seen[0] <= after
        assert seen[1] is None


def test_a_thread_that_sleeps_when_the_world_ends_is_over() -> None:
    told: list[str] = []
    with living() as one_time:

        def sleep() -> None:
            try:
                time.sleep(3600)
                told.append("it slept")
            finally:
                told.append("it could tidy up")

        thread = started(sleep)
        one_time.settle()
    thread.join()

    assert told == ["it could tidy up"]


def test_a_daemon_that_sleeps_when_the_world_ends_sleeps_on_for_real() -> None:
    told: list[str] = []
    with living() as one_time:

        def sleep() -> None:
            time.sleep(0.002)
            told.append("it slept")

        thread = threading.Thread(target=sleep, daemon=True)
        thread.start()
        one_time.settle()
        assert told == []
    thread.join()

    assert told == ["it slept"]


def test_what_waits_when_the_world_ends_waits_on_for_real() -> None:
    told: list[str] = []
    with living() as one_time:
        event = threading.Event()

        def wait() -> None:
            event.wait()
            told.append("it came")

        thread = started(wait)
        one_time.settle()
    assert told == []
    event.set()
    thread.join()

    assert told == ["it came"]


def test_an_exception_of_the_exchange_arrives_where_time_goes_on() -> None:
    with living() as one_time:
        one_time.world.clock.call_at(start_ms() + 10, lambda: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            time.sleep(1)
        time.sleep(1)

        assert passed(one_time) == 1010


def test_an_exception_of_the_exchange_does_not_end_a_world_of_several() -> None:
    caught: list[str] = []
    with living() as one_time:
        one_time.world.clock.call_at(start_ms() + 10, lambda: 1 / 0)

        def sleep() -> None:
            try:
                time.sleep(1)
            except ZeroDivisionError:
                caught.append(threading.current_thread().name)

        thread = started(sleep, "sleeper")
        try:
            time.sleep(1)
        except ZeroDivisionError:
            caught.append("the test")
        thread.join()

    assert len(caught) == 1


@pytest.mark.parametrize("alone", [True, False])
def test_what_the_clock_calls_can_not_wait(alone: bool) -> None:
    errors: list[str] = []
    with living() as one_time:
        other = None if alone else started(lambda: time.sleep(60))
        clock = one_time.world.clock

        def fall_due() -> None:
            # It may move the clock, which goes for the exchange alone.
            clock.advance(seconds=5)
            try:
                time.sleep(1)
            except UsageError as error:
                errors.append(str(error))

        clock.call_at(start_ms() + 10_000, fall_due)
        asyncio.run(asyncio.sleep(30))
        time.sleep(30)
        if other is not None:
            other.join()

        assert passed(one_time) == 60_000
    assert errors == [
        (
            "What the exchange's clock calls when something falls due can't wait: nobody else could"
            " go on meanwhile. Start a thread or a task that waits."
        )
    ]


# What can't go on says so


def test_nothing_that_is_due_ends_the_waiting() -> None:
    with living(patience=5) as one_time:
        never = threading.Event()

        thread = started(never.wait, "idle")
        one_time.settle()
        with pytest.raises(NotAtRestError) as caught:
            never.wait()  # for ever
        never.set()
        thread.join()

    assert str(caught.value) == (
        "Everybody waits, and nothing is due that could end it: no timer, no event, no time-out.\n"
        "- the test waits in test_nothing_that_is_due_ends_the_waiting,"
        f" {__file__}:{line_of(__file__, '# for ever')}: never.wait()  # for ever\n"
        "- thread 'idle' waits\n"
        "Give the waiting a time-out, or have something come."
    )


def test_the_test_hears_of_it_whoever_finds_out() -> None:
    caught: list[str] = []
    with living(patience=5):
        never, held = threading.Event(), threading.Lock()
        held.acquire()

        def wait() -> None:
            time.sleep(1)
            never.wait()

        thread = started(wait, "last one")
        with pytest.raises(NotAtRestError) as error:
            held.acquire()
        caught.append(str(error.value).partition("\n")[0])
        never.set()
        thread.join()

    assert caught == [
        "Everybody waits, and nothing is due that could end it: no timer, no event, no time-out."
    ]


def test_what_comes_from_outside_after_all_ends_the_waiting() -> None:
    with living() as one_time:
        event = threading.Event()

        def come() -> None:
            until_it_waits(one_time, "the test")
            event.set()

        with outsider(come):
            assert event.wait()
        assert passed(one_time) == 0


def test_a_wait_without_end_ends_at_the_horizon() -> None:
    with living(horizon=2) as one_time:
        clock = one_time.world.clock

        def again() -> None:
            clock.call_at(clock.now_ms + 3_600_000, again)

        again()
        with pytest.raises(NotAtRestError) as caught:
            threading.Event().wait()  # for good

    assert str(caught.value) == (
        "The test has waited for 2 days of the exchange's time, and what it waits for has not"
        " come.\n"
        "- the test waits in test_a_wait_without_end_ends_at_the_horizon,"
        f" {__file__}:{line_of(__file__, '# for good')}: threading.Event().wait()  # for good\n"
        "Give that wait a time-out; where the test is to last so long, set"
        " time_horizon (as an ini key: binance_options_time_horizon)."
    )


def test_a_thread_that_never_rests_is_named() -> None:
    stop, spinning = False, allocate_lock()
    spinning.acquire()

    def spin() -> None:
        spinning.release()
        while not stop:
            pass

    with living(patience=0.2):
        thread = started(spin, "spinner")
        spinning.acquire()
        with pytest.raises(NotAtRestError) as caught:
            time.sleep(1)  # in vain
        stop = True
        thread.join()

    first, test, spinner, last = str(caught.value).split("\n")
    assert first == (
        "The world did not come to rest within 0.2 s of real time, so the exchange's clock can't"
        " go on."
    )
    assert test == (
        "- the test waits in test_a_thread_that_never_rests_is_named,"
        f" {__file__}:{line_of(__file__, '# in vain')}: time.sleep(1)  # in vain"
    )
    assert spinner.startswith(f"- thread 'spinner' is awake in spin, {__file__}:")
    assert last == (
        "Have who is awake end, or wait by means that the clock knows: a sleep, a time-out, a lock"
        " or a queue made in the test. Where there is work for so long, set"
        " time_patience (as an ini key: binance_options_time_patience)."
    )


def test_a_thread_that_waits_where_the_clock_cannot_see_is_named() -> None:
    unseen, begun = allocate_lock(), allocate_lock()
    unseen.acquire()
    begun.acquire()

    def wait() -> None:
        begun.release()
        unseen.acquire()  # unseen

    with living(patience=0.2):
        thread = started(wait, "blocked")
        begun.acquire()
        with pytest.raises(NotAtRestError) as caught:
            time.sleep(1)
        unseen.release()
        thread.join()

    assert (
        f"- thread 'blocked' is awake in wait, {__file__}:{line_of(__file__, '# unseen')}:"
        " unseen.acquire()  # unseen" in str(caught.value).split("\n")
    )


def test_what_is_at_work_outside_keeps_time_from_going_on() -> None:
    with living() as one_time:
        asked = []

        def busy() -> bool:
            asked.append(passed(one_time))
            return len(asked) < 5

        one_time.world.turns.probes.append(busy)
        time.sleep(1)

    assert asked[:5] == [0] * 5


def test_what_is_at_work_outside_for_too_long_is_an_error() -> None:
    with living(patience=0.02) as one_time:
        one_time.world.turns.probes.append(lambda: True)
        with pytest.raises(
            NotAtRestError, match=r"^The world did not come to rest within 0\.02 s of"
        ):
            time.sleep(1)
