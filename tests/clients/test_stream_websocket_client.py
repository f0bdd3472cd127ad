"""``websocket-client``, without asyncio: production's address and not a word about us."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
import websocket

from pytest_binance_options._world.handle import Handle
from pytest_binance_options.exchange import Exchange, events

from .listeners import PATIENCE

STREAM = "wss://fstream.binance.com/private"


@pytest.fixture
def stream(binance_options: Handle) -> Iterator[websocket.WebSocket]:
    """Not connected yet."""
    socket = websocket.WebSocket()
    socket.settimeout(PATIENCE)
    yield socket
    socket.close()


class Bot:
    """What the library's documentation shows: a ``WebSocketApp`` that a thread runs."""

    def __init__(self, url: str) -> None:
        self.opened = threading.Event()
        self.heard: Queue[dict[str, object]] = Queue()
        self.errors: list[Exception] = []
        self.closed_with: int | None = None
        self._app = websocket.WebSocketApp(
            url,
            on_open=self._on_open,
            on_message=lambda _, message: self.heard.put(json.loads(message)),
            on_error=lambda _, error: self.errors.append(error),
            on_close=self._on_close,
        )
        self._thread = threading.Thread(target=self._app.run_forever)
        self._socket: websocket.WebSocket | None = None

    def _on_open(self, app: websocket.WebSocketApp) -> None:
        self._socket = app.sock
        self.opened.set()

    def _on_close(self, _: websocket.WebSocketApp, code: int | None, __: str | None) -> None:
        self.closed_with = code

    def start(self) -> None:
        self._thread.start()
        assert self.opened.wait(PATIENCE), self.errors

    def ask(self, method: str, *params: str) -> dict[str, object]:
        self._app.send(json.dumps({"method": method, "params": params, "id": 1}))
        return self.heard.get(timeout=PATIENCE)

    def join(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if self._socket is not None:
            # The library forgets to, after a close frame of the server's.
            self._socket.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def running(exchange: Exchange, url: str) -> Iterator[Bot]:
    bot = Bot(url)
    bot.start()
    try:
        yield bot
    finally:
        # An app that another thread closes may go on waiting for ten seconds.
        exchange.streams.close()
        bot.join()


@pytest.fixture
def bot(binance_options_exchange: Exchange, binance_options_listen_key: str) -> Iterator[Bot]:
    """Listens at the raw address."""
    with running(
        binance_options_exchange, f"{STREAM}/ws/{binance_options_listen_key}"
    ) as listening:
        yield listening


def test_the_raw_stream_is_heard(
    binance_options_exchange: Exchange, binance_options_listen_key: str, stream: websocket.WebSocket
) -> None:
    stream.connect(f"{STREAM}/ws/{binance_options_listen_key}")  # type: ignore[no-untyped-call]
    binance_options_exchange.emit(events.account_update())
    assert json.loads(stream.recv())["e"] == "ACCOUNT_UPDATE"


def test_a_key_in_the_query_and_the_events_that_shall_come(
    binance_options_exchange: Exchange, binance_options_listen_key: str, stream: websocket.WebSocket
) -> None:
    """Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05)."""
    stream.connect(  # type: ignore[no-untyped-call]
        f"{STREAM}/ws?listenKey={binance_options_listen_key}&events=GREEK_UPDATE"
    )
    binance_options_exchange.emit(events.account_update())
    binance_options_exchange.emit(events.greek_update())
    assert json.loads(stream.recv())["e"] == "GREEK_UPDATE"


def test_the_combined_stream_is_subscribed_to(
    binance_options_exchange: Exchange, binance_options_listen_key: str, stream: websocket.WebSocket
) -> None:
    stream.connect(f"{STREAM}/stream")  # type: ignore[no-untyped-call]
    assert binance_options_exchange.emit(events.greek_update()) == 0
    stream.send(
        json.dumps({"method": "SUBSCRIBE", "params": [binance_options_listen_key], "id": 7})
    )
    assert json.loads(stream.recv()) == {"result": None, "id": 7}
    binance_options_exchange.emit(events.greek_update())
    heard = json.loads(stream.recv())
    assert (heard["stream"], heard["data"]["e"]) == (binance_options_listen_key, "GREEK_UPDATE")


def test_an_app_hears_all_that_is_sent_in_order(
    binance_options_exchange: Exchange, bot: Bot
) -> None:
    for number in range(100):
        binance_options_exchange.emit(events.order_trade_update(order_id=number))
    heard = [bot.heard.get(timeout=PATIENCE) for _ in range(100)]
    assert [event["o"]["i"] for event in heard] == list(range(100))  # type: ignore[index]
    assert bot.errors == []


def test_an_app_subscribes(
    binance_options_exchange: Exchange, binance_options_listen_key: str
) -> None:
    with running(binance_options_exchange, f"{STREAM}/stream") as bot:
        assert bot.ask("SUBSCRIBE", binance_options_listen_key) == {"result": None, "id": 1}
        binance_options_exchange.emit(events.risk_level_change())
        assert bot.heard.get(timeout=PATIENCE)["stream"] == binance_options_listen_key


def test_the_key_expires_by_the_clock(binance_options_exchange: Exchange, bot: Bot) -> None:
    binance_options_exchange.clock.advance(minutes=59, seconds=59)
    assert bot.heard.empty()
    binance_options_exchange.clock.advance(seconds=1)
    assert bot.heard.get(timeout=PATIENCE)["e"] == "listenKeyExpired"


def test_an_app_answers_the_pings_of_a_day_and_is_sent_away_at_its_end(
    binance_options_exchange: Exchange, bot: Bot
) -> None:
    for _ in range(24):
        binance_options_exchange.clock.advance(hours=1)
    bot.join()
    assert bot.closed_with == 1001


def test_a_handshake_that_is_refused_is_the_library_s_error(
    binance_options: Handle, stream: websocket.WebSocket
) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        stream.connect("wss://fstream.binance.com/no/such/path")  # type: ignore[no-untyped-call]
    assert caught.value.status_code == 404


def test_a_connection_that_breaks_off_is_the_library_s_error(
    binance_options_exchange: Exchange, bot: Bot
) -> None:
    binance_options_exchange.streams.drop()
    bot.join()
    assert [type(error) for error in bot.errors] == [websocket.WebSocketConnectionClosedException]
    assert bot.closed_with is None
