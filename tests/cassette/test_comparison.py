from __future__ import annotations

import json

import pytest

from pytest_binance_options._cassette.comparison import shape_differences
from pytest_binance_options._messages import Headers, Response


def say(value: object, status: int = 200, content_type: str = "application/json") -> Response:
    return Response(status, Headers({"Content-Type": content_type}), json.dumps(value).encode())


def test_status_and_content_type_are_part_of_the_shape() -> None:
    assert shape_differences(say({}), say({}, 400, "text/html; charset=utf-8")) == [
        "the status is 400, recorded was 200",
        "the content type is text/html, recorded was application/json",
    ]
    assert shape_differences(say({}), say({}, content_type="Application/JSON;charset=UTF-8")) == []
    assert shape_differences(Response(200, {}, b"{}"), say({})) == [
        "the content type is application/json, recorded was none"
    ]


def test_values_are_not_shown() -> None:
    assert shape_differences(say({"listenKey": "abc"}), say({"listenKey": 12345})) == [
        "listenKey is an integer, recorded was a string"
    ]


def test_objects_in_a_list_are_taken_together() -> None:
    recorded = say([{"a": 1}, {"b": "x"}])
    assert shape_differences(recorded, say([{"a": 2, "b": "y"}])) == []
    assert shape_differences(recorded, say([{"a": 2}])) == []
    assert shape_differences(recorded, say([{"b": "y", "c": 1}])) == ["[].c is new: an integer"]
    assert shape_differences(say([{"a": 1, "b": 2}] * 2), say([{"a": 2}])) == [
        "[].b is gone, recorded was an integer"
    ]
    assert shape_differences(say([1, "x"]), say([2])) == []


def test_a_body_in_an_encoding_that_can_not_be_read_is_no_json() -> None:
    unreadable = Response(
        200, {"Content-Type": "application/json", "Content-Encoding": "compress"}, b"..."
    )
    assert shape_differences(say({}), unreadable) == ["the body is no JSON any more"]


@pytest.mark.parametrize("depth", [100_000])
def test_no_depth_breaks_it(depth: int) -> None:
    deep = Response(200, {"Content-Type": "application/json"}, b"[" * depth + b"]" * depth)
    assert shape_differences(deep, deep) == []
