"""Pings, pongs and watchdogs of streams, in one time: who doesn't answer is cut off at its exact
moment, and who listens for silence hears it at its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress

import aiohttp
import pytest
import websocket
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.sync.client import connect as connect_sync
from websockets.uri import parse_uri

from pytest_binance_options import Clock, Exchange
from pytest_binance_options.exchange import events, scenarios

pytestmark = [
    pytest.mark.binance_options(mode="simulate"),
    pytest.mark.usefixtures("binance_options_time"),
]

# Binance: Options, "WebSocket Connect".
FIRST_PING, PATIENCE = 180_000, 600_000
CUT_OFF = FIRST_PING + PATIENCE


@pytest.fixture
def url(binance_options_listen_key: str) -> str:
    return f"wss://fstream.binance.com/private/ws/{binance_options_listen_key}"


class Watch:
    """How many ms of the exchange's time have passed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now_ms

    @property
    def ms(self) -> int:
        return self._clock.now_ms - self._began


@pytest.fixture
def watch(url: str, binance_options_clock: Clock) -> Watch:
    return Watch(binance_options_clock)


# Who doesn't answer pings


@pytest.mark.asyncio
async def test_asyncio_s_streams_without_a_pong_are_cut_off_ten_minutes_after_the_ping(
    url: str, watch: Watch
) -> None:
    protocol = ClientProtocol(parse_uri(url))
    protocol.send_request(protocol.connect())
    reader, writer = await asyncio.open_connection("fstream.binance.com", 443, ssl=True)
    writer.writelines(protocol.data_to_send())
    heard: list[tuple[int, object]] = []
    while data := await reader.read(65_536):
        protocol.receive_data(data)
        heard += [(watch.ms, event) for event in protocol.events_received()]
        # What it would answer is not sent, but for the close frame.
        answers = b"".join(protocol.data_to_send())
        if protocol.close_rcvd is not None:
            writer.write(answers)
    writer.close()
    assert [(at, frame.opcode) for at, frame in heard[1:] if isinstance(frame, Frame)] == [
        (180_000, Opcode.PING),
        (360_000, Opcode.PING),
        (540_000, Opcode.PING),
        (720_000, Opcode.PING),
        (CUT_OFF, Opcode.CLOSE),
    ]
    assert protocol.close_rcvd == Close(1008, "Pong timeout")
    assert watch.ms == CUT_OFF


@pytest.mark.asyncio
async def test_aiohttp_with_autoping_off_is_cut_off(url: str, watch: Watch) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as stream,
    ):
        types = [(await stream.receive()).type for _ in range(4)]
        assert types == [aiohttp.WSMsgType.PING] * 4
        end = await stream.receive()
    assert (end.type, end.data, end.extra) == (aiohttp.WSMsgType.CLOSE, 1008, "Pong timeout")
    assert watch.ms == CUT_OFF


@pytest.mark.asyncio
async def test_whoever_answers_only_once_is_cut_off_ten_minutes_after_the_next_ping(
    url: str, watch: Watch
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as stream,
    ):
        ping = await stream.receive()
        # The last moment but one.
        await asyncio.sleep(599.999)
        await stream.pong(ping.data)
        while (await stream.receive()).type is aiohttp.WSMsgType.PING:
            pass
        assert stream.close_code == 1008
    # 779.999: the pong, to the pings up to 720; the next one comes at 900.
    assert watch.ms == 900_000 + PATIENCE


@pytest.mark.asyncio
async def test_any_pong_will_do(url: str, watch: Watch) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as stream,
    ):
        while watch.ms < 3_400_000:
            assert (await stream.receive()).type is aiohttp.WSMsgType.PING
            await stream.pong(b"of my own")


def test_websocket_client_that_reads_frames_itself_is_cut_off(url: str, watch: Watch) -> None:
    stream = websocket.create_connection(url)
    opcodes = []
    while (frame := stream.recv_frame()).opcode == websocket.ABNF.OPCODE_PING:
        opcodes.append(watch.ms)
    assert opcodes == [180_000, 360_000, 540_000, 720_000]
    assert (frame.opcode, frame.data) == (
        websocket.ABNF.OPCODE_CLOSE,
        (1008).to_bytes(2, "big") + b"Pong timeout",
    )
    assert watch.ms == CUT_OFF
    stream.shutdown()


def test_a_thread_that_is_too_busy_to_read_is_cut_off_and_finds_out_later(
    url: str, watch: Watch, binance_options_exchange: Exchange
) -> None:
    stream = websocket.create_connection(url)
    (connection,) = binance_options_exchange.streams.connections
    time.sleep(779.999)
    assert not connection.closed
    time.sleep(0.001)
    assert connection.ended_because == "no pong in time"
    time.sleep(1000)
    # The library gives an empty text for a close frame, and an error from then on.
    assert stream.recv() == ""
    assert watch.ms == 1_780_000
    stream.shutdown()


