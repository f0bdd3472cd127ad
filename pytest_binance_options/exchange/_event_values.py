"""What an event of the user data stream is made of: the frozen :class:`Event` and its checked
parts.

The builders a test calls are in :mod:`pytest_binance_options.exchange.events`; nothing here knows
an account, a connection or the time.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

from .._masking import mask
from ..errors import UsageError

__all__ = [
    "Amount",
    "Balance",
    "Event",
    "Greeks",
    "Position",
    "amount",
    "flag",
    "one_of",
    "shown",
    "text",
    "whole",
]

Amount = Decimal | str | int
"""A decimal quantity as a caller may write it. It goes over the wire as a string."""

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_TIMES = {
    "ACCOUNT_UPDATE": ("E", "T"),
    "BALANCE_POSITION_UPDATE": ("E", "T"),
    "ORDER_TRADE_UPDATE": ("E", "T"),
    "GREEK_UPDATE": ("E", "T"),
    "RISK_LEVEL_CHANGE": ("E",),
    "listenKeyExpired": ("E",),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the user data stream.

    ``payload`` has the exchange's own field names, ready for JSON; a time that was left out is
    missing from it and is filled in when the exchange emits the event. A ``verbatim`` event is sent
    as it is.
    """

    type: str
    payload: dict[str, object]
    verbatim: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        # The caller's dict may change later; an event may not.
        object.__setattr__(self, "payload", copy.deepcopy(self.payload))

    def at(self, now_ms: int, listen_key: str = "") -> dict[str, object]:
        """The payload as it is sent at ``now_ms`` (ms since the epoch): a copy with what was left
        out filled in.

        ``listenKeyExpired`` is the one event that has its event time as a string, and a listen key.
        """
        payload = copy.deepcopy(self.payload)
        if self.verbatim:
            return payload
        filled: dict[str, object] = {
            "e": self.type,
            **dict.fromkeys(_TIMES.get(self.type, ()), now_ms),
        }
        if self.type == "listenKeyExpired":
            filled |= {"E": str(now_ms), "listenKey": listen_key}
        order = payload.get("o")
        if isinstance(order, dict):
            order.setdefault("T", now_ms)
        return {**filled, **payload}


def shown(value: object) -> str:
    """``value`` as an error may quote it: without secrets, and not for pages."""
    whole_text = mask(repr(value))
    return whole_text if len(whole_text) <= 200 else f"{whole_text[:200]}..."


def _reject(name: str, value: object, wanted: str) -> NoReturn:
    raise UsageError(
        f"{name}={shown(value)} ({type(value).__name__}) can't go into an event: give {wanted}."
    )


def amount(name: str, value: object) -> str:
    """``value`` as the decimal string the exchange sends; raises UsageError naming ``name``."""
    if isinstance(value, float):
        raise UsageError(
            f"{name}={value!r} is a float, which can't hold most decimals exactly; the exchange"
            " sends decimals as strings. "
            f'Write {name}="{value!r}" or {name}=Decimal("{value!r}").'
        )
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return value
    _reject(name, value, 'a decimal: a string such as "0.10", a finite Decimal or an int')


def whole(name: str, value: object) -> int:
    """``value`` where it is an int from 0 to 2**63 - 1 (an id, or a time in ms since the epoch);
    else raises UsageError."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    _reject(name, value, "an int from 0 to 2**63 - 1")


def text(name: str, value: object) -> str:
    """``value`` where it is a string; else raises UsageError naming ``name``."""
    if isinstance(value, str):
        return value
    _reject(name, value, "a string")


def flag(name: str, value: object) -> bool:
    """``value`` where it is True or False; else raises UsageError naming ``name``."""
    if isinstance(value, bool):
        return value
    _reject(name, value, "True or False")


def one_of(name: str, value: object, allowed: Collection[str]) -> str:
    """``value`` where it is one of ``allowed``; else raises UsageError that lists them."""
    if isinstance(value, str) and value in allowed:
        return value
    raise UsageError(
        f"{name}={shown(value)} is not known to the user data stream. It knows:"
        f" {', '.join(allowed)}. To send something else on purpose, build the event with"
        " events.raw({...})."
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """One entry of a balance and position update: ``change`` is the change other than by PnL and
    commission."""

    asset: str = "USDT"
    balance: Amount = "10000"
    change: Amount = "0"

    def fields(self) -> dict[str, object]:
        """The entry under the exchange's field names."""
        return {
            "a": text("asset", self.asset),
            "b": amount("balance", self.balance),
            "bc": amount("change", self.change),
        }


@dataclass(frozen=True, slots=True)
class Position:
    """One entry of a balance and position update; ``quantity`` and ``value`` are negative for a
    short position."""

    symbol: str = "BTC-260925-50000-C"
    quantity: Amount = "0.1"
    value: Amount = "200"
    average_price: Amount = "2000"

    def fields(self) -> dict[str, object]:
        """The entry under the exchange's field names."""
        return {
            "s": text("symbol", self.symbol),
            "c": amount("quantity", self.quantity),
            "p": amount("value", self.value),
            "a": amount("average_price", self.average_price),
        }


@dataclass(frozen=True, slots=True)
class Greeks:
    """The greeks of all positions on one underlying, as a greek update has them."""

    underlying: str = "BTCUSDT"
    delta: Amount = "0.05"
    gamma: Amount = "0.000002"
    theta: Amount = "-3.5"
    vega: Amount = "12.5"

    def fields(self) -> dict[str, object]:
        """The entry under the exchange's field names."""
        return {
            "u": text("underlying", self.underlying),
            "d": amount("delta", self.delta),
            "g": amount("gamma", self.gamma),
            "t": amount("theta", self.theta),
            "v": amount("vega", self.vega),
        }
