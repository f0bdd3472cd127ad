"""A bug is planted in a bot: what a failing test shows says what it is within its first ten lines."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

from pytest_binance_options import simulated
from pytest_binance_options._plugin.section import section
from pytest_binance_options.exchange import Exchange, events

from .planted import BUGS, KINDS, Bot, SdkBot

# What dies leaves its connections behind.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

SAID = {
    "keepalive at 61 minutes": "* PUT at 01:01:00.000 came after the listen key had expired, at"
    " 01:00:00.000: it was 1 h 1 min since it was made or renewed.",
    "wrong header": "* No header X-MBX-APIKEY came; there was X-MBX-API-KEY.",
    "POST for PUT": "more times while the listen key was alive, and no PUT. Were these keepalives?"
    " A keepalive is a PUT.",
    "-1125 ignored": "-1125 came once, and no POST after that: only POST makes a new one.",
    "loop that ends silently": "* The listen key expired at 01:30:00.000: it was made or renewed"
    " last at 00:30:00.000, and no keepalive came after that.",
    "no reconnect": "* #1 closed by the exchange, 1001: closed with 1001 (at 00:45:00.000), and"
    " nobody connected again; 1 event after that went to nobody.",
    "double subscribe": "* Connections #1 and #2 listened to the same account at once: each event"
    " came 2 times (ORDER_TRADE_UPDATE at 00:10:00.000).",
    "typo in the host": "* A connection to eapi.binence.com:443 was asked for once, and refused:"
    " nothing leaves this machine. Did you mean eapi.binance.com?",
    "typo in the stream's host": "and refused: nothing leaves this machine. Did you mean"
    " fstream.binance.com?",
    "wrong stream path": ": handshake /private/userdata/<hidden> -> 404 -1020 There is no stream"
    " at /private/userdata/<hidden>. There are /private/ws/<listenKey>,",
    "stream path of the past": "* #1 connected at /ws/<hidden>, an address of the past, where"
    " nothing is heard. Today it is /private/ws/<listenKey>.",
    "wrong secret": "* A request was signed with another secret than this account's, or over"
    " another text than was sent.",
    "clock 2.5 s ahead": "* The clock that signed a request was 2.5 s ahead of the exchange's.",
    "wrong field": ', after ORDER_TRADE_UPDATE -> #1. ORDER_TRADE_UPDATE has no "status": status is'
    " o.X.",
    "wrong field, logged": "in _logged was logged, 2 times from 00:10:00.000 on, after ORDER_TRADE_UPDATE -> #1."
    ' ORDER_TRADE_UPDATE has no "orderStatus": status is o.X.',
    "wrong field, swallowed": "Its fields, should one be read by another name: o.s symbol,",
    "wrong field, asked for with get": "o.x execution_type, o.X status,",
    "KeyError in a handler": "* KeyError: 'BTC-260925-50000-C' at planted.py:",
}


def happens(exchange: Exchange, *, close: bool) -> None:
    """What happens to a bot in its two hours: two fills, and a connection that is ended."""
    filled = events.order_trade_update(status="FILLED")
    deeds = {10: lambda: exchange.emit(filled), 119: lambda: exchange.emit(filled)}
    if close:
        deeds[45] = exchange.streams.close
    for minutes, deed in deeds.items():
        exchange.clock.call_at(exchange.clock.now_ms + minutes * 60_000, deed)


@pytest.fixture(autouse=True, scope="module")
def nothing_left() -> Iterator[None]:
    """What a bot leaves behind is collected here, and not while another test runs."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def top(exchange: Exchange) -> str:
    """The first ten lines of what a failing test shows, as one."""
    return " ".join(line.strip() for line in section(exchange.journal).splitlines()[:10])


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_section_says_what_is_wrong(kind: type[Bot], bug: str) -> None:
    with simulated(time=True) as world:
        bot = type(kind.__name__, (kind,), BUGS[bug])(world.auth.api_key, world.auth.secret_key)
        happens(world.exchange, close=bug == "no reconnect")
        bot.live(2 * 3600)
        assert SAID[bug] in top(world.exchange)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_of_a_sound_bot_it_says_nothing(kind: type[Bot]) -> None:
    with simulated(time=True) as world:
        bot = kind(world.auth.api_key, world.auth.secret_key or "")
        happens(world.exchange, close=True)
        bot.live(2 * 3600)
        assert len(bot.filled) == 2
        assert top(world.exchange).startswith("Nothing stands out: ")


def test_a_handler_of_the_official_sdk_that_reads_a_model() -> None:
    with simulated(time=True) as world:
        happens(world.exchange, close=False)
        SdkBot(world.auth.api_key, "").live(15 * 60)
        assert "'OrderTradeUpdateO' object has no attribute 'status' at planted.py:" in top(
            world.exchange
        )
        assert 'ORDER_TRADE_UPDATE has no "status": status is o.X.' in top(world.exchange)
