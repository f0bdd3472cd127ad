"""How the exchange refuses an order, or a question about one: codes and texts as Binance's page has
them (Options, Error Code, as of May 2026).

When they are said is decided where the rule lives. The page gives no HTTP status: 400, as for
everything that is wrong with a request.
"""

from __future__ import annotations

from .._rejections import BAD_SYMBOL, Rejection, mandatory

__all__ = [
    "BAD_SYMBOL",
    "BAD_UNDERLYING",
    "BALANCE_NOT_SUFFICIENT",
    "CLIENT_ORDER_ID_DUPLICATED",
    "FOK_REJECTED",
    "GTX_REJECTED",
    "INVALID_COUNTDOWN_TIME",
    "INVALID_LIMIT",
    "INVALID_SIDE",
    "INVALID_TIME_IN_FORCE",
    "INVALID_TYPE",
    "MARGIN_NOT_SUFFICIENT",
    "NEW_ORDER_REJECTED",
    "NOT_A_MARKET_MAKER",
    "NO_SUCH_ORDER",
    "ORDER_IS_FINAL",
    "REDUCE_ONLY_REJECTED",
    "SEARCH_WINDOW_RESTRICTED",
    "START_AFTER_END",
    "TOO_MANY_IN_A_BATCH",
    "UNSUPPORTED_COMBINATION",
    "illegal_characters",
    "invalid",
    "mandatory",
    "neither",
    "too_many_orders",
    "unread",
]


def _no(code: int, msg: str) -> Rejection:
    return Rejection(400, code, msg)


UNSUPPORTED_COMBINATION = _no(-1014, "Unsupported order combination.")
INVALID_TIME_IN_FORCE = _no(-1115, "Invalid timeInForce.")
INVALID_TYPE = _no(-1116, "Invalid orderType.")
INVALID_SIDE = _no(-1117, "Invalid side.")
BAD_UNDERLYING = _no(-1128, "Invalid underlying")
# What a new order meets when a countdown has run out. The text is the name of the code, on the
# page.
NEW_ORDER_REJECTED = _no(-2010, "NEW_ORDER_REJECTED")
NO_SUCH_ORDER = _no(-2013, "Order does not exist.")
BALANCE_NOT_SUFFICIENT = _no(-2018, "Balance is insufficient.")
MARGIN_NOT_SUFFICIENT = _no(-2027, "Option margin is insufficient.")
NOT_A_MARKET_MAKER = _no(-6005, "It is not market maker")
INVALID_LIMIT = _no(-6008, "parameter 'limit' is invalid.")
INVALID_COUNTDOWN_TIME = _no(-6009, "countdownTime must be no less than 5000 or equal to 0")
TOO_MANY_IN_A_BATCH = _no(-6011, "Maximum 10 orders in one batchOrder request.")
ORDER_IS_FINAL = _no(-6028, "Order is in final state")
START_AFTER_END = _no(-6031, "Start time is greater than end time.")
CLIENT_ORDER_ID_DUPLICATED = _no(-6044, "clientOrderId is duplicated")
REDUCE_ONLY_REJECTED = _no(
    -6045,
    "Reduce-only order rejected. The new reduce-only order conflicts with existing open orders."
    " Please cancel the conflicting orders and resubmit.",
)
FOK_REJECTED = _no(
    -6046,
    "Due to the order could not be filled immediately, the FOK order has been rejected.",
)
GTX_REJECTED = _no(
    -6047,
    "Due to the order could not be executed as maker, the Post Only order will be rejected.",
)
# The page on account trades names it; the page of error codes has no text for it.
SEARCH_WINDOW_RESTRICTED = _no(-6073, "SEARCH_WINDOW_RESTRICTED")


def illegal_characters(name: str, legal: str) -> Rejection:
    """The parameter ``name`` has other characters than ``legal``, a regular expression, allows."""
    return _no(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def neither(one: str, other: str) -> Rejection:
    """One of two parameters is needed, and neither was sent."""
    return _no(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def unread(read: int, sent: int) -> Rejection:
    """Parameters were sent that the endpoint doesn't have."""
    return _no(
        -1104,
        f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.",
    )


def invalid(name: str) -> Rejection:
    """The parameter ``name`` isn't what it should be. ("paramter" is how the page spells it.)"""
    return _no(-1130, f"Data sent for paramter '{name}' is not valid.")


def too_many_orders(limit: int, interval: str) -> Rejection:
    """An account placed more orders than it may."""
    return Rejection(
        429, -1015, f"Too many new orders; current limit is {limit} orders per {interval}."
    )
