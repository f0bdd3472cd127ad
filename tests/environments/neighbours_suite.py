"""A suite in which ours and other plugins' fixtures meet; `neighbours.py` and a test run it."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import httpx
import pytest
import requests

from pytest_binance_options import simulated

URL = "https://eapi.binance.com/eapi/v1/listenKey"


def ask(auth):
    headers = {"X-MBX-APIKEY": auth.api_key}
    return requests.post(URL, headers=headers, timeout=10).status_code


def test_requests(binance_options, binance_options_auth):
    assert ask(binance_options_auth) == 200
    assert len(binance_options.requests) == 1


@pytest.mark.asyncio
async def test_pytest_asyncio_on_the_clock(binance_options_time, binance_options_auth):
    async with aiohttp.ClientSession(
        headers={"X-MBX-APIKEY": binance_options_auth.api_key}
    ) as session:
        for _ in range(48):
            async with session.post(URL) as answer:
                assert answer.status == 200
            await asyncio.sleep(1800)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyio(anyio_backend, binance_options_auth):
    async with httpx.AsyncClient() as client:
        answer = await client.post(URL, headers={"X-MBX-APIKEY": binance_options_auth.api_key})
    assert answer.status_code == 200


def test_threads_on_the_clock(binance_options_time):
    began = time.time()
    time.sleep(3600)
    assert time.time() - began == 3600


def test_beside_pytest_httpx(httpx_mock, binance_options_auth):
    httpx_mock.add_response(url="https://other.example/", text="mocked")
    assert httpx.get("https://other.example/").text == "mocked"
    assert ask(binance_options_auth) == 200


@pytest.mark.default_cassette("other.yaml")
@pytest.mark.vcr
def test_beside_pytest_recording(binance_options_auth):
    assert ask(binance_options_auth) == 200


@pytest.mark.parametrize("number", range(5))
def test_seeds_of_pytest_randomly_are_nothing_to_the_exchange(
    number, binance_options_user_data_streams
):
    created = binance_options_user_data_streams.options_create_listen_key_v1()
    assert created.listen_key.startswith("5ks0qiXg03DC")


def test_a_world_of_its_own():
    with simulated(time=True) as world:
        time.sleep(60)
        assert ask(world.auth) == 200


class TestOthers:
    def test_nothing_of_ours_is_left(self):
        assert time.time() > 1_700_000_000
        assert not hasattr(time.sleep, "original")
