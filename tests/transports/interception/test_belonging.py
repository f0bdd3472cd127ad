"""What is started in one test and runs in another by way of a context: timers, callbacks, greenlets,
jobs of anyio's threads; and what only seems to be left over."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable
from concurrent.futures import Future

import anyio
import anyio.to_thread
import pytest
import requests
from anyio._backends import _asyncio as anyio_on_asyncio

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import TestOverError

from ..intercepting import BODY, URL, Scripted, intercepted

Ask = Callable[[], None]
Start = Callable[[asyncio.AbstractEventLoop, Ask], None]


class Asking:
    def __init__(self) -> None:
        self.outcome: Future[bytes] = Future()

    def __call__(self) -> None:
        try:
            self.outcome.set_result(requests.put(URL, timeout=5).content)
        except BaseException as error:  # noqa: BLE001
            self.outcome.set_exception(error)


def by_a_timer(loop: asyncio.AbstractEventLoop, ask: Ask) -> None:
    loop.call_later(0.001, ask)


def by_a_timer_of_a_task(loop: asyncio.AbstractEventLoop, ask: Ask) -> None:
    async def main() -> None:
        loop.call_at(loop.time() + 0.1, ask)  # when main is over

    loop.run_until_complete(main())


def by_a_callback(loop: asyncio.AbstractEventLoop, ask: Ask) -> None:
    future = loop.create_future()
    future.add_done_callback(lambda _: ask())
    loop.call_soon(future.set_result, None)


def by_what_another_thread_has_sent(loop: asyncio.AbstractEventLoop, ask: Ask) -> None:
    loop.call_soon_threadsafe(ask)


def by_a_thread_of_anyio(loop: asyncio.AbstractEventLoop, ask: Ask) -> None:
    loop.call_later(0.001, lambda: asyncio.ensure_future(anyio.to_thread.run_sync(ask), loop=loop))


STARTS = [
    by_a_timer,
    by_a_timer_of_a_task,
    by_a_callback,
    by_what_another_thread_has_sent,
    by_a_thread_of_anyio,
]


async def finished(asking: Asking) -> None:
    for _ in range(1000):
        if asking.outcome.done():
            break
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("start", STARTS)
def test_what_a_loop_was_given_in_an_earlier_test_never_gets_the_next_ones_answer(
    start: Start,
) -> None:
    loop, asking = asyncio.new_event_loop(), Asking()
    try:
        with intercepted() as first:
            start(loop, asking)
        with intercepted() as second:
            loop.run_until_complete(finished(asking))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    with pytest.raises(TestOverError):
        asking.outcome.result(0)
    assert first.requests == second.requests == []


@pytest.mark.parametrize("start", STARTS)
def test_in_its_own_test_it_is_answered(start: Start) -> None:
    loop, asking = asyncio.new_event_loop(), Asking()
    try:
        with intercepted():
            start(loop, asking)
            loop.run_until_complete(finished(asking))
    finally:
        loop.close()
    assert asking.outcome.result(0) == BODY


def test_a_context_that_is_left_over_is_told_so() -> None:
    """A greenlet of gevent's has one of its own, too."""
    asking = Asking()
    with intercepted():
        left_over = contextvars.copy_context()
    with intercepted():
        left_over.run(asking)
    with pytest.raises(TestOverError):
        asking.outcome.result(0)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.Runner came with Python 3.11")
def test_a_runner_that_keeps_the_context_of_an_earlier_test_serves_the_next() -> None:
    async def ask(asking: Asking) -> None:
        asyncio.get_running_loop().call_later(0.001, asking)
        await finished(asking)

    with asyncio.Runner() as runner:  # type: ignore[attr-defined,unused-ignore]
        for _ in range(2):
            with intercepted() as backend:
                runner.run(ask(asking := Asking()))
            assert asking.outcome.result(0) == BODY
            assert len(backend.requests) == 1


def test_the_task_that_runs_anyios_tests_works_for_the_one_that_runs() -> None:
    async def ask() -> None:
        await anyio.to_thread.run_sync(requests.put, URL)

    with anyio_on_asyncio.TestRunner(debug=None) as runner:
        for _ in range(2):
            with intercepted() as backend:
                runner.run_test(ask, {})
            assert len(backend.requests) == 1


def test_interceptions_that_end_out_of_order_leave_nobody_behind() -> None:
    first, second, third = (
        Interception(Scripted(), Scope(), mode="offline", network=False) for _ in range(3)
    )
    first.install()
    second.install()
    third.install()
    second.uninstall()
    first.uninstall()
    assert requests.put(URL, timeout=5).content == BODY
    third.uninstall()
    with intercepted():
        assert requests.put(URL, timeout=5).content == BODY
