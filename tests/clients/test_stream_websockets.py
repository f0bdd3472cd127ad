"""``websockets`` at the loopback server: the addresses, the commands, and the exchange's limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from pytest_binance_options.exchange import events

from .listeners import LoopbackServer, Venue, loopback_server, venue

__all__ = ["loopback_server"]


@pytest.fixture
def at(server: LoopbackServer) -> Iterator[Venue]:
    with venue(server) as served:
        yield served


def open_stream(at: Venue, path: str) -> connect:
    return connect(at.attached.stream_url + path, proxy=None, ping_interval=None)


def ask(stream: ClientConnection, method: str, *params: str, number: int = 1) -> object:
    request: dict[str, object] = {"method": method, "id": number}
    stream.send(json.dumps(request | ({"params": params} if params else {})))
    return json.loads(stream.recv(timeout=5))


def hear(stream: ClientConnection) -> dict[str, object]:
    heard = json.loads(stream.recv(timeout=5))
    assert isinstance(heard, dict)
    return heard


def test_the_raw_address_gives_bare_events(at: Venue) -> None:
    with open_stream(at, f"/private/ws/{at.start_listen_key()}") as stream:
        at.exchange.emit(events.risk_level_change())
        assert hear(stream)["e"] == "RISK_LEVEL_CHANGE"


def test_the_combined_address_wraps_them(at: Venue) -> None:
    listen_key = at.start_listen_key()
    with open_stream(at, f"/private/stream?streams={listen_key}") as stream:
        at.exchange.emit(events.risk_level_change())
        heard = hear(stream)
        assert sorted(heard) == ["data", "stream"]
        assert heard["stream"] == listen_key
        assert heard["data"]["e"] == "RISK_LEVEL_CHANGE"  # type: ignore[index]


@pytest.mark.parametrize("form", ["ws", "stream"])
def test_a_key_in_the_query_and_the_events_that_shall_come(at: Venue, form: str) -> None:
    """Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05)."""
    listen_key = at.start_listen_key()
    address = f"/private/{form}?listenKey={listen_key}&events=GREEK_UPDATE/RISK_LEVEL_CHANGE"
    with open_stream(at, address) as stream:
        at.exchange.emit(events.account_update())
        at.exchange.emit(events.risk_level_change())
        heard = hear(stream)
    data = heard["data"] if form == "stream" else heard
    assert data["e"] == "RISK_LEVEL_CHANGE"  # type: ignore[index]


def test_subscribing_listing_and_unsubscribing_are_answered(at: Venue) -> None:
    listen_key = at.start_listen_key()
    with open_stream(at, "/private/stream") as stream:
        assert at.exchange.emit(events.risk_level_change()) == 0
        assert ask(stream, "SUBSCRIBE", listen_key, number=4294967295) == {
            "result": None,
            "id": 4294967295,
        }
        assert ask(stream, "LIST_SUBSCRIPTIONS") == {"result": [listen_key], "id": 1}
        at.exchange.emit(events.risk_level_change())
        assert hear(stream)["stream"] == listen_key
        assert ask(stream, "UNSUBSCRIBE", listen_key) == {"result": None, "id": 1}
        assert at.exchange.emit(events.risk_level_change()) == 0


def test_what_is_no_command_is_answered_with_an_error(at: Venue) -> None:
    with open_stream(at, "/private/stream") as stream:
        stream.send("not json")
        assert "error" in hear(stream)
        assert "error" in ask(stream, "DESCRIBE")  # type: ignore[operator]


@pytest.mark.parametrize(
    "path", ["/public/stream", "/public/ws", "/market/stream", "/market/ws/btcusdt@ticker"]
)
def test_public_and_market_can_be_connected_to_and_say_nothing(at: Venue, path: str) -> None:
    at.start_listen_key()
    with open_stream(at, path) as stream:
        assert at.exchange.emit(events.account_update()) == 0
        assert ask(stream, "LIST_SUBSCRIPTIONS") == {
            "result": [path.split("/")[3]] if path.count("/") > 2 else [],
            "id": 1,
        }


@pytest.mark.parametrize("path", ["/ws/{key}", "/stream?streams={key}"])
def test_old_addresses_refuse_accept_or_stay_silent(at: Venue, path: str) -> None:
    address = path.format(key=at.start_listen_key())
    at.exchange.streams.legacy = "refuse"
    with pytest.raises(InvalidStatus) as caught:
        open_stream(at, address).__enter__()
    assert caught.value.response.status_code == 404
    at.exchange.streams.legacy = "accept"
    with open_stream(at, address) as stream:
        at.exchange.emit(events.account_update())
        assert "ACCOUNT_UPDATE" in json.dumps(hear(stream))
    at.exchange.streams.legacy = "silent"
    with open_stream(at, address) as stream:
        at.exchange.emit(events.account_update())
        assert ask(stream, "LIST_SUBSCRIPTIONS", number=3)["id"] == 3  # type: ignore[index]


def test_more_than_ten_messages_a_second_end_the_connection(at: Venue) -> None:
    with open_stream(at, "/private/stream") as stream:
        for number in range(10):
            assert ask(stream, "LIST_SUBSCRIPTIONS", number=number + 1) == {
                "result": [],
                "id": number + 1,
            }
        stream.send('{"method": "LIST_SUBSCRIPTIONS", "id": 11}')
        with pytest.raises(ConnectionClosedError) as caught:
            stream.recv(timeout=5)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "Too many requests")


def test_more_than_two_hundred_streams_are_refused(at: Venue) -> None:
    names = "/".join(f"s{number}" for number in range(201))
    with pytest.raises(InvalidStatus) as caught:
        open_stream(at, f"/market/stream?streams={names}").__enter__()
    assert caught.value.response.status_code == 400


@pytest.mark.asyncio
async def test_a_client_that_reconnects_by_itself_hears_on(at: Venue) -> None:
    listen_key, heard = at.start_listen_key(), []
    async for stream in connect_async(
        f"{at.attached.stream_url}/private/ws/{listen_key}", proxy=None
    ):
        at.exchange.emit(events.order_trade_update(order_id=len(heard)))
        heard.append(json.loads(await stream.recv())["o"]["i"])
        if len(heard) == 4:
            break
        # 1001, as at the end of a day: the client is to come back.
        at.exchange.streams.close()
        with pytest.raises(ConnectionClosed):
            await stream.recv()
    assert heard == [0, 1, 2, 3]
