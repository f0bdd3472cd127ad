"""Real stream clients behind one small face, and an exchange at a loopback server for them to
listen to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest
from binance_common.configuration import ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._products import OPTIONS
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection

PATIENCE = 5.0
TYPES = {
    "AccountUpdate": "ACCOUNT_UPDATE",
    "BalancePositionUpdate": "BALANCE_POSITION_UPDATE",
    "GreekUpdate": "GREEK_UPDATE",
    "ListenKeyExpired": "listenKeyExpired",
    "OrderTradeUpdate": "ORDER_TRADE_UPDATE",
    "RiskLevelChange": "RISK_LEVEL_CHANGE",
}


class Venue:
    """An exchange with one account, served."""

    def __init__(self, exchange: Exchange, attached: Server) -> None:
        self.exchange = exchange
        self.attached = attached
        (self.key,) = exchange.open_account("ours").api_keys

    def ask(self, method: str) -> Response:
        """One of the three listen key calls."""
        request = Request(method, "/eapi/v1/listenKey", Headers({"X-MBX-APIKEY": self.key.api_key}))
        answer = self.exchange.handle(request)
        assert isinstance(answer, Response)
        return answer

    def start_listen_key(self) -> str:
        return str(json.loads(self.ask("POST").body)["listenKey"])

    def connections(self) -> list[StreamConnection]:
        """Those that can hear of the account."""
        return [
            connection
            for connection in self.exchange.streams.connections
            if connection.account_names
        ]


@contextmanager
def venue(server: LoopbackServer) -> Iterator[Venue]:
    exchange = Exchange(products=(OPTIONS,))
    with server.attach(Simulate(exchange)) as attached:
        yield Venue(exchange, attached)


class Listener(Protocol):
    """A client of the user data stream. What it hears is in ``heard``; how its connection ended, in
    ``end``."""

    heard: asyncio.Queue[dict[str, object]]
    end: asyncio.Future[str]

    async def listen(self, stream_url: str, listen_key: str) -> None:
        """Connect, and return when the exchange knows."""

    async def barrier(self) -> None:
        """Return when all that was sent before this has been heard."""

    async def close(self) -> None:
        """Leave."""


class WebsocketsListener:
    """The ``websockets`` library, on the raw address."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading: asyncio.Task[None] | None = None
        self._socket: ClientConnection | None = None

    async def listen(self, stream_url: str, listen_key: str) -> None:
        self._socket = await connect(
            f"{stream_url}/private/ws/{listen_key}", proxy=None, ping_interval=None
        )
        self._reading = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                self.heard.put_nowait(json.loads(await socket.recv()))
        except ConnectionClosed as closed:
            self.end.set_result(f"closed with {closed.rcvd.code}" if closed.rcvd else "dropped")

    async def barrier(self) -> None:
        assert self._socket is not None
        await asyncio.wait_for(await self._socket.ping(), PATIENCE)

    async def close(self) -> None:
        if self._socket is not None and self._reading is not None:
            await self._socket.close()
            await self._reading


class SdkListener:
    """The official SDK's stream client, as its documentation has it, with the address
    overridden."""

    def __init__(self, stream_url: str | None = None) -> None:
        self.heard: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.models: list[object] = []
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def listen(self, stream_url: str | None, listen_key: str) -> None:
        others = asyncio.all_tasks()
        configuration = ConfigurationWebSocketStreams(stream_url=stream_url)
        client = DerivativesTradingOptions(config_ws_streams=configuration)
        self.streams = await client.websocket_streams.create_connection()
        assert self.streams is not None, "the SDK has given up, and only logged why"
        self.stream = await self.streams.user_data(listen_key)
        (self.private,) = [one for one in self.streams.connections if one.url_path == "private"]
        self.stream.on("message", self._hear)
        self.streams.on_connection("close", self._ended, self.private)
        self._reading = asyncio.all_tasks() - others
        # subscribe() does not wait for the exchange's answer.
        await asyncio.wait_for(asyncio.gather(*self.private.pending_request.values()), PATIENCE)

    def _hear(self, message: object) -> None:
        event = message.actual_instance  # type: ignore[attr-defined]
        self.models.append(event)
        payload = json.loads(event.model_dump_json(by_alias=True, exclude_none=True))
        # The models do not keep it.
        payload["e"] = TYPES[type(event).__name__]
        self.heard.put_nowait(payload)

    def _ended(self) -> None:
        if not self.end.done():
            self.end.set_result(f"closed with {self.private.websocket.close_code}")

    async def barrier(self) -> None:
        answered = asyncio.Event()
        self.streams.on_connection("pong", answered.set, self.private)
        await self.streams.ping_server(self.private)
        await asyncio.wait_for(answered.wait(), PATIENCE)

    async def close(self) -> None:
        await self.streams.close_connection(close_session=False)
        # Its readers go on for a moment, and need the session for that.
        await asyncio.wait(self._reading, timeout=PATIENCE)
        await self.streams.close_connection(close_session=True)


async def hear(listener: Listener, count: int = 1) -> list[dict[str, object]]:
    """The next ``count`` events."""
    return [await asyncio.wait_for(listener.heard.get(), PATIENCE) for _ in range(count)]


async def hear_rest(listener: Listener) -> list[dict[str, object]]:
    """All that has come and was not heard yet, and nothing more is on its way."""
    await listener.barrier()
    return [listener.heard.get_nowait() for _ in range(listener.heard.qsize())]


@pytest.fixture(name="server", scope="module")
def loopback_server() -> Iterator[LoopbackServer]:
    running = LoopbackServer()
    running.start()
    yield running
    running.stop()
