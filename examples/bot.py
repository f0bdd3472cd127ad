"""A bot that listens: a listen key, a keepalive every half an hour, and a stream that comes back.

Written as a bot's author would, with plain aiohttp, asyncio.sleep and production's addresses. There
is nothing in it for the tests: no clock to hand in, no tick() to call. Unlike listener.py it does
not ask for what was missed while it was not connected.
"""

import asyncio
import json
import logging
import os
import time
from typing import Any

import aiohttp

REST = "https://eapi.binance.com/eapi/v1/listenKey"
TIMEOUT = 10  # s, for every answer
BACKOFF = 1, 60  # s; before the first try to connect again, and at most
NO_SUCH_KEY = -1125

log = logging.getLogger(__name__)


class Refused(Exception):
    """The exchange says no for good. Trying again won't help."""


class KeyLost(Exception):
    """There is no listen key to keep alive any more."""


class Bot:
    """Knows the orders that it hears of: ``orders`` has the status of each by its id."""

    stream = "wss://fstream.binance.com/private/ws?listenKey={key}"
    keepalive = 30 * 60  # s; a key lives 60 minutes, so there is time to try again
    retry = 60  # s, where a keepalive has failed
    # s; a stream that says nothing for so long may be dead, though it is open. An account without a
    # position may just have nothing to say, so there is no hurry.
    silence = 90 * 60

    def __init__(self, api_key: str) -> None:
        self.orders: dict[int, str] = {}
        self._heard_at: dict[int, int] = {}
        self._headers = {"X-MBX-APIKEY": api_key}
        self._stream: aiohttp.ClientWebSocketResponse | None = None
        self._quiet_until = 0.0

    async def run(self) -> None:
        """Listen until cancelled. Raises Refused where that can't work any more."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            tasks = [
                asyncio.create_task(self._keep_alive(session)),
                asyncio.create_task(self._listen(session)),
            ]
            try:
                await asyncio.gather(*tasks)
            finally:
                # The key stays: it is the account's, and another program may listen with it.
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_alive(self, session: aiohttp.ClientSession) -> None:
        pause = self.keepalive
        while True:
            await asyncio.sleep(pause)
            pause = self.keepalive
            try:
                await self._ask(session, "PUT")
            except KeyLost:
                log.warning("listen key: lost")
                await self._on_key_lost()
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                # Says nothing about the key: it is kept.
                log.warning("listen key: %s, trying again", type(error).__name__)
                pause = self.retry

    async def _on_key_lost(self) -> None:
        if self._stream is not None:
            await self._stream.close()  # the next connection has a new one

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        pause = BACKOFF[0]
        while True:
            began = time.monotonic()
            try:
                # The key that there is, good for another hour, or a new one.
                key = (await self._ask(session, "POST"))["listenKey"]
                async with session.ws_connect(self.stream.format(key=key)) as stream:
                    self._stream = stream
                    while await self._hear(stream):
                        pass
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                log.warning("stream: %s", type(error).__name__)
            if time.monotonic() - began > BACKOFF[1]:
                pause = BACKOFF[0]  # it had been sound
            log.warning("stream: connecting again in %s s", pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF[1])

    async def _hear(self, stream: aiohttp.ClientWebSocketResponse) -> bool:
        """Take one message. False: the stream is over, or no good any more."""
        # Not receive(timeout=...): each ping begins it anew, and a dead stream pings, too.
        message = await asyncio.wait_for(stream.receive(), self.silence)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return False
        try:
            event = self._read(message.data)
        except ValueError:
            log.warning("stream: %d characters that are no event", len(message.data))
            return True
        return self._on_event(event)

    def _read(self, text: str) -> dict[str, Any]:
        event = json.loads(text)
        if not isinstance(event, dict) or "e" not in event:
            raise ValueError(text)
        return event

    def _on_event(self, event: dict[str, Any]) -> bool:
        if event["e"] == "ORDER_TRADE_UPDATE":
            order, at = event["o"], event["E"]
            if at >= self._heard_at.get(order["i"], 0):  # else it was overtaken
                self.orders[order["i"]], self._heard_at[order["i"]] = order["X"], at
        return event["e"] not in ("listenKeyExpired", "serverShutdown")

    async def _ask(self, session: aiohttp.ClientSession, method: str) -> dict[str, Any]:
        while (left := self._quiet_until - time.monotonic()) > 0:
            await asyncio.sleep(left)
        async with session.request(method, REST) as response:
            if response.status in (418, 429):
                wait = int(response.headers.get("Retry-After", self.retry))
                self._quiet_until = time.monotonic() + wait
            elif response.status == 400 and (await response.json())["code"] == NO_SUCH_KEY:
                raise KeyLost
            elif 400 <= response.status < 500:
                raise Refused(f"listen key: HTTP {response.status}")
            response.raise_for_status()
            return await response.json()


if __name__ == "__main__":
    asyncio.run(Bot(os.environ["BINANCE_API_KEY"]).run())
