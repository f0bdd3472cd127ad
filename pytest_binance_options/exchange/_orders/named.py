"""The order that a request names, by its id or its client order id."""

from __future__ import annotations

from .._rejections import Rejection
from . import rejections
from .order import Order
from .parameters import Asked

__all__ = ["named_order"]


def named_order(asked: Asked) -> Order | Rejection:
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
