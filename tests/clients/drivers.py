"""Real clients, each built as its own documentation says, behind three calls: create, keepalive and
close.

What a client raises for an error of the exchange becomes the cause of a :class:`Refusal`, which
says what the client's own exception has of it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import aiohttp
import binance
import binance.exceptions
import httpx
import requests
import urllib3
from binance_common.configuration import ConfigurationRestAPI
from binance_common.constants import DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL
from binance_common.errors import (
    BadRequestError,
    RateLimitBanError,
    TooManyRequestsError,
    UnauthorizedError,
)
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)

__all__ = ["DRIVERS", "Driver", "Refusal"]

T = TypeVar("T")

HOST = "eapi.binance.com"
PATH = "/eapi/v1/listenKey"
URL = f"https://{HOST}{PATH}"


class Refusal(Exception):
    """The exchange said no; ``code`` and ``msg`` as the client's own exception has them."""

    def __init__(self, code: object, msg: object) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg


class Driver(Protocol):
    """One client of one account."""

    def __init__(self, api_key: str, secret_key: str) -> None: ...
    def create(self) -> str: ...
    def keepalive(self) -> object: ...
    def close(self) -> object: ...
    def leave(self) -> None: ...


class OfficialSdk:
    """binance-sdk-derivatives-trading-options."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        configuration = ConfigurationRestAPI(
            api_key=api_key,
            api_secret=secret_key,
            base_path=DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL,
        )
        self._api = DerivativesTradingOptions(config_rest_api=configuration).rest_api

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (
            BadRequestError,
            UnauthorizedError,
            TooManyRequestsError,
            RateLimitBanError,
        ) as error:
            raise Refusal(error.status_code, error.error_message) from error

    def create(self) -> str:
        with self._errors():
            listen_key: str = self._api.start_user_data_stream().data().listen_key
        return listen_key

    def keepalive(self) -> object:
        with self._errors():
            return self._api.keepalive_user_data_stream().data()

    def close(self) -> object:
        with self._errors():
            return self._api.close_user_data_stream().data()

    def leave(self) -> None:
        """It has nothing to close."""


class PythonBinance:
    """python-binance; without ``ping=False`` its constructor asks the spot API, which is none of
    ours."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        self._client = binance.Client(api_key, secret_key, ping=False)

    def _call(self, method: str) -> Any:
        try:
            return self._client._request_options_api(method, "listenKey")
        except binance.exceptions.BinanceAPIException as error:
            raise Refusal(error.code, error.message) from error

    def create(self) -> str:
        listen_key: str = self._call("post")["listenKey"]
        return listen_key

    def keepalive(self) -> object:
        return self._call("put")

    def close(self) -> object:
        return self._call("delete")

    def leave(self) -> None:
        self._client.close_connection()


class _Async:
    """A client that lives in an event loop."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._api_key = api_key
        self._loop.run_until_complete(self._open(secret_key))

    async def _open(self, secret_key: str) -> None:
        raise NotImplementedError

    async def _call(self, method: str) -> Any:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError

    def create(self) -> str:
        listen_key: str = self._loop.run_until_complete(self._call("POST"))["listenKey"]
        return listen_key

    def keepalive(self) -> object:
        return self._loop.run_until_complete(self._call("PUT"))

    def close(self) -> object:
        return self._loop.run_until_complete(self._call("DELETE"))

    def leave(self) -> None:
        self._loop.run_until_complete(self._close())
        self._loop.close()


class AsyncPythonBinance(_Async):
    """python-binance's async client; ``create`` would ask the spot API first."""

    async def _open(self, secret_key: str) -> None:
        self._client = binance.AsyncClient(self._api_key, secret_key)

    async def _call(self, method: str) -> Any:
        try:
            return await self._client._request_options_api(method.lower(), "listenKey")
        except binance.exceptions.BinanceAPIException as error:
            raise Refusal(error.code, error.message) from error

    async def _close(self) -> None:
        await self._client.close_connection()


class _Http:
    """A plain HTTP library: the caller reads the exchange's JSON."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        self.headers = {"X-MBX-APIKEY": api_key}

    def _call(self, method: str) -> Any:
        raise NotImplementedError

    def create(self) -> str:
        listen_key: str = self._call("POST")["listenKey"]
        return listen_key

    def keepalive(self) -> object:
        return self._call("PUT")

    def close(self) -> object:
        return self._call("DELETE")

    def leave(self) -> None:
        """Nothing to close."""


def _refusal(body: bytes) -> Refusal:
    said = json.loads(body)
    return Refusal(said["code"], said["msg"])


class Requests(_Http):
    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, secret_key)
        self._session = requests.Session()
        self._session.headers.update(self.headers)

    def _call(self, method: str) -> Any:
        response = self._session.request(method, URL, timeout=5)
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            raise _refusal(error.response.content) from error
        return response.json()

    def leave(self) -> None:
        self._session.close()


class Httpx(_Http):
    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, secret_key)
        self._client = httpx.Client(base_url=f"https://{HOST}", headers=self.headers)

    def _call(self, method: str) -> Any:
        try:
            return self._client.request(method, PATH).raise_for_status().json()
        except httpx.HTTPStatusError as error:
            raise _refusal(error.response.content) from error

    def leave(self) -> None:
        self._client.close()


class AsyncHttpx(_Async):
    async def _open(self, secret_key: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"https://{HOST}", headers={"X-MBX-APIKEY": self._api_key}
        )

    async def _call(self, method: str) -> Any:
        try:
            return (await self._client.request(method, PATH)).raise_for_status().json()
        except httpx.HTTPStatusError as error:
            raise _refusal(error.response.content) from error

    async def _close(self) -> None:
        await self._client.aclose()


class Aiohttp(_Async):
    async def _open(self, secret_key: str) -> None:
        self._session = aiohttp.ClientSession(
            f"https://{HOST}", headers={"X-MBX-APIKEY": self._api_key}
        )

    async def _call(self, method: str) -> Any:
        async with self._session.request(method, PATH) as response:
            body = await response.read()
            try:
                response.raise_for_status()
            except aiohttp.ClientResponseError as error:
                raise _refusal(body) from error
            return await response.json()

    async def _close(self) -> None:
        await self._session.close()


class Urllib3(_Http):
    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, secret_key)
        self._pool = urllib3.PoolManager(headers=self.headers)

    def _call(self, method: str) -> Any:
        response = self._pool.request(method, URL)
        if response.status >= 400:
            raise _refusal(response.data)
        return response.json()

    def leave(self) -> None:
        self._pool.clear()


class HttpClient(_Http):
    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, secret_key)
        self._connection = http.client.HTTPSConnection(HOST, timeout=5)

    def _call(self, method: str) -> Any:
        self._connection.request(method, PATH, headers=self.headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status >= 400:
            raise _refusal(body)
        return json.loads(body)

    def leave(self) -> None:
        self._connection.close()


DRIVERS: list[type[Driver]] = [
    OfficialSdk,
    PythonBinance,
    AsyncPythonBinance,
    Requests,
    Httpx,
    AsyncHttpx,
    Aiohttp,
    Urllib3,
    HttpClient,
]
