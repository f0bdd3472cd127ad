"""A bot's ear: what happens to its orders, heard on the user data stream as long as the bot runs.

Written as a bot's author would, with plain aiohttp and without a word about the tests. It trusts
neither the stream nor itself: each connection has a key that is known to be alive, silence ends it,
and what may have been missed is asked for, after every connect and from time to time.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp

REST = "https://eapi.binance.com/eapi/v1/listenKey"
# The key in the query: in production the other form has fallen silent before.
STREAM = "wss://fstream.binance.com/private/ws?listenKey={key}"
TIMEOUT = 10  # s, for every answer
RENEW_EVERY = 30 * 60  # s; a key lives 60 minutes, so this can fail for half an hour
CHECK_EVERY = 5 * 60  # s; an event can be lost on a connection that looks sound
RETRY_AFTER = 1, 60  # s; at first, and at most
TOO_MANY = 418, 429  # the first: banned, for having gone on after the second
# While there is a position, ACCOUNT_UPDATE comes every 10 s: who hears nothing for a minute is
# deaf, or has no position. In the latter case there is no hurry to try again.
PATIENCE = 60, 30 * 60  # s; at first, and at most
NO_SUCH_KEY = -1125

log = logging.getLogger(__name__)


class ListenKeyRefused(Exception):
    """The exchange says no for good. Trying again won't help."""


class ListenKeyLost(Exception):
    """There is no key to renew any more."""


class Listener:
    """Knows the orders: ``orders`` has the status of each by its id, ``bought`` how much was filled
    in all.

    ``ask_for_orders`` gives all orders as the exchange has them: (id, status, filled quantity, time
    of the last update in ms).
    """

    def __init__(
        self,
        api_key: str,
        ask_for_orders: Callable[[], Awaitable[list[tuple[int, str, str, int]]]],
    ) -> None:
        self._headers = {"X-MBX-APIKEY": api_key}
        self._ask_for_orders = ask_for_orders
        self._known: dict[int, tuple[int, Decimal, str]] = {}
        self._patience = PATIENCE[0]
        self._heard = False
        self._quiet_until = 0.0

    @property
    def orders(self) -> dict[int, str]:
        return {order: status for order, (_, _, status) in self._known.items()}

    @property
    def bought(self) -> Decimal:
        # How much of each order is filled, not one fill after the other: a fill that comes twice
        # counts once, and one that never came is in the next.
        return sum((filled for _, filled, _ in self._known.values()), Decimal())

    def placed(self, order: int) -> None:
        """The exchange has answered that it has this order. Its events may have come before."""
        self._update(order, "NEW", "0", 0)

    async def run(self) -> None:
        """Listen until cancelled. Raises ListenKeyRefused where that can't work any more."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            pause = RETRY_AFTER[0]
            while True:
                self._heard = False
                try:
                    await self._connection(session)
                except (aiohttp.ClientError, asyncio.TimeoutError, ListenKeyLost) as error:
                    log.warning("stream: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = RETRY_AFTER[0] if self._heard else min(pause * 2, RETRY_AFTER[1])

    async def _connection(self, session: aiohttp.ClientSession) -> None:
        """One connection, from its key to its end, whatever ends it."""
        # The key that there is, good for another hour, or a new one. The one before may be dead.
        key = (await self._ask(session, "POST"))["listenKey"]
        async with session.ws_connect(STREAM.format(key=key)) as stream:
            tasks = [
                asyncio.create_task(self._hear(stream)),
                asyncio.create_task(self._renew(session)),
                asyncio.create_task(self._check()),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _hear(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            try:
                # Pings don't count: they come on a connection that is deaf, too.
                message = await asyncio.wait_for(stream.receive(), self._patience)
            except asyncio.TimeoutError:
                log.warning("stream: silent for %s s, connecting again", self._patience)
                self._patience = min(self._patience * 2, PATIENCE[1])
                return
            if message.type is not aiohttp.WSMsgType.TEXT:
                log.warning("stream: ended (%s), connecting again", stream.close_code)
                return
            self._heard = True
            self._patience = PATIENCE[0]
            try:
                event = json.loads(message.data)
                kind = event["e"]
            except (ValueError, TypeError, KeyError):
                log.warning("stream: %d characters that are no event", len(message.data))
                await self._reconcile()  # for all that is known it was one
                continue
            if kind in ("listenKeyExpired", "serverShutdown"):
                log.warning("stream: %s, connecting again", kind)
                return
            self._on_event(event)

    def _on_event(self, event: dict[str, Any]) -> None:
        if event["e"] == "ORDER_TRADE_UPDATE":
            order = event["o"]
            self._update(order["i"], order["X"], order["z"], event["E"])

    async def _renew(self, session: aiohttp.ClientSession) -> None:
        wait = RENEW_EVERY
        while True:
            await asyncio.sleep(wait)
            try:
                await self._ask(session, "PUT")
                wait = RENEW_EVERY
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                # Says nothing about the key: it is kept, and renewed as soon as that works.
                log.warning("listen key: %s, trying again", type(error).__name__)
                wait = RETRY_AFTER[1]

    async def _check(self) -> None:
        while True:
            await self._reconcile()
            await asyncio.sleep(CHECK_EVERY)

    async def _reconcile(self) -> None:
        for order, status, filled, time_ms in await self._ask_for_orders():
            self._update(order, status, filled, time_ms)

    def _update(self, order: int, status: str, filled: str, time_ms: int) -> None:
        # What is older than what is known, by the exchange's time, has been overtaken.
        update = (time_ms, Decimal(filled), status)
        known = self._known.get(order)
        if known is None or update[:2] >= known[:2]:
            self._known[order] = update

    async def _ask(self, session: aiohttp.ClientSession, method: str) -> dict[str, str]:
        await self._turn()
        async with session.request(method, REST) as response:
            self._heed(response)
            if response.status in range(400, 500) and response.status not in TOO_MANY:
                if response.status == 400 and (await response.json())["code"] == NO_SUCH_KEY:
                    raise ListenKeyLost
                raise ListenKeyRefused(f"listen key: HTTP {response.status}")
            response.raise_for_status()
            return await response.json()

    async def _turn(self) -> None:
        """Wait as long as the exchange has asked for, whoever was told so."""
        while (left := self._quiet_until - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def _heed(self, response: aiohttp.ClientResponse) -> None:
        if response.status in TOO_MANY:
            wait = int(response.headers.get("Retry-After", RETRY_AFTER[1]))
            self._quiet_until = time.monotonic() + wait
