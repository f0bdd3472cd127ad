"""Bots as people write them, with three kinds of clients, and the bugs that are planted in them.

Each bot asks for its account, gets a listen key, listens, renews the key every 30 minutes, begins
again when the connection ends or the key is gone, and counts the orders that were filled.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import threading
import time
from contextlib import suppress
from typing import Any

import aiohttp
import httpx
import requests
import websocket
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

__all__ = ["BUGS", "KINDS", "Bot", "SdkBot"]

log = logging.getLogger("bot")


class Bot:
    """What all have in common. A bug sets one of the attributes."""

    rest = "https://eapi.binance.com"
    stream = "wss://fstream.binance.com/private/ws/"
    header = "X-MBX-APIKEY"
    keepalive = "PUT"
    every = 30 * 60.0
    ahead = 0.0
    secret: str | None = None
    reconnects = True
    streams = 1
    asks_anew = True
    keepalives: int | None = None

    def __init__(self, api_key: str, secret_key: str) -> None:
        self.api_key = api_key
        self.secret_key = self.secret or secret_key
        self.filled: list[int] = []

    @property
    def headers(self) -> dict[str, str]:
        return {self.header: self.api_key}

    @property
    def key_url(self) -> str:
        return f"{self.rest}/eapi/v1/listenKey"

    @property
    def account_url(self) -> str:
        query = f"timestamp={round((time.time() + self.ahead) * 1000)}"
        signature = hmac.new(self.secret_key.encode(), query.encode(), hashlib.sha256).hexdigest()
        return f"{self.rest}/eapi/v1/marginAccount?{query}&signature={signature}"

    def hear(self, text: str | bytes) -> None:
        event = json.loads(text)
        if event["e"] == "ORDER_TRADE_UPDATE" and self.is_filled(event):
            self.filled.append(event["o"]["i"])

    def is_filled(self, event: dict[str, Any]) -> bool:
        return bool(event["o"]["X"] == "FILLED")

    def rounds(self) -> range:
        # A loop that ends, where it should go on: nobody hears of it.
        return range(10_000 if self.keepalives is None else self.keepalives)

    def live(self, seconds: float) -> None:
        """Run for so long."""
        raise NotImplementedError


class Asynchronous(Bot):
    """A bot in an event loop, started as a task that nobody looks after."""

    def live(self, seconds: float) -> None:
        async def life() -> None:
            self.task = asyncio.create_task(self.run(), name="bot")
            await asyncio.sleep(seconds)

        asyncio.run(life())

    async def run(self) -> None:
        raise NotImplementedError


class AiohttpBot(Asynchronous):
    """aiohttp for both, and tasks of asyncio."""

    async def run(self) -> None:
        async with aiohttp.ClientSession(headers=self.headers) as self.http:
            async with self.http.get(self.account_url) as answer:
                await answer.json()
            key = await self.ask("POST")
            self.renewing = asyncio.create_task(self.renew(), name="keepalive")
            await asyncio.gather(*(self.listen(key["listenKey"]) for _ in range(self.streams)))

    async def ask(self, method: str) -> dict[str, Any]:
        async with self.http.request(method, self.key_url) as answer:
            said: dict[str, Any] = await answer.json()
            return said

    async def renew(self) -> None:
        for _ in self.rounds():
            await asyncio.sleep(self.every)
            if (await self.ask(self.keepalive)).get("code") == -1125 and self.asks_anew:
                await self.ask("POST")

    async def listen(self, key: str) -> None:
        while True:
            async with self.http.ws_connect(self.stream + key) as stream:
                async for message in stream:
                    self.hear(message.data)
            if not self.reconnects:
                return
            await asyncio.sleep(1)
            key = (await self.ask("POST"))["listenKey"]


class HttpxBot(Asynchronous):
    """httpx and websockets."""

    async def run(self) -> None:
        async with httpx.AsyncClient(headers=self.headers) as self.http:
            await self.http.get(self.account_url)
            key = (await self.http.post(self.key_url)).json()["listenKey"]
            await asyncio.gather(self.renew(), *(self.listen(key) for _ in range(self.streams)))

    async def renew(self) -> None:
        for _ in self.rounds():
            await asyncio.sleep(self.every)
            answer = await self.http.request(self.keepalive, self.key_url)
            if answer.status_code == 400 and self.asks_anew:
                await self.http.post(self.key_url)

    async def listen(self, key: str) -> None:
        while True:
            with suppress(ConnectionClosed):
                async with connect(self.stream + key) as stream:
                    async for text in stream:
                        self.hear(text)
            if not self.reconnects:
                return
            await asyncio.sleep(1)
            key = (await self.http.post(self.key_url)).json()["listenKey"]


class ThreadedBot(Bot):
    """requests, websocket-client, and a thread for each thing."""

    def live(self, seconds: float) -> None:
        self.over = threading.Event()
        self.apps: list[websocket.WebSocketApp] = []
        self.http = requests.Session()
        self.http.headers.update(self.headers)
        threads = [threading.Thread(target=self.run, name="bot")]
        threads[0].start()
        self.over.wait(seconds)
        self.over.set()
        for app in self.apps:
            app.close()
        threads[0].join()
        self.http.close()

    def run(self) -> None:
        self.http.get(self.account_url)
        key = self.http.post(self.key_url).json()["listenKey"]
        threads = [threading.Thread(target=self.renew, name="keepalive")]
        threads += [
            threading.Thread(target=self.listen, args=(key,), name="listener")
            for _ in range(self.streams)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def renew(self) -> None:
        for _ in self.rounds():
            if self.over.wait(self.every):
                return
            answer = self.http.request(self.keepalive, self.key_url)
            if answer.status_code == 400 and self.asks_anew:
                self.http.post(self.key_url)

    def listen(self, key: str) -> None:
        while not self.over.is_set():
            app = websocket.WebSocketApp(
                self.stream + key, on_message=lambda _, text: self.hear(text)
            )
            self.apps.append(app)
            app.run_forever()
            if not self.reconnects or self.over.wait(300):
                return
            key = self.http.post(self.key_url).json()["listenKey"]


class SdkBot(Asynchronous):
    """The official SDK, whose events are models."""

    async def run(self) -> None:
        client = DerivativesTradingOptions(
            config_rest_api=ConfigurationRestAPI(self.api_key, "s" * 64, base_path=self.rest),
            config_ws_streams=ConfigurationWebSocketStreams(),
        )
        started = await asyncio.to_thread(client.rest_api.start_user_data_stream)
        connected = await client.websocket_streams.create_connection()
        assert connected is not None
        stream = await connected.user_data(started.data().listen_key)
        stream.on("message", self.hear_model)
        try:
            await asyncio.Event().wait()
        finally:
            await connected.close_connection(close_session=False)
            await asyncio.sleep(1)
            await connected.close_connection(close_session=True)

    def hear_model(self, message: Any) -> None:
        order = message.actual_instance.o
        if order.status == "FILLED":
            self.filled.append(order.i)


KINDS: tuple[type[Bot], ...] = (AiohttpBot, HttpxBot, ThreadedBot)


def _wrong_field(self: Bot, event: dict[str, Any]) -> bool:
    return bool(event["o"]["status"] == "FILLED")


def _unknown_symbol(self: Bot, event: dict[str, Any]) -> bool:
    return {"ETH": 1.0}[event["o"]["s"]] > 0


def _logged(self: Bot, event: dict[str, Any]) -> bool:
    try:
        return bool(event["o"]["orderStatus"] == "FILLED")
    except KeyError as error:
        log.warning("strange event: %s", error)
        return False


def _swallowed(self: Bot, event: dict[str, Any]) -> bool:
    try:
        return bool(event["o"]["orderStatus"] == "FILLED")
    except Exception:  # noqa: BLE001
        return False


def _asks_get(self: Bot, event: dict[str, Any]) -> bool:
    return bool(event["o"].get("status") == "FILLED")


#: What is wrong, and how.
BUGS: dict[str, dict[str, object]] = {
    "keepalive at 61 minutes": {"every": 61 * 60.0},
    "wrong header": {"header": "X-MBX-API-KEY"},
    "POST for PUT": {"keepalive": "POST"},
    "-1125 ignored": {"every": 70 * 60.0, "asks_anew": False},
    "loop that ends silently": {"keepalives": 1},
    "no reconnect": {"reconnects": False},
    "double subscribe": {"streams": 2},
    "typo in the host": {"rest": "https://eapi.binence.com"},
    "typo in the stream's host": {"stream": "wss://fstream.binence.com/private/ws/"},
    "wrong stream path": {"stream": "wss://fstream.binance.com/private/userdata/"},
    "stream path of the past": {"stream": "wss://fstream.binance.com/ws/"},
    "wrong secret": {"secret": "s" * 64},
    "clock 2.5 s ahead": {"ahead": 2.5},
    "wrong field": {"is_filled": _wrong_field},
    "wrong field, logged": {"is_filled": _logged},
    "wrong field, swallowed": {"is_filled": _swallowed},
    "wrong field, asked for with get": {"is_filled": _asks_get},
    "KeyError in a handler": {"is_filled": _unknown_symbol},
}
