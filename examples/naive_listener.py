"""The same listener as most bots have it at first. Each mistake here is one that public bots were
reported for."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal

import aiohttp

REST = "https://eapi.binance.com/eapi/v1/listenKey"


class NaiveListener:
    address = "wss://fstream.binance.com/private/ws/{key}"

    def __init__(
        self,
        api_key: str,
        ask_for_orders: Callable[[], Awaitable[list[tuple[int, str, str, int]]]],
    ) -> None:
        self.orders: dict[int, str] = {}
        self.bought = Decimal()
        self._headers = {"X-MBX-APIKEY": api_key}
        self._ask_for_orders = ask_for_orders
        self._handlers = {
            "ORDER_TRADE_UPDATE": self._on_order,
            "ACCOUNT_UPDATE": self._on_account,
            "BALANCE_POSITION_UPDATE": self._on_account,
            "GREEK_UPDATE": self._on_account,
            "RISK_LEVEL_CHANGE": self._on_account,
        }

    def placed(self, order: int) -> None:
        self.orders[order] = "NEW"

    async def run(self) -> None:
        for order, status, filled, _ in await self._ask_for_orders():
            self.orders[order] = status
            self.bought += Decimal(filled)
        async with aiohttp.ClientSession(headers=self._headers) as session:
            async with session.post(REST) as response:
                key = (await response.json())["listenKey"]
            await asyncio.gather(self._hear(session, key), self._renew(session))

    async def _hear(self, session: aiohttp.ClientSession, key: str) -> None:
        while True:
            async with session.ws_connect(self.address.format(key=key)) as stream:
                async for message in stream:
                    event = json.loads(message.data)
                    self._handlers[event["e"]](event)
            if stream.close_code != 1001:  # the 24 hours are over
                break

    async def _renew(self, session: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(60 * 60)  # "about every 60 minutes"
            await session.put(REST)

    def _on_order(self, event: dict[str, dict[str, str]]) -> None:
        order = event["o"]
        if order["i"] not in self.orders:
            return  # not one of ours
        self.orders[order["i"]] = order["X"]
        self.bought += Decimal(order["l"])

    def _on_account(self, event: dict[str, str]) -> None:
        """The rest of the bot is not interested."""
