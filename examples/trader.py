"""A bot that trades: it places orders, hears what becomes of them, and asks where it may have
missed something.

Written as a bot's author would, with plain aiohttp and without a word about the tests. The ear is
listener.py's; this adds the hand. An order whose answer is lost is looked for and never sent twice.
"""

import asyncio
import hashlib
import hmac
import logging
import time
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp
from listener import TIMEOUT, TOO_MANY, Listener

API = "https://eapi.binance.com/eapi/v1/"
RECV_WINDOW = 5  # s; after that the exchange takes no request that is still on its way
RETRY = 10  # s, between two questions
NO_SUCH_ORDER = -2013
WRONG_TIME = -1021

log = logging.getLogger(__name__)


class Refused(Exception):
    """The exchange has answered no, and has done nothing."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(f"{msg} ({code})")
        self.code = code


class Trader(Listener):
    """Knows its orders, as a listener does, and ``position``: how much it holds of each option."""

    def __init__(self, api_key: str, secret_key: str) -> None:
        super().__init__(api_key, self._ask_for_orders_of_mine)
        self.position: dict[str, Decimal] = {}
        self._secret = secret_key.encode()
        self._ahead = 0.0  # s, the exchange's clock of this machine's
        self._traded: set[str] = set()
        self._position_heard: dict[str, int] = {}

    async def run(self) -> None:
        """Trade until cancelled: orders can be placed from now on."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as self._session:
            await super().run()

    async def place(self, symbol: str, side: str, quantity: str, price: str) -> int | None:
        """Place a limit order. Gives its id; None where the exchange never got it. Raises Refused
        where it does not want it."""
        self._traded.add(symbol)
        mine = {"symbol": symbol, "clientOrderId": uuid.uuid4().hex}
        terms = {"side": side, "type": "LIMIT", "quantity": quantity, "price": price}
        try:
            order = await self._request("POST", "order", **mine, **terms)
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            log.warning("order: %s, looking for it", type(error).__name__)
            # It may be there, or on its way. To send it again could be to buy twice; so wait until
            # it can't be on its way any more, and look.
            await asyncio.sleep(RECV_WINDOW + 1)
            order = await self._find(**mine)
        if order is None:
            return None
        self.placed(order["orderId"])
        return order["orderId"]

    async def cancel(self, symbol: str, order: int) -> None:
        """Cancel an order, or find that it is over."""
        try:
            await self._request("DELETE", "order", symbol=symbol, orderId=order)
        except (Refused, aiohttp.ClientError, asyncio.TimeoutError) as error:
            log.warning("cancel: %s, looking what has become of it", type(error).__name__)
        found = await self._find(symbol=symbol, orderId=order)
        if found is not None:
            self._take(found)

    async def _find(self, **which: str | int) -> dict[str, Any] | None:
        """The order as it is now; None where there is none. Asks until it is told."""
        while True:
            try:
                return await self._request("GET", "order", **which)
            except Refused as error:
                if error.code == NO_SUCH_ORDER:
                    return None
                raise
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                log.warning("order: %s, asking again", type(error).__name__)
            await asyncio.sleep(RETRY)

    async def _ask_for_orders_of_mine(self) -> list[tuple[int, str, str, int]]:
        # Open ones first: an order that ends in between is in both answers, and not in neither.
        found = await self._request("GET", "openOrders")
        for symbol in self._traded:
            found += await self._request("GET", "historyOrders", symbol=symbol)
        return [_state(order) for order in found]

    async def _reconcile(self) -> None:
        await super()._reconcile()
        heard = None
        while heard != self._position_heard:  # else the answer may be older than what was heard
            heard = dict(self._position_heard)
            held = await self._request("GET", "position")
        self.position = {each["symbol"]: Decimal(each["quantity"]) for each in held}

    def _on_event(self, event: dict[str, Any]) -> None:
        super()._on_event(event)
        if event["e"] == "BALANCE_POSITION_UPDATE":
            for changed in event["P"]:
                symbol, quantity = changed["s"], Decimal(changed["c"])
                if event["E"] < self._position_heard.get(symbol, 0):
                    continue  # it was overtaken
                self._position_heard[symbol] = event["E"]
                self.position.pop(symbol, None)
                if quantity:
                    self.position[symbol] = quantity

    def _take(self, order: dict[str, Any]) -> None:
        self._update(*_state(order))

    async def _request(self, method: str, path: str, **parameters: str | int) -> Any:
        try:
            return await self._signed(method, path, parameters)
        except Refused as error:
            if error.code != WRONG_TIME:
                raise
            await self._turn()
            async with self._session.get(f"{API}time") as response:
                self._heed(response)
                response.raise_for_status()
                ahead = (await response.json())["serverTime"] / 1000 - time.time()
            log.warning("clock: %.1f s off", ahead)
            self._ahead = ahead
            return await self._signed(method, path, parameters)

    async def _signed(self, method: str, path: str, parameters: dict[str, str | int]) -> Any:
        await self._turn()
        query = urlencode(
            {
                **parameters,
                "recvWindow": RECV_WINDOW * 1000,
                "timestamp": int((time.time() + self._ahead) * 1000),
            }
        )
        signature = hmac.new(self._secret, query.encode(), hashlib.sha256).hexdigest()
        url = f"{API}{path}?{query}&signature={signature}"
        async with self._session.request(method, url) as response:
            self._heed(response)
            if response.status in range(400, 500) and response.status not in TOO_MANY:
                error = await response.json()
                raise Refused(error["code"], error["msg"])
            response.raise_for_status()
            return await response.json()


def _state(order: dict[str, Any]) -> tuple[int, str, str, int]:
    return order["orderId"], order["status"], order["executedQty"], order["updateTime"]
