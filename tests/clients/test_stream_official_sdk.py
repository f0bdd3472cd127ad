"""The official SDK's stream client at the loopback server: as its documentation has it, with the
address overridden."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_options.derivatives_trading_options import (
    DerivativesTradingOptions,
)
from binance_sdk_derivatives_trading_options.websocket_streams.models import (
    AccountUpdate,
    BalancePositionUpdate,
    GreekUpdate,
    ListenKeyExpired,
    OrderTradeUpdate,
    RiskLevelChange,
)

from pytest_binance_options.exchange import events

from .listeners import (
    LoopbackServer,
    SdkListener,
    Venue,
    hear,
    hear_rest,
    loopback_server,
    venue,
)

__all__ = ["loopback_server"]

pytestmark = pytest.mark.asyncio


@pytest.fixture
def at(server: LoopbackServer) -> Iterator[Venue]:
    with venue(server) as served:
        yield served


@pytest_asyncio.fixture
async def listener(at: Venue) -> AsyncIterator[SdkListener]:
    listening = SdkListener()
    await listening.listen(at.attached.stream_url, at.start_listen_key())
    yield listening
    await listening.close()


async def test_all_six_events_arrive_as_the_sdk_s_own_models(
    at: Venue, listener: SdkListener
) -> None:
    at.exchange.emit(events.account_update(wallet_balance="12.5"))
    at.exchange.emit(
        events.balance_position_update(balances=[events.Balance(asset="USDT", balance="3")])
    )
    at.exchange.emit(events.order_trade_update(order_id=42, status="FILLED", price="2000"))
    at.exchange.emit(
        events.greek_update(greeks=[events.Greeks(underlying="BTCUSDT", delta="-0.5")])
    )
    at.exchange.emit(events.risk_level_change(level="REDUCE_ONLY"))
    at.exchange.clock.advance(minutes=60)
    await hear(listener, 6)
    account, balance, order, greek, risk, expired = listener.models
    assert isinstance(account, AccountUpdate)
    assert isinstance(balance, BalancePositionUpdate)
    assert isinstance(order, OrderTradeUpdate)
    assert isinstance(greek, GreekUpdate)
    assert isinstance(risk, RiskLevelChange)
    assert isinstance(expired, ListenKeyExpired)
    assert account.b == "12.5"
    assert balance.B is not None
    assert (balance.B[0].a, balance.B[0].b) == ("USDT", "3")
    assert order.o is not None
    assert (order.o.i, order.o.X, order.o.p) == (42, "FILLED", "2000")
    assert greek.G is not None
    assert (greek.G[0].u, greek.G[0].d) == ("BTCUSDT", "-0.5")
    assert risk.s == "REDUCE_ONLY"
    # A string here, though a number in all others.
    assert isinstance(expired.E, str)
    assert int(expired.E) == at.exchange.clock.now_ms


async def test_its_three_connections_are_there_and_all_but_one_are_silent(
    at: Venue, listener: SdkListener
) -> None:
    assert [connection["route"] for connection in at.exchange.streams.state()] == [
        "market",
        "public",
        "private",
    ]
    assert at.exchange.emit(events.account_update()) == 1
    assert len(await hear_rest(listener)) == 1


async def test_unsubscribing_ends_the_events(at: Venue, listener: SdkListener) -> None:
    await listener.stream.unsubscribe()
    await listener.barrier()
    assert at.exchange.emit(events.account_update()) == 0


async def test_its_rest_client_and_its_streams_share_one_address(at: Venue) -> None:
    rest = ConfigurationRestAPI(at.key.api_key, at.key.secret_key, base_path=at.attached.url)
    client = DerivativesTradingOptions(
        config_rest_api=rest,
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=at.attached.stream_url),
    )
    loop = asyncio.get_running_loop()
    started = await loop.run_in_executor(None, client.rest_api.start_user_data_stream)
    listen_key = started.data().listen_key
    assert listen_key == at.exchange.accounts.resolve(None).listen_key
    streams = await client.websocket_streams.create_connection()
    try:
        await streams.user_data(listen_key)
        private = streams.connections[2]
        await asyncio.gather(*private.pending_request.values())
        assert at.exchange.emit(events.account_update()) == 1
    finally:
        await streams.close_connection(close_session=True)


async def test_a_server_that_refuses_one_of_the_three_makes_it_give_up(
    server: LoopbackServer, at: Venue
) -> None:
    configuration = ConfigurationWebSocketStreams(stream_url=f"{at.attached.stream_url}/elsewhere")
    client = DerivativesTradingOptions(config_ws_streams=configuration)
    assert await client.websocket_streams.create_connection() is None
    await client.websocket_streams.close_connection(close_session=True)
