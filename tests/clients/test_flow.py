"""The flow and the errors in simulate mode, through the real fixture, by clients that know nothing
of us."""

from __future__ import annotations

import asyncio
import http.client
import time
import types
from collections.abc import Iterator

import aiohttp
import binance
import binance.exceptions
import binance_common.utils
import httpx
import pytest
import requests
import responses
import urllib3
from binance_common.errors import (
    BadRequestError,
    NetworkError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
)

from pytest_binance_options._world.handle import Handle
from pytest_binance_options.errors import NetworkRefusedError
from pytest_binance_options.exchange import Clock, Exchange, fault

from .drivers import (
    DRIVERS,
    Aiohttp,
    AsyncHttpx,
    AsyncPythonBinance,
    Driver,
    HttpClient,
    Httpx,
    OfficialSdk,
    PythonBinance,
    Refusal,
    Requests,
    Urllib3,
)

pytestmark = pytest.mark.binance_options(mode="simulate")

SECRET = "s" * 64


@pytest.fixture(autouse=True)
def event_loop_for_python_binance() -> Iterator[None]:
    """Its constructor takes the thread's event loop, or makes one and never closes it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest, binance_options: Handle) -> Iterator[Driver]:
    driver: Driver = request.param(binance_options.auth.api_key, SECRET)
    yield driver
    driver.leave()


def test_a_listen_key_is_created_kept_alive_and_closed(
    driver: Driver, binance_options: Handle
) -> None:
    listen_key = driver.create()
    assert len(listen_key) == 64
    assert driver.create() == listen_key
    driver.keepalive()
    driver.close()
    assert [(asked.method, asked.path, asked.status) for asked in binance_options.requests] == [
        ("POST", "/eapi/v1/listenKey", 200),
        ("POST", "/eapi/v1/listenKey", 200),
        ("PUT", "/eapi/v1/listenKey", 200),
        ("DELETE", "/eapi/v1/listenKey", 200),
    ]


def test_the_clock_of_the_exchange_ends_the_key(
    driver: Driver, binance_options_clock: Clock
) -> None:
    first = driver.create()
    binance_options_clock.advance(minutes=60)
    with pytest.raises(Refusal) as caught:
        driver.keepalive()
    assert (caught.value.code, caught.value.msg) == (-1125, "This listenKey does not exist.")
    assert driver.create() != first


# What stands behind a refusal: the client's own exception. Two libraries have none for an error
# status.
OWN_ERRORS: dict[type[Driver], type[Exception] | None] = {
    OfficialSdk: BadRequestError,
    PythonBinance: binance.exceptions.BinanceAPIException,
    AsyncPythonBinance: binance.exceptions.BinanceAPIException,
    Requests: requests.HTTPError,
    Httpx: httpx.HTTPStatusError,
    AsyncHttpx: httpx.HTTPStatusError,
    Aiohttp: aiohttp.ClientResponseError,
    Urllib3: None,
    HttpClient: None,
}


def test_the_clients_own_exception_has_the_exchanges_code_and_message(driver: Driver) -> None:
    with pytest.raises(Refusal) as caught:
        driver.keepalive()
    assert (caught.value.code, caught.value.msg) == (-1125, "This listenKey does not exist.")
    own = OWN_ERRORS[type(driver)]
    assert own is None or type(caught.value.__cause__) is own


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(
    ("api_key", "code", "msg"),
    [
        ("A" * 64, -2008, "Invalid Api-Key ID."),
        ("short", -2014, "API-key format invalid."),
    ],
)
def test_a_wrong_api_key_is_told_apart(
    kind: type[Driver], api_key: str, code: int, msg: str, binance_options: Handle
) -> None:
    driver = kind(api_key, SECRET)
    try:
        with pytest.raises(Refusal) as caught:
            driver.create()
    finally:
        driver.leave()
    assert (caught.value.code, caught.value.msg) == (code, msg)
    if kind is OfficialSdk:
        assert type(caught.value.__cause__) is UnauthorizedError
    assert [asked.status for asked in binance_options.requests] == [401]


def test_too_many_requests(
    driver: Driver, binance_options_exchange: Exchange, binance_options: Handle
) -> None:
    error = {"code": -1008, "msg": "Too many requests."}
    binance_options_exchange.faults.add(
        fault.status(429, error, headers={"Retry-After": "0"}), method="DELETE", times=1
    )
    driver.create()
    if isinstance(driver, Urllib3):
        driver.close()  # urllib3 honours Retry-After by itself
        assert [asked.status for asked in binance_options.requests] == [200, 429, 200]
        return
    with pytest.raises(Refusal) as caught:
        driver.close()
    assert (caught.value.code, caught.value.msg) == (-1008, "Too many requests.")
    if isinstance(driver, OfficialSdk):
        assert isinstance(caught.value.__cause__, TooManyRequestsError)
        assert caught.value.__cause__.retry_after == 0


BROKEN: dict[type[Driver], dict[str, type[Exception]]] = {
    OfficialSdk: dict.fromkeys(("refused", "reset", "timeout", "cut_body"), NetworkError),
    PythonBinance: {
        "refused": requests.ConnectionError,
        "reset": requests.ConnectionError,
        "timeout": requests.ReadTimeout,
        "cut_body": requests.exceptions.ChunkedEncodingError,
    },
    AsyncPythonBinance: {
        "refused": aiohttp.ClientConnectorError,
        "reset": aiohttp.ClientOSError,
        "timeout": aiohttp.ServerTimeoutError,
        "cut_body": aiohttp.ClientPayloadError,
    },
    Httpx: {
        "refused": httpx.ConnectError,
        "reset": httpx.ReadError,
        "timeout": httpx.ReadTimeout,
        "cut_body": httpx.RemoteProtocolError,
    },
    Urllib3: {
        "refused": urllib3.exceptions.MaxRetryError,
        "reset": urllib3.exceptions.ProtocolError,
        "timeout": urllib3.exceptions.ReadTimeoutError,
        "cut_body": urllib3.exceptions.ProtocolError,
    },
    HttpClient: {
        "refused": ConnectionRefusedError,
        "reset": ConnectionResetError,
        "timeout": TimeoutError,
        "cut_body": http.client.IncompleteRead,
    },
}
BROKEN |= {
    Requests: BROKEN[PythonBinance],
    AsyncHttpx: BROKEN[Httpx],
    Aiohttp: BROKEN[AsyncPythonBinance],
}


@pytest.mark.parametrize("kind", ["refused", "reset", "timeout", "cut_body"])
def test_a_connection_breaks_as_a_real_one_would(
    driver: Driver, kind: str, binance_options_exchange: Exchange
) -> None:
    effect = {
        "refused": fault.refused(),
        "reset": fault.reset(),
        "timeout": fault.timeout(),
        "cut_body": fault.cut_body(keep=3),
    }[kind]
    # POST: no client asks a second time when it can't know what became of the first.
    binance_options_exchange.faults.add(effect, method="POST")
    with pytest.raises(BROKEN[type(driver)][kind]):
        driver.create()


def test_a_page_instead_of_json(driver: Driver, binance_options_exchange: Exchange) -> None:
    binance_options_exchange.faults.add(fault.html(404))
    if isinstance(driver, PythonBinance | AsyncPythonBinance):
        with pytest.raises(Refusal) as caught:
            driver.create()
        assert caught.value.code == 0
        assert "Invalid JSON error message from Binance" in str(caught.value.msg)
    else:
        with pytest.raises(NotFoundError if isinstance(driver, OfficialSdk) else ValueError):
            driver.create()


@pytest.fixture
def sdk_sleeps_on_the_exchanges_clock(
    monkeypatch: pytest.MonkeyPatch, binance_options_clock: Clock
) -> None:
    """The official SDK's pauses pass on the exchange's clock, and take no time."""
    clock = types.SimpleNamespace(
        time=time.time, sleep=lambda seconds: binance_options_clock.advance(seconds=seconds)
    )
    monkeypatch.setattr(binance_common.utils, "time", clock)


@pytest.mark.usefixtures("sdk_sleeps_on_the_exchanges_clock")
def test_the_official_sdk_asks_four_times_without_making_the_test_wait(
    binance_options: Handle, binance_options_exchange: Exchange
) -> None:
    sdk = OfficialSdk(binance_options.auth.api_key, SECRET)
    sdk.create()
    binance_options_exchange.faults.add(fault.service_unavailable(), method="DELETE")
    before = binance_options_exchange.clock.now_ms
    with pytest.raises(ServerError):
        sdk.close()
    assert [(asked.method, asked.status) for asked in binance_options.requests] == [
        ("POST", 200)
    ] + [("DELETE", 503)] * 4
    assert binance_options_exchange.clock.now_ms - before == 6000


@pytest.mark.usefixtures("binance_options")
def test_what_python_binance_asks_the_spot_api_is_refused_by_name() -> None:
    with pytest.raises(
        NetworkRefusedError,
        match=r"a connection to api\.binance\.com:443 was asked for, and in mode simulate",
    ):
        binance.Client("k" * 64, SECRET)


def test_what_python_binance_asks_the_spot_api_can_be_answered_by_another_mocker(
    binance_options: Handle,
) -> None:
    with responses.RequestsMock() as spot:
        spot.get("https://api.binance.com/api/v3/ping", json={})
        client = binance.Client(binance_options.auth.api_key, SECRET)
        assert len(client._request_options_api("post", "listenKey")["listenKey"]) == 64
        client.close_connection()
