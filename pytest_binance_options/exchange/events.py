"""The events of the user data stream: one builder each, in the field's words, and two ways in for
plain JSON.

Give a builder what the test is about; the rest gets sensible values. The times (ms since the epoch)
may be left out too: the exchange fills in its own clock's when it emits the event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal

from ..errors import UsageError
from ._event_values import (
    Amount,
    Balance,
    Event,
    Greeks,
    Position,
    amount,
    flag,
    one_of,
    shown,
    text,
    whole,
)

__all__ = [
    "EXECUTION_TYPES",
    "ORDER_STATUSES",
    "RISK_LEVELS",
    "SIDES",
    "TIMES_IN_FORCE",
    "Balance",
    "Event",
    "Greeks",
    "Position",
    "account_update",
    "balance_position_update",
    "from_json",
    "greek_update",
    "listen_key_expired",
    "order_trade_update",
    "raw",
    "risk_level_change",
]

# Binance: Options Trading, User Data Streams, "Event: Order update" and "Event: Risk level change".
SIDES = ("BUY", "SELL")
ORDER_STATUSES = ("NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED")
EXECUTION_TYPES = ("NEW", "TRADE", "CANCELED", "EXPIRED")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "GTX")
RISK_LEVELS = ("NORMAL", "REDUCE_ONLY")

_EXECUTION_OF = {
    "NEW": "NEW",
    "PARTIALLY_FILLED": "TRADE",
    "FILLED": "TRADE",
    "CANCELED": "CANCELED",
    "EXPIRED": "EXPIRED",
}


def _times(event_time: int | None, transaction_time: int | None) -> dict[str, object]:
    times: dict[str, object] = {}
    if event_time is not None:
        times["E"] = whole("event_time", event_time)
    if transaction_time is not None:
        times["T"] = whole("transaction_time", transaction_time)
    return times


def account_update(
    *,
    wallet_balance: Amount = "10000",
    position_value: Amount = "0",
    equity: Amount | None = None,
    adjusted_equity: Amount | None = None,
    unrealized_pnl: Amount = "0",
    initial_margin: Amount = "0",
    maintenance_margin: Amount = "0",
    event_time: int | None = None,
    transaction_time: int | None = None,
) -> Event:
    """ACCOUNT_UPDATE: the account's figures in USDT, sent on deposit, withdrawal and position
    change.

    ``equity`` left out is wallet balance plus position value, ``adjusted_equity`` left out is the
    equity. Raises UsageError for a value that is no decimal.
    """
    balance, value = (
        amount("wallet_balance", wallet_balance),
        amount("position_value", position_value),
    )
    total = amount("equity", Decimal(balance) + Decimal(value) if equity is None else equity)
    return Event(
        "ACCOUNT_UPDATE",
        {
            "e": "ACCOUNT_UPDATE",
            **_times(event_time, transaction_time),
            "eq": total,
            "aeq": amount("adjusted_equity", total if adjusted_equity is None else adjusted_equity),
            "b": balance,
            "m": value,
            "u": amount("unrealized_pnl", unrealized_pnl),
            "i": amount("initial_margin", initial_margin),
            "M": amount("maintenance_margin", maintenance_margin),
        },
    )


def balance_position_update(
    *,
    balances: Iterable[Balance] = (Balance(),),
    positions: Iterable[Position] = (Position(),),
    reason: str = "ORDER",
    event_time: int | None = None,
    transaction_time: int | None = None,
) -> Event:
    """BALANCE_POSITION_UPDATE: the balances and positions that changed, and only those.

    Raises UsageError for a value that is no decimal.
    """
    return Event(
        "BALANCE_POSITION_UPDATE",
        {
            "e": "BALANCE_POSITION_UPDATE",
            **_times(event_time, transaction_time),
            "m": text("reason", reason),
            "B": [balance.fields() for balance in balances],
            "P": [position.fields() for position in positions],
        },
    )


def order_trade_update(
    *,
    symbol: str = "BTC-260925-50000-C",
    client_order_id: str = "test-order-1",
    side: str = "BUY",
    order_type: str = "LIMIT",
    time_in_force: str = "GTC",
    quantity: Amount = "0.1",
    price: Amount = "2000",
    average_price: Amount | None = None,
    execution_type: str | None = None,
    status: str = "NEW",
    order_id: int = 4611869636869226548,
    last_filled_quantity: Amount | None = None,
    filled_quantity: Amount | None = None,
    last_price: Amount | None = None,
    commission_asset: str = "USDT",
    commission: Amount = "0",
    trade_time: int | None = None,
    trade_id: int | None = None,
    bids_quantity: Amount = "0",
    asks_quantity: Amount = "0",
    maker: bool = False,
    reduce_only: bool = False,
    original_type: str | None = None,
    realized_profit: Amount = "0",
    self_trade_prevention: str = "NONE",
    event_time: int | None = None,
    transaction_time: int | None = None,
) -> Event:
    """ORDER_TRADE_UPDATE: an order was placed, filled, cancelled or has expired.

    What is left out follows from ``status``: the execution type (TRADE for the two filled ones),
    the filled quantities (all of it when FILLED, half of it when PARTIALLY_FILLED, else 0), the
    prices of the fill and the trade id (1 for a trade, else 0). A negative ``commission`` was
    charged. Raises UsageError for a side, status, execution type or time in force that the exchange
    does not have, and for a value that is no decimal.
    """
    one_of("status", status, ORDER_STATUSES)
    execution = one_of(
        "execution_type",
        _EXECUTION_OF[status] if execution_type is None else execution_type,
        EXECUTION_TYPES,
    )
    whole_quantity, limit = amount("quantity", quantity), amount("price", price)
    part = {"FILLED": whole_quantity, "PARTIALLY_FILLED": Decimal(whole_quantity) / 2}.get(
        status, "0"
    )
    filled = amount("filled_quantity", part if filled_quantity is None else filled_quantity)
    traded = execution == "TRADE"
    fill_price = limit if traded else "0"
    last = filled if traded else "0"
    order: dict[str, object] = {
        "s": text("symbol", symbol),
        "c": text("client_order_id", client_order_id),
        "S": one_of("side", side, SIDES),
        "o": text("order_type", order_type),
        "f": one_of("time_in_force", time_in_force, TIMES_IN_FORCE),
        "q": whole_quantity,
        "p": limit,
        "ap": amount("average_price", fill_price if average_price is None else average_price),
        "x": execution,
        "X": status,
        "i": whole("order_id", order_id),
        "l": amount(
            "last_filled_quantity", last if last_filled_quantity is None else last_filled_quantity
        ),
        "z": filled,
        "L": amount("last_price", fill_price if last_price is None else last_price),
        "N": text("commission_asset", commission_asset),
        "n": amount("commission", commission),
        "t": whole("trade_id", int(traded) if trade_id is None else trade_id),
        "b": amount("bids_quantity", bids_quantity),
        "a": amount("asks_quantity", asks_quantity),
        "m": flag("maker", maker),
        "R": flag("reduce_only", reduce_only),
        "ot": text("original_type", order_type if original_type is None else original_type),
        "rp": amount("realized_profit", realized_profit),
        "V": text("self_trade_prevention", self_trade_prevention),
    }
    if trade_time is not None:
        order["T"] = whole("trade_time", trade_time)
    return Event(
        "ORDER_TRADE_UPDATE",
        {"e": "ORDER_TRADE_UPDATE", **_times(event_time, transaction_time), "o": order},
    )


def greek_update(
    *,
    greeks: Iterable[Greeks] = (Greeks(),),
    event_time: int | None = None,
    transaction_time: int | None = None,
) -> Event:
    """GREEK_UPDATE: the greeks per underlying. Raises UsageError for a value that is no decimal."""
    entries = [entry.fields() for entry in greeks]
    return Event(
        "GREEK_UPDATE", {"e": "GREEK_UPDATE", **_times(event_time, transaction_time), "G": entries}
    )


def risk_level_change(
    *,
    level: str = "REDUCE_ONLY",
    margin_balance: Amount = "10000",
    maintenance_margin: Amount = "9500",
    event_time: int | None = None,
) -> Event:
    """RISK_LEVEL_CHANGE: the account's risk level is now ``level``, NORMAL or REDUCE_ONLY; else
    raises UsageError."""
    return Event(
        "RISK_LEVEL_CHANGE",
        {
            "e": "RISK_LEVEL_CHANGE",
            **_times(event_time, None),
            "s": one_of("level", level, RISK_LEVELS),
            "mb": amount("margin_balance", margin_balance),
            "mm": amount("maintenance_margin", maintenance_margin),
        },
    )


def listen_key_expired(*, listen_key: str | None = None, event_time: int | None = None) -> Event:
    """listenKeyExpired: what the exchange sends by itself when a key has run out its 60 minutes.

    Emitting it by hand leaves the key alive. ``listen_key`` left out is the account's. The event
    time is a string here.
    """
    payload: dict[str, object] = {"e": "listenKeyExpired"}
    if event_time is not None:
        payload["E"] = str(whole("event_time", event_time))
    if listen_key is not None:
        payload["listenKey"] = text("listen_key", listen_key)
    return Event("listenKeyExpired", payload)


def raw(payload: dict[str, object]) -> Event:
    """Any JSON object, sent exactly as it is: for what the exchange has never sent, or not yet.

    Raises UsageError for what JSON can't hold.
    """
    try:
        json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{shown(payload)} can't be sent as JSON: {error}. Use strings, numbers, lists and"
            " dicts."
        ) from None
    kind = payload.get("e")
    return Event(kind if isinstance(kind, str) else "", payload, verbatim=True)


def _names(table: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in table.split())


# The exchange's field names, and the builders' words for them.
_TIMES = _names("E=event_time T=transaction_time")
_ACCOUNT = _names(
    "eq=equity aeq=adjusted_equity b=wallet_balance m=position_value u=unrealized_pnl"
    " i=initial_margin M=maintenance_margin"
)
_ORDER = _names(
    "s=symbol c=client_order_id S=side o=order_type f=time_in_force q=quantity p=price"
    " ap=average_price x=execution_type X=status i=order_id l=last_filled_quantity"
    " z=filled_quantity L=last_price N=commission_asset n=commission T=trade_time t=trade_id"
    " b=bids_quantity a=asks_quantity m=maker R=reduce_only ot=original_type rp=realized_profit"
    " V=self_trade_prevention"
)
_ENTRIES: dict[str, tuple[Callable[..., Balance | Position | Greeks], dict[str, str]]] = {
    "balances": (Balance, _names("a=asset b=balance bc=change")),
    "positions": (Position, _names("s=symbol c=quantity p=value a=average_price")),
    "greeks": (Greeks, _names("u=underlying d=delta g=gamma t=theta v=vega")),
}
_BUILDERS: dict[str, tuple[Callable[..., Event], dict[str, str]]] = {
    "ACCOUNT_UPDATE": (account_update, {**_TIMES, **_ACCOUNT}),
    "BALANCE_POSITION_UPDATE": (
        balance_position_update,
        {**_TIMES, **_names("m=reason B=balances P=positions")},
    ),
    "ORDER_TRADE_UPDATE": (order_trade_update, _TIMES),
    "GREEK_UPDATE": (greek_update, {**_TIMES, "G": "greeks"}),
    "RISK_LEVEL_CHANGE": (
        risk_level_change,
        _names("E=event_time s=level mb=margin_balance mm=maintenance_margin"),
    ),
    "listenKeyExpired": (listen_key_expired, _names("E=event_time listenKey=listen_key")),
}


def _object(place: str, value: object, known: dict[str, str]) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UsageError(
            f"{place} is {shown(value)} where a JSON object is wanted, with the fields"
            f" {', '.join(known)}."
        )
    for name in value:
        if name not in known:
            raise UsageError(
                f"{place} has a field {shown(name)} that the exchange does not send. It has:"
                f' {", ".join(known)}. An object whose "e" is none of the six events is sent as'
                " it is."
            )
    return {known[name]: content for name, content in value.items()}


def from_json(value: object) -> Event:
    """The event that a JSON object stands for, as the control interface takes it.

    ``{"e": "RISK_LEVEL_CHANGE", "s": "NORMAL"}``: one of the six events under the exchange's own
    field names goes through its builder, so that what is left out gets sensible values and what is
    there is checked. An object with another ``e``, or none, is sent as it is. Raises UsageError for
    what is no JSON object, and for an unknown field or a wrong value in one of the six.
    """
    if not isinstance(value, dict):
        example = '{"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}'
        raise UsageError(
            f"{shown(value)} is no event. Send a JSON object with the exchange's fields, such as"
            f" {example}."
        )
    kind = value.get("e")
    if not isinstance(kind, str) or kind not in _BUILDERS:
        return raw(value)
    build, known = _BUILDERS[kind]
    rest = {name: content for name, content in value.items() if name != "e"}
    order = _object("The order", rest.pop("o", {}), _ORDER) if kind == "ORDER_TRADE_UPDATE" else {}
    arguments = _object(f"A {kind}", rest, known)
    arguments.update(
        {name: _entries(name, arguments[name]) for name in _ENTRIES if name in arguments}
    )
    written = arguments.get("event_time")
    if kind == "listenKeyExpired" and isinstance(written, str) and written.isdecimal():
        arguments["event_time"] = int(written)  # the one event that has it as a string
    return build(**arguments, **order)


def _entries(name: str, value: object) -> list[Balance | Position | Greeks]:
    entry, known = _ENTRIES[name]
    if not isinstance(value, list):
        raise UsageError(
            f"The {name} of the event are {shown(value)}: they have to be a list of JSON objects."
        )
    return [entry(**_object(f"An entry of {name}", item, known)) for item in value]
