"""The events of the user data stream: one builder each, in the field's words, and two ways in for
plain JSON.

Give a builder what the test is about; the rest gets sensible values. The times (ms since the epoch)
may be left out too: the exchange fills in its own clock's when it emits the event, and, for an
order update, what depends on the fills before it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable
from decimal import Decimal

from .._checks import shown
from ..errors import UsageError
from ._event_fields import WHOLE, Amount, amount, known
from ._event_table import (
    EXECUTION_OF,
    EXECUTION_TYPES,
    ORDER_STATUSES,
    RISK_LEVELS,
    SIDES,
    TABLE,
    TIMES_IN_FORCE,
    Balance,
    ExecutionType,
    Greeks,
    OrderStatus,
    Position,
    RiskLevel,
    Row,
    Side,
    TimeInForce,
)
from ._event_values import Event, filled

__all__ = [
    "EXECUTION_TYPES",
    "ORDER_STATUSES",
    "RISK_LEVELS",
    "SIDES",
    "TIMES_IN_FORCE",
    "Balance",
    "Event",
    "ExecutionType",
    "Greeks",
    "OrderStatus",
    "Position",
    "RiskLevel",
    "Side",
    "TimeInForce",
    "account_update",
    "balance_position_update",
    "from_json",
    "greek_update",
    "listen_key_expired",
    "order_trade_update",
    "raw",
    "risk_level_change",
    "server_shutdown",
]


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
    if equity is None:
        balance = amount("wallet_balance", wallet_balance)
        equity = Decimal(balance) + Decimal(amount("position_value", position_value))
    if adjusted_equity is None:
        adjusted_equity = equity
    return filled("ACCOUNT_UPDATE", locals())


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
    return filled("BALANCE_POSITION_UPDATE", locals())


def order_trade_update(
    *,
    symbol: str = "BTC-260925-50000-C",
    client_order_id: str | None = None,
    side: Side = "BUY",
    order_type: str = "LIMIT",
    time_in_force: TimeInForce = "GTC",
    quantity: Amount = "0.1",
    price: Amount = "2000",
    average_price: Amount | None = None,
    execution_type: ExecutionType | None = None,
    status: OrderStatus = "NEW",
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

    What is left out follows from ``status``: the execution type (TRADE for the two filled ones) and
    the prices of the fill; and when the exchange emits the event, from those before it: the trade
    id (the next one for a trade, else 0), ``filled_quantity`` (all of the order when FILLED, half
    of what was left of it when PARTIALLY_FILLED, else what it was) and ``last_filled_quantity``
    (what came on top, 0 where there was no trade). ``client_order_id`` left out follows from
    ``order_id``. A negative ``commission`` was charged. Raises UsageError for a side, status,
    execution type or time in force that the exchange does not have, and for a value that is no
    decimal.
    """
    known("status", status, ORDER_STATUSES)
    if execution_type is None:
        execution_type = EXECUTION_OF[status]
    traded = execution_type == "TRADE"
    if client_order_id is None:
        client_order_id = f"test-order-{WHOLE.write('order_id', order_id)}"
    if average_price is None:
        average_price = price if traded else "0"
    if last_price is None:
        last_price = price if traded else "0"
    if original_type is None:
        original_type = order_type
    return filled("ORDER_TRADE_UPDATE", locals())


def greek_update(
    *,
    greeks: Iterable[Greeks] = (Greeks(),),
    event_time: int | None = None,
    transaction_time: int | None = None,
) -> Event:
    """GREEK_UPDATE: the greeks per underlying. Raises UsageError for a value that is no decimal."""
    return filled("GREEK_UPDATE", locals())


def risk_level_change(
    *,
    level: RiskLevel = "REDUCE_ONLY",
    margin_balance: Amount = "10000",
    maintenance_margin: Amount = "9500",
    event_time: int | None = None,
) -> Event:
    """RISK_LEVEL_CHANGE: the account's risk level is now ``level``, NORMAL or REDUCE_ONLY; else
    raises UsageError."""
    return filled("RISK_LEVEL_CHANGE", locals())


def listen_key_expired(*, listen_key: str | None = None, event_time: int | None = None) -> Event:
    """listenKeyExpired: what the exchange sends by itself when a key has run out its 60 minutes.

    Emitting it by hand leaves the key alive. ``listen_key`` left out is the account's. The event
    time is a string here.
    """
    return filled("listenKeyExpired", locals())


def server_shutdown(*, event_time: int | None = None) -> Event:
    """serverShutdown: the server is about to end its connections. Spot has it; Options' pages don't
    mention it."""
    return filled("serverShutdown", locals())


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


def _builder(row: Row) -> Callable[..., Event]:
    """The builder of the events of ``row``, which takes an argument for each of its words."""
    build: Callable[..., Event] | None = globals().get(row.builder)
    if build is None:
        raise AssertionError(f"{row.name} has no builder: there is no function {row.builder} here.")
    differing = set(inspect.signature(build).parameters) ^ set(row.fields.words)
    if differing:
        raise AssertionError(
            f"{row.builder} and the row of {row.name} differ in {', '.join(sorted(differing))}."
        )
    return build


_BUILDERS = {name: _builder(row) for name, row in TABLE.items()}


def from_json(value: object) -> Event:
    """The event that a JSON object stands for, as the control interface takes it.

    ``{"e": "RISK_LEVEL_CHANGE", "s": "NORMAL"}``: an event of the table, under the exchange's own
    field names, goes through its builder, so that what is left out gets sensible values and what is
    there is checked. An object with another ``e``, or none, is sent as it is, and so is the object
    in ``{"raw": {...}}``, whatever it is. Raises UsageError for what is no JSON object, and for an
    unknown field or a wrong value in an event of the table.
    """
    if not isinstance(value, dict):
        example = '{"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}'
        raise UsageError(
            f"{shown(value)} is no event. Send a JSON object with the exchange's fields, such as"
            f" {example}."
        )
    inner = value.get("raw")
    if isinstance(inner, dict) and len(value) == 1:
        return raw(inner)
    kind = value.get("e")
    if not isinstance(kind, str) or kind not in TABLE:
        return raw(value)
    return _BUILDERS[kind](**TABLE[kind].arguments(value))
