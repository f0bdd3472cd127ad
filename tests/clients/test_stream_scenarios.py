"""The stream's bad days through real sockets, each against two real clients: the official SDK and
``websockets``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from pytest_binance_options.exchange import events, scenarios

from .listeners import (
    PATIENCE,
    Listener,
    LoopbackServer,
    SdkListener,
    Venue,
    WebsocketsListener,
    hear,
    hear_rest,
    loopback_server,
    venue,
)

__all__ = ["loopback_server"]

pytestmark = pytest.mark.asyncio

CLIENTS = {"official SDK": SdkListener, "websockets": WebsocketsListener}


class Clients:
    """Makes listeners of one kind, and closes them in the end."""

    def __init__(self, kind: str, at: Venue) -> None:
        self.kind = kind
        self.at = at
        self._made: list[Listener] = []

    async def listen(self, listen_key: str | None = None) -> Listener:
        """A listener that is connected, with a fresh listen key or the given one."""
        listener: Listener = CLIENTS[self.kind]()
        self._made.append(listener)
        await listener.listen(self.at.attached.stream_url, listen_key or self.at.start_listen_key())
        return listener

    async def close(self) -> None:
        for listener in self._made:
            await listener.close()


@pytest.fixture
def at(server: LoopbackServer) -> Iterator[Venue]:
    with venue(server) as served:
        yield served


@pytest_asyncio.fixture(params=list(CLIENTS))
async def clients(
    request: pytest.FixtureRequest, at: Venue, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Clients]:
    # The SDK waits half a second before it subscribes, on top of each test.
    monkeypatch.setattr("binance_common.websocket.SUBSCRIBE_MESSAGE_DELAY_SECONDS", 0)
    made = Clients(request.param, at)
    yield made
    await made.close()


def order(number: int) -> events.Event:
    return events.order_trade_update(order_id=number)


def numbers(heard: list[dict[str, object]]) -> list[object]:
    return [event["o"]["i"] for event in heard]  # type: ignore[index]


async def ended(listener: Listener) -> str:
    return await asyncio.wait_for(listener.end, PATIENCE)


async def test_a_key_that_is_not_renewed_dies_after_an_hour(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    at.exchange.clock.advance(minutes=59)
    at.exchange.emit(order(1))
    at.exchange.clock.advance(minutes=1)
    at.exchange.emit(order(2))
    heard = await hear(listener, 2)
    assert [event["e"] for event in heard] == ["ORDER_TRADE_UPDATE", "listenKeyExpired"]
    assert await hear_rest(listener) == []
    assert not listener.end.done()


async def test_the_notice_comes_twice_and_the_socket_stays_open(
    at: Venue, clients: Clients
) -> None:
    scenarios.expired_twice(at.exchange)
    listener = await clients.listen()
    at.exchange.clock.advance(minutes=60)
    assert [event["e"] for event in await hear_rest(listener)] == ["listenKeyExpired"] * 2
    assert not listener.end.done()


async def test_another_consumer_s_delete_silences_the_stream(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    scenarios.silenced_by_another_consumer(at.exchange)
    at.exchange.emit(order(1))
    assert await hear_rest(listener) == []
    assert not listener.end.done()
    assert at.ask("DELETE").status == 400


async def test_another_consumer_s_delete_closes_the_stream(at: Venue, clients: Clients) -> None:
    at.exchange.streams.on_close = "close"
    listener = await clients.listen()
    scenarios.closed_by_another_consumer(at.exchange)
    assert await ended(listener) == "closed with 1000"


async def test_a_reconnect_with_a_stale_key_is_accepted_and_silent(
    at: Venue, clients: Clients
) -> None:
    stale = at.start_listen_key()
    first = await clients.listen(stale)
    scenarios.stale_key_on_reconnect(at.exchange)
    await ended(first)
    second = await clients.listen(stale)
    third = await clients.listen()
    at.exchange.emit(order(1))
    assert numbers(await hear_rest(third)) == [1]
    assert await hear_rest(second) == []
    assert not second.end.done()


async def test_the_24_hours_end_and_what_happens_before_the_client_is_back_is_lost(
    at: Venue, clients: Clients
) -> None:
    first = await clients.listen()
    for _ in range(48):
        at.exchange.clock.advance(minutes=30)
        at.ask("PUT")
    assert await ended(first) == "closed with 1001"
    at.exchange.emit(order(1))
    second = await clients.listen()
    at.exchange.emit(order(2))
    assert numbers(await hear(second)) == [2]
    assert first.heard.empty()


async def test_the_day_is_over_with_a_fill_in_the_gap(at: Venue, clients: Clients) -> None:
    first = await clients.listen()
    scenarios.day_is_over(at.exchange, order(1))
    await ended(first)
    second = await clients.listen()
    assert first.heard.empty()
    assert await hear_rest(second) == []


async def test_a_zombie_answers_pings_and_tells_nothing(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    scenarios.zombie_socket(at.exchange, after_minutes=5)
    at.exchange.emit(order(1))
    at.exchange.clock.advance(minutes=5)
    at.exchange.emit(order(2))
    assert numbers(await hear_rest(listener)) == [1]
    assert not listener.end.done()
    sound = await clients.listen()
    at.exchange.emit(order(3))
    assert numbers(await hear_rest(sound)) == [3]
    assert await hear_rest(listener) == []


async def test_born_a_zombie_and_the_next_one_is_sound(at: Venue, clients: Clients) -> None:
    scenarios.born_a_zombie(at.exchange)
    zombie = await clients.listen()
    sound = await clients.listen()
    at.exchange.emit(order(1))
    assert numbers(await hear_rest(sound)) == [1]
    assert await hear_rest(zombie) == []
    assert not zombie.end.done()


async def test_a_connection_whose_pongs_are_lost_is_closed_each_time(
    at: Venue, clients: Clients
) -> None:
    scenarios.pongs_lost(at.exchange)
    for _ in range(2):
        listener = await clients.listen()
        at.exchange.clock.advance(minutes=12)
        at.exchange.emit(order(1))
        assert numbers(await hear_rest(listener)) == [1]
        at.exchange.clock.advance(minutes=1)
        assert await ended(listener) == "closed with 1008"


async def test_the_later_event_arrives_first(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    scenarios.out_of_order(at.exchange)
    at.exchange.emit(order(1))
    at.exchange.emit(order(2))
    assert numbers(await hear_rest(listener)) == [2, 1]


async def test_an_idle_connection_ends_without_a_close_frame(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    scenarios.idle_drop(at.exchange, after_minutes=2)
    at.exchange.emit(order(1))
    at.exchange.clock.advance(minutes=2)
    # What a client makes of it: websockets says that no close frame came, aiohttp gives 1006 a
    # name.
    assert await ended(listener) in ("dropped", "closed with 1006")
    assert numbers(await hear(listener)) == [1]


async def test_every_event_comes_twice(at: Venue, clients: Clients) -> None:
    scenarios.duplicate_events(at.exchange)
    listener = await clients.listen()
    at.exchange.emit(order(1))
    at.exchange.emit(order(2))
    assert numbers(await hear_rest(listener)) == [1, 1, 2, 2]


async def test_the_event_is_there_before_the_reply(at: Venue, clients: Clients) -> None:
    listener = await clients.listen()
    came = scenarios.event_before_reply(at.exchange, order(7), method="PUT")
    assert at.ask("PUT").status == 200
    assert came.fired == 1
    assert numbers(await hear(listener)) == [7]


async def test_pings_are_answered_in_time_however_far_the_clock_leaps(
    at: Venue, clients: Clients
) -> None:
    listener = await clients.listen()
    for _ in range(3):
        at.exchange.clock.advance(minutes=50)
        at.ask("POST")
        await listener.barrier()
    (connection,) = at.connections()
    assert not connection.closed


async def test_a_burst_is_heard_whole_and_in_order_by_several(at: Venue, clients: Clients) -> None:
    listeners = [await clients.listen() for _ in range(3)]
    for number in range(500):
        at.exchange.emit(order(number))
    for listener in listeners:
        assert numbers(await hear(listener, 500)) == list(range(500))
        assert await hear_rest(listener) == []
