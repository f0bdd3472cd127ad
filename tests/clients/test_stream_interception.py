"""Stream clients built as their own documentation says, with production's address and without a
word about us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio
import websocket
from binance_sdk_derivatives_trading_options.websocket_streams import models
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from pytest_binance_options._transports.server.user_data_stream import UserDataStream
from pytest_binance_options.exchange import Exchange, events

from .listeners import SdkListener, hear


@pytest_asyncio.fixture
async def listener(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> AsyncIterator[SdkListener]:
    listening = SdkListener()
    await listening.listen(None, binance_options_listen_key)
    yield listening
    await listening.close()


@pytest.mark.asyncio
async def test_the_official_sdk_hears_all_six_events(
    binance_options_exchange: Exchange, listener: SdkListener
) -> None:
    for event in (
        events.account_update(),
        events.balance_position_update(),
        events.order_trade_update(),
        events.greek_update(),
        events.risk_level_change(),
    ):
        binance_options_exchange.emit(event)
    binance_options_exchange.clock.advance(minutes=60)
    await hear(listener, 6)
    assert [type(model) for model in listener.models] == [
        models.AccountUpdate,
        models.BalancePositionUpdate,
        models.OrderTradeUpdate,
        models.GreekUpdate,
        models.RiskLevelChange,
        models.ListenKeyExpired,
    ]


@pytest.mark.asyncio
async def test_websockets_hears_the_stream(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> None:
    async with connect_async(
        f"wss://fstream.binance.com/private/ws/{binance_options_listen_key}"
    ) as stream:
        binance_options_exchange.emit(events.account_update())
        assert json.loads(await stream.recv())["e"] == "ACCOUNT_UPDATE"


def open_with_websockets(address: str, patience: float) -> None:
    with connect(address, open_timeout=patience):
        pass


def open_with_websocket_client(address: str, patience: float) -> None:
    websocket.create_connection(address, timeout=patience).close()


def open_with_aiohttp(address: str, patience: float) -> None:
    async def listen() -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(address):
            pass

    asyncio.run(asyncio.wait_for(listen(), patience))


@pytest.mark.parametrize(
    ("opening", "how", "error"),
    [
        (open_with_websockets, 503, InvalidStatus),
        (open_with_websockets, "reset", InvalidMessage),
        (open_with_websockets, "timeout", TimeoutError),
        (open_with_aiohttp, 503, aiohttp.WSServerHandshakeError),
        (open_with_aiohttp, "reset", aiohttp.ClientError),
        (open_with_aiohttp, "timeout", asyncio.TimeoutError),
        (open_with_websocket_client, 503, websocket.WebSocketBadStatusException),
        (open_with_websocket_client, "reset", OSError),
        (open_with_websocket_client, "timeout", websocket.WebSocketTimeoutException),
    ],
)
def test_a_handshake_that_fails_is_what_each_client_makes_of_it(
    binance_options_exchange: Exchange,
    opening: Callable[[str, float], None],
    how: int | str,
    error: type[Exception],
) -> None:
    address = "wss://fstream.binance.com/private/ws"
    refusal = binance_options_exchange.streams.refuse_handshakes(how)
    with pytest.raises(error):
        # Nothing else may take so long, however busy the machine is.
        opening(address, 0.2 if how == "timeout" else 60)
    binance_options_exchange.streams.accept_handshakes()
    opening(address, 60)
    # aiohttp itself tries once more what broke off.
    again = opening is open_with_aiohttp and how == "reset"
    assert refusal.fired == 1 + again


def test_websockets_hears_the_stream_in_a_thread(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> None:
    address = f"wss://demo-fstream.binance.com/private/stream?streams={binance_options_listen_key}"
    with connect(address) as stream:
        binance_options_exchange.emit(events.account_update())
        heard = json.loads(stream.recv(timeout=5))
    assert (heard["stream"], heard["data"]["e"]) == (binance_options_listen_key, "ACCOUNT_UPDATE")


@pytest.mark.asyncio
async def test_aiohttp_and_websockets_hear_the_events_that_their_address_asks_for(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> None:
    """Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05)."""
    query = f"listenKey={binance_options_listen_key}&events=GREEK_UPDATE/listenKeyExpired"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"wss://fstream.binance.com/private/ws?{query}") as raw,
        connect_async(f"wss://fstream.binance.com/private/stream?{query}") as wrapped,
    ):
        binance_options_exchange.emit(events.account_update())
        binance_options_exchange.emit(events.greek_update())
        assert (await raw.receive_json(timeout=5))["e"] == "GREEK_UPDATE"
        assert json.loads(await wrapped.recv())["data"]["e"] == "GREEK_UPDATE"


@pytest.mark.asyncio
async def test_the_official_sdk_subscribes_to_a_key_with_its_events(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> None:
    listening = SdkListener()
    await listening.listen(None, f"listenKey={binance_options_listen_key}&events=GREEK_UPDATE")
    try:
        assert binance_options_exchange.emit(events.account_update()) == 0
        assert binance_options_exchange.emit(events.greek_update()) == 1
    finally:
        await listening.close()


def test_the_fixture_s_own_stream_hears_the_same(
    binance_options_exchange: Exchange, binance_options_stream: UserDataStream
) -> None:
    binance_options_exchange.emit(events.account_update())
    assert binance_options_stream.receive(timeout=5)["e"] == "ACCOUNT_UPDATE"
    binance_options_exchange.emit(events.greek_update())
    assert [event["e"] for event in binance_options_stream.events] == [
        "ACCOUNT_UPDATE",
        "GREEK_UPDATE",
    ]
