"""How parameters look in a query string."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options.client._query import encode, signed
from pytest_binance_options.errors import UsageError

from .answering import text_of

TAKES = (
    "Give str, int, float, Decimal, bool, list, dict or None; times as int, in ms since the epoch."
)


class Side(enum.Enum):
    BUY = "BUY"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("BTC-210129-40000-C", "BTC-210129-40000-C"),
        ("", ""),
        ("a b", "a%20b"),
        ("1+1=2&3/4?", "1%2B1%3D2%263%2F4%3F"),
        ("ü€😀", "%C3%BC%E2%82%AC%F0%9F%98%80"),
        ("-._~", "-._~"),
        ("100%", "100%25"),
        (0, "0"),
        (-5, "-5"),
        (True, "true"),
        (False, "false"),
        (0.01, "0.01"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (2000.0, "2000.0"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("12.3400"), "12.3400"),
        (Side.BUY, "BUY"),
        (["A", "B"], "%5B%22A%22%2C%22B%22%5D"),
        (("A",), "%5B%22A%22%5D"),
        (
            [{"symbol": "X", "quantity": Decimal("0.10")}],
            "%5B%7B%22symbol%22%3A%22X%22%2C%22quantity%22%3A%220.10%22%7D%5D",
        ),
        ({"a": None, "b": True}, "%7B%22a%22%3Anull%2C%22b%22%3Atrue%7D"),
    ],
)
def test_values_are_written_as_the_exchange_reads_them(value: object, sent: str) -> None:
    assert encode({"v": value}) == f"v={sent}"


def test_parameters_keep_their_order_and_none_is_left_out() -> None:
    assert encode({"b": 1, "a": None, "c": "x", "a b": 2}) == "b=1&c=x&a%20b=2"
    assert encode({"a": None}) == ""


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("NaN"), "NaN"),
        (b"bytes", "of type bytes"),
        (object, "of type type"),
        ({1, 2}, "of type set"),
    ],
)
def test_a_value_without_a_form_in_a_query_is_named(value: object, what: str) -> None:
    assert text_of(lambda: encode({"v": value}), UsageError) == (
        f"params['v'] is {what}, which has no form in a query string. {TAKES}"
    )


@pytest.mark.parametrize("value", [[object()], [float("nan")], {"x": {1}}, [b""], {(1, 2): 3}])
def test_a_list_with_something_json_has_no_form_for_is_named(value: object) -> None:
    assert (
        text_of(lambda: encode({"v": value}), UsageError)
        == f"params['v'] holds something that JSON has no form for. {TAKES}"
    )


@pytest.mark.parametrize("params", [{"v": "\udcff"}, {"v": ["\udcff"]}])
def test_a_lone_surrogate_is_named(params: Mapping[str, object]) -> None:
    assert (
        text_of(lambda: encode(params), UsageError)
        == "params['v'] is no valid Unicode: it has a lone surrogate in it."
    )


def test_timestamp_comes_last_in_what_is_signed() -> None:
    assert signed({"a": 1, "recvWindow": 5000}, 17) == "a=1&recvWindow=5000&timestamp=17"
    assert signed({}, 17) == "timestamp=17"


def test_a_given_timestamp_is_kept_and_comes_last() -> None:
    assert signed({"timestamp": 5, "a": 1}, 17) == "a=1&timestamp=5"
    assert signed({"timestamp": None, "a": 1}, 17) == "a=1&timestamp=17"


def test_a_given_signature_is_refused() -> None:
    assert text_of(lambda: signed({"signature": "x"}, 17), UsageError) == (
        "params has a signature, and signed=True adds one. Leave one of them out."
    )


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_any_text_comes_back_as_it_was(params: dict[str, str]) -> None:
    try:
        encoded = encode(params)
    except UsageError:
        assert any("\ud800" <= c <= "\udfff" for text in (*params, *params.values()) for c in text)
        return
    assert encoded.isascii()
    assert not set(encoded) & set(" +\r\n#\"'<>")
    assert dict(parse_qsl(encoded, keep_blank_values=True)) == params
