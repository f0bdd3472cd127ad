"""What streams said is compared by kind: names and types, whatever the order and the number."""

from __future__ import annotations

import json

import pytest

from pytest_binance_options._cassette.heard import Heard, heard_in
from pytest_binance_options._cassette.model import Cassette, StreamFrame
from pytest_binance_options._frames import Binary, Close, Direction, Ping, Text

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
DOCUMENTED = {"ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"}


def heard(
    *values: object, target: str = f"/private/ws/{KEY}", direction: Direction = "in"
) -> Heard:
    told = Heard()
    for value in values:
        told.add(0, target, direction, Text(json.dumps(value)))
    return told


def event(kind: str = "ORDER_TRADE_UPDATE", **fields: object) -> dict[str, object]:
    return {"e": kind, "E": 1, **fields}


@pytest.mark.parametrize(
    ("recorded", "now", "expected"),
    [
        ([event(a=1), event("ACCOUNT_UPDATE")], [event("ACCOUNT_UPDATE"), event(a=2)], []),
        ([event(a="1")], [event(a="2")] * 3, []),
        (
            [event(a=1)],
            [event(b=1)],
            ["a is gone, recorded was an integer", "b is new: an integer"],
        ),
        ([event(a="1")], [event(a=1)], ["a is an integer, recorded was a string"]),
        ([event(a=1.5)], [event(a=1)], []),
        ([event(o={"p": []})], [event(o={"p": [{"x": 1}]})], []),
        (
            [event(o={"p": [{"x": 1}]})],
            [event(o={"p": [{"x": None}]})],
            ["o.p[].x is null, recorded was an integer"],
        ),
        # A fill is in some of them, so that it may be missing.
        ([event(), event(fill="1")], [event()], []),
        ([event(a=None), event(a="x")], [event(a="y")], []),
        (
            [event(a=None), event(a="x")],
            [event(a=2)],
            ["a is an integer, recorded was null or a string"],
        ),
        ([event(**{KEY: 1})], [event()], ["<hidden> is gone, recorded was an integer"]),
    ],
)
def test_events_of_one_type_are_compared_by_names_and_types(
    recorded: list[object], now: list[object], expected: list[str]
) -> None:
    assert heard(*recorded).differences(heard(*now), DOCUMENTED) == [
        f"stream /private/ws, ORDER_TRADE_UPDATE: {text}" for text in expected
    ]


def test_an_envelope_that_was_not_there_is_a_difference() -> None:
    wrapped = {"stream": KEY, "data": event()}
    at = "stream /private/ws, ORDER_TRADE_UPDATE: it comes"
    assert heard(event()).differences(heard(wrapped), DOCUMENTED) == [
        f"{at} wrapped in stream and data, recorded was raw"
    ]
    assert heard(wrapped).differences(heard(event()), DOCUMENTED) == [
        f"{at} raw, recorded was wrapped in stream and data"
    ]


def test_each_form_of_address_is_compared_with_itself_whatever_its_keys() -> None:
    recorded = heard(event(a=1), target=f"/private/stream?streams={KEY}")
    now = heard(event(b=1), target=f"/private/ws?listenKey={KEY}")
    assert recorded.differences(now, DOCUMENTED) == []
    assert recorded.not_compared(now, DOCUMENTED) == [
        "stream /private/stream, ORDER_TRADE_UPDATE (recorded, not heard now)",
        "stream /private/ws, ORDER_TRADE_UPDATE (heard now, not recorded)",
    ]
    assert heard(event(), target="/").not_compared(heard(), DOCUMENTED) == [
        "stream elsewhere, ORDER_TRADE_UPDATE (recorded, not heard now)"
    ]


def test_an_event_that_nobody_knows_is_a_difference() -> None:
    assert heard(event()).differences(heard(event(), event("NEWS"), event(KEY)), DOCUMENTED) == [
        "stream /private/ws, NEWS: the cassette has none",
        "stream /private/ws, <hidden>: the cassette has none",
    ]


def test_answers_are_compared_by_the_command_that_they_answer() -> None:
    def asked(*answers: object) -> Heard:
        told = Heard()
        for number, method in enumerate(["SUBSCRIBE", "LIST_SUBSCRIPTIONS"]):
            request = {"method": method, "id": number, "params": [KEY]}
            told.add(0, "/private/stream", "out", Text(json.dumps(request)))
        for answer in answers:
            told.add(0, "/private/stream", "in", Text(json.dumps(answer)))
        return told

    recorded = asked({"result": None, "id": 0}, {"result": [KEY], "id": 1})
    assert recorded.differences(asked({"result": [KEY], "id": 1}), DOCUMENTED) == []
    refused = asked({"error": {"code": 2}, "id": 0}, {"error": {"code": 2}})
    assert recorded.differences(refused, DOCUMENTED) == [
        "stream /private/stream, the answer to SUBSCRIBE: error is new: an object",
        "stream /private/stream, the answer to SUBSCRIBE: result is gone, recorded was null",
        "stream /private/stream, an answer: the cassette has none",
    ]


def test_what_is_no_json_is_a_kind_of_its_own() -> None:
    now = Heard()
    now.add(0, "/private/ws", "in", Text("hello"))
    now.add(0, "/private/ws", "in", Binary(b"\xff"))
    now.add(0, "/private/ws", "in", Text("[1]"))
    assert heard(event()).differences(now, DOCUMENTED) == [
        "stream /private/ws, text that is no JSON: the cassette has none",
        "stream /private/ws, binary that is no JSON: the cassette has none",
        "stream /private/ws, something without a type: the cassette has none",
    ]


def test_pings_and_ends_do_not_count() -> None:
    now = Heard()
    now.add(0, "/private/ws", "in", Ping(b"1"))
    now.add(0, "/private/ws", "in", Close(1001))
    assert (heard().differences(now, ()), heard().not_compared(now, ())) == ([], [])


def test_no_depth_breaks_it() -> None:
    def deep(depth: int) -> Heard:
        told = Heard()
        text = '{"e":"NEWS","a":' + "[" * depth + "]" * depth + "}"
        told.add(0, "/private/ws", "in", Text(text))
        return told

    for depth in (400, 100_000):
        deep(depth).differences(deep(depth), ())


def test_of_a_shared_cassette_the_test_s_own_frames_count() -> None:
    def frame(test: str, value: object) -> StreamFrame:
        payload = json.dumps(value).encode()
        return StreamFrame(0, 0, "in", "text", payload, target="/private/ws/x", test=test)

    cassette = Cassette((), (frame("a", event(a=1)), frame("b", event(b=1))))
    now = heard(event(b=1))
    assert heard_in(cassette, "b").differences(now, DOCUMENTED) == []
    assert heard_in(cassette, "a").differences(now, DOCUMENTED) != []
    assert heard_in(cassette, "c").differences(now, DOCUMENTED) == []
