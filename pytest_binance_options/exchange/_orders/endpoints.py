"""The order endpoints: each reads its parameters, has done what they say, and answers in JSON.

Source: Binance, Options, Trade and Market Maker Endpoints. Who asks, how often and with which
signature was checked before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps

from .._call import Call, Reply, Said
from .._rejections import Rejection
from . import answers, rejections
from .new_order import PARAMETERS, parse
from .order import Order
from .parameters import Asked, Range, given, id_list
from .placing import Refusal

__all__ = ["ENDPOINTS"]

Answering = Callable[[Asked], Reply]

ENDPOINTS: dict[str, Callable[[Call], Reply]] = {}
_MOST_IN_A_BATCH = 10
#: How long a cancelled or rejected order without a fill is found (Binance: "Query Single Order").
_FOUND_FOR_MS = 3 * 86_400_000
#: How long ended orders are in the history (Binance: "Query Option Order History").
_PAST_FOR_MS = 5 * 86_400_000
#: How long trades can be asked for, three months (Binance: "Account Trade List").
_TRADES_FOR_MS = 90 * 86_400_000


def _endpoint(*names: str) -> Callable[[Answering], Answering]:
    """Enter an endpoint, which has these parameters and no others. One that has none reads none."""

    def enter(answer: Answering) -> Answering:
        @wraps(answer)
        def checked(call: Call) -> Reply:
            asked = given(call, names)
            return asked if isinstance(asked, Rejection) else answer(asked)

        ENDPOINTS[answer.__name__] = checked
        return answer

    return enter


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@_endpoint(*PARAMETERS)
def place_order(asked: Asked) -> Reply:
    """POST /eapi/v1/order."""
    answer = _place(asked, asked.values)
    if isinstance(answer, Rejection):
        return answer
    return Said(_json(answer), asked.orders.counts.headers(asked.account.name))


def _place(asked: Asked, values: Mapping[str, str]) -> dict[str, object] | Rejection:
    new = parse(values, asked.orders.symbols.find)
    if isinstance(new, Rejection):
        return new
    placed = asked.orders.place(asked.account, new)
    if isinstance(placed, Refusal):
        asked.call.entry.clue = placed.clue
        return placed.rejection
    return answers.accepted(placed, result=new.result)


@_endpoint("orders")
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
    return Said(_json(answered), asked.orders.counts.headers(asked.account.name))


def _place_one(asked: Asked, order: object) -> dict[str, object]:
    values: dict[str, str] = {}
    for name, value in order.items() if isinstance(order, dict) else ():
        if isinstance(value, bool):
            values[name] = str(value).lower()
        elif isinstance(value, Decimal):
            values[name] = format(value, "f")
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


@_endpoint("symbol", "orderId", "clientOrderId")
def query_order(asked: Asked) -> Reply:
    """GET /eapi/v1/order."""
    order = _named(asked)
    if isinstance(order, Rejection):
        return order
    untouched = order.status in ("CANCELED", "REJECTED") and not order.trades
    if untouched and order.created_ms + _FOUND_FOR_MS < asked.now_ms:
        return rejections.NO_SUCH_ORDER
    return _json(answers.found(order))


@_endpoint("symbol", "orderId", "clientOrderId")
def cancel_order(asked: Asked) -> Reply:
    """DELETE /eapi/v1/order."""
    order = _named(asked)
    if isinstance(order, Rejection):
        return order
    if not order.open:
        return rejections.ORDER_IS_FINAL
    asked.orders.cancelled_by_client(order)
    return _json(answers.cancelled(order))


def _named(asked: Asked) -> Order | Rejection:
    """The order that the parameters name."""
    symbol = asked.symbol(known=False)
    if isinstance(symbol, Rejection):
        return symbol
    order_id = asked.whole("orderId")
    if isinstance(order_id, Rejection):
        return order_id
    client_order_id = asked.values.get("clientOrderId")
    if order_id is None and not client_order_id:
        return rejections.neither("orderId", "clientOrderId")
    order = asked.book.find(order_id, client_order_id)
    if order is None or order.symbol.name != symbol:
        return rejections.NO_SUCH_ORDER
    return order


@_endpoint("symbol", "orderIds", "clientOrderIds")
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
    return _json([_cancel_one(asked, order, symbol) for order in orders])


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


@_endpoint("symbol")
def cancel_all(asked: Asked) -> Reply:
    """DELETE /eapi/v1/allOpenOrders. The code is a string here, as in the page's example."""
    symbol = asked.symbol()
    if isinstance(symbol, Rejection):
        return symbol
    _cancel_where(asked, lambda order: order.symbol.name == symbol)
    return b'{"code":"0","msg":"success"}'


