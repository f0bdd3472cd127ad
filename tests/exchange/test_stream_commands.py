"""What a client can say on a stream, and what the exchange answers."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_binance_options._frames import Binary, Text
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._stream_hub import StreamConnection

from .listening import connected, say, texts

METHODS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"
BAD_ID = {"error": {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}}


@pytest.fixture
def connection() -> StreamConnection:
    """A connection without a stream, whose clock is not in the way of a test that talks much."""
    exchange = Exchange()
    exchange.streams.max_messages_per_second = 10_000
    return connected(exchange, "/private/stream")


def reply(connection: StreamConnection, **command: object) -> object:
    say(connection, **command)
    [answer] = texts(connection.take())
    return answer


def reply_to(connection: StreamConnection, text: str) -> object:
    connection.receive(Text(text))
    [answer] = texts(connection.take())
    return answer


def listed(connection: StreamConnection) -> object:
    return reply(connection, method="LIST_SUBSCRIPTIONS", id=1)["result"]


def test_subscribing_is_answered_with_the_requests_id(connection: StreamConnection) -> None:
    assert reply(connection, method="SUBSCRIBE", params=["a", "b"], id=3_000_000_000) == {
        "result": None,
        "id": 3_000_000_000,
    }
    assert listed(connection) == ["a", "b"]


def test_unsubscribing_leaves_the_others(connection: StreamConnection) -> None:
    say(connection, method="SUBSCRIBE", params=["a", "b", "c"], id=1)
    connection.take()
    assert reply(connection, method="UNSUBSCRIBE", params=["b", "never"], id=312) == {
        "result": None,
        "id": 312,
    }
    assert listed(connection) == ["a", "c"]


def test_what_the_address_names_is_listed_too() -> None:
    connection = connected(Exchange(), "/private/stream?streams=a/b")
    say(connection, method="SUBSCRIBE", params=["b", "c"], id=1)
    connection.take()
    assert listed(connection) == ["a", "b", "c"]


def test_the_properties(connection: StreamConnection) -> None:
    assert reply(connection, method="GET_PROPERTY", params=["combined"], id=0) == {
        "result": True,
        "id": 0,
    }
    assert reply(connection, method="SET_PROPERTY", params=["combined", False], id=5) == {
        "result": None,
        "id": 5,
    }
    assert reply(connection, method="GET_PROPERTY", params=["combined"], id=2) == {
        "result": False,
        "id": 2,
    }


@pytest.mark.parametrize("request_id", [None, "1", "6f5c", 1.0, -1, True, [1], {}, 2**64])
def test_an_id_has_to_be_an_unsigned_integer(
    connection: StreamConnection, request_id: object
) -> None:
    assert reply(connection, method="SUBSCRIBE", params=["a"], id=request_id) == BAD_ID
    assert listed(connection) == []


def test_an_id_has_to_be_there(connection: StreamConnection) -> None:
    assert reply(connection, method="SUBSCRIBE", params=["a"]) == BAD_ID


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected value at line 1 column 1"),
        ("hello", "expected value at line 1 column 1"),
        # Python 3.13 points at the comma, those before at the brace.
        ('{"method":\n "SUBSCRIBE", }', "expected value at line 1 column 1"),
        ('{"id": NaN}', "expected value at line 1 column 1"),
    ],
    ids=["nothing", "a word", "a comma too many", "NaN"],
)
def test_what_is_not_json(connection: StreamConnection, text: str, said: str) -> None:
    assert reply_to(connection, text) == {"error": {"code": 3, "msg": f"Invalid JSON: {said}"}}


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "9" * 5_000, '{"id":' + "9" * 5_000 + "}"],
    ids=["deep", "long", "long inside"],
)
def test_what_is_too_much_for_a_parser_is_answered_too(
    connection: StreamConnection, text: str
) -> None:
    # How much is too much depends on the Python.
    assert reply_to(connection, text)["error"]["code"] in (2, 3)


@pytest.mark.parametrize("text", ["1", '"SUBSCRIBE"', "[]", "null"])
def test_json_that_is_no_object(connection: StreamConnection, text: str) -> None:
    assert reply_to(connection, text) == {
        "error": {"code": 2, "msg": "Invalid request: expected an object at line 1 column 1"}
    }


def test_an_unknown_method_is_named_with_the_known_ones(connection: StreamConnection) -> None:
    assert reply_to(connection, '{"method": "SUBSCRIBED", "id": 1}') == {
        "error": {
            "code": 2,
            "msg": (
                f"Invalid request: unknown variant `SUBSCRIBED`, expected one of {METHODS} at line"
                " 1 column 23"
            ),
        }
    }
    assert reply(connection, method=["x"], id=1)["error"]["code"] == 2


def test_a_missing_method(connection: StreamConnection) -> None:
    text = '{"params": ["a"], "id": 1}'
    assert reply_to(connection, text) == {
        "error": {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 26"}
    }


@pytest.mark.parametrize(
    ("command", "code", "msg"),
    [
        ({"method": "SUBSCRIBE"}, 2, "Invalid request: params must be an array of stream names"),
        (
            {"method": "SUBSCRIBE", "params": "a"},
            2,
            "Invalid request: params must be an array of stream names",
        ),
        (
            {"method": "UNSUBSCRIBE", "params": ["a", 1]},
            2,
            "Invalid request: params must be an array of stream names",
        ),
        (
            {"method": "LIST_SUBSCRIPTIONS", "params": ["a"]},
            2,
            "Invalid request: too many parameters",
        ),
        (
            {"method": "GET_PROPERTY", "params": ["combined", True]},
            2,
            "Invalid request: too many parameters",
        ),
        (
            {"method": "SET_PROPERTY", "params": ["combined", True, 1]},
            2,
            "Invalid request: too many parameters",
        ),
        ({"method": "GET_PROPERTY"}, 2, "Invalid request: property name must be a string"),
        (
            {"method": "SET_PROPERTY", "params": [1, True]},
            2,
            "Invalid request: property name must be a string",
        ),
        (
            {"method": "SET_PROPERTY", "params": []},
            2,
            "Invalid request: property name must be a string",
        ),
        ({"method": "GET_PROPERTY", "params": ["colour"]}, 0, "Unknown property"),
        ({"method": "SET_PROPERTY", "params": ["colour", True]}, 0, "Unknown property"),
        (
            {"method": "SET_PROPERTY", "params": ["combined", "true"]},
            1,
            "Invalid value type: expected Boolean",
        ),
        (
            {"method": "SET_PROPERTY", "params": ["combined"]},
            1,
            "Invalid value type: expected Boolean",
        ),
    ],
)
def test_a_command_that_is_not_right(
    connection: StreamConnection, command: dict[str, object], code: int, msg: str
) -> None:
    assert reply(connection, **command, id=9) == {"error": {"code": code, "msg": msg}, "id": 9}
    assert connection.combined is True
    assert listed(connection) == []


def test_no_more_than_two_hundred_streams_and_all_or_nothing(connection: StreamConnection) -> None:
    say(connection, method="SUBSCRIBE", params=[str(n) for n in range(199)], id=1)
    connection.take()
    assert reply(connection, method="SUBSCRIBE", params=["0", "199", "200"], id=2) == {
        "error": {"code": 2, "msg": "Invalid request: more than 200 streams on one connection"},
        "id": 2,
    }
    assert reply(connection, method="SUBSCRIBE", params=["0", "199"], id=3) == {
        "result": None,
        "id": 3,
    }
    assert len(listed(connection)) == 200


def test_a_binary_message_is_read_as_text(connection: StreamConnection) -> None:
    connection.receive(Binary(b'{"method":"LIST_SUBSCRIPTIONS","id":1}'))
    connection.receive(Binary(b"\xff\xfe"))
    assert texts(connection.take()) == [
        {"result": [], "id": 1},
        {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}},
    ]


def test_public_and_market_streams_answer_as_well() -> None:
    for target in ("/public/stream", "/market/ws"):
        connection = connected(Exchange(), target)
        assert reply(connection, method="SUBSCRIBE", params=["x@ticker"], id=1) == {
            "result": None,
            "id": 1,
        }
        assert listed(connection) == ["x@ticker"]


names = st.text(st.characters(max_codepoint=0x17F), max_size=6)
loose = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
method = (
    st.sampled_from(
        ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"]
    )
    | loose
)
commands = st.fixed_dictionaries(
    {}, optional={"method": method, "params": loose | st.lists(names), "id": loose}
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(names | commands.map(json.dumps), max_size=5), st.randoms(use_true_random=False))
def test_any_text_is_answered_once_with_json(said: list[str], rnd: random.Random) -> None:
    exchange = Exchange()
    exchange.streams.max_messages_per_second = 10_000
    connection = connected(exchange, "/private/stream")
    for text in said:
        for mangled in (text, text[: rnd.randint(0, len(text))]):
            answer = reply_to(connection, mangled)
            assert set(answer) <= {"result", "error", "id"}
            assert ("result" in answer) != ("error" in answer)


@pytest.mark.parametrize("params", [[], [""], ["", ""]])
def test_subscribing_to_nothing_is_an_error(params: list[str]) -> None:
    """ccxt/ccxt#6791, of USD-M Futures: a client that has lost its listen key is told so."""
    connection = connected(Exchange(), "/private/stream")
    say(connection, method="SUBSCRIBE", params=params, id=1)
    [frame] = connection.take()
    assert isinstance(frame, Text)
    assert frame.data == (
        '{"error":{"code":2,"msg":"Invalid request: streams must have non-zero length"},"id":1}'
    )
    say(connection, method="LIST_SUBSCRIPTIONS", id=2)
    assert texts(connection.take()) == [{"result": [], "id": 2}]


def test_an_empty_name_beside_another_is_passed_over() -> None:
    connection = connected(Exchange(), "/private/stream")
    say(connection, method="SUBSCRIBE", params=["", "a"], id=1)
    say(connection, method="UNSUBSCRIBE", params=[], id=2)
    say(connection, method="LIST_SUBSCRIPTIONS", id=3)
    assert texts(connection.take()) == [
        {"result": None, "id": 1},
        {"result": None, "id": 2},
        {"result": ["a"], "id": 3},
    ]
