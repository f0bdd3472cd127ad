"""Bots as people write them, which sleep, and know nothing of tests: each asks for a listen key,
listens, asks again when the connection ends, and renews the key every 30 minutes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import aiohttp
import binance
import httpx
import requests
import websocket
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_common.constants import DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from binance_sdk_derivatives_trading_options.websocket_streams.models import OrderTradeUpdate
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_sync

__all__ = ["BOTS", "Bot"]

REST = "https://eapi.binance.com/eapi/v1/listenKey"
STREAM = "wss://fstream.binance.com/private/ws/"
EVERY = 30 * 60
Heard = Callable[[int], None]


class Bot(Protocol):
    """Tells ``heard`` the id of each order that it hears of."""

    def __init__(self, api_key: str, heard: Heard) -> None: ...

    def live(self, seconds: float) -> None:
        """So long."""


class Base:
    def __init__(self, api_key: str, heard: Heard) -> None:
        self.api_key = api_key
        self.headers = {"X-MBX-APIKEY": api_key}
        self._heard = heard

    def hear(self, text: str | bytes) -> None:
        event = json.loads(text)
        if event["e"] == "ORDER_TRADE_UPDATE":
            self._heard(event["o"]["i"])


class Asynchronous(Base):
    """A bot in an event loop."""

    def live(self, seconds: float) -> None:
        async def life() -> None:
            running = asyncio.create_task(self.run())
            await asyncio.wait([running], timeout=seconds)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

        asyncio.run(life())

    async def run(self) -> None:
        raise NotImplementedError

    async def both(self) -> None:
        renewing = asyncio.create_task(self.renew())
        try:
            while True:
                await self.listen()
        finally:
            renewing.cancel()

    async def renew(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self.ask("PUT")

    async def ask(self, method: str) -> dict[str, str]:
        raise NotImplementedError

    async def listen(self) -> None:
        raise NotImplementedError


class Aiohttp(Asynchronous):
    """aiohttp for both."""

    async def run(self) -> None:
        async with aiohttp.ClientSession(headers=self.headers) as self.session:
            await self.both()

    async def ask(self, method: str) -> dict[str, str]:
        async with self.session.request(method, REST) as answer:
            answer.raise_for_status()
            said: dict[str, str] = await answer.json()
            return said

    async def listen(self) -> None:
        key = (await self.ask("POST"))["listenKey"]
        async with self.session.ws_connect(STREAM + key) as stream:
            async for message in stream:
                self.hear(message.data)


class HttpxAndWebsockets(Asynchronous):
    """httpx, and websockets in asyncio."""

    async def run(self) -> None:
        async with httpx.AsyncClient(headers=self.headers) as self.client:
            await self.both()

    async def ask(self, method: str) -> dict[str, str]:
        said: dict[str, str] = (await self.client.request(method, REST)).raise_for_status().json()
        return said

    async def listen(self) -> None:
        key = (await self.ask("POST"))["listenKey"]
        async with connect(STREAM + key) as stream:
            async for message in stream:
                self.hear(message)


class AsyncPythonBinance(Asynchronous):
    """python-binance, asynchronous; its socket comes back by itself."""

    async def run(self) -> None:
        # create() would ask the spot API first.
        self.client = binance.AsyncClient(self.api_key, "s" * 64)
        try:
            await self.both()
        finally:
            await self.client.close_connection()

    async def ask(self, method: str) -> dict[str, str]:
        said: dict[str, str] = await self.client._request_options_api(method.lower(), "listenKey")
        return said

    async def listen(self) -> None:
        key = (await self.ask("POST"))["listenKey"]
        async with ReconnectingWebsocket(STREAM.removesuffix("ws/"), key) as stream:
            while True:
                event = await stream.recv()
                if event["e"] != "error":
                    self.hear(json.dumps(event))


class OfficialSdk(Asynchronous):
    """binance-sdk-derivatives-trading-options, whose streams come back by themselves before their
    day is over."""

    async def run(self) -> None:
        self.client = DerivativesTradingOptions(
            config_rest_api=ConfigurationRestAPI(
                self.api_key, "s" * 64, base_path=DERIVATIVES_TRADING_OPTIONS_REST_API_PROD_URL
            ),
            config_ws_streams=ConfigurationWebSocketStreams(),
        )
        await self.both()

    async def ask(self, method: str) -> dict[str, str]:
        rest = self.client.rest_api
        if method == "PUT":
            await asyncio.to_thread(rest.keepalive_user_data_stream)
            return {}
        started = await asyncio.to_thread(rest.start_user_data_stream)
        return {"listenKey": started.data().listen_key}

    async def listen(self) -> None:
        key = (await self.ask("POST"))["listenKey"]
        connected = await self.client.websocket_streams.create_connection()
        assert connected is not None, "the SDK has given up, and only logged why"
        stream = await connected.user_data(key)
        stream.on("message", self.hear_model)
        try:
            await asyncio.Event().wait()
        finally:
            await connected.close_connection(close_session=False)
            # Its readers go on for a moment, and need the session for that.
            await asyncio.sleep(1)
            await connected.close_connection(close_session=True)

    def hear_model(self, message: object) -> None:
        event = message.actual_instance  # type: ignore[attr-defined]
        if isinstance(event, OrderTradeUpdate):
            assert event.o is not None
            assert event.o.i is not None
            self._heard(event.o.i)


class Threaded(Base):
    """A bot of two threads."""

    def __init__(self, api_key: str, heard: Heard) -> None:
        super().__init__(api_key, heard)
        self._over = threading.Event()
        self.session = requests.Session()
        self.session.headers.update(self.headers)

    def live(self, seconds: float) -> None:
        threads = [threading.Thread(target=self.renew), threading.Thread(target=self.listen_on)]
        for thread in threads:
            thread.start()
        self._over.wait(seconds)
        self._over.set()
        self.leave()
        for thread in threads:
            thread.join()
        self.session.close()

    def renew(self) -> None:
        while not self._over.wait(EVERY):
            self.ask("PUT")

    def listen_on(self) -> None:
        while not self._over.is_set():
            self.listen(STREAM + self.ask("POST")["listenKey"])

    def ask(self, method: str) -> dict[str, str]:
        answer = self.session.request(method, REST, timeout=10)
        answer.raise_for_status()
        said: dict[str, str] = answer.json()
        return said

    def listen(self, url: str) -> None:
        """One connection, from its beginning to its end."""
        raise NotImplementedError

    def leave(self) -> None:
        """End the connection that there is."""
        raise NotImplementedError


class WebSocketApp(Threaded):
    """requests, and websocket-client as its documentation has it."""

    def listen(self, url: str) -> None:
        self.app = websocket.WebSocketApp(
            url, on_open=self.opened, on_message=lambda _, text: self.hear(text)
        )
        self.app.run_forever()
        # The library forgets to, after a close frame of the server's.
        self.sock.shutdown()  # type: ignore[no-untyped-call]

    def opened(self, app: websocket.WebSocketApp) -> None:
        assert app.sock is not None
        self.sock: websocket.WebSocket = app.sock

    def leave(self) -> None:
        self.app.close()


class WebSocket(Threaded):
    """requests, and websocket-client without its app, with a time-out."""

    def listen(self, url: str) -> None:
        self.stream = websocket.create_connection(url, timeout=60)
        with suppress(websocket.WebSocketConnectionClosedException):
            while not self._over.is_set():
                with suppress(websocket.WebSocketTimeoutException):
                    text = self.stream.recv()
                    if not text:  # a close frame
                        break
                    self.hear(text)
        self.stream.shutdown()

    def leave(self) -> None:
        """It looks once a minute whether it is over."""


class SyncWebsockets(Threaded):
    """requests, and websockets in threads."""

    def listen(self, url: str) -> None:
        with connect_sync(url) as self.stream, suppress(ConnectionClosed):
            for message in self.stream:
                self.hear(message)

    def leave(self) -> None:
        self.stream.close()


BOTS: list[type[Bot]] = [
    Aiohttp,
    HttpxAndWebsockets,
    OfficialSdk,
    AsyncPythonBinance,
    WebSocketApp,
    WebSocket,
    SyncWebsockets,
]
