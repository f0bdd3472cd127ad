"""The events of the user data stream, a row each: all that is known about an event stands here and
nowhere else. What the exchange says by itself of orders, :mod:`._orders.consequences` writes under
the same names.

To add one, add its row here, and its builder in :mod:`pytest_binance_options.exchange.events`: a
function with an argument for every word in the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from ._event_fields import (
    AMOUNT,
    FILLED_AMOUNT,
    FLAG,
    LISTEN_KEY,
    TEXT,
    TIME,
    TIME_AS_TEXT,
    TRADE_ID,
    WHOLE,
    Amount,
    Entry,
    Field,
    Object,
    Part,
    choice,
    entries,
)

__all__ = [
    "EXECUTION_OF",
    "EXECUTION_TYPES",
    "ORDER_STATUSES",
    "RISK_LEVELS",
    "SIDES",
    "TABLE",
    "TIMES_IN_FORCE",
    "Balance",
    "ExecutionType",
    "Greeks",
    "OrderStatus",
    "Position",
    "RiskLevel",
    "Row",
    "Side",
    "TimeInForce",
]

# Binance: Options Trading, User Data Streams, "Event: Order update" and "Event: Risk level change".
# Each list is the type that a builder's argument has.
Side = Literal["BUY", "SELL"]
ExecutionType = Literal["NEW", "TRADE", "CANCELED", "EXPIRED"]
TimeInForce = Literal["GTC", "IOC", "FOK", "GTX"]
RiskLevel = Literal["NORMAL", "REDUCE_ONLY"]
OrderStatus = Literal[
    "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"
]
#: Of an order.
SIDES: tuple[Side, ...] = get_args(Side)
#: What has happened to an order.
EXECUTION_TYPES: tuple[ExecutionType, ...] = get_args(ExecutionType)
#: How long an order is good for.
TIMES_IN_FORCE: tuple[TimeInForce, ...] = get_args(TimeInForce)
#: Of an account.
RISK_LEVELS: tuple[RiskLevel, ...] = get_args(RiskLevel)
#: What an order can be: each status that an order update can have.
ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
#: What brings an order into each status. EXPIRED_IN_MATCH (self-trade prevention) is from Options'
#: change log of 2026-03-11, and what it comes with from USD-M's page about that.
EXECUTION_OF: Mapping[OrderStatus, ExecutionType] = {
    "NEW": "NEW",
    "PARTIALLY_FILLED": "TRADE",
    "FILLED": "TRADE",
    "CANCELED": "CANCELED",
    "EXPIRED": "EXPIRED",
    "EXPIRED_IN_MATCH": "EXPIRED",
}


@dataclass(frozen=True, slots=True)
class Balance(Entry):
    """One entry of a balance and position update: ``change`` is the change other than by PnL and
    commission."""

    asset: Annotated[str, Part("a", TEXT)] = "USDT"
    balance: Annotated[Amount, Part("b", AMOUNT)] = "10000"
    change: Annotated[Amount, Part("bc", AMOUNT)] = "0"


@dataclass(frozen=True, slots=True)
class Position(Entry):
    """One entry of a balance and position update; ``quantity`` and ``value`` are negative for a
    short position."""

    symbol: Annotated[str, Part("s", TEXT)] = "BTC-260925-50000-C"
    quantity: Annotated[Amount, Part("c", AMOUNT)] = "0.1"
    value: Annotated[Amount, Part("p", AMOUNT)] = "200"
    average_price: Annotated[Amount, Part("a", AMOUNT)] = "2000"


@dataclass(frozen=True, slots=True)
class Greeks(Entry):
    """The greeks of all positions on one underlying, as a greek update has them."""

    underlying: Annotated[str, Part("u", TEXT)] = "BTCUSDT"
    delta: Annotated[Amount, Part("d", AMOUNT)] = "0.05"
    gamma: Annotated[Amount, Part("g", AMOUNT)] = "0.000002"
    theta: Annotated[Amount, Part("t", AMOUNT)] = "-3.5"
    vega: Annotated[Amount, Part("v", AMOUNT)] = "12.5"


class Row:
    """An event: its name on the wire, the name of its builder, and its fields in the order in which
    the exchange sends them."""

    def __init__(self, name: str, builder: str, *fields: Field) -> None:
        self.name = name
        self.builder = builder
        self.fields = Object(*fields)

    def payload(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """The payload with these arguments of the builder's, checked."""
        return {"e": self.name, **self.fields.write(arguments)}

    def arguments(self, payload: Mapping[str, object]) -> dict[str, object]:
        """The builder's arguments that a payload stands for."""
        rest = {name: value for name, value in payload.items() if name != "e"}
        return self.fields.read(f"A {self.name}", rest)

    def at(self, payload: Mapping[str, object], now_ms: int, listen_key: str) -> dict[str, object]:
        """``payload`` as it is sent at ``now_ms`` to who listens with ``listen_key``; lists are the
        same ones."""
        return {"e": self.name, **self.fields.fill(payload, now_ms, listen_key)}


