"""python-binance, and bots that write their requests themselves, trade: the same day by each, sync
and async, unmodified and at production's address."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
import time
from collections.abc import Awaitable, Iterator
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
import binance
import binance.exceptions
import httpx
import pytest

from pytest_binance_options import BinanceAuth, Handle
from pytest_binance_options.exchange import Exchange

pytestmark = [
    pytest.mark.binance_options(mode="simulate"),
    pytest.mark.usefixtures("binance_options_time"),
]

SYMBOL = "BTC-301227-100000-C"
API = "https://eapi.binance.com/eapi/v1"
ORDER = {"symbol": SYMBOL, "type": "LIMIT", "timeInForce": "GTC"}

Answer = Any | Awaitable[Any]


class Client(Protocol):
    """One client of one account: each call as it is sent, or a coroutine that sends it."""

    def place(self, **order: Any) -> Answer: ...
    def ask(self, method: str, path: str, **parameters: Any) -> Answer: ...
    def close(self) -> Answer: ...


METHODS = {
    ("DELETE", "order"): "options_cancel_order",
    ("DELETE", "allOpenOrders"): "options_cancel_all_orders",
    ("GET", "order"): "options_query_order",
    ("GET", "openOrders"): "options_query_pending_orders",
    ("GET", "historyOrders"): "options_query_order_history",
    ("GET", "userTrades"): "options_user_trades",
    ("GET", "position"): "options_positions",
    ("GET", "marginAccount"): "options_v1_get_margin_account",
    ("GET", "exchangeInfo"): "options_exchange_info",
    ("GET", "mark"): "options_mark_price",
}


class PythonBinance:
    """Its methods, by endpoint."""

    def __init__(self, auth: BinanceAuth, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        self.client = self.make(auth)

    def make(self, auth: BinanceAuth) -> Any:
        return binance.Client(auth.api_key, auth.secret_key, ping=False)

    def place(self, **order: Any) -> Answer:
        return self.client.options_place_order(**order)

    def ask(self, method: str, path: str, **parameters: Any) -> Answer:
        return getattr(self.client, METHODS[method, path])(**parameters)

    def close(self) -> Answer:
        return self.client.close_connection()


class AsyncPythonBinance(PythonBinance):
    def make(self, auth: BinanceAuth) -> Any:
        return binance.AsyncClient(auth.api_key, auth.secret_key)


class Own:
    """Signs by itself."""

    def __init__(self, auth: BinanceAuth, loop: asyncio.AbstractEventLoop) -> None:
        self.headers = {"X-MBX-APIKEY": auth.api_key}
        self.secret = (auth.secret_key or "").encode()
        self.make()

    def make(self) -> None:
        raise NotImplementedError

    def place(self, **order: Any) -> Answer:
        return self.ask("POST", "order", **order)

    def signed(self, path: str, parameters: dict[str, Any]) -> str:
        query = urlencode({**parameters, "timestamp": int(time.time() * 1000)})
        signature = hmac.new(self.secret, query.encode(), hashlib.sha256).hexdigest()
        return f"{API}/{path}?{query}&signature={signature}"

    def ask(self, method: str, path: str, **parameters: Any) -> Answer:
        raise NotImplementedError

    def close(self) -> Answer:
        raise NotImplementedError


class Httpx(Own):
    def make(self) -> None:
        self.client = httpx.Client(headers=self.headers)

    def ask(self, method: str, path: str, **parameters: Any) -> Answer:
        return self.client.request(method, self.signed(path, parameters)).json()

    def close(self) -> Answer:
        self.client.close()


class Aiohttp(Own):
    def make(self) -> None:
        self.client: aiohttp.ClientSession | None = None

    async def ask(self, method: str, path: str, **parameters: Any) -> Any:
        if self.client is None:
            self.client = aiohttp.ClientSession(headers=self.headers)
        async with self.client.request(method, self.signed(path, parameters)) as response:
            return await response.json()

    async def close(self) -> None:
        if self.client is not None:
            await self.client.close()


class Bot:
    """A client whose calls are done when they return."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        self.client = client
        self._loop = loop

    def done(self, answer: Answer) -> Any:
        return self._loop.run_until_complete(answer) if inspect.isawaitable(answer) else answer

    def place(self, **order: Any) -> Any:
        return self.done(self.client.place(**order))

    def ask(self, method: str, path: str, **parameters: Any) -> Any:
        return self.done(self.client.ask(method, path, **parameters))


