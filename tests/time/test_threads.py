"""Threads, timers and pools of threads: what is started in a world lives in it."""

from __future__ import annotations

import _thread
import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError

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


# Pools


def test_a_job_in_a_pool_lives_on_the_clock() -> None:
    with living() as one_time, ThreadPoolExecutor(2) as pool:

        def job(seconds: float) -> int:
            time.sleep(seconds)
            return passed(one_time)

        jobs = [pool.submit(job, seconds) for seconds in (30, 10, 5)]

        assert [each.result() for each in jobs] == [30_000, 10_000, 15_000]
        assert list(pool.map(job, (1, 2))) == [31_000, 32_000]
        assert pool.submit(job, seconds=1).result() == 33_000


def test_a_result_is_waited_for_on_the_clock() -> None:
    with living() as one_time, ThreadPoolExecutor(1) as pool:
        job = pool.submit(time.sleep, 3600)
        with pytest.raises(FutureTimeoutError):
            job.result(timeout=60)
        assert passed(one_time) == 60_000

        assert wait([job], timeout=60).not_done == {job}
        assert passed(one_time) == 120_000

        assert job.result(timeout=3600) is None
        assert passed(one_time) == 3_600_000


def test_a_future_of_ones_own_is_waited_for_on_the_clock() -> None:
    with living() as one_time:
        future: Future[int] = Future()
        threading.Timer(60, future.set_result, [1]).start()
        with pytest.raises(FutureTimeoutError):
            future.result(timeout=10)

        assert future.result() == 1
        assert passed(one_time) == 60_000


def test_a_job_that_fails_is_over() -> None:
    with living() as one_time, ThreadPoolExecutor(1) as pool:
        job = pool.submit(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            job.result()
        time.sleep(10)

        assert passed(one_time) == 10_000


def test_a_job_that_is_cancelled_before_its_turn_is_over() -> None:
    with living() as one_time, ThreadPoolExecutor(1) as pool:
        first = pool.submit(time.sleep, 10)
        second = pool.submit(time.sleep, 10)
        assert second.cancel()
        with pytest.raises(CancelledError):
            second.result()
        time.sleep(5)

        assert passed(one_time) == 5000
        first.result()
        assert passed(one_time) == 10_000


def test_jobs_that_a_pool_drops_at_its_end_are_over() -> None:
    with living() as one_time:
        pool = ThreadPoolExecutor(1)
        pool.submit(time.sleep, 10)
        dropped = pool.submit(time.sleep, 10)
        pool.shutdown(wait=False, cancel_futures=True)
        time.sleep(60)

        assert dropped.cancelled()
        assert passed(one_time) == 60_000


def test_a_pool_that_takes_no_more_leaves_nobody_behind() -> None:
    with living() as one_time:
        pool = ThreadPoolExecutor(1)
        pool.shutdown()
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            pool.submit(time.sleep, 1)
        time.sleep(10)

        assert passed(one_time) == 10_000


def test_a_pool_from_before_takes_jobs_of_the_world_and_of_others() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: 1).result() == 1
        with living() as one_time:
            pool.submit(time.sleep, 60).result()
            assert passed(one_time) == 60_000
            time.sleep(1)
        assert pool.submit(lambda: 2).result() == 2


def test_a_job_has_the_name_of_its_function() -> None:
    class Job:
        def __call__(self) -> list[str]:
            return [each.name for each in one_time.world._participants]

        def __repr__(self) -> str:
            return "<a job>"

    def job() -> list[str]:
        return Job()()

    with living() as one_time, ThreadPoolExecutor(1) as pool:
        first = pool.submit(job).result()
        second = pool.submit(Job()).result()

    assert first == ["the test", f"job {job.__qualname__!r} in a pool of threads"]
    assert second == ["the test", "job '<a job>' in a pool of threads"]


@pytest.mark.parametrize("how", ["to_thread", "run_in_executor", "own pool"])
def test_a_loop_waits_for_its_job_on_the_clock(how: str) -> None:
    async def give(job: Callable[[], int]) -> int:
        loop = asyncio.get_running_loop()
        if how == "to_thread":
            return await asyncio.to_thread(job)
        if how == "run_in_executor":
            return await loop.run_in_executor(None, job)
        with ThreadPoolExecutor(1) as pool:
            return await loop.run_in_executor(pool, job)

    with living() as one_time:

        def job() -> int:
            time.sleep(1800)
            return passed(one_time)

        async def main() -> None:
            assert await give(job) == 1_800_000
            assert await asyncio.gather(give(job), asyncio.sleep(60, "slept")) == [
                3_600_000,
                "slept",
            ]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(give(job)), 60)
            assert passed(one_time) == 3_660_000

        asyncio.run(main())


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
