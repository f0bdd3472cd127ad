"""The endpoints that do something: orders are placed and cancelled, countdowns set.

Source: Binance, Options, Trade and Market Maker Endpoints. Each reads its parameters, has done what
they say, and answers in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from .._call import Reply, Said
from .._rejections import Rejection
from . import answers, rejections
from .countdown import LEAST_MS
from .entering import Endpoints, as_json
from .named import named_order
from .new_order import PARAMETERS, parse, wrong_word
from .order import Order
from .parameters import Asked, id_list
from .placing import Refusal

__all__ = ["TRADING"]

TRADING = Endpoints()

_MOST_IN_A_BATCH = 10


@TRADING.endpoint(*PARAMETERS)
def place_order(asked: Asked) -> Reply:
    """POST /eapi/v1/order."""
    answer = _place(asked, asked.values)
    if isinstance(answer, Rejection):
        return answer
    return Said(as_json(answer), asked.orders.counts.headers(asked.account.name))


def _place(asked: Asked, values: Mapping[str, str]) -> dict[str, object] | Rejection:
    new = parse(values, asked.orders.symbols.find)
    if isinstance(new, Rejection):
        asked.call.entry.clue = (
            asked.orders.symbols.why_unknown(values["symbol"])
            if new is rejections.BAD_SYMBOL
            else wrong_word(values)
        )
        return new
    placed = asked.orders.place(asked.account, new)
    if isinstance(placed, Refusal):
        asked.call.entry.clue = placed.clue
        return placed.rejection
    return answers.accepted(placed, result=new.result)


@TRADING.endpoint("orders")
def place_orders(asked: Asked) -> Reply:
    """POST /eapi/v1/batchOrders: each is placed or refused by itself, in the order of the list."""
    try:
        orders = json.loads(asked.values.get("orders", ""), parse_float=Decimal)
    except (ValueError, RecursionError):
        return rejections.mandatory("orders")
    if not isinstance(orders, list) or not orders:
        return rejections.mandatory("orders")
    if len(orders) > _MOST_IN_A_BATCH:
        return rejections.TOO_MANY_IN_A_BATCH
    answered = [_place_one(asked, order) for order in orders]
    return Said(as_json(answered), asked.orders.counts.headers(asked.account.name))


def _place_one(asked: Asked, order: object) -> dict[str, object]:
    values: dict[str, str] = {}
    for name, value in order.items() if isinstance(order, dict) else ():
        if isinstance(value, bool):
            values[name] = str(value).lower()
        elif isinstance(value, Decimal):
            values[name] = str(value)  # not written out: 1e999999999 is a number
        elif value is not None:
            values[name] = str(value)
    unread = [name for name in values if name not in PARAMETERS]
    answer: dict[str, object] | Rejection = rejections.mandatory("orders")
    if unread:
        answer = rejections.unread(len(values) - len(unread), len(values))
    elif values:
        answer = _place(asked, values)
    if isinstance(answer, Rejection):
        return {"code": answer.code, "msg": answer.msg}
    return answer


@TRADING.endpoint("symbol", "orderId", "clientOrderId")
def cancel_order(asked: Asked) -> Reply:
    """DELETE /eapi/v1/order."""
    order = named_order(asked)
    if isinstance(order, Rejection):
        return order
    if order.open:
        asked.orders.lifecycle.happens("cancelled", order)
    if not order.open:
        return rejections.ORDER_IS_FINAL
    asked.orders.cancelled_by_client(order)
    return as_json(answers.cancelled(order))


@TRADING.endpoint("symbol", "orderIds", "clientOrderIds")
def cancel_orders(asked: Asked) -> Reply:
    """DELETE /eapi/v1/batchOrders: each is cancelled, or isn't, by itself."""
    symbol = asked.symbol(known=False)
    if isinstance(symbol, Rejection):
        return symbol
    order_ids = id_list(asked.values.get("orderIds", ""), int)
    client_order_ids = id_list(asked.values.get("clientOrderIds", ""), str)
    if order_ids is None:
        return rejections.invalid("orderIds")
    if client_order_ids is None:
        return rejections.invalid("clientOrderIds")
    if not order_ids and not client_order_ids:
        return rejections.neither("orderIds", "clientOrderIds")
    if len(order_ids) + len(client_order_ids) > _MOST_IN_A_BATCH:
        return rejections.TOO_MANY_IN_A_BATCH
    orders = [asked.book.find(order_id, None) for order_id in order_ids]
    orders += [asked.book.find(None, each) for each in client_order_ids]
    return as_json([_cancel_one(asked, order, symbol) for order in orders])


def _cancel_one(asked: Asked, order: Order | None, symbol: str) -> dict[str, object]:
    refusal = None
    if order is None or order.symbol.name != symbol:
        refusal = rejections.NO_SUCH_ORDER
    elif not order.open:
        refusal = rejections.ORDER_IS_FINAL
    if refusal is not None or order is None:
        assert refusal is not None
        return {"code": refusal.code, "msg": refusal.msg}
    asked.orders.cancelled_by_client(order)
    return answers.cancelled_in_batch(order)


@TRADING.endpoint("symbol")
def cancel_all(asked: Asked) -> Reply:
    """DELETE /eapi/v1/allOpenOrders. The code is a string here, as in the page's example."""
    symbol = asked.symbol()
    if isinstance(symbol, Rejection):
        return symbol
    _cancel_where(asked, lambda order: order.symbol.name == symbol)
    return b'{"code":"0","msg":"success"}'


@TRADING.endpoint("underlying")
def cancel_all_by_underlying(asked: Asked) -> Reply:
    """DELETE /eapi/v1/allOpenOrdersByUnderlying."""
    underlying = asked.underlying()
    if isinstance(underlying, Rejection):
        return underlying
    _cancel_where(asked, lambda order: order.symbol.underlying == underlying)
    return b'{"code":0,"msg":"success"}'


def _cancel_where(asked: Asked, meant: Callable[[Order], bool]) -> None:
    for order in asked.book.open_orders():
        if meant(order):
            asked.orders.cancelled_by_client(order)


@TRADING.endpoint("underlying", "countdownTime")
def set_countdown(asked: Asked) -> Reply:
    """POST /eapi/v1/countdownCancelAll."""
    underlying = asked.underlying()
    if isinstance(underlying, Rejection):
        return underlying
    length = asked.whole("countdownTime", mandatory=True)
    if isinstance(length, Rejection):
        return length
    if length is None or 0 < length < LEAST_MS:
        return rejections.INVALID_COUNTDOWN_TIME
    asked.orders.countdowns.set(asked.account.name, underlying, length)
    return as_json({"underlying": underlying, "countdownTime": length})


@TRADING.endpoint("underlyings")
def heartbeat(asked: Asked) -> Reply:
    """POST /eapi/v1/countdownCancelAllHeartBeat: answers with those that have a countdown."""
    named = asked.values.get("underlyings", "")
    if not named:
        return rejections.mandatory("underlyings")
    countdowns = asked.orders.countdowns
    beaten = [each for each in named.split(",") if countdowns.beat(asked.account.name, each)]
    return as_json({"underlyings": beaten})
