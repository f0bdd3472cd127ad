"""What a client may say on a stream: SUBSCRIBE and its siblings, and the exchange's answers and
errors.

Source: Binance's Options page "Live Subscribing/Unsubscribing to streams". Texts that the page
doesn't have are assumptions of ours, and listed as such.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn, Protocol

__all__ = ["METHODS", "Subscriber", "answer"]

METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")

_UNKNOWN_PROPERTY = 0
_INVALID_VALUE = 1
_INVALID_REQUEST = 2
_INVALID_JSON = 3
_LARGEST_ID = 2**64 - 1
_LONGEST_QUOTE = 100


class Subscriber(Protocol):
    """Whose subscriptions the commands change."""

    combined: bool

    @property
    def subscriptions(self) -> list[str]:
        """The streams subscribed to, in the order in which that happened."""

    @property
    def max_streams(self) -> int:
        """How many there may be."""

    def subscribe(self, name: str) -> None:
        """Subscribe to one more stream; one that is there already stays where it is."""

    def unsubscribe(self, name: str) -> None:
        """Forget one stream; one that is not there is none the worse for it."""


class _Refused(Exception):
    def __init__(self, code: int, msg: str) -> None:
        self.code = code
        self.msg = msg


def _invalid(what: str) -> NoReturn:
    raise _Refused(_INVALID_REQUEST, f"Invalid request: {what}")


def answer(text: str, subscriber: Subscriber) -> str:
    """The exchange's answer, as JSON text, to what a client wrote; any text has one."""
    request_id: int | None = None
    try:
        request = _parse(text)
        method = _method(request, text)
        request_id = _request_id(request)
        reply: dict[str, object] = {"result": _COMMANDS[method](request.get("params"), subscriber)}
    except _Refused as refused:
        reply = {"error": {"code": refused.code, "msg": refused.msg}}
    if request_id is not None:
        reply["id"] = request_id
    return json.dumps(reply, separators=(",", ":"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse(text: str) -> dict[str, object]:
    try:
        request = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        # Not JSON, or a number or a nesting beyond what Python reads. Where an error is depends on
        # Python's version (3.13 points at a trailing comma, those before at what follows), so the
        # place is always the beginning.
        raise _Refused(_INVALID_JSON, "Invalid JSON: expected value at line 1 column 1") from None
    if not isinstance(request, dict):
        _invalid("expected an object at line 1 column 1")
    return request


def _method(request: dict[str, object], text: str) -> str:
    if "method" not in request:
        _invalid(f"missing field `method` at line 1 column {len(text)}")
    method = request["method"]
    if isinstance(method, str) and method in METHODS:
        return method
    quoted = method if isinstance(method, str) else json.dumps(method)
    expected = ", ".join(f"`{name}`" for name in METHODS)
    column = text.find(quoted) + len(quoted) + 1
    _invalid(
        f"unknown variant `{quoted[:_LONGEST_QUOTE]}`, expected one of {expected} at line 1 column"
        f" {column}"
    )


def _request_id(request: dict[str, object]) -> int:
    request_id = request.get("id")
    if (
        isinstance(request_id, int)
        and not isinstance(request_id, bool)
        and 0 <= request_id <= _LARGEST_ID
    ):
        return request_id
    _invalid("request ID must be an unsigned integer")


def _names(params: object) -> list[str]:
    if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
        _invalid("params must be an array of stream names")
    return [name for name in params if name]


def _subscribe(params: object, subscriber: Subscriber) -> None:
    names = _names(params)
    # As USD-M Futures answers a client that lost its listen key (ccxt/ccxt#6791).
    if not names:
        _invalid("streams must have non-zero length")
    if len({*subscriber.subscriptions, *names}) > subscriber.max_streams:
        _invalid(f"more than {subscriber.max_streams} streams on one connection")
    for name in names:
        subscriber.subscribe(name)


def _unsubscribe(params: object, subscriber: Subscriber) -> None:
    for name in _names(params):
        subscriber.unsubscribe(name)


def _list_subscriptions(params: object, subscriber: Subscriber) -> list[str]:
    if params:
        _invalid("too many parameters")
    return subscriber.subscriptions


def _property(params: object, count: int) -> list[object]:
    if not isinstance(params, list) or not params or not isinstance(params[0], str):
        _invalid("property name must be a string")
    if len(params) > count:
        _invalid("too many parameters")
    if params[0] != "combined":
        raise _Refused(_UNKNOWN_PROPERTY, "Unknown property")
    return params


def _set_property(params: object, subscriber: Subscriber) -> None:
    _, *value = _property(params, 2)
    if not value or not isinstance(value[0], bool):
        raise _Refused(_INVALID_VALUE, "Invalid value type: expected Boolean")
    subscriber.combined = value[0]


def _get_property(params: object, subscriber: Subscriber) -> bool:
    _property(params, 1)
    return subscriber.combined


_COMMANDS: dict[str, Callable[[object, Subscriber], object]] = {
    "SUBSCRIBE": _subscribe,
    "UNSUBSCRIBE": _unsubscribe,
    "LIST_SUBSCRIPTIONS": _list_subscriptions,
    "SET_PROPERTY": _set_property,
    "GET_PROPERTY": _get_property,
}
