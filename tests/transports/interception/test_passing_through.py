"""What is none of ours passes untouched: the bytes that a local service sees are the same with and
without an interception."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator

import aiohttp
import httpx
import pytest
import requests
import urllib3

from ..intercepting import intercepted

BODY = b"symbol=BTC-260925-50000-C"
ANSWER = (
    b"HTTP/1.1 200 Fine\r\nX-Odd:  spaced \r\nTransfer-Encoding: chunked\r\nConnection:"
    b" close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
)


class Wire:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/eapi/v1/order?a=%2f&b=%7E"
        self.seen: list[bytes] = []


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A server that keeps the bytes of each request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = Wire(listening.getsockname()[1])

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    data = b""
                    while not data.endswith(BODY):
                        data += connection.recv(65536)
                    wire.seen.append(data)
                    connection.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        yield wire
        thread.join()


def with_requests(url: str) -> object:
    response = requests.post(url, data=BODY, timeout=5)
    return response.status_code, response.reason, list(response.headers.items()), response.content


def with_urllib3(url: str) -> object:
    with urllib3.PoolManager() as pool:
        response = pool.request("POST", url, body=BODY, timeout=5)
    return response.status, response.reason, list(response.headers.items()), response.data


def with_http_client(url: str) -> object:
    _, _, host, path = url.split("/", 3)
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("POST", f"/{path}", BODY)
    response = connection.getresponse()
    return response.status, response.reason, response.getheaders(), response.read()


def with_httpx(url: str) -> object:
    response = httpx.post(url, content=BODY, timeout=5)
    return response.status_code, response.reason_phrase, response.headers.raw, response.content


def with_async_httpx(url: str) -> object:
    async def call() -> object:
        async with httpx.AsyncClient(timeout=5) as client:
            response = await client.post(url, content=BODY)
            return (
                response.status_code,
                response.reason_phrase,
                response.headers.raw,
                response.content,
            )

    return asyncio.run(call())


def with_aiohttp(url: str) -> object:
    async def call() -> object:
        async with aiohttp.ClientSession() as session, session.post(url, data=BODY) as response:
            return response.status, response.reason, response.raw_headers, await response.read()

    return asyncio.run(call())


@pytest.mark.parametrize(
    "library",
    [with_requests, with_urllib3, with_http_client, with_httpx, with_async_httpx, with_aiohttp],
)
def test_a_local_service_and_its_client_notice_nothing(
    library: Callable[[str], object], wire: Wire
) -> None:
    before = library(wire.url)
    with intercepted() as backend:
        assert library(wire.url) == before
    assert wire.seen[0] == wire.seen[1]
    assert backend.requests == []
