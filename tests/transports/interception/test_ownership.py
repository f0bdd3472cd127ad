from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import aiohttp
import anyio.to_thread
import httpx
import pytest
import requests

from pytest_binance_options._transports.interception import belonging, ownership
from pytest_binance_options.errors import TestOverError

from ..intercepting import BODY, URL, Scripted, intercepted, json_response


class Gate:
    """Work that starts in one test and asks in another; ``result()`` is what came of it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self._outcome: Future[bytes] = Future()

    def ask(self) -> None:
        self.open.wait(10)
        try:
            self._outcome.set_result(requests.put(URL, timeout=5).content)
        except BaseException as error:  # noqa: BLE001
            self._outcome.set_exception(error)

    def result(self) -> bytes:
        self.open.set()
        return self._outcome.result(10)


def in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work).start()


def in_a_thread_of_a_thread(work: Callable[[], None]) -> None:
    def outer() -> None:
        inner.start()
        inner.join()

    inner = threading.Thread(target=work)
    threading.Thread(target=outer).start()


def in_a_timer(work: Callable[[], None]) -> None:
    threading.Timer(0, work).start()


def in_a_pool(work: Callable[[], None]) -> None:
    pool = ThreadPoolExecutor(1)
    pool.submit(work)
    pool.shutdown(wait=False)


def in_an_event_loop_of_a_thread(work: Callable[[], None]) -> None:
    async def main() -> None:
        await asyncio.to_thread(work)

    threading.Thread(target=lambda: asyncio.run(main())).start()


STARTS = [in_a_thread, in_a_thread_of_a_thread, in_a_timer, in_a_pool, in_an_event_loop_of_a_thread]


@pytest.mark.parametrize("start", STARTS)
def test_what_outlives_its_test_is_told_so_and_never_gets_the_next_tests_answer(
    start: Callable[[Callable[[], None]], None],
) -> None:
    gate = Gate()
    with intercepted() as first:
        start(gate.ask)
    with intercepted() as second, pytest.raises(TestOverError):
        gate.result()
    assert first.requests == second.requests == []


@pytest.mark.parametrize("start", STARTS)
def test_what_a_test_starts_is_answered_by_it_while_another_is_nested_inside(
    start: Callable[[Callable[[], None]], None],
) -> None:
    gate = Gate()
    with intercepted() as outer:
        start(gate.ask)
        with intercepted() as inner:
            assert gate.result() == BODY
    assert (len(outer.requests), len(inner.requests)) == (1, 0)


def test_a_thread_from_before_the_test_is_answered_by_it() -> None:
    gate = Gate()
    in_a_thread(gate.ask)
    with intercepted() as backend:
        assert gate.result() == BODY
    assert len(backend.requests) == 1


def test_with_nobody_left_a_leftover_is_a_request_as_any_other() -> None:
    claimed: list[object] = []
    go = threading.Event()

    def ask() -> None:
        go.wait(10)
        claimed.append(ownership.claim(URL))

    with intercepted():
        thread = threading.Thread(target=ask)
        thread.start()
    go.set()
    thread.join()
    assert claimed == [None]


def test_only_what_is_ours_is_held_against_a_leftover() -> None:
    claimed: list[object] = []
    go = threading.Event()

    def ask() -> None:
        go.wait(10)
        claimed.append(ownership.claim("https://other.example/eapi/v1/listenKey"))
        claimed.append(ownership.claim_stream("wss://other.example/private/ws/x"))
        for ours in (ownership.claim, ownership.claim_stream):
            try:
                ours(URL if ours is ownership.claim else "wss://fstream.binance.com/private/ws/x")
            except TestOverError:
                claimed.append("over")

    with intercepted():
        thread = threading.Thread(target=ask)
        thread.start()
    with intercepted():
        go.set()
        thread.join()
    assert claimed == [None, None, "over", "over"]


def test_the_workers_of_a_pool_serve_one_test_after_the_other() -> None:
    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            with intercepted() as backend:
                assert pool.submit(requests.put, URL).result().content == BODY
            assert len(backend.requests) == 1


def test_a_task_that_outlives_its_test_is_told_so() -> None:
    async def ask(go: asyncio.Event, kind: str) -> bytes:
        await go.wait()
        if kind == "thread":
            return (await asyncio.to_thread(requests.put, URL)).content
        if kind == "child":
            return await asyncio.create_task(ask(go, "httpx"))
        if kind == "aiohttp":
            async with aiohttp.ClientSession() as session, session.put(URL) as response:
                return await response.read()
        async with httpx.AsyncClient() as client:
            return (await client.put(URL)).content

    async def main() -> None:
        go = asyncio.Event()
        with intercepted() as first:
            tasks = [
                asyncio.create_task(ask(go, kind))
                for kind in ("httpx", "aiohttp", "thread", "child")
            ]
            await asyncio.sleep(0)
        with intercepted() as second:
            go.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [TestOverError] * 4
            # The loop itself goes on.
            assert await ask(go, "httpx") == BODY
            assert await asyncio.create_task(ask(go, "child")) == BODY
        assert first.requests == []
        assert len(second.requests) == 2

    asyncio.run(main())


def test_a_loop_that_lives_longer_than_a_test_serves_the_next() -> None:
    async def ask() -> bytes:
        async with httpx.AsyncClient() as client:
            return (await client.put(URL)).content

    loop = asyncio.new_event_loop()
    try:
        for _ in range(2):
            with intercepted() as backend:
                assert loop.run_until_complete(ask()) == BODY
            assert len(backend.requests) == 1
    finally:
        loop.close()


def test_the_task_that_installs_an_interception_belongs_to_it() -> None:
    async def put() -> bytes:
        return (await asyncio.to_thread(requests.put, URL)).content

    async def main() -> None:
        with intercepted() as inner:
            assert await put() == BODY
        assert len(inner.requests) == 1
        assert await put() == b"outer"

    with intercepted(Scripted(lambda _: json_response(b"outer"))) as outer:
        asyncio.run(main())
    assert len(outer.requests) == 1


def test_the_thread_that_installs_an_interception_belongs_to_it() -> None:
    answers: list[bytes] = []

    def work() -> None:
        with intercepted():
            answers.append(requests.put(URL, timeout=5).content)
        answers.append(requests.put(URL, timeout=5).content)

    with intercepted(Scripted(lambda _: json_response(b"outer"))):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert answers == [BODY, b"outer"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_an_eager_task_belongs_to_the_test_of_the_task_that_starts_it() -> None:
    async def ask() -> bytes:
        async with httpx.AsyncClient() as client:
            return (await client.put(URL)).content

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        go = asyncio.Event()

        async def later() -> bytes:
            await go.wait()
            return await asyncio.create_task(ask())

        with intercepted():
            task = asyncio.create_task(later())
        with intercepted() as second:
            go.set()
            with pytest.raises(TestOverError):
                await task
        assert second.requests == []

    asyncio.run(main())


def test_anyios_threads_work_for_the_test_that_runs() -> None:
    async def main() -> None:
        for _ in range(2):
            with intercepted() as backend:
                await anyio.to_thread.run_sync(requests.put, URL)
            assert len(backend.requests) == 1

    anyio.run(main)


def test_what_the_package_forwards_is_nobodys() -> None:
    with intercepted():
        assert ownership.claim(URL) is not None
        with belonging.forwarding():
            assert ownership.claim(URL) is None
            assert ownership.claim_stream("wss://fstream.binance.com/x") is None
            assert not ownership.reaches("eapi.binance.com", 443)


def test_the_error_names_who_asked_and_what_to_do() -> None:
    errors: list[BaseException] = []
    go = threading.Event()

    def ask() -> None:
        go.wait(10)
        try:
            requests.put(f"{URL}?signature=abc", timeout=5)
        except TestOverError as error:
            errors.append(error)

    with intercepted():
        thread = threading.Thread(target=ask, name="keepalive")
        thread.start()
    with intercepted():
        go.set()
        thread.join()
    [error] = errors
    assert (
        str(error)
        == "https://eapi.binance.com/eapi/v1/listenKey?signature=<hidden> was asked for by thread"
        " 'keepalive', which was started in a test that is over. Nobody answered it: the test"
        " that runs now has a backend of its own. Stop the thread, or cancel and await the task,"
        " before its test ends."
    )


def test_tasks_that_intercept_side_by_side_are_answered_each_by_its_own() -> None:
    async def live() -> Scripted:
        with intercepted() as backend:
            await asyncio.sleep(0)
            async with aiohttp.ClientSession() as session, session.put(URL) as answer:
                assert await answer.read() == BODY
            return backend

    async def main() -> list[Scripted]:
        return await asyncio.gather(live(), live())

    assert [len(backend.requests) for backend in asyncio.run(main())] == [1, 1]


def test_threads_that_intercept_side_by_side_are_answered_each_by_its_own() -> None:
    together = threading.Barrier(2)

    def live() -> int:
        with intercepted() as backend:
            together.wait(10)
            requests.put(URL, timeout=5)
            together.wait(10)
        return len(backend.requests)

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(live), pool.submit(live)]
        assert [job.result() for job in jobs] == [1, 1]


def test_a_job_that_intercepts_is_answered_by_its_own() -> None:
    def job() -> int:
        with intercepted() as inner:
            requests.put(URL, timeout=5)
        requests.put(URL, timeout=5)
        return len(inner.requests)

    with intercepted() as outer, ThreadPoolExecutor(1) as pool:
        assert pool.submit(job).result() == 1
    assert len(outer.requests) == 1


def test_who_ends_first_leaves_the_place_to_those_that_came_later() -> None:
    first, second = intercepted(), intercepted()
    first.__enter__()
    backend = second.__enter__()
    first.__exit__(None, None, None)
    requests.put(URL, timeout=5)
    second.__exit__(None, None, None)
    assert len(backend.requests) == 1
    with intercepted():
        assert requests.put(URL, timeout=5).content == BODY
