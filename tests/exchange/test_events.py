"""The events, as a client sees them and as the official SDK reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from binance_common.utils import parse_user_event
from binance_sdk_derivatives_trading_options.websocket_streams import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import events
from pytest_binance_options.exchange.events import Balance, Event, Greeks, Position

NOW = 1_767_225_600_000
KEY = "k" * 64

BUILDERS: dict[Callable[..., Event], type] = {
    events.account_update: models.AccountUpdate,
    events.balance_position_update: models.BalancePositionUpdate,
    events.order_trade_update: models.OrderTradeUpdate,
    events.greek_update: models.GreekUpdate,
    events.risk_level_change: models.RiskLevelChange,
    events.listen_key_expired: models.ListenKeyExpired,
}


def sdk(payload: dict[str, object]) -> object:
    """What the official SDK's stream client hands to its callback for ``payload``."""
    received = json.loads(json.dumps(payload))
    return parse_user_event(received, models.UserDataStreamEventsResponse).actual_instance


def wire_names(model: BaseModel) -> set[str]:
    """The field names that the official SDK's model has on the wire."""
    fields = type(model).model_fields.items()
    return {field.alias or name for name, field in fields if name != "additional_properties"}


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_the_official_sdk_reads_each_event_as_its_own_model_and_knows_every_field(
    build: Callable[..., Event],
) -> None:
    payload = build().at(NOW, KEY)
    model = sdk(payload)
    assert type(model) is BUILDERS[build]
    assert set(payload) == {"e", *wire_names(model)}
    assert [name for name, value in model if value is None] == []


def test_nested_parts_have_every_field_the_official_sdk_knows_and_no_other() -> None:
    order = events.order_trade_update().at(NOW)
    update = events.balance_position_update().at(NOW)
    greeks = events.greek_update().at(NOW)
    for sent, read in (
        (order["o"], sdk(order).o),
        (update["B"][0], sdk(update).B[0]),
        (update["P"][0], sdk(update).P[0]),
        (greeks["G"][0], sdk(greeks).G[0]),
    ):
        assert set(sent) == wire_names(read)
        assert [name for name, value in read if value is None] == []


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_times_left_out_are_the_exchanges_and_given_ones_stay(build: Callable[..., Event]) -> None:
    expired = build is events.listen_key_expired
    assert build().at(NOW)["E"] == (str(NOW) if expired else NOW)
    assert build(event_time=5).at(NOW)["E"] == ("5" if expired else 5)
    assert "E" not in build().payload


def test_transaction_and_trade_time_can_be_given() -> None:
    payload = events.order_trade_update(transaction_time=6, trade_time=7).at(NOW)
    assert (payload["E"], payload["T"], payload["o"]["T"]) == (NOW, 6, 7)
    assert events.order_trade_update().at(NOW)["o"]["T"] == NOW


def test_an_event_begins_as_the_exchanges_do() -> None:
    assert list(events.account_update().at(NOW))[:3] == ["e", "E", "T"]


def test_listen_key_expired_carries_the_key_it_is_sent_for_unless_it_names_one() -> None:
    assert events.listen_key_expired().at(NOW, KEY) == {
        "e": "listenKeyExpired",
        "E": str(NOW),
        "listenKey": KEY,
    }
    assert events.listen_key_expired(listen_key="other").at(NOW, KEY)["listenKey"] == "other"


def test_an_order_update_says_what_was_asked_for() -> None:
    order = events.order_trade_update(
        symbol="ETH-260925-3000-P",
        client_order_id="mine",
        side="SELL",
        order_type="LIMIT",
        time_in_force="GTX",
        quantity="1.50",
        price=Decimal("12.5"),
        average_price="12.4",
        execution_type="TRADE",
        status="PARTIALLY_FILLED",
        order_id=8,
        last_filled_quantity="0.25",
        filled_quantity="0.75",
        last_price="12.3",
        commission_asset="BNB",
        commission="-0.01",
        trade_time=9,
        trade_id=10,
        bids_quantity=1,
        asks_quantity=2,
        maker=True,
        reduce_only=True,
        original_type="STOP",
        realized_profit="-3",
        self_trade_prevention="EXPIRE_TAKER",
    ).payload["o"]
    first = ["s", "c", "S", "o", "f", "q", "p", "ap", "x", "X", "i", "l", "z"]
    rest = ["L", "N", "n", "T", "t", "b", "a", "m", "R", "ot", "rp", "V"]
    assert [order[name] for name in first] == (
        [
            "ETH-260925-3000-P",
            "mine",
            "SELL",
            "LIMIT",
            "GTX",
            "1.50",
            "12.5",
            "12.4",
            "TRADE",
            "PARTIALLY_FILLED",
            8,
            "0.25",
            "0.75",
        ]
    )
    assert [order[name] for name in rest] == (
        ["12.3", "BNB", "-0.01", 9, 10, "1", "2", True, True, "STOP", "-3", "EXPIRE_TAKER"]
    )
    assert sorted(order) == sorted(first + rest)


