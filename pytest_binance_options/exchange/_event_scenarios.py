"""Bad days of single events, one line each, as users of many clients have reported them: lost,
doubled, in the wrong order, or no event at all.

As in :mod:`pytest_binance_options.exchange._stream_scenarios`, each takes the exchange, and ends
with ``exchange.reset()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import fault
from ._accounts import Account
from ._begun import scenario
from ._event_values import Event

if TYPE_CHECKING:
    from ._exchange import Exchange
    from ._faults import Fault

__all__ = [
    "duplicate_events",
    "event_before_reply",
    "frame_that_is_no_json",
    "one_event_lost",
    "out_of_order",
]


@scenario
def duplicate_events(exchange: Exchange, *, copies: int = 2) -> None:
    """Every event comes ``copies`` times.

    What users see: a handler that "always fires twice": an order that is mirrored to another
    account is placed twice, a fill is counted twice. Only order and trade ids can tell.

    https://github.com/JKorf/Binance.Net/issues/414
    """
    exchange.streams.copies = copies


@scenario
def event_before_reply(
    exchange: Exchange,
    event: Event,
    account: Account | str | None = None,
    *,
    method: str = "POST",
    path: str = "*",
    times: int | None = 1,
) -> Fault:
    """The event of a request is on its way before the request's own answer: ``event`` is emitted as
    soon as a request with this ``method`` and ``path`` has been executed. The fault returned knows
    whether that has happened.

    What users see: the notice "sometimes arrives faster than the response": an update for an order
    that their books don't know yet, thrown away as foreign.

    https://github.com/scalexm/trade-rs/issues/9
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        return exchange.faults.add(
            fault.event_before_reply(event, to=owner.name), method=method, path=path, times=times
        )


@scenario
def frame_that_is_no_json(
    exchange: Exchange, text: str = "", account: Account | str | None = None
) -> None:
    """A text frame comes that is no JSON: ``text``, an empty one to begin with. What comes after it
    is sound.

    What users see: "Expecting value: line 1 column 1 (char 0)" at random, and a listener that has
    ended with it, or thrown its connection away and the events with it.

    https://github.com/hummingbot/hummingbot/issues/4627
    """
    with exchange.lock:
        exchange.streams.send_text(text, exchange.accounts.resolve(account))


@scenario
def one_event_lost(
    exchange: Exchange, account: Account | str | None = None, *, times: int = 1
) -> None:
    """The next event, or the next ``times``, is lost on the way. The connection is healthy, and
    what comes after it comes.

    What users see: a fill that their books never learn of, about once a day, with every keepalive
    answered and no disconnect. Only asking for orders and positions from time to time can tell.

    https://github.com/ccxt/node-binance-api/issues/948,
    https://github.com/JKorf/Binance.Net/issues/947
    """
    exchange.streams.lose_next(account, times=times)


@scenario
def out_of_order(
    exchange: Exchange, account: Account | str | None = None, *, seconds: float = 60
) -> None:
    """The next event arrives after the one that follows it, whose event time is the later one. If
    none follows, it arrives ``seconds`` later on the exchange's clock.

    What users see: an order that is new after it was filled, and stays open in their books. The
    event time tells, and how much of the order is filled; the order of arrival doesn't.

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/135,
    https://github.com/JKorf/Binance.Net/issues/881
    """
    exchange.streams.hold_next(account, seconds=seconds)