def _by_name(rows: Iterable[Row]) -> Mapping[str, Row]:
    table: dict[str, Row] = {}
    for row in rows:
        if table.setdefault(row.name, row) is not row:
            raise AssertionError(f"The event {row.name} has two rows.")
    return table


_EVENT_TIME = Field("E", "event_time", TIME)
_TRANSACTION_TIME = Field("T", "transaction_time", TIME)

TABLE = _by_name(
    (
        Row(
            "ACCOUNT_UPDATE",
            "account_update",
            _EVENT_TIME,
            _TRANSACTION_TIME,
            Field("eq", "equity", AMOUNT),
            Field("aeq", "adjusted_equity", AMOUNT),
            Field("b", "wallet_balance", AMOUNT),
            Field("m", "position_value", AMOUNT),
            Field("u", "unrealized_pnl", AMOUNT),
            Field("i", "initial_margin", AMOUNT),
            Field("M", "maintenance_margin", AMOUNT),
        ),
        Row(
            "BALANCE_POSITION_UPDATE",
            "balance_position_update",
            _EVENT_TIME,
            _TRANSACTION_TIME,
            Field("m", "reason", TEXT),
            Field("B", "balances", entries(Balance)),
            Field("P", "positions", entries(Position)),
        ),
        Row(
            "ORDER_TRADE_UPDATE",
            "order_trade_update",
            _EVENT_TIME,
            _TRANSACTION_TIME,
            Field(
                "o",
                "order",
                Object(
                    Field("s", "symbol", TEXT),
                    Field("c", "client_order_id", TEXT),
                    Field("S", "side", choice(*SIDES)),
                    Field("o", "order_type", TEXT),
                    Field("f", "time_in_force", choice(*TIMES_IN_FORCE)),
                    Field("q", "quantity", AMOUNT),
                    Field("p", "price", AMOUNT),
                    Field("ap", "average_price", AMOUNT),
                    Field("x", "execution_type", choice(*EXECUTION_TYPES)),
                    Field("X", "status", choice(*ORDER_STATUSES)),
                    Field("i", "order_id", WHOLE),
                    Field("l", "last_filled_quantity", FILLED_AMOUNT),
                    Field("z", "filled_quantity", FILLED_AMOUNT),
                    Field("L", "last_price", AMOUNT),
                    Field("N", "commission_asset", TEXT),
                    Field("n", "commission", AMOUNT),
                    Field("T", "trade_time", TIME),
                    Field("t", "trade_id", TRADE_ID),
                    Field("b", "bids_quantity", AMOUNT),
                    Field("a", "asks_quantity", AMOUNT),
                    Field("m", "maker", FLAG),
                    Field("R", "reduce_only", FLAG),
                    Field("ot", "original_type", TEXT),
                    Field("rp", "realized_profit", AMOUNT),
                    Field("V", "self_trade_prevention", TEXT),
                ),
            ),
        ),
        Row(
            "GREEK_UPDATE",
            "greek_update",
            _EVENT_TIME,
            _TRANSACTION_TIME,
            Field("G", "greeks", entries(Greeks)),
        ),
        Row(
            "RISK_LEVEL_CHANGE",
            "risk_level_change",
            _EVENT_TIME,
            Field("s", "level", choice(*RISK_LEVELS)),
            Field("mb", "margin_balance", AMOUNT),
            Field("mm", "maintenance_margin", AMOUNT),
        ),
        # The one event that has its time as a string, and a listen key.
        Row(
            "listenKeyExpired",
            "listen_key_expired",
            Field("E", "event_time", TIME_AS_TEXT),
            Field("listenKey", "listen_key", LISTEN_KEY),
        ),
        # Spot's: "WebSocket Streams", "General WSS information", and the fields from its WebSocket
        # API's "Connection events". Options' pages don't have it.
        Row("serverShutdown", "server_shutdown", _EVENT_TIME),
    )
)