@pytest.mark.asyncio
async def test_whoever_answers_stays_until_the_24_hours_are_over(
    url: str, watch: Watch, binance_options_exchange: Exchange
) -> None:
    async with connect(url) as stream:
        heard = []
        async for message in stream:
            heard.append(json.loads(message)["e"])
        assert (heard, stream.protocol.close_code) == (["listenKeyExpired"], 1001)
    assert watch.ms == 86_400_000


@pytest.mark.asyncio
async def test_a_client_s_own_pings_are_answered_and_its_own_patience_is_on_the_same_clock(
    url: str, watch: Watch, binance_options_exchange: Exchange
) -> None:
    async with connect(url, ping_interval=20, ping_timeout=20) as stream:
        await asyncio.sleep(2990)
        (connection,) = binance_options_exchange.streams.connections
        # From now on, nobody takes what comes from it.
        connection.receive = lambda *_: None  # type: ignore[method-assign]
        with pytest.raises(ConnectionClosed) as caught:
            await stream.recv()
    assert caught.value.sent == Close(1011, "keepalive ping timeout")
    # Its ping of 3,000 s, its patience of 20 s, and 10 s for a close frame that nobody answers.
    assert watch.ms == 3_030_000


# Who listens for silence

# An event every 30 s, a zombie from 10:15 on, and a watchdog of a minute: the last event is that of
# 10:00, the watchdog barks at 11:00, and the event of 11:30 is heard on the new connection.
EVERY, ZOMBIE, WATCHDOG = 30, 10.25, 60
HEARD = [*range(30_000, 600_001, 30_000), "silence at 660000", 690_000]


@pytest.fixture
def exchange_with_a_zombie(binance_options_exchange: Exchange, watch: Watch) -> Exchange:
    clock = binance_options_exchange.clock

    def emit() -> None:
        binance_options_exchange.emit(events.account_update())
        clock.call_at(clock.now_ms + EVERY * 1000, emit)

    clock.call_at(clock.now_ms + EVERY * 1000, emit)
    scenarios.zombie_socket(binance_options_exchange, after_minutes=ZOMBIE)
    return binance_options_exchange


async def watch_with_websockets(
    url: str, heard: Callable[[], None], silent: Callable[[], None]
) -> None:
    while True:
        async with connect(url) as stream:
            with suppress(asyncio.TimeoutError):
                while True:
                    assert json.loads(await asyncio.wait_for(stream.recv(), WATCHDOG))
                    heard()
            silent()


async def watch_with_aiohttp(
    url: str, heard: Callable[[], None], silent: Callable[[], None]
) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.ws_connect(url) as stream:
                with suppress(asyncio.TimeoutError):
                    while True:
                        await asyncio.wait_for(stream.receive_json(), WATCHDOG)
                        heard()
                silent()


Watcher = Callable[[str, Callable[[], None], Callable[[], None]], Coroutine[None, None, None]]


@pytest.mark.asyncio
@pytest.mark.parametrize("watcher", [watch_with_websockets, watch_with_aiohttp])
async def test_a_watchdog_finds_a_zombie_at_its_exact_moment(
    url: str, watch: Watch, exchange_with_a_zombie: Exchange, watcher: Watcher
) -> None:
    log: list[object] = []
    task = asyncio.create_task(
        watcher(url, lambda: log.append(watch.ms), lambda: log.append(f"silence at {watch.ms}"))
    )
    await asyncio.sleep(700)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert log == HEARD


def watch_with_sync_websockets(
    url: str, heard: Callable[[], None], silent: Callable[[], None]
) -> None:
    for _ in range(2):
        with connect_sync(url) as stream, suppress(TimeoutError, ConnectionClosed):
            while True:
                assert json.loads(stream.recv(timeout=WATCHDOG))
                heard()
        silent()


def watch_with_websocket_client(
    url: str, heard: Callable[[], None], silent: Callable[[], None]
) -> None:
    for _ in range(2):
        stream = websocket.create_connection(url, timeout=WATCHDOG)
        with suppress(websocket.WebSocketTimeoutException):
            while text := stream.recv():
                assert json.loads(text)
                heard()
        silent()
        stream.close()
        # The library forgets to, after a close frame of the server's.
        stream.shutdown()


@pytest.mark.parametrize("watcher", [watch_with_sync_websockets, watch_with_websocket_client])
def test_a_watchdog_in_a_thread_finds_a_zombie_at_its_exact_moment(
    url: str,
    watch: Watch,
    exchange_with_a_zombie: Exchange,
    watcher: Callable[[str, Callable[[], None], Callable[[], None]], None],
) -> None:
    log: list[object] = []
    thread = threading.Thread(
        target=watcher,
        args=(url, lambda: log.append(watch.ms), lambda: log.append(f"silence at {watch.ms}")),
    )
    thread.start()
    time.sleep(700)
    exchange_with_a_zombie.streams.close()
    thread.join(10)
    assert not thread.is_alive()
    assert log == [*HEARD, "silence at 700000"]
