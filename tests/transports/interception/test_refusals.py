"""What a refusal says to each client: which host or path was meant, and no advice that it has taken
already."""

from __future__ import annotations

import asyncio
import http.client
import socket
import urllib.request
from collections.abc import Callable

import aiohttp
import httpx
import pytest
import requests
import urllib3

from pytest_binance_options.errors import NetworkRefusedError

from ..intercepting import URL, intercepted

TO_DO = (
    "Replace what else the test talks to, or run the test where it may use the network:"
    " --binance-options=testnet."
)


def with_urllib3(url: str) -> object:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", url, timeout=5, retries=False)


def with_http_client(url: str) -> None:
    _, _, host, path = url.split("/", 3)
    connection = http.client.HTTPSConnection(host, timeout=5)
    try:
        connection.request("GET", f"/{path}")
    finally:
        connection.close()


def with_async_httpx(url: str) -> object:
    async def call() -> object:
        async with httpx.AsyncClient(timeout=5) as client:
            return await client.get(url)

    return asyncio.run(call())


def with_aiohttp(url: str) -> object:
    async def call() -> object:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status

    return asyncio.run(call())


CLIENTS = {
    "requests": lambda url: requests.get(url, timeout=5),
    "urllib3": with_urllib3,
    "http.client": with_http_client,
    "urllib.request": urllib.request.urlopen,
    "httpx": lambda url: httpx.get(url, timeout=5),
    "httpx, async": with_async_httpx,
    "aiohttp": with_aiohttp,
}


def refusal(call: Callable[[str], object], url: str) -> str:
    with intercepted() as backend, pytest.raises(NetworkRefusedError) as caught:
        call(url)
    assert backend.requests == []
    return str(caught.value)


def head(host: str) -> str:
    return (
        f"a connection to {host}:443 was asked for, and in mode offline nothing leaves this"
        " machine."
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_a_misspelt_host_is_told_the_nearest(client: str) -> None:
    url = "https://eapi.binence.com/eapi/v1/listenKey"
    assert (
        refusal(CLIENTS[client], url)
        == f"{head('eapi.binence.com')} Did you mean eapi.binance.com? {TO_DO}"
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_another_products_path_at_a_host_of_ours_is_told_apart(client: str) -> None:
    url = "https://demo-fapi.binance.com/fapi/v1/listenKey?timestamp=1"
    assert (
        refusal(CLIENTS[client], url) == f"{head('demo-fapi.binance.com')} The request is for"
        " /fapi/v1/listenKey, which is not Options, but USD-M futures: only paths that begin with"
        f" /eapi/ are answered here. {TO_DO}"
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_is_watched_is_advised_no_other(client: str) -> None:
    assert (
        refusal(CLIENTS[client], "https://prices.example/btc")
        == f"{head('prices.example')} {TO_DO}"
    )


def test_one_connection_that_asks_for_ours_and_then_for_another_path() -> None:
    with intercepted() as backend, requests.Session() as session:
        assert session.post(URL, timeout=5).status_code == 200
        with pytest.raises(NetworkRefusedError, match="for /sapi/v1/x, which is not Options"):
            session.get("https://eapi.binance.com/sapi/v1/x", timeout=5)
    assert len(backend.requests) == 1


def test_what_was_asked_for_before_is_not_said_of_another_client() -> None:
    with intercepted():
        with pytest.raises(NetworkRefusedError):
            requests.get("https://eapi.binance.com/fapi/v1/time", timeout=5)
        with pytest.raises(NetworkRefusedError, match="give any other client the address"):
            socket.create_connection(("eapi.binance.com", 443), 1)
