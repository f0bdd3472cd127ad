"""What ends a thread, a task or a job, and what is only logged, is told to whom the code belongs;
what somebody waits for is not."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError

from ..intercepting import Scripted

quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Callable[[], bool]]] = []
        self.astray: list[tuple[str, str]] = []
        self.lost: list[BaseException] = []

    def raised(
        self, error: BaseException, what: str, unseen: Callable[[], bool] = lambda: True
    ) -> None:
        self.told.append((f"{error!r} {what}", unseen))

    def forgotten(self, error: BaseException) -> None:
        self.lost.append(error)

    def strayed(self, where: str, advice: str) -> None:
        self.astray.append((where, advice))

    @property
    def said(self) -> list[str]:
        return [text for text, _ in self.told]

    @property
    def unseen(self) -> list[bool]:
        return [is_unseen() for _, is_unseen in self.told]


@pytest.fixture
def told() -> Iterator[Told]:
    with Interception(Scripted(), Scope(), mode="offline", network=False) as interception:
        interception.seen = seen = Told()
        yield seen


def fail() -> None:
    raise KeyError("status")


async def fail_soon() -> None:
    await asyncio.sleep(0)
    fail()


@quiet
def test_a_thread_that_ends_with_an_exception(told: Told) -> None:
    thread = threading.Thread(target=fail, name="keepalive")
    thread.start()
    thread.join()
    assert told.said == ["KeyError('status') ended the thread keepalive"]


def test_a_thread_whose_end_somebody_else_listens_for(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pytest before 8.4 does: anew for each test, after the fixtures."""
    heard: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(args.exc_type))
    thread = threading.Thread(target=fail, name="keepalive")
    thread.start()
    thread.join()
    assert told.said == ["KeyError('status') ended the thread keepalive"]
    assert heard == [KeyError]


@quiet
def test_those_without_a_name_are_told_by_what_they_run_the_same_each_time(told: Told) -> None:
    async def main() -> None:
        await asyncio.wait([asyncio.create_task(fail_soon())])

    class Worker(threading.Thread):
        def run(self) -> None:
            fail()

    asyncio.run(main())
    for thread in (threading.Thread(target=fail), Worker()):
        thread.start()
        thread.join()
    gc.collect()

    assert told.said == [
        "KeyError('status') ended a task of fail_soon",
        "KeyError('status') ended a thread of fail",
        "KeyError('status') ended a thread",
    ]


def test_a_task_that_nobody_asks(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        task = asyncio.create_task(fail_soon(), name="keepalive")
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert told.unseen == [True]
        with pytest.raises(KeyError):
            await task
        assert told.unseen == [False]

    asyncio.run(main())
    assert told.said == ["KeyError('status') ended the task keepalive"]
    assert told.lost == []
    assert caplog.records == []


def test_a_task_that_is_gone_before_anybody_could_ask(told: Told) -> None:
    async def main() -> None:
        await asyncio.wait([asyncio.create_task(fail_soon(), name="keepalive")])

    asyncio.run(main())
    gc.collect()
    assert told.said == ["KeyError('status') ended the task keepalive"]
    assert [repr(error) for error in told.lost] == ["KeyError('status')"]


def test_the_package_s_own_threads_are_none_of_it(told: Told) -> None:
    async def main() -> None:
        await asyncio.wait([asyncio.create_task(fail_soon())])
        try:
            fail()
        except KeyError:
            logging.getLogger("aiohttp.server").exception("in a handler")

    thread = threading.Thread(target=asyncio.run, args=[main()], name="binance_options server")
    thread.start()
    thread.join()
    assert told.said == []


def test_what_is_cancelled_has_not_failed(told: Told) -> None:
    async def main() -> None:
        asyncio.create_task(asyncio.sleep(60))  # noqa: RUF006
        await asyncio.sleep(0)

    asyncio.run(main())
    assert told.said == []


def test_what_the_caller_gets_himself_is_none_of_it(told: Told) -> None:
    with pytest.raises(KeyError):
        asyncio.run(fail_soon())
    assert told.said == []


def test_a_job_of_a_pool(told: Told) -> None:
    with ThreadPoolExecutor() as pool:
        job = pool.submit(fail)
    assert isinstance(job.exception(), KeyError)
    assert told.said == ["KeyError('status') ended a job of a pool"]
    assert told.unseen == [False]


@pytest.mark.parametrize("way", ["exception", "error", "warning"])
def test_what_is_caught_and_logged(told: Told, way: str) -> None:
    try:
        fail()
    except KeyError as error:
        getattr(logging.getLogger("bot"), way)("it failed: %s", error)
    assert told.said == ["KeyError('status') was logged"]
    # Whoever logs it knows of it.
    assert told.unseen == [False]


def test_what_is_caught_and_printed(told: Told) -> None:
    out = io.StringIO()
    try:
        fail()
    except KeyError:
        traceback.print_exc(file=out)
    assert told.said == ["KeyError('status') was printed"]
    assert out.getvalue().endswith("KeyError: 'status'\n")


def test_a_log_line_without_an_exception_is_none_of_it(told: Told) -> None:
    logging.getLogger("bot").error("all is well")
    traceback.print_exc(file=io.StringIO())
    assert told.said == []


def test_what_a_library_logs_of_its_own_affairs_is_none_of_it(told: Told) -> None:
    library = compile(
        "def connect():\n"
        "    try:\n"
        "        raise OSError('reset')\n"
        "    except OSError as error:\n"
        "        log.error('%s', error)\n",
        "/usr/lib/python3/site-packages/library.py",
        "exec",
    )
    names: dict[str, object] = {"log": logging.getLogger("library")}
    exec(library, names)  # noqa: S102
    connect = names["connect"]
    assert callable(connect)
    connect()
    assert told.said == []


@quiet
def test_who_is_of_another_test_does_not_tell_this_one(told: Told) -> None:
    gate = threading.Event()

    def late() -> None:
        gate.wait()
        fail()

    with Interception(Scripted(), Scope(), mode="offline", network=False) as other:
        other.seen = theirs = Told()
        thread = threading.Thread(target=late)
        thread.start()
    gate.set()
    thread.join()
    assert told.said == []
    assert theirs.said == []


def test_a_refusal_is_told_even_where_it_is_swallowed(told: Told) -> None:
    for host in ("eapi.binence.com", "chat.example"):
        with suppress(NetworkRefusedError):
            socket.create_connection((host, 443))
    assert told.astray == [
        ("eapi.binence.com:443", "Did you mean eapi.binance.com?"),
        ("chat.example:443", ""),
    ]


def test_nothing_is_left_behind() -> None:
    def places() -> tuple[object, ...]:
        make = threading._make_invoke_excepthook
        return make, threading.excepthook, logging.Logger.callHandlers, traceback.print_exc

    before = places()
    with Interception(Scripted(), Scope(), mode="offline", network=False):
        assert places()[0] is not before[0]
    assert places() == before
