"""One POST of a listen key through every door, with the client's own time-out, and what it raises
when that is over."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import httpx
import requests
import urllib3

__all__ = ["DOORS", "Door"]

HOST, PATH = "eapi.binance.com", "/eapi/v1/listenKey"
URL = f"https://{HOST}{PATH}"
Headers = dict[str, str]


@dataclass(frozen=True)
class Door:
    """A client. ``ask`` blocks; it is given headers and a time-out in seconds, and gives a listen
    key."""

    name: str
    ask: Callable[[Headers, float], str]
    timed_out: type[Exception]
    reset: type[Exception]
    refused: type[Exception]

    def __repr__(self) -> str:
        return self.name


def in_a_loop(ask: Callable[[Headers, float], Awaitable[str]]) -> Callable[[Headers, float], str]:
    def run(headers: Headers, seconds: float) -> str:
        async def main() -> str:
            return await ask(headers, seconds)

        return asyncio.run(main())

    return run


def waited_for(
    ask: Callable[[Headers, float | None], Awaitable[str]],
) -> Callable[[Headers, float], str]:
    """With asyncio's time-out in place of the client's."""

    async def wait(headers: Headers, seconds: float) -> str:
        return await asyncio.wait_for(ask(headers, None), seconds)

    return in_a_loop(wait)


async def by_aiohttp(headers: Headers, timeout: aiohttp.ClientTimeout) -> str:
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(URL, headers=headers) as response,
    ):
        return str((await response.json())["listenKey"])


async def by_aiohttp_in_total(headers: Headers, seconds: float | None) -> str:
    return await by_aiohttp(headers, aiohttp.ClientTimeout(total=seconds))


async def by_aiohttp_s_reads(headers: Headers, seconds: float) -> str:
    return await by_aiohttp(headers, aiohttp.ClientTimeout(total=None, sock_read=seconds))


async def by_async_httpx(headers: Headers, seconds: float | None) -> str:
    async with httpx.AsyncClient(timeout=httpx.Timeout(None, read=seconds)) as client:
        return str((await client.post(URL, headers=headers)).json()["listenKey"])


def by_httpx(headers: Headers, seconds: float) -> str:
    timeout = httpx.Timeout(None, read=seconds)
    return str(httpx.post(URL, headers=headers, timeout=timeout).json()["listenKey"])


def by_requests(headers: Headers, seconds: float) -> str:
    return str(requests.post(URL, headers=headers, timeout=seconds).json()["listenKey"])


def by_urllib3(headers: Headers, seconds: float) -> str:
    with urllib3.PoolManager() as pool:
        response = pool.request("POST", URL, headers=headers, timeout=seconds, retries=False)
        return str(response.json()["listenKey"])


def by_http_client(headers: Headers, seconds: float) -> str:
    connection = http.client.HTTPSConnection(HOST, timeout=seconds)
    try:
        connection.request("POST", PATH, headers=headers)
        return str(json.loads(connection.getresponse().read())["listenKey"])
    finally:
        connection.close()


_AIOHTTP = (aiohttp.ClientOSError, aiohttp.ClientConnectorError)
_HTTPX = (httpx.ReadError, httpx.ConnectError)
_REQUESTS = (requests.ConnectionError, requests.ConnectionError)

DOORS = [
    Door("aiohttp-total", in_a_loop(by_aiohttp_in_total), asyncio.TimeoutError, *_AIOHTTP),
    Door("aiohttp-sock_read", in_a_loop(by_aiohttp_s_reads), aiohttp.SocketTimeoutError, *_AIOHTTP),
    Door("aiohttp-wait_for", waited_for(by_aiohttp_in_total), asyncio.TimeoutError, *_AIOHTTP),
    Door("httpx", by_httpx, httpx.ReadTimeout, *_HTTPX),
    Door("httpx-async", in_a_loop(by_async_httpx), httpx.ReadTimeout, *_HTTPX),
    Door("httpx-wait_for", waited_for(by_async_httpx), asyncio.TimeoutError, *_HTTPX),
    Door("requests", by_requests, requests.ReadTimeout, *_REQUESTS),
    Door(
        "urllib3",
        by_urllib3,
        urllib3.exceptions.ReadTimeoutError,
        urllib3.exceptions.ProtocolError,
        urllib3.exceptions.NewConnectionError,
    ),
    Door("http.client", by_http_client, TimeoutError, ConnectionResetError, ConnectionRefusedError),
]