@_endpoint("underlying")
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


@_endpoint("symbol", "orderId", "startTime", "endTime", "limit")
def open_orders(asked: Asked) -> Reply:
    """GET /eapi/v1/openOrders."""
    symbol = asked.symbol(mandatory=False)
    if isinstance(symbol, Rejection):
        return symbol
    chosen = asked.range("orderId")
    if isinstance(chosen, Rejection):
        return chosen
    orders = [order for order in asked.book.open_orders() if symbol in ("", order.symbol.name)]
    return _json([answers.listed(order) for order in _in(chosen, orders)])


@_endpoint("symbol", "orderId", "startTime", "endTime", "limit")
def past_orders(asked: Asked) -> Reply:
    """GET /eapi/v1/historyOrders."""
    symbol = asked.symbol(known=False)
    if isinstance(symbol, Rejection):
        return symbol
    chosen = asked.range("orderId")
    if isinstance(chosen, Rejection):
        return chosen
    since = asked.now_ms - _PAST_FOR_MS
    orders = [
        order
        for order in asked.book.orders
        if not order.open and order.symbol.name == symbol and order.updated_ms >= since
    ]
    return _json([answers.past(order) for order in _in(chosen, orders)])


def _in(chosen: Range, orders: list[Order]) -> list[Order]:
    return chosen.of(orders, lambda order: (order.order_id, order.created_ms))


@_endpoint("symbol", "fromId", "startTime", "endTime", "limit")
def trades(asked: Asked) -> Reply:
    """GET /eapi/v1/userTrades."""
    symbol = asked.symbol(known=False)
    if isinstance(symbol, Rejection):
        return symbol
    chosen = asked.range("fromId")
    if isinstance(chosen, Rejection):
        return chosen
    since = asked.now_ms - _TRADES_FOR_MS
    if min(chosen.start_ms or since, chosen.end_ms or since) < since:
        return rejections.SEARCH_WINDOW_RESTRICTED
    made = [
        trade
        for trade in asked.book.trades
        if trade.order.symbol.name == symbol and trade.at_ms >= since
    ]
    found = chosen.of(made, lambda trade: (trade.unique_id, trade.at_ms))
    return _json([answers.trade(trade) for trade in found])


@_endpoint("symbol")
def positions(asked: Asked) -> Reply:
    """GET /eapi/v1/position."""
    symbol = asked.symbol(mandatory=False)
    if isinstance(symbol, Rejection):
        return symbol
    held = [each for each in asked.book.ledger.positions if symbol in ("", each.symbol.name)]
    symbols = asked.orders.symbols
    return _json([answers.position(asked.book, each, symbols) for each in held])


@_endpoint()
def margin_account(asked: Asked) -> Reply:
    """GET /eapi/v1/marginAccount."""
    orders = asked.orders
    return _json(answers.margin_account(asked.book, orders.margin, orders.symbols, asked.now_ms))


@_endpoint()
def account(asked: Asked) -> Reply:
    """GET /eapi/v1/account."""
    orders = asked.orders
    return _json(answers.account(asked.book, orders.margin, orders.symbols, asked.now_ms))


@_endpoint("underlying", "countdownTime")
def set_countdown(asked: Asked) -> Reply:
    """POST /eapi/v1/countdownCancelAll."""
    underlying = asked.underlying()
    if isinstance(underlying, Rejection):
        return underlying
    length = asked.whole("countdownTime", mandatory=True)
    if isinstance(length, Rejection):
        return length
    if length is None or 0 < length < 5000:
        return rejections.INVALID_COUNTDOWN_TIME
    asked.orders.countdowns.set(asked.account.name, underlying, length)
    return _json({"underlying": underlying, "countdownTime": length})


@_endpoint("underlying")
def countdown(asked: Asked) -> Reply:
    """GET /eapi/v1/countdownCancelAll: the one that is asked for, or the first that was set."""
    wanted = asked.values.get("underlying")
    for underlying, length in asked.orders.countdowns.of(asked.account.name):
        if wanted in (None, "", underlying):
            return _json({"underlying": underlying, "countdownTime": length})
    return b"{}"


@_endpoint("underlyings")
def heartbeat(asked: Asked) -> Reply:
    """POST /eapi/v1/countdownCancelAllHeartBeat: answers with those that have a countdown."""
    named = asked.values.get("underlyings", "")
    if not named:
        return rejections.mandatory("underlyings")
    countdowns = asked.orders.countdowns
    beaten = [each for each in named.split(",") if countdowns.beat(asked.account.name, each)]
    return _json({"underlyings": beaten})