@pytest.mark.parametrize(
    ("status", "execution", "filled", "trade_id", "price"),
    [
        ("NEW", "NEW", "0", 0, "0"),
        ("PARTIALLY_FILLED", "TRADE", "0.2", 1, "7"),
        ("FILLED", "TRADE", "0.4", 1, "7"),
        ("CANCELED", "CANCELED", "0", 0, "0"),
        ("EXPIRED", "EXPIRED", "0", 0, "0"),
        # Options' change log of 2026-03-11; the execution type as in USD-M's STP FAQ.
        ("EXPIRED_IN_MATCH", "EXPIRED", "0", 0, "0"),
    ],
)
def test_what_an_order_update_leaves_out_follows_from_the_status(
    status: str, execution: str, filled: str, trade_id: int, price: str
) -> None:
    order = events.order_trade_update(status=status, quantity="0.4", price="7").at(NOW)["o"]
    assert (order["x"], order["z"], order["l"], order["t"]) == (execution, filled, filled, trade_id)
    assert (order["ap"], order["L"]) == (price, price)


def test_an_account_updates_equity_adds_up_unless_it_is_given() -> None:
    payload = events.account_update(wallet_balance="100.5", position_value="-0.25").payload
    assert (payload["eq"], payload["aeq"]) == ("100.25", "100.25")
    payload = events.account_update(equity="7", adjusted_equity="6").payload
    assert (payload["eq"], payload["aeq"], payload["b"]) == ("7", "6", "10000")


def test_an_account_update_says_what_was_asked_for() -> None:
    assert events.account_update(
        wallet_balance="1",
        position_value="2",
        equity="3",
        adjusted_equity="4",
        unrealized_pnl="5",
        initial_margin="6",
        maintenance_margin="7",
        event_time=8,
        transaction_time=9,
    ).payload == {
        "e": "ACCOUNT_UPDATE",
        "E": 8,
        "T": 9,
        "eq": "3",
        "aeq": "4",
        "b": "1",
        "m": "2",
        "u": "5",
        "i": "6",
        "M": "7",
    }


@pytest.mark.parametrize("given", [Balance(), "USDT", [{"a": "USDT"}], [Position()], None, 5])
def test_a_list_of_entries_has_nothing_else_in_it(given: object) -> None:
    with pytest.raises(UsageError, match=r"Give a list of events.Balance\(\.\.\.\)\.$"):
        events.balance_position_update(balances=given)  # type: ignore[arg-type]


def test_a_balance_and_position_update_has_only_what_changed() -> None:
    payload = events.balance_position_update(
        balances=[Balance("USDT", Decimal("1.10"), change=-2)], positions=[], reason="DEPOSIT"
    ).payload
    assert payload == {
        "e": "BALANCE_POSITION_UPDATE",
        "m": "DEPOSIT",
        "B": [{"a": "USDT", "b": "1.10", "bc": "-2"}],
        "P": [],
    }
    short = Position("BTC-260925-50000-P", quantity="-0.1", value="-120", average_price="1200")
    assert events.balance_position_update(positions=[short]).payload["P"] == [
        {"s": "BTC-260925-50000-P", "c": "-0.1", "p": "-120", "a": "1200"}
    ]


def test_greeks_and_risk_level() -> None:
    assert events.greek_update(greeks=[Greeks("ETHUSDT", "1", "2", "-3", "4")]).payload["G"] == [
        {"u": "ETHUSDT", "d": "1", "g": "2", "t": "-3", "v": "4"}
    ]
    payload = events.risk_level_change(
        level="NORMAL", margin_balance=1, maintenance_margin="2"
    ).payload
    assert payload == {"e": "RISK_LEVEL_CHANGE", "s": "NORMAL", "mb": "1", "mm": "2"}


def test_a_float_is_refused_and_the_error_says_why() -> None:
    with pytest.raises(UsageError) as caught:
        events.order_trade_update(price=2000.1)
    assert (
        str(caught.value)
        == 'price is 2000.1. Give a decimal: a string such as "0.10", a finite Decimal or an int.'
        " A float can't hold most decimals exactly, and the exchange sends them as strings: write"
        ' price="2000.1" or price=Decimal("2000.1").'
    )


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("1e5", "'1e5'"),
        ("", "''"),
        ("1 ", "'1 '"),
        (".5", "'.5'"),
        ("٣", "'٣'"),
        (True, "True"),
        (None, "None"),
        (Decimal("NaN"), "Decimal('NaN')"),
        (float("nan"), "nan"),
    ],
)
def test_what_is_no_decimal_is_refused(value: object, quoted: str) -> None:
    with pytest.raises(UsageError) as caught:
        events.account_update(wallet_balance=value)
    assert (
        str(caught.value)
        == f'wallet_balance is {quoted}. Give a decimal: a string such as "0.10", a finite Decimal'
        " or an int."
    )


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        events.order_trade_update(status="CANCELLED")
    assert (
        str(caught.value) == "status is 'CANCELLED'. "
        "Give one of: NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED, EXPIRED_IN_MATCH. "
        "To send something else on purpose, build the event with events.raw({...})."
    )
    for wrong in (
        {"side": "buy"},
        {"execution_type": "FILL"},
        {"time_in_force": "DAY"},
        {"side": None},
    ):
        with pytest.raises(UsageError, match=f"^{next(iter(wrong))} is "):
            events.order_trade_update(**wrong)
    with pytest.raises(UsageError, match="Give one of: NORMAL, REDUCE_ONLY"):
        events.risk_level_change(level="LIQUIDATION")


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            {"order_id": "1"},
            "order_id is '1'. Give a whole number from 0 to 9223372036854775807.",
        ),
        (
            {"order_id": True},
            "order_id is True. Give a whole number from 0 to 9223372036854775807.",
        ),
        (
            {"trade_id": -1},
            "trade_id is -1. Give a whole number from 0 to 9223372036854775807.",
        ),
        (
            {"event_time": 1.5},
            "event_time is 1.5. Give a whole number from 0 to 9223372036854775807.",
        ),
        ({"symbol": 7}, "symbol is 7. Give text."),
        ({"maker": "no"}, "maker is 'no'. Give true or false."),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(argument: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        events.order_trade_update(**argument)
    assert str(caught.value) == said


def test_a_key_that_lands_in_an_error_is_hidden() -> None:
    with pytest.raises(UsageError) as caught:
        events.order_trade_update(side=KEY)
    assert KEY not in str(caught.value)
    assert "<hidden>" in str(caught.value)


def test_a_raw_event_is_sent_as_it_is() -> None:
    payload: dict[str, object] = {
        "e": "ORDER_TRADE_UPDATE",
        "o": {"X": "CANCELLED", "q": 0.5},
        "new": None,
    }
    event = events.raw(payload)
    assert event.type == "ORDER_TRADE_UPDATE"
    assert event.at(NOW, KEY) == payload
    assert events.raw({}).at(NOW) == {}


def test_a_raw_event_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        events.raw({"e": {1, 2}})
    assert (
        str(caught.value)
        == "{'e': {1, 2}} can't be sent as JSON: Object of type set is not JSON serializable. "
        "Use strings, numbers, lists and dicts."
    )


def test_an_event_does_not_change_with_what_it_was_made_from_or_what_it_gave() -> None:
    payload: dict[str, object] = {"e": "x", "list": [1]}
    event = events.raw(payload)
    payload["list"].append(2)
    event.at(NOW)["list"].append(3)
    assert event.at(NOW) == {"e": "x", "list": [1]}
    greeks = events.greek_update()
    greeks.at(NOW)["G"].append(3)
    greeks.at(NOW)["G"][0]["u"] = "x"
    order = events.order_trade_update()
    order.at(NOW)["o"]["T"] = 5
    assert (greeks, order) == (events.greek_update(), events.order_trade_update())


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_from_json_gives_the_same_event_back(build: Callable[..., Event]) -> None:
    event = build()
    assert events.from_json(json.loads(json.dumps(event.payload))) == event
    sent = event.at(NOW, KEY)
    assert events.from_json(json.loads(json.dumps(sent))).at(NOW + 1, "another") == sent


def test_from_json_fills_in_what_is_left_out() -> None:
    event = events.from_json({"e": "ORDER_TRADE_UPDATE", "o": {"X": "FILLED", "q": "2"}})
    assert event == events.order_trade_update(status="FILLED", quantity="2")
    assert events.from_json({"e": "GREEK_UPDATE"}) == events.greek_update()


@pytest.mark.parametrize(
    "event",
    [
        events.raw({"e": "ORDER_TRADE_UPDATE", "o": 5}),
        events.raw({"e": "serverShutdown"}),
        events.raw({}),
        events.raw({"raw": {}}),
        events.order_trade_update(status="FILLED"),
    ],
    ids=str,
)
def test_an_event_s_json_form_is_read_as_that_event(event: Event) -> None:
    form = event.to_json()
    assert events.from_json(json.loads(json.dumps(form))) == event
    form.clear()
    assert events.from_json(event.to_json()) == event


def test_from_json_sends_the_inside_of_raw_as_it_is() -> None:
    assert events.from_json({"raw": {"e": "GREEK_UPDATE"}}).at(NOW) == {"e": "GREEK_UPDATE"}
    for other in ({"raw": 5}, {"raw": {}, "x": 1}):
        assert events.from_json(other).at(NOW) == other


def test_from_json_sends_an_unknown_event_as_it_is() -> None:
    assert events.from_json({"e": "serverShutdown", "E": 1}).at(NOW) == {
        "e": "serverShutdown",
        "E": 1,
    }
    assert events.from_json({"x": 1}).at(NOW) == {"x": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            ["e"],
            (
                """['e'] is no event. Send a JSON object with the exchange's fields, """
                """such as {"e": "RISK_LEVEL_CHANGE", "s": "REDUCE_ONLY"}."""
            ),
        ),
        (
            {"e": "RISK_LEVEL_CHANGE", "level": "NORMAL"},
            (
                "A RISK_LEVEL_CHANGE has a field 'level' that the exchange does not send. It has:"
                ' E, s, mb, mm. An event with another "e" is sent as it is.'
            ),
        ),
        (
            {"e": "GREEK_UPDATE", "G": {}},
            "greeks is {}. Give a list of JSON objects.",
        ),
        (
            {"e": "GREEK_UPDATE", "G": [1]},
            "An entry of greeks is 1 where a JSON object is wanted, with the fields u, d, g, t, v.",
        ),
        (
            {"e": "ACCOUNT_UPDATE", "eq": 1.5},
            (
                'equity is 1.5. Give a decimal: a string such as "0.10", a finite Decimal or an'
                " int. A float can't hold most decimals exactly, and the exchange sends them as"
                ' strings: write equity="1.5" or equity=Decimal("1.5").'
            ),
        ),
    ],
)
def test_from_json_says_what_is_wrong(value: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        events.from_json(value)
    assert str(caught.value) == said


words = st.text(st.characters(max_codepoint=0x17F), max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["E", "T", "o", "s", "m", "B", "P", "G", "eq", "mb", "listenKey", "X", "q", "u"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([build().type for build in BUILDERS]),
    st.dictionaries(fields, json_values, max_size=4),
)
def test_from_json_takes_any_json_object_or_says_what_is_wrong(
    kind: str, content: dict[str, object]
) -> None:
    try:
        payload = events.from_json({"e": kind, **content}).at(NOW, KEY)
    except UsageError:
        return
    assert type(sdk(payload)).__name__.lower() == kind.replace("_", "").lower()


def test_an_event_shows_no_listen_key() -> None:
    key = "k3J9" + "aB5xQz7L" * 7 + "w2Pq"
    event = Event("", {"stream": key, "n": 1}, verbatim=True)
    assert repr(event) == "Event(type='', payload={'stream': '<hidden>', 'n': 1}, verbatim=True)"
