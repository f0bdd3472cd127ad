"""Threads and timers: what is started in a world lives in it."""

from __future__ import annotations

import _thread
import queue
import threading
import time

import pytest

from .living import living, passed, started


def test_a_timer_goes_off_on_the_clock() -> None:
    told: list[int] = []
    with living() as one_time:
        timer = threading.Timer(1800, lambda: told.append(passed(one_time)))
        timer.start()
        timer.join()
        told.append(passed(one_time))

    assert told == [1_800_000, 1_800_000]


def test_a_timer_that_is_cancelled_never_goes_off() -> None:
    told: list[str] = []
    with living() as one_time:
        timer = threading.Timer(10, lambda: told.append("went off"))
        timer.start()
        time.sleep(5)
        timer.cancel()
        timer.join()
        time.sleep(100)

        assert passed(one_time) == 105_000
    assert told == []


def test_join_waits_on_the_clock() -> None:
    with living() as one_time:
        thread = started(lambda: time.sleep(3600))
        thread.join(timeout=60)
        assert thread.is_alive()
        assert passed(one_time) == 60_000

        thread.join(timeout=-1)
        assert passed(one_time) == 60_000

        thread.join()
        assert not thread.is_alive()
        assert passed(one_time) == 3_600_000

        thread.join(timeout=5)
        thread.join()
        assert passed(one_time) == 3_600_000


def test_join_refuses_what_it_always_refuses() -> None:
    refused: list[str] = []
    with living():

        def join_myself() -> None:
            try:
                threading.current_thread().join()
            except RuntimeError as error:
                refused.append(str(error))

        started(join_myself).join()
        with pytest.raises(RuntimeError, match="cannot join thread before it is started"):
            threading.Thread().join()

    assert refused == ["cannot join current thread"]


def test_a_thread_can_be_joined_after_its_world() -> None:
    with living():
        thread = started(lambda: time.sleep(5))
    thread.join()

    assert not thread.is_alive()


def test_a_thread_of_the_world_before_can_be_joined_in_the_next() -> None:
    with living() as before:
        thread = started(lambda: time.sleep(5))
        before.settle()
    with living() as one_time:
        thread.join()

        assert passed(one_time) == 0


def test_threads_that_threads_start_live_in_the_same_world() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:

        def inner() -> None:
            time.sleep(2)
            told.append(("inner", passed(one_time)))

        def outer() -> None:
            thread = started(inner)
            time.sleep(1)
            told.append(("outer", passed(one_time)))
            thread.join()
            told.append(("outer", passed(one_time)))

        started(outer).join()

    assert told == [("outer", 1000), ("inner", 2000), ("outer", 2000)]


def test_run_that_a_subclass_has_or_that_was_set_is_what_runs() -> None:
    told: list[str] = []

    class Bot(threading.Thread):
        def run(self) -> None:
            time.sleep(60)
            told.append(type(self).__name__)

    with living() as one_time:
        bot = Bot()
        bot.start()
        bot.join()

        assert passed(one_time) == 60_000
        assert "run" not in vars(bot)
    assert told == ["Bot"]


def test_a_thread_that_dies_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[type[BaseException] | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: died.append(args.exc_type))
    with living() as one_time:
        thread = started(lambda: 1 / 0)
        thread.join()
        time.sleep(10)

        assert passed(one_time) == 10_000
    assert died == [ZeroDivisionError]


def test_a_thread_that_can_not_be_started_leaves_nobody_behind() -> None:
    with living() as one_time:
        thread = started(lambda: None)
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            thread.start()
        thread.join()
        time.sleep(10)

        assert passed(one_time) == 10_000


def test_a_thread_of_the_package_is_in_no_world() -> None:
    real = _thread.allocate_lock()
    real.acquire()
    with living() as one_time:
        thread = started(real.acquire, "binance_options server")
        time.sleep(10)
        assert passed(one_time) == 10_000
        real.release()
        thread.join()


def test_a_world_of_threads_works_through_a_queue_in_order() -> None:
    told: list[tuple[int, int]] = []
    with living() as one_time:
        work: queue.Queue[int | None] = queue.Queue()

        def worker() -> None:
            while (item := work.get()) is not None:
                time.sleep(item)
                told.append((item, passed(one_time)))
                work.task_done()

        thread = started(worker)
        for item in (3, 1, 2):
            work.put(item)
        work.join()
        assert passed(one_time) == 6000
        work.put(None)
        thread.join()

    assert told == [(3, 3000), (1, 4000), (2, 6000)]
