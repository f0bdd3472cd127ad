"""How the exchange says no: HTTP status, error code and message, as Binance's error code page has
them.

Only the words are here; when they are said is decided where the rule lives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from .._checks import wrong

__all__ = [
    "BAD_API_KEY_FORMAT",
    "BAD_PRECISION",
    "BAD_RECV_WINDOW",
    "BAD_SYMBOL",
    "BAD_UNDERLYING",
    "DUPLICATE_PARAMETER",
    "INVALID_SIGNATURE",
    "NO_LISTEN_KEY",
    "OFF_STEP",
    "OFF_TICK",
    "OPTIONS_NOT_ENABLED",
    "PRICE_ABOVE_MAX",
    "PRICE_BELOW_MIN",
    "PRICE_NEGATIVE",
    "QUANTITY_ABOVE_MAX",
    "QUANTITY_BELOW_MIN",
    "QUANTITY_NEGATIVE",
    "TIMESTAMP_AHEAD",
    "TIMESTAMP_OUTSIDE_WINDOW",
    "UNKNOWN_KEY_CODES",
    "Rejection",
    "key_code",
    "mandatory",
    "unknown_key",
]


class Rejection:
    """An error answer: ``status`` (HTTP), ``code`` and ``msg`` (the exchange's), ``body`` (both as
    JSON), ``headers``."""

    __slots__ = ("body", "code", "headers", "msg", "status")

    def __init__(
        self, status: int, code: int, msg: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.code = code
        self.msg = msg
        self.headers = tuple((headers or {}).items())
        self.body = json.dumps({"code": code, "msg": msg}, separators=(",", ":")).encode()


# Binance: Options, Error Code. The page gives no HTTP status for them: 401 for those about the
# API key is what spot answers, and -2008 is taken to go with them.
BAD_API_KEY_FORMAT = Rejection(401, -2014, "API-key format invalid.")
NO_LISTEN_KEY = Rejection(400, -1125, "This listenKey does not exist.")
TIMESTAMP_AHEAD = Rejection(
    400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."
)
TIMESTAMP_OUTSIDE_WINDOW = Rejection(
    400, -1021, "Timestamp for this request is outside of the recvWindow."
)
INVALID_SIGNATURE = Rejection(400, -1022, "Signature for this request is not valid.")
# What eapi answered to accounts that were not enabled for Options (ccxt/ccxt#15659, #17674).
OPTIONS_NOT_ENABLED = Rejection(400, -1130, "Invalid data sent for a parameter.")
DUPLICATE_PARAMETER = Rejection(400, -1101, "Duplicate values for a parameter detected.")
BAD_RECV_WINDOW = Rejection(400, -1131, "recvWindow must be less than 60000")

# What an order's symbol, price or quantity can be refused for. Binance: Options, Error Code.
BAD_PRECISION = Rejection(400, -1111, "Precision is over the maximum defined for this asset.")
BAD_SYMBOL = Rejection(400, -1121, "Invalid symbol.")
BAD_UNDERLYING = Rejection(400, -1128, "Invalid underlying")
PRICE_NEGATIVE = Rejection(400, -4001, "Price less than 0.")
PRICE_ABOVE_MAX = Rejection(400, -4002, "Price greater than max price.")
QUANTITY_NEGATIVE = Rejection(400, -4003, "Quantity less than zero.")
QUANTITY_BELOW_MIN = Rejection(400, -4004, "Quantity less than min quantity.")
QUANTITY_ABOVE_MAX = Rejection(400, -4005, "Quantity greater than max quantity.")
PRICE_BELOW_MIN = Rejection(400, -4013, "Price less than min price.")
OFF_TICK = Rejection(400, -4029, "Tick size precision is invalid.")
OFF_STEP = Rejection(400, -4030, "Step size precision is invalid.")

#: What an API key that has the right form and isn't known has been answered with.
UNKNOWN_KEY_CODES = (-2008, -2015)


def key_code(name: str, code: int) -> int:
    """``code`` where it is one of those, else UsageError that calls it ``name``."""
    if code not in UNKNOWN_KEY_CODES:
        raise wrong(name, code, " or ".join(map(str, UNKNOWN_KEY_CODES)))
    return code


def unknown_key(code: int, client: str) -> Rejection:
    """The answer to an API key that the exchange doesn't know, or doesn't any more, from the
    address ``client``.

    -2008 is what demo-fapi said in July 2026 (ccxt/ccxt#29099), -2015 with the address what eapi
    said in 2023 (ccxt/ccxt#16816, #16844).
    """
    if code == -2008:
        return Rejection(401, -2008, "Invalid Api-Key ID.")
    return Rejection(
        401, -2015, f"Invalid API-key, IP, or permissions for action, request ip: {client}"
    )


def mandatory(name: str) -> Rejection:
    """The answer to a request in which the parameter ``name`` is missing, empty or malformed."""
    return Rejection(
        400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )
