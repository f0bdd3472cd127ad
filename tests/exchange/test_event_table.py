"""The table of events: that every row is a whole event, from its builder to the stream and back, and
that a row or a builder that is forgotten is noticed."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._frames import Text
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange, events
from pytest_binance_options.exchange._event_fields import AMOUNT, TIME, Field, Object
from pytest_binance_options.exchange._event_table import EXECUTION_OF, TABLE, Row, _by_name
from pytest_binance_options.exchange.events import Balance, Event, Greeks, Position

from ..support.examples import FOR_EACH
from .listening import connected, new_key

ROWS = pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)

AMOUNTS = (
    st.integers(-(10**12), 10**12)
    | st.decimals(allow_nan=False, allow_infinity=False, places=8)
    | st.from_regex(r"\A-?[0-9]{1,9}(\.[0-9]{1,9})?\Z")
)
NUMBERS = st.integers(0, 2**63 - 1)
TIMES = st.none() | NUMBERS
WORDS = st.text(max_size=8)
#: What a test may give for each word; a word that is missing here fails the test of the round trip.
ARGUMENTS: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys(("event_time", "transaction_time", "trade_time"), TIMES),
    **dict.fromkeys(("order_id", "trade_id"), NUMBERS),
    **dict.fromkeys(("maker", "reduce_only"), st.booleans()),
    **dict.fromkeys(
        (
            *("reason", "symbol", "client_order_id", "order_type", "commission_asset"),
            *("original_type", "self_trade_prevention", "listen_key"),
        ),
        WORDS,
    ),
    **dict.fromkeys(
        (
            *("equity", "adjusted_equity", "wallet_balance", "position_value", "unrealized_pnl"),
            *("initial_margin", "maintenance_margin", "margin_balance", "quantity", "price"),
            *("average_price", "last_filled_quantity", "filled_quantity", "last_price"),
            *("commission", "bids_quantity", "asks_quantity", "realized_profit"),
        ),
        AMOUNTS,
    ),
    "side": st.sampled_from(events.SIDES),
    "time_in_force": st.sampled_from(events.TIMES_IN_FORCE),
    "execution_type": st.sampled_from(events.EXECUTION_TYPES),
    "status": st.sampled_from(events.ORDER_STATUSES),
    "level": st.sampled_from(events.RISK_LEVELS),
    "balances": st.lists(st.builds(Balance, WORDS, AMOUNTS, AMOUNTS), max_size=2),
    "positions": st.lists(st.builds(Position, WORDS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=2),
    "greeks": st.lists(st.builds(Greeks, WORDS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=2),
}


#: The words of fields that have no others, and the type of the builders' argument.
CHOICES = {
    "side": (events.Side, events.SIDES),
    "time_in_force": (events.TimeInForce, events.TIMES_IN_FORCE),
    "execution_type": (events.ExecutionType, events.EXECUTION_TYPES),
    "status": (events.OrderStatus, events.ORDER_STATUSES),
    "level": (events.RiskLevel, events.RISK_LEVELS),
}


def builder(row: Row) -> Callable[..., Event]:
    build: Callable[..., Event] = getattr(events, row.builder)
    return build


def emitted(event: Event) -> tuple[dict[str, Any], int, str]:
    """What a listener gets, the exchange's time, and the listen key."""
    exchange = Exchange()
    account = exchange.open_account()
    key = new_key(exchange, account)
    connection = connected(exchange, f"/private/ws/{key}")
    exchange.clock.advance(seconds=1)
    assert exchange.emit(event) == 1
    (frame,) = connection.take()
    assert isinstance(frame, Text)
    return json.loads(frame.data), exchange.clock.now_ms, key


@ROWS
def test_every_row_has_a_builder_that_is_offered_and_makes_that_event(row: Row) -> None:
    assert row.builder in events.__all__
    assert builder(row)().type == row.name
    assert set(inspect.signature(builder(row)).parameters) == set(row.fields.words)


def test_every_builder_has_a_row() -> None:
    offered = {name for name in events.__all__ if inspect.isfunction(getattr(events, name))}
    assert offered - {"raw", "from_json"} == {row.builder for row in TABLE.values()}


@ROWS
def test_what_is_emitted_has_every_field_of_its_row_and_the_exchange_s_time(row: Row) -> None:
    sent, now, key = emitted(builder(row)())

    assert tuple(sent) == ("e", *row.fields.wires)
    assert sent["e"] == row.name
    # Each event has its event time, as the exchange's documentation has it for all of them.
    assert sent["E"] == (str(now) if row.name == "listenKeyExpired" else now)
    assert sent.get("T", now) == now
    assert sent.get("o", {}).get("T", now) == now
    assert sent.get("listenKey", key) == key


