"""Jobs in pools of threads, of ``concurrent.futures``, of an event loop, and of anyio."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.thread import BrokenThreadPool

import anyio
import pytest

from .living import living, outsider, passed


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
            return [each.name for each in one_time.world.participants]

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
            time.sleep(180)
            return passed(one_time)

        async def main() -> None:
            assert await give(job) == 180_000
            assert await asyncio.gather(give(job), asyncio.sleep(60, "slept")) == [
                360_000,
                "slept",
            ]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(give(job)), 60)
            assert passed(one_time) == 420_000

        asyncio.run(main())


def test_jobs_that_wait_for_a_thread_do_not_hold_time_up() -> None:
    async def main() -> list[int]:
        return await asyncio.gather(*(asyncio.to_thread(job) for _ in range(100)))

    with living() as one_time, ThreadPoolExecutor(3) as pool:

        def job() -> int:
            time.sleep(60)
            return passed(one_time)

        jobs = [pool.submit(job) for _ in range(10)]
        ends = [each.result() for each in jobs]
        assert ends == [60_000] * 3 + [120_000] * 3 + [180_000] * 3 + [240_000]

        begun = passed(one_time)
        assert min(asyncio.run(main())) == begun + 60_000


def test_a_job_whose_turn_comes_when_another_is_cancelled_is_waited_for() -> None:
    with living() as one_time, ThreadPoolExecutor(1) as pool:
        jobs = [pool.submit(time.sleep, 10) for _ in range(5)]
        jobs[1].cancel()
        jobs[3].cancel()
        wait(jobs)

        assert passed(one_time) == 30_000
        assert pool.submit(passed, one_time).result() == 30_000


@pytest.mark.parametrize("how", ["with", "shutdown", "asyncio.run"])
def test_a_pool_at_its_end_waits_for_its_jobs_on_the_clock(how: str) -> None:
    async def main() -> None:
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 240)

    with living() as one_time:
        if how == "asyncio.run":
            asyncio.run(main())
        elif how == "with":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(time.sleep, 120)
                pool.submit(time.sleep, 120)
        else:
            pool = ThreadPoolExecutor()
            pool.submit(time.sleep, 240)
            pool.shutdown()

        assert passed(one_time) == 240_000


def test_a_pool_whose_threads_can_not_begin_leaves_nobody_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def initializer() -> None:
        raise OSError

    with living() as one_time, ThreadPoolExecutor(1, initializer=initializer) as pool:
        with pytest.raises(BrokenThreadPool):
            pool.submit(time.sleep, 1).result()
        time.sleep(10)

        assert passed(one_time) == 10_000
    assert caplog.messages == ["Exception in initializer:"]


def test_a_job_that_goes_on_after_its_world_does_not_hold_the_next_up() -> None:
    hold = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with living() as before:
            job = pool.submit(hold.wait)
            before.settle()
        hold.set()
        with living() as one_time:
            assert pool.submit(passed, one_time).result() == 0
            assert job.result()


def test_jobs_of_those_in_no_world_are_real() -> None:
    told: list[object] = []
    with living() as one_time, ThreadPoolExecutor(1) as pool:

        def give() -> None:
            pool.submit(time.sleep, 0.001).result()
            told.append(passed(one_time))

        with outsider(give):
            pass
    assert told == [0]


# anyio


def test_a_job_that_anyio_gives_to_a_thread_lives_on_the_clock() -> None:
    with living() as one_time:

        def job(seconds: float) -> int:
            time.sleep(seconds)
            return passed(one_time)

        async def main() -> None:
            assert await anyio.to_thread.run_sync(job, 1800) == 1_800_000
            with anyio.move_on_after(60):
                await anyio.to_thread.run_sync(job, 1800)
            # It can't be cancelled.
            assert passed(one_time) == 3_600_000

        anyio.run(main)


def test_a_job_that_anyio_abandons_goes_on_on_the_clock() -> None:
    told: list[int] = []
    with living() as one_time:

        def job() -> None:
            time.sleep(1800)
            told.append(passed(one_time))

        async def main() -> None:
            with anyio.move_on_after(60):
                await anyio.to_thread.run_sync(job, abandon_on_cancel=True)
            told.append(passed(one_time))
            await anyio.sleep(3600)
            told.append(passed(one_time))

        anyio.run(main)

    assert told == [60_000, 1_800_000, 3_660_000]


def test_jobs_of_anyio_that_wait_for_their_turn_do_not_hold_time_up() -> None:
    told: list[int] = []
    with living() as one_time:

        async def main() -> None:
            limiter = anyio.CapacityLimiter(2)

            async def job() -> None:
                await anyio.to_thread.run_sync(time.sleep, 60, limiter=limiter)
                told.append(passed(one_time))

            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(job)

        anyio.run(main)

    assert told == [60_000, 60_000, 120_000, 120_000, 180_000]


def test_a_job_of_anyio_may_ask_its_loop() -> None:
    with living() as one_time:

        async def sleep() -> int:
            await anyio.sleep(60)
            return passed(one_time)

        async def main() -> int:
            return await anyio.to_thread.run_sync(anyio.from_thread.run, sleep)

        assert anyio.run(main) == 60_000


def test_a_job_of_anyio_that_fails_is_over() -> None:
    with living() as one_time:

        async def main() -> None:
            with pytest.raises(ZeroDivisionError):
                await anyio.to_thread.run_sync(lambda: 1 / 0)
            await anyio.sleep(60)

        anyio.run(main)

        assert passed(one_time) == 60_000


def test_jobs_of_anyio_outside_a_world_are_real() -> None:
    told: list[object] = []

    async def main() -> None:
        told.append(await anyio.to_thread.run_sync(str, 1))

    with living(), outsider(lambda: anyio.run(main)):
        pass

    assert told == ["1"]
