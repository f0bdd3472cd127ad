"""Interception by itself, beside respx, responses and pytest-httpx: entering and leaving it, and a
request through each of its doors: `make bench`.

Everything a client does is in a request's figure: hold a door against the same client behind the
peer that is made for it.
"""

from __future__ import annotations

import asyncio
import http.client
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

from harness import Measure, Table, cpu_each, main

HOST = "eapi.binance.com"
URL = f"https://{HOST}/eapi/v1/listenKey"
HEADERS = {"X-MBX-APIKEY": "k" * 64}
TIMES = 1000
CLIENTS = ("requests", "httpx", "aiohttp", "websockets", "websocket")


@cache
def _canned() -> object:
    """A backend that gives the same answer each time, as the peers do."""
    from pytest_binance_options._backends.base import Backend
    from pytest_binance_options._messages import Headers, Request, Response

    answer = Response(200, Headers([("Content-Type", "application/json")]), b"{}")

    class Canned(Backend):
        def respond(self, request: Request) -> Response:
            return answer

    return Canned()


def _interception() -> AbstractContextManager[object]:
    from pytest_binance_options._hosts import Scope
    from pytest_binance_options._transports.interception.interception import Interception

    scope = Scope.of(f"https://{HOST}", "wss://fstream.binance.com")
    return Interception(_canned(), scope, mode="simulate", network=False)


def _responses() -> AbstractContextManager[object]:
    import responses

    mock = responses.RequestsMock(assert_all_requests_are_fired=False)
    mock.add(responses.PUT, URL, json={})
    return mock


def _respx() -> AbstractContextManager[object]:
    import respx

    router = respx.mock(assert_all_called=False)
    router.put(URL).respond(json={})
    return router


@contextmanager
def _pytest_httpx() -> Iterator[None]:
    # What its fixture does, which can be had in a test only.
    import httpx
    import pytest
    from pytest_httpx import HTTPXMock, _HTTPXMockOptions

    mock = HTTPXMock(_HTTPXMockOptions(can_send_already_matched_responses=True))
    mock.add_response(url=URL, json={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            httpx.HTTPTransport,
            "handle_request",
            lambda self, request: mock._handle_request(self, request),  # noqa: SLF001
        )
        yield


def _requests() -> Callable[[], object]:
    import requests

    session = requests.Session()
    return lambda: session.put(URL, headers=HEADERS).raise_for_status()


def _httpx() -> Callable[[], object]:
    import httpx

    client = httpx.Client()
    return lambda: client.put(URL, headers=HEADERS).raise_for_status()


def _urllib3() -> Callable[[], object]:
    import urllib3

    pool = urllib3.PoolManager()
    return lambda: pool.request("PUT", URL, headers=HEADERS)


def _http_client() -> Callable[[], object]:
    context = ssl.create_default_context()  # 40 ms of certificates: each connection would read them

    def ask() -> None:
        connection = http.client.HTTPSConnection(HOST, context=context)
        connection.request("PUT", "/eapi/v1/listenKey", headers=HEADERS)
        connection.getresponse().read()
        connection.close()

    return ask


def _aiohttp(times: int) -> float:
    import time

    import aiohttp

    async def ask() -> float:
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            for number in range(times + times // 10):
                if number == times // 10:
                    began = time.process_time()
                async with session.put(URL) as response:
                    await response.read()
            return (time.process_time() - began) / times

    return asyncio.run(ask())


def _entered(
    mock: Callable[[], AbstractContextManager[object]], clients: tuple[str, ...]
) -> Callable[[], float]:
    def measure() -> float:
        for client in clients:
            __import__(client)

        def enter_and_leave() -> None:
            with mock():
                pass

        return cpu_each(enter_and_leave, TIMES)

    return measure


def _asked(
    mock: Callable[[], AbstractContextManager[object]], client: Callable[[], Callable[[], object]]
) -> Callable[[], float]:
    def measure() -> float:
        with mock():
            return cpu_each(client(), TIMES)

    return measure


def _asked_by_aiohttp() -> float:
    with _interception():
        return _aiohttp(TIMES)


TABLES = {
    "enter": Table(
        "Entering and leaving an interception",
        "responses",
        {
            "responses": Measure(_entered(_responses, ("requests",)), "responses"),
            "here, requests imported": Measure(_entered(_interception, ("requests",))),
            "here, all clients imported": Measure(_entered(_interception, CLIENTS)),
            "respx": Measure(_entered(_respx, ("httpx",)), "respx"),
            "pytest-httpx": Measure(_entered(_pytest_httpx, ("httpx",)), "pytest-httpx"),
        },
    ),
    "request": Table(
        "One request, its client's work included",
        "requests behind responses",
        {
            "requests behind responses": Measure(_asked(_responses, _requests), "responses"),
            "requests, here": Measure(_asked(_interception, _requests)),
            "httpx behind respx": Measure(_asked(_respx, _httpx), "respx"),
            "httpx behind pytest-httpx": Measure(_asked(_pytest_httpx, _httpx), "pytest-httpx"),
            "httpx, here": Measure(_asked(_interception, _httpx)),
            "urllib3, here": Measure(_asked(_interception, _urllib3)),
            "http.client, here": Measure(_asked(_interception, _http_client)),
            "aiohttp, here": Measure(_asked_by_aiohttp),
        },
    ),
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
