"""Bad days of orders, one line each, as users of many clients have reported them: an answer that is
lost or late, a cancel that comes too late, a disconnect between two fills.

As in :mod:`pytest_binance_options.exchange._stream_scenarios`, each takes the exchange, and ends
with ``exchange.reset()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._checks import whole
from . import fault
from ._accounts import Account
from ._begun import scenario

if TYPE_CHECKING:
    from ._exchange import Exchange
    from ._faults import Fault

__all__ = [
    "cancel_comes_too_late",
    "disconnect_between_fills",
    "fill_before_reply",
    "order_of_unknown_outcome",
]

_PATH = "/eapi/v1/order"


@scenario
def cancel_comes_too_late(exchange: Exchange, *, times: int = 1) -> None:
    """The next cancel, or the next ``times``, finds that the order has just been filled: -6028, and
    the fill is heard before that.

    What users see: a bot that crashes over the refusal, or takes the order for cancelled and buys
    again what it has already.

    https://github.com/freqtrade/freqtrade/issues/3208, https://github.com/askmike/gekko/pull/2792
    """
    whole("times", times, 1)
    with exchange.lock:
        for _ in range(times):
            exchange.orders.before_next_cancel(lambda order: exchange.fill(order))


@scenario
def disconnect_between_fills(exchange: Exchange, account: Account | str | None = None) -> None:
    """The account's connections break off right after its next fill that leaves something open:
    what is filled until it has connected again is heard by nobody.

    What users see: an order that stays half filled in their books for ever. What was sent while
    nobody was connected never comes again; only asking for orders or trades can tell.

    https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/15,
    https://github.com/JKorf/Binance.Net/issues/1296
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        exchange.orders.after_next_partial_fill(
            owner.name, lambda order: exchange.streams.drop(owner)
        )


@scenario
def fill_before_reply(exchange: Exchange, *, seconds: float = 1) -> Fault:
    """The next order is filled as it is placed, and the stream says so at once; the answer to the
    request comes ``seconds`` later, and says that the order is new. The fault returned knows
    whether that has happened.

    What users see: a fill of an order that their books don't know yet, thrown away as foreign; and
    then an order that is "NEW" for ever.
    (``event_before_reply`` is the same for any event.)

    https://github.com/scalexm/trade-rs/issues/9
    """
    with exchange.lock:
        exchange.orders.after_next_placed(lambda order: exchange.fill(order, maker=False))
        late = fault.delay(seconds, executed=True)
        return exchange.faults.add(late, method="POST", path=_PATH, times=1)


@scenario
def order_of_unknown_outcome(exchange: Exchange, *, executed: bool = True) -> Fault:
    """The next order gets the 503 that leaves open whether it was ``executed``.

    What users see: what is reported as failed has happened, and a bot that sends the order again
    has bought twice. Its client order id finds it, where the bot gave it one; while the order is
    open, the same one can't be placed twice.

    https://github.com/hummingbot/hummingbot/issues/6033
    """
    return exchange.faults.add(
        fault.unknown_outcome(executed=executed), method="POST", path=_PATH, times=1
    )
