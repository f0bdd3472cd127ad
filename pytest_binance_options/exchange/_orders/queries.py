"""The endpoints that only ask: for orders, trades, positions, the account, countdowns.

Source: Binance, Options, Trade; Account; Market Maker Endpoints.
"""

from __future__ import annotations

from .._call import Reply
from .._rejections import Rejection
from . import answers, rejections
from .entering import Endpoints, as_json
from .named import named_order
from .order import Order
from .parameters import Asked, Range

__all__ = ["QUERIES"]

QUERIES = Endpoints()

#: How long a cancelled or rejected order without a fill is found (Binance: "Query Single Order").
_FOUND_FOR_MS = 3 * 86_400_000
#: How long ended orders are in the history (Binance: "Query Option Order History").
_PAST_FOR_MS = 5 * 86_400_000
#: How long trades can be asked for, three months (Binance: "Account Trade List").
_TRADES_FOR_MS = 90 * 86_400_000


@QUERIES.endpoint("symbol", "orderId", "clientOrderId")
def query_order(asked: Asked) -> Reply:
    """GET /eapi/v1/order."""
    order = named_order(asked)
    if isinstance(order, Rejection):
        return order
    untouched = order.status in ("CANCELED", "REJECTED") and not order.trades
    if untouched and order.created_ms + _FOUND_FOR_MS < asked.now_ms:
        return rejections.NO_SUCH_ORDER
    return as_json(answers.found(order))


@QUERIES.endpoint("symbol", "orderId", "startTime", "endTime", "limit")
def open_orders(asked: Asked) -> Reply:
    """GET /eapi/v1/openOrders."""
    symbol = asked.symbol(mandatory=False)
    if isinstance(symbol, Rejection):
        return symbol
    chosen = asked.range("orderId")
    if isinstance(chosen, Rejection):
        return chosen
    orders = [order for order in asked.book.open_orders() if symbol in ("", order.symbol.name)]
    return as_json([answers.listed(order) for order in _in(chosen, orders)])


@QUERIES.endpoint("symbol", "orderId", "startTime", "endTime", "limit")
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
    return as_json([answers.past(order) for order in _in(chosen, orders)])


def _in(chosen: Range, orders: list[Order]) -> list[Order]:
    return chosen.of(orders, lambda order: (order.order_id, order.created_ms))


@QUERIES.endpoint("symbol", "fromId", "startTime", "endTime", "limit")
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
    return as_json([answers.trade(trade) for trade in found])


@QUERIES.endpoint("symbol")
def positions(asked: Asked) -> Reply:
    """GET /eapi/v1/position."""
    symbol = asked.symbol(mandatory=False)
    if isinstance(symbol, Rejection):
        return symbol
    held = [each for each in asked.book.ledger.positions if symbol in ("", each.symbol.name)]
    symbols = asked.orders.symbols
    return as_json([answers.position(asked.book, each, symbols) for each in held])


@QUERIES.endpoint()
def margin_account(asked: Asked) -> Reply:
    """GET /eapi/v1/marginAccount."""
    orders = asked.orders
    return as_json(answers.margin_account(asked.book, orders.margin, orders.symbols, asked.now_ms))


@QUERIES.endpoint()
def account(asked: Asked) -> Reply:
    """GET /eapi/v1/account."""
    orders = asked.orders
    return as_json(answers.account(asked.book, orders.margin, orders.symbols, asked.now_ms))


@QUERIES.endpoint("underlying")
def countdown(asked: Asked) -> Reply:
    """GET /eapi/v1/countdownCancelAll: the one that is asked for, or the first that was set."""
    wanted = asked.values.get("underlying")
    for underlying, length in asked.orders.countdowns.of(asked.account.name):
        if wanted in (None, "", underlying):
            return as_json({"underlying": underlying, "countdownTime": length})
    return b"{}"
