"""The same trader as most bots have it at first. Each mistake here is one that public bots were
reported for."""

import asyncio
import hashlib
import hmac
import time
from contextlib import suppress
from decimal import Decimal
from urllib.parse import urlencode

import aiohttp
from naive_listener import NaiveListener

API = "https://eapi.binance.com/eapi/v1/"


async def nobody_asks():
    return []


class NaiveTrader(NaiveListener):
    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, nobody_asks)
        self.position: dict[str, Decimal] = {}
        self._secret = secret_key.encode()

    async def run(self) -> None:
        async with aiohttp.ClientSession(headers=self._headers) as self._session:
            await super().run()

    async def place(self, symbol: str, side: str, quantity: str, price: str) -> int:
        terms = {"symbol": symbol, "side": side, "quantity": quantity, "price": price}
        try:
            order = await self._request("POST", **terms, type="LIMIT")
        except (aiohttp.ClientError, asyncio.TimeoutError):
            order = await self._request("POST", **terms, type="LIMIT")  # once more
        self.placed(order["orderId"])
        return order["orderId"]

    async def cancel(self, symbol: str, order: int) -> None:
        with suppress(aiohttp.ClientError):  # then it was cancelled before
            await self._request("DELETE", symbol=symbol, orderId=order)
        self.orders[order] = "CANCELED"

    def _on_order(self, event: dict[str, dict[str, str]]) -> None:
        super()._on_order(event)
        order = event["o"]
        if order["i"] in self.orders and order["x"] == "TRADE":
            sign = 1 if order["S"] == "BUY" else -1
            held = self.position.get(order["s"], Decimal()) + sign * Decimal(order["l"])
            self.position[order["s"]] = held

    async def _request(self, method: str, **parameters: str | int) -> dict[str, int]:
        query = urlencode({**parameters, "timestamp": int(time.time() * 1000)})
        signature = hmac.new(self._secret, query.encode(), hashlib.sha256).hexdigest()
        async with self._session.request(
            method, f"{API}order?{query}&signature={signature}"
        ) as response:
            response.raise_for_status()
            return await response.json()
