"""What a request for a new order says: its parameters, checked one by one.

Source: Binance, Options, Trade, "New Order", and the texts of "Error Code". Whether such an order
can be placed is for :mod:`pytest_binance_options.exchange._orders.placing` to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..._masking import mask
from .._event_table import SIDES, TIMES_IN_FORCE
from .._rejections import Rejection
from .._symbol import Symbol
from . import rejections
from .amounts import read

__all__ = ["PARAMETERS", "NewOrder", "parse", "wrong_word"]

PARAMETERS = (
    "symbol",
    "side",
    "type",
    "quantity",
    "price",
    "timeInForce",
    "reduceOnly",
    "postOnly",
    "newOrderRespType",
    "clientOrderId",
    "isMmp",
    "selfTradePreventionMode",
)
_MANDATORY = ("symbol", "side", "type", "quantity")
#: Binance: Options, Trade, "Place Multiple Orders": what a client order id has to look like.
_CLIENT_ORDER_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_SELF_TRADE_PREVENTION = ("NONE", "EXPIRE_TAKER", "EXPIRE_BOTH", "EXPIRE_MAKER")
_WORDS = {
    "side": tuple(SIDES),
    "type": ("LIMIT",),
    "timeInForce": tuple(TIMES_IN_FORCE),
    "newOrderRespType": ("ACK", "RESULT"),
    "selfTradePreventionMode": _SELF_TRADE_PREVENTION,
}
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order that somebody wants to place."""

    symbol: Symbol
    side: str
    quantity: Decimal
    price: Decimal
    time_in_force: str = "GTC"
    reduce_only: bool = False
    post_only: bool = False
    result: bool = False
    client_order_id: str = ""
    self_trade_prevention: str = "EXPIRE_MAKER"


def parse(given: Mapping[str, str], find: Callable[[str], Symbol | None]) -> NewOrder | Rejection:
    """The order that the parameters ``given`` stand for; ``find`` knows the symbols.

    What is empty counts as left out. Looked at in this order: what is mandatory, the words, the
    symbol, the amounts, the rest.
    """
    for name in _MANDATORY:
        if not given.get(name):
            return rejections.mandatory(name)
    time_in_force = given.get("timeInForce") or "GTC"
    wrong = _wrong_word(given, time_in_force)
    if wrong is not None:
        return wrong
    symbol = find(given["symbol"])
    if symbol is None:
        return rejections.BAD_SYMBOL
    quantity, price = read(given["quantity"]), read(given.get("price", ""))
    if quantity is None:
        return rejections.mandatory("quantity")
    if price is None:
        return rejections.mandatory("price")
    flags = {}
    for name in ("reduceOnly", "postOnly", "isMmp"):
        flag = _FLAGS.get((given.get(name) or "false").lower())
        if flag is None:
            return rejections.invalid(name)
        flags[name] = flag
    if flags["isMmp"]:
        return rejections.NOT_A_MARKET_MAKER
    if flags["postOnly"] and time_in_force in ("IOC", "FOK"):
        return rejections.UNSUPPORTED_COMBINATION
    client_order_id = given.get("clientOrderId", "")
    if client_order_id and not re.fullmatch(_CLIENT_ORDER_ID, client_order_id):
        return rejections.illegal_characters("clientOrderId", _CLIENT_ORDER_ID)
    return NewOrder(
        symbol,
        given["side"],
        quantity,
        price,
        time_in_force=time_in_force,
        reduce_only=flags["reduceOnly"],
        post_only=flags["postOnly"] or time_in_force == "GTX",
        result=given.get("newOrderRespType") == "RESULT",
        client_order_id=client_order_id,
        self_trade_prevention=given.get("selfTradePreventionMode") or "EXPIRE_MAKER",
    )


def wrong_word(given: Mapping[str, str]) -> str:
    """Which parameter has a word that there is none of, and what there is, in a sentence; empty
    where none has."""
    for name, words in _WORDS.items():
        said = given.get(name)
        if said and said not in words:
            one = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
            return f"{name} is {mask(repr(said))[:60]}: it can be {one}."
    return ""


def _wrong_word(given: Mapping[str, str], time_in_force: str) -> Rejection | None:
    if given["side"] not in _WORDS["side"]:
        return rejections.INVALID_SIDE
    if given["type"] not in _WORDS["type"]:
        return rejections.INVALID_TYPE
    if time_in_force not in _WORDS["timeInForce"]:
        return rejections.INVALID_TIME_IN_FORCE
    for name in ("newOrderRespType", "selfTradePreventionMode"):
        if (given.get(name) or _WORDS[name][0]) not in _WORDS[name]:
            return rejections.invalid(name)
    return None
