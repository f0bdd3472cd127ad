"""What ``serve``'s control interface does with orders: the part of its table that is about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .._checks import flag, number, one_of, text, whole
from ..exchange import Exchange, fills
from ..exchange._orders.amounts import plain
from ..exchange._orders.order import Order
from .amounts import amount_if_given, needed_amount
from .routes import Body, Route

__all__ = ["order_routes"]

T = TypeVar("T")

_WHICH = "an order's id or client order id; the only open one where left out"
_POLICIES = ("never", "at_once", "after", "in_parts")
_LONGEST = 10**9  # s


def order_routes(exchange: Exchange) -> list[Route]:
    """The routes about orders of a control interface of ``exchange``."""
    do = _Orders(exchange)
    order = {"order": _WHICH}
    an_order = {"order": "my-order-1"}
    return [
        Route(
            "GET",
            "/orders",
            "all orders, oldest first",
            lambda _: {"orders": [_described(order) for order in exchange.orders]},
        ),
        Route(
            "POST",
            "/orders/fill",
            "fills an order; the streams hear it",
            do.fill,
            {
                **order,
                "quantity": 'a decimal such as "0.1"; all that is left where left out',
                "price": "a decimal, never worse than the order's own, which it is where left out",
                "fee": "a decimal, in USDT; the usual one where left out",
                "maker": "true or false: whether the order had waited; true where left out",
            },
            example={**an_order, "quantity": "0.1", "price": "2000"},
        ),
        Route(
            "POST",
            "/orders/cancel",
            "cancels an order, as its owner might elsewhere",
            lambda body: _described(exchange.cancel(_which(body))),
            order,
            example=an_order,
        ),
        Route(
            "POST",
            "/orders/expire",
            "has an order expire",
            do.expire,
            {**order, "in_match": "true or false: by self-trade prevention; false where left out"},
            example=an_order,
        ),
        Route(
            "POST",
            "/orders/reject",
            "rejects an order that was accepted; no event tells of it",
            lambda body: _described(exchange.reject(_which(body))),
            order,
            example=an_order,
        ),
        Route(
            "POST",
            "/orders/fills",
            "says when orders are filled by themselves, from then on",
            do.set_policy,
            {
                "policy": f"one of: {', '.join(_POLICIES)}; needed",
                "part": 'with at_once: a decimal up to 1, as in "0.5"; 1 where left out',
                "seconds": "with after: how long after it was placed; needed there",
                "parts": "with in_parts: how many, from 2 to 1000; needed there",
                "every": "with in_parts: so many seconds between them; 1 where left out",
            },
            example={"policy": "in_parts", "parts": 3, "every": 10},
        ),
        Route(
            "POST",
            "/deposits",
            "pays USDT into an account, or out of it; the streams hear it",
            do.deposit,
            {
                "amount": 'a decimal, as in "500" or "-20"; needed',
                "account": "an account's name; the only one where left out",
            },
            example={"amount": "500"},
        ),
    ]


class _Orders:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def fill(self, body: Body) -> object:
        trade = self._exchange.fill(
            _which(body),
            quantity=amount_if_given("quantity", body),
            price=amount_if_given("price", body),
            fee=amount_if_given("fee", body),
            maker=flag("maker", body.get("maker", True)),
        )
        return {"tradeId": trade.trade_id, **_described(trade.order)}

    def expire(self, body: Body) -> object:
        in_match = flag("in_match", body.get("in_match", False))
        return _described(self._exchange.expire(_which(body), in_match=in_match))

    def set_policy(self, body: Body) -> object:
        name = one_of("policy", body.get("policy"), _POLICIES)
        if name == "at_once":
            policy = fills.at_once(amount_if_given("part", body) or 1)
        elif name == "after":
            policy = fills.after(_number("seconds", body.get("seconds")))
        elif name == "in_parts":
            parts = whole("parts", body.get("parts"))
            policy = fills.in_parts(parts, every=_number("every", body.get("every", 1)))
        else:
            policy = fills.never()
        self._exchange.fills = policy
        return {"fills": repr(policy)}

    def deposit(self, body: Body) -> object:
        amount = needed_amount("amount", body)
        account = _if_given(text, body, "account")
        self._exchange.deposit(amount, account)
        return {"balance": plain(self._exchange.orders.ledger(account).balance)}


def _described(order: Order) -> dict[str, object]:
    return {
        "orderId": order.order_id,
        "clientOrderId": order.client_order_id,
        "account": order.account,
        "symbol": order.symbol.name,
        "side": order.side,
        "quantity": plain(order.quantity),
        "price": plain(order.price),
        "executedQty": plain(order.filled),
        "status": order.status,
    }


def _which(body: Body) -> int | str | None:
    return _if_given(_id, body, "order")


def _id(name: str, value: object) -> int | str:
    return value if isinstance(value, str) else whole(name, value, 0)


def _number(name: str, value: object) -> float:
    return number(name, value, 0, _LONGEST)


def _if_given(read: Callable[[str, object], T], body: Body, name: str) -> T | None:
    # JSON's null stands for what is left out.
    return None if body.get(name) is None else read(name, body[name])
