"""Parameters as the query string that is sent, and signed as sent.

Spaces become ``%20`` and not ``+``, lists and dicts compact JSON (Binance, Options, Place Multiple
Orders), booleans ``true`` and ``false``, numbers are never in exponent form; None means: not given.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from ..errors import UsageError

__all__ = ["encode", "signed"]

_ONE_BY_ONE = (
    "Give str, int, float, Decimal, bool, list, dict or None; times as int, in ms since the epoch."
)


def encode(params: Mapping[str, object]) -> str:
    """``params`` percent-encoded, in their order. Raises UsageError for a value that has no form in
    a query."""
    return "&".join(
        f"{_quoted(name, name)}={_quoted(name, _text(name, value))}"
        for name, value in params.items()
        if value is not None
    )


def signed(params: Mapping[str, object], now_ms: int) -> str:
    """``params`` encoded, ``timestamp`` last: what a SIGNED request's signature is over.

    A ``timestamp`` among ``params`` (ms since the epoch) takes the place of ``now_ms``.
    """
    if "signature" in params:
        raise UsageError("params has a signature, and signed=True adds one. Leave one of them out.")
    timestamp = params.get("timestamp")
    rest = {name: value for name, value in params.items() if name != "timestamp"}
    return encode({**rest, "timestamp": now_ms if timestamp is None else timestamp})


def _text(name: str, value: object) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, (list, tuple, Mapping)):
        return _json(name, value)
    raise UsageError(
        f"params[{name!r}] is {_kind(value)}, which has no form in a query string. {_ONE_BY_ONE}"
    )


def _kind(value: object) -> str:
    return str(value) if isinstance(value, (float, Decimal)) else f"of type {type(value).__name__}"


def _json(name: str, value: object) -> str:
    try:
        return json.dumps(
            value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_decimal
        )
    except (TypeError, ValueError):
        pass
    raise UsageError(f"params[{name!r}] holds something that JSON has no form for. {_ONE_BY_ONE}")


def _decimal(value: object) -> str:
    # Binance takes decimals as strings everywhere; a float would lose digits.
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    raise TypeError


def _quoted(name: str, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise UsageError(f"params[{name!r}] is no valid Unicode: it has a lone surrogate in it.")