@pytest.fixture
def exchange(binance_options_exchange: Exchange) -> Exchange:
    binance_options_exchange.symbols.add(SYMBOL)
    return binance_options_exchange


@pytest.fixture(params=[PythonBinance, AsyncPythonBinance, Httpx, Aiohttp])
def bot(
    request: pytest.FixtureRequest,
    exchange: Exchange,
    binance_options: Handle,
    binance_options_auth: BinanceAuth,
) -> Iterator[Bot]:
    loop = asyncio.new_event_loop()
    client = request.param(binance_options_auth, loop)
    bot = Bot(client, loop)
    yield bot
    bot.done(client.close())
    asyncio.set_event_loop(None)
    loop.close()


def test_a_day_of_trading(bot: Bot, exchange: Exchange) -> None:
    placed = bot.place(**ORDER, side="BUY", quantity="0.2", price="1000")
    assert placed["symbol"] == SYMBOL
    order = {"symbol": SYMBOL, "orderId": placed["orderId"]}
    (waiting,) = bot.ask("GET", "openOrders", symbol=SYMBOL)
    assert (waiting["orderId"], waiting["status"]) == (placed["orderId"], "NEW")

    exchange.fill(placed["orderId"], quantity="0.05")
    found = bot.ask("GET", "order", **order)
    assert (found["status"], found["executedQty"]) == ("PARTIALLY_FILLED", "0.05")
    cancelled = bot.ask("DELETE", "order", **order)
    assert cancelled["status"] == "CANCELED"
    assert bot.ask("GET", "openOrders") == []
    (past,) = bot.ask("GET", "historyOrders", symbol=SYMBOL)
    assert (past["status"], past["executedQty"]) == ("CANCELED", "0.05")

    (trade,) = bot.ask("GET", "userTrades", symbol=SYMBOL)
    assert (trade["orderId"], trade["quantity"], trade["price"]) == (
        placed["orderId"],
        "0.05",
        "1000",
    )
    (position,) = bot.ask("GET", "position")
    assert (position["symbol"], position["quantity"]) == (SYMBOL, "0.05")
    (usdt,) = bot.ask("GET", "marginAccount")["asset"]
    assert Decimal(usdt["marginBalance"]) == 10_000 - 50 + Decimal(trade["fee"])

    for quantity in ("0.1", "0.2"):
        bot.place(**ORDER, side="BUY", quantity=quantity, price="500")
    bot.ask("DELETE", "allOpenOrders", symbol=SYMBOL)
    assert exchange.orders.open() == []


def test_what_it_reads_before(bot: Bot, exchange: Exchange) -> None:
    info = bot.ask("GET", "exchangeInfo")
    assert [each["symbol"] for each in info["optionSymbols"]] == [
        symbol.name for symbol in exchange.symbols
    ]
    (mark,) = bot.ask("GET", "mark", symbol=SYMBOL)
    assert mark["markPrice"] == "2000"


def test_an_order_that_is_refused(bot: Bot, exchange: Exchange) -> None:
    order = {**ORDER, "side": "BUY", "quantity": "0.2", "price": "1001"}
    if isinstance(bot.client, PythonBinance):
        with pytest.raises(binance.exceptions.BinanceAPIException) as caught:
            bot.place(**order)
        code = caught.value.code
    else:
        code = bot.place(**order)["code"]
    assert code == -4029
    assert list(exchange.orders) == []