@ROWS
def test_what_the_exchange_does_not_fill_in_can_t_be_missing(row: Row) -> None:
    payload = builder(row)().payload

    for wire in row.fields.wires:
        if wire in payload:
            rest = {name: value for name, value in payload.items() if name != wire}
            with pytest.raises(UsageError):
                Event(row.name, rest)


@ROWS
@FOR_EACH
@given(st.data())
def test_from_builder_to_payload_to_json_and_back_nothing_is_lost(
    row: Row, data: st.DataObject
) -> None:
    given = {
        word: data.draw(ARGUMENTS[word], label=word)
        for word in row.fields.words
        if data.draw(st.booleans())
    }
    event = builder(row)(**given)

    assert events.from_json(json.loads(json.dumps(event.payload))) == event
    sent = event.at(5, "key")
    assert events.from_json(json.loads(json.dumps(sent))).at(6, "another") == sent


def test_an_event_without_a_row_can_t_be_made_but_raw() -> None:
    with pytest.raises(UsageError) as caught:
        Event("OPTION_EXERCISED", {})
    assert str(caught.value) == (
        f"type is 'OPTION_EXERCISED'. Give one of: {', '.join(TABLE)}. To send something else on"
        " purpose, build the event with events.raw({...})."
    )
    assert events.raw({"e": "OPTION_EXERCISED"}).at(5) == {"e": "OPTION_EXERCISED"}


def test_an_event_has_no_field_that_its_row_has_not() -> None:
    with pytest.raises(UsageError, match="A GREEK_UPDATE has a field 'x' that the exchange does"):
        Event("GREEK_UPDATE", {"x": 1})


# What is forgotten is noticed


def test_a_row_without_a_builder() -> None:
    with pytest.raises(AssertionError) as caught:
        events._builder(Row("NEWS", "news"))
    assert str(caught.value) == "NEWS has no builder: there is no function news here."


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        ((Field("E", "event_time", TIME),), "greeks, transaction_time"),
        (
            (
                Field("E", "event_time", TIME),
                Field("T", "transaction_time", TIME),
                Field("G", "greeks", TIME),
                Field("n", "novelty", TIME),
            ),
            "novelty",
        ),
    ],
)
def test_a_builder_that_does_not_fit_its_row(fields: tuple[Field, ...], differing: str) -> None:
    with pytest.raises(AssertionError) as caught:
        events._builder(Row("NEWS", "greek_update", *fields))
    assert str(caught.value) == f"greek_update and the row of NEWS differ in {differing}."


def test_two_rows_for_one_event() -> None:
    with pytest.raises(AssertionError, match="The event NEWS has two rows"):
        _by_name([Row("NEWS", "one"), Row("NEWS", "two")])


@pytest.mark.parametrize(
    "fields",
    [
        (Field("a", "one", AMOUNT), Field("a", "two", AMOUNT)),
        (Field("a", "one", AMOUNT), Field("b", "one", AMOUNT)),
        (Field("a", "one", AMOUNT), Field("b", "o", Object(Field("c", "one", AMOUNT)))),
    ],
    ids=["on the wire", "in the builder", "within an object"],
)
def test_two_fields_of_one_name(fields: tuple[Field, ...]) -> None:
    with pytest.raises(AssertionError, match="One name for two fields"):
        Object(*fields)


@ROWS
def test_a_field_that_takes_certain_words_has_their_type_and_takes_no_other(row: Row) -> None:
    build = builder(row)
    hints = get_type_hints(build)
    for word in row.fields.words:
        kind, words = CHOICES.get(word, (None, ()))
        assert get_args(kind) == words
        literals = [
            each for each in (hints[word], *get_args(hints[word])) if get_origin(each) is Literal
        ]
        assert literals == ([kind] if kind else []), word
        for each in words:
            assert build(**{word: each}).type == row.name
        if kind:
            with pytest.raises(UsageError) as caught:
                build(**{word: "OTHER"})
            assert str(caught.value).startswith(
                f"{word} is 'OTHER'. Give one of: {', '.join(words)}."
            )


def test_every_status_comes_with_an_execution_type() -> None:
    assert tuple(EXECUTION_OF) == events.ORDER_STATUSES
    assert set(EXECUTION_OF.values()) <= set(events.EXECUTION_TYPES)
