from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from pytest_binance_options._cassette.format import parse
from pytest_binance_options._cassette.model import Interaction
from pytest_binance_options._messages import Headers
from pytest_binance_options.errors import CassetteFormatError

BASE = {
    "request": {"method": "POST", "uri": "https://h/x", "headers": {}, "body": None},
    "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}},
}


def one(
    request: dict[str, object] | None = None,
    response: dict[str, object] | None = None,
    **entry: object,
) -> Interaction:
    interaction = {
        "request": {**BASE["request"], **(request or {})},
        "response": {**BASE["response"], **(response or {})},
        **entry,
    }
    [read] = parse(json.dumps({"version": 1, "interactions": [interaction]}), name="x").interactions
    return read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, b""),
        ("", b""),
        ({}, b""),
        ([], b""),
        ("a=1", b"a=1"),
        ({"string": "a=1"}, b"a=1"),
        ({"string": None}, b""),
        ({"string": ""}, b""),
        # vcrpy's for an iterator's pieces
        (["a=", "1"], b"a=1"),
        # vcrpy's for aiohttp's data= and json=
        ({"symbol": "BTC", "n": 1}, b"symbol=BTC&n=1"),
        ([["symbol", "a b"], ["n", 1]], b"symbol=a+b&n=1"),
        ({"a": [1, {"b": None}]}, b'{"a":[1,{"b":null}]}'),
        # cassetter's
        ({"type": "none"}, b""),
        ({"type": "text", "content": "é"}, "é".encode()),
        ({"type": "text", "content": None}, b""),
        (
            {"type": "json", "content": {"b": 1, "a": [1.5, None, "é"]}},
            '{"b":1,"a":[1.5,null,"é"]}'.encode(),
        ),
        ({"type": "binary", "content": "00ff10"}, b"\x00\xff\x10"),
    ],
)
def test_a_body_can_be_written_in_many_ways(body: object, expected: bytes) -> None:
    assert one(request={"body": body}).request.body == expected
    assert one(response={"body": body}).response.body == expected


def test_a_mapping_that_no_json_can_say_is_an_error() -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: /x, body: {a: [!!binary AP8=]}}\n  response:"
        " {status: 200}\n"
    )
    with pytest.raises(
        CassetteFormatError,
        match=(
            r"^x, line 2, interaction 1: request\.body is a mapping; what can be written as JSON is"
        ),
    ):
        parse(text, name="x")


def test_binary_and_dates_in_yaml() -> None:
    text = (
        "interactions:\n- request: {method: GET, uri: /x, body: !!binary AP8=, headers: {a:"
        " [!!binary YQ==, 2026-01-01]}}\n  response: {status: 200, body: {string: !!python/unicode"
        " 'a'}, headers: {date: 2026-01-01T00:00:00Z}}\n  recorded_at: 2026-01-01T00:00:00Z\n-"
        " request: {method: GET, uri: /x, body: !!python/tuple [!!python/tuple [a, b]]}\n "
        " response: {status: 200}\n"
    )
    first, second = parse(text, name="x").interactions
    assert first.request.body == b"\x00\xff"
    assert first.request.headers.pairs == (("a", "a"), ("a", "2026-01-01"))
    assert (first.response.body, first.response.headers["date"]) == (b"a", "2026-01-01T00:00:00Z")
    assert second.request.body == b"a=b"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (None, ()),
        ({}, ()),
        ({"A": "1"}, (("A", "1"),)),
        ({"A": ["1", "2"], "B": []}, (("A", "1"), ("A", "2"))),
        (
            {"A": 1, "B": True, "C": None, "D": 1.5},
            (("A", "1"), ("B", "true"), ("C", ""), ("D", "1.5")),
        ),
    ],
)
def test_headers_can_be_lists_or_single_values(
    headers: object, expected: tuple[tuple[str, str], ...]
) -> None:
    assert one(request={"headers": headers}).request.headers.pairs == expected
    assert one(response={"headers": headers}).response.headers.pairs == expected


@pytest.mark.parametrize(
    "response",
    [{"status": 418}, {"status": {"code": 418}}, {"status": {"code": 418, "message": None}}],
)
def test_a_status_can_be_a_number_or_a_mapping(response: dict[str, object]) -> None:
    assert one(response=response).response.status == 418


def test_what_vcrpy_once_wrote_for_httpx() -> None:
    interaction = {
        "request": BASE["request"],
        "response": {
            "status_code": 201,
            "http_version": "HTTP/1.1",
            "headers": {"a": "b"},
            "content": "{}",
        },
    }
    [read] = parse(json.dumps({"interactions": [interaction]}), name="x").interactions
    assert (read.response.status, read.response.body) == (201, b"{}")


def test_unknown_keys_are_no_ones_business() -> None:
    assert (
        one(
            request={"future": 1},
            response={"http_version": "1.1"},
            recorded_at="2026-01-01T00:00:00Z",
        ).response.status
        == 200
    )


def test_a_decoded_body_under_an_encoded_ones_headers_gets_headers_that_fit() -> None:
    headers = {
        "Content-Encoding": ["gzip"],
        "content-length": ["999"],
        "Transfer-Encoding": "chunked",
        "A": "b",
    }
    response = one(response={"headers": headers}).response
    assert response.headers.pairs == (("content-length", "2"), ("A", "b"))
    assert response.missing == 0


def test_an_encoded_body_keeps_its_header() -> None:
    body = gzip.compress(b"{}")
    text = (
        "interactions:\n- request: {method: GET, uri: /x}\n  response:\n    status: 200\n"
        f"    headers: {{content-encoding: gzip, content-length: '{len(body)}'}}\n"
        f"    body: {{string: !!binary {base64.b64encode(body).decode()}}}\n"
    )
    [read] = parse(text, name="x").interactions
    assert read.response.body == body
    assert read.response.headers == Headers(
        {"content-encoding": "gzip", "content-length": str(len(body))}
    )


def test_the_answer_to_a_head_keeps_its_length() -> None:
    headers = {"content-length": "999"}
    assert (
        one(
            request={"method": "HEAD"}, response={"headers": headers, "body": None}
        ).response.headers["content-length"]
        == "999"
    )


def test_in_our_own_files_headers_stay_as_they_were_recorded(tmp_path: Path) -> None:
    # A cut-off body, or gzip that is not, was recorded for what it is.
    interaction = {
        **BASE,
        "response": {
            **BASE["response"],
            "headers": {"content-encoding": "gzip", "content-length": "999"},
        },
    }
    text = json.dumps(
        {"version": 1, "binance_options": {"format": 1}, "interactions": [interaction]}
    )
    [read] = parse(text, name="x").interactions
    assert read.response.headers.pairs == (("content-encoding", "gzip"), ("content-length", "999"))
