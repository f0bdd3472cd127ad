"""Many threads and tasks share one test, and none reaches the sentinel that stands where the real
host would be."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import urllib3

from pytest_binance_options._backends.base import Backend, Forward
from pytest_binance_options._backends.log import Logged
from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._hosts import Scope
from pytest_binance_options._messages import Answer, Headers, Request, Response
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.exchange import Exchange

THREADS, EACH, TASKS = 16, 16, 1000
PATH = "/eapi/v1/ping"


@pytest.fixture
def sentinel() -> Iterator[str]:
    """A server that nobody may reach; whoever connects waits in its queue."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def numbered(number: int) -> Response:
    return Response(
        200, Headers({"Content-Type": "application/json"}), json.dumps({"number": number}).encode()
    )


def replay(url: str) -> Backend:
    request = Request("GET", f"{url}{PATH}")
    interactions = tuple(
        Interaction(request, numbered(n)) for n in range(max(THREADS * EACH, TASKS))
    )
    return Replay(Cassette(interactions), path=Path("cassette.yaml"), record_command="pytest")


class Counting(Simulate):
    """The simulated exchange; each of its answers also says which one it is."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._numbers = count()
        self._lock = threading.Lock()
        self.respond = self._respond  # type: ignore[method-assign,assignment]

    def _respond(self, request: Request) -> Answer | Forward:
        answer = self.exchange.handle(request)
        assert isinstance(answer, Response)
        assert answer.status == 200
        with self._lock:
            return numbered(next(self._numbers))


def simulate(_: str) -> Backend:
    return Counting(Exchange())


def with_requests(url: str) -> Callable[[], bytes]:
    return lambda: requests.get(url, timeout=5).content


def with_a_shared_session(url: str) -> Callable[[], bytes]:
    session = requests.Session()
    return lambda: session.get(url, timeout=5).content


def with_urllib3(url: str) -> Callable[[], bytes]:
    pool = urllib3.PoolManager(maxsize=4)
    return lambda: pool.request("GET", url, timeout=5).data


def with_httpx(url: str) -> Callable[[], bytes]:
    client = httpx.Client(timeout=5)
    return lambda: client.get(url).content


def with_http_client(url: str) -> Callable[[], bytes]:
    def call() -> bytes:
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=5)
        connection.request("GET", PATH)
        return connection.getresponse().read()

    return call


@pytest.mark.parametrize("backend", [replay, simulate])
@pytest.mark.parametrize(
    "library", [with_requests, with_a_shared_session, with_urllib3, with_httpx, with_http_client]
)
def test_of_many_threads_none_gets_past_and_each_gets_an_answer_of_its_own(
    backend: Callable[[str], Backend], library: Callable[[str], Callable[[], bytes]], sentinel: str
) -> None:
    logged = Logged(backend(sentinel))
    call = library(f"{sentinel}{PATH}")
    numbers: list[int] = []
    start = threading.Barrier(THREADS)

    def work() -> None:
        start.wait()
        for _ in range(EACH):
            numbers.append(json.loads(call())["number"])

    with Interception(logged, Scope([sentinel]), mode="replay", network=False):
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers) == list(range(THREADS * EACH))
    assert len(logged.requests) == THREADS * EACH


@pytest.mark.parametrize("backend", [replay, simulate])
@pytest.mark.parametrize("library", ["aiohttp", "httpx"])
def test_of_a_thousand_tasks_none_gets_past(
    backend: Callable[[str], Backend], library: str, sentinel: str
) -> None:
    logged = Logged(backend(sentinel))
    url = f"{sentinel}{PATH}"

    async def main() -> list[int]:
        async with aiohttp.ClientSession() as session, httpx.AsyncClient() as client:

            async def ask() -> int:
                if library == "httpx":
                    return int((await client.get(url)).json()["number"])
                async with session.get(url) as response:
                    return int((await response.json())["number"])

            return await asyncio.gather(*(ask() for _ in range(TASKS)))

    with Interception(logged, Scope([sentinel]), mode="replay", network=False):
        assert sorted(asyncio.run(main())) == list(range(TASKS))
    assert len(logged.requests) == TASKS


def test_sixty_four_threads_are_observed_in_the_order_of_their_answers(
    monkeypatch: pytest.MonkeyPatch, sentinel: str
) -> None:
    """What the network answers is told to the backend once for each request, before the client has
    it."""
    numbers = count()
    lock = threading.Lock()
    observed: list[bytes] = []
    early: list[bytes] = []

    def send(_: Request) -> Response:
        with lock:
            return numbered(next(numbers))

    class Recording:
        def respond(self, request: Request) -> Forward:
            return Forward(request)

        def observe(self, request: Request, answer: Answer) -> None:
            assert isinstance(answer, Response)
            with lock:
                observed.append(answer.body)

    def work() -> None:
        for _ in range(4):
            content = requests.get(f"{sentinel}{PATH}", timeout=5).content
            if content not in observed:
                early.append(content)

    monkeypatch.setattr("pytest_binance_options._transports.upstream.send", send)
    with Interception(Recording(), Scope([sentinel]), mode="record", network=True):
        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert early == []
    assert sorted(json.loads(body)["number"] for body in observed) == list(range(256))
