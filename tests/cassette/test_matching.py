from __future__ import annotations

import pytest

from pytest_binance_options._cassette.matching import (
    describe,
    difference,
    form_params,
    match_key,
    nearest,
)
from pytest_binance_options._messages import Request

BASE = "https://eapi.binance.com/eapi/v1/listenKey"


def key(url: str, body: bytes = b"", method: str = "GET", **headers: str) -> object:
    return match_key(Request(method, url, headers, body))


@pytest.mark.parametrize(
    "url",
    [
        "https://demo-fapi.binance.com/eapi/v1/listenKey",
        "https://testnet.binanceops.com/eapi/v1/listenKey",
        "http://127.0.0.1:8080/eapi/v1/listenKey",
        "/eapi/v1/listenKey",
        f"{BASE}?",
        f"{BASE}?timestamp=1&recvWindow=5&signature=x%2By",
        f"{BASE}#part",
    ],
)
def test_the_exchanges_addresses_and_what_changes_every_time_do_not_count(url: str) -> None:
    assert key(url) == key(BASE)


@pytest.mark.parametrize(
    "other",
    [
        {"url": f"{BASE}s"},
        {"url": f"{BASE}/"},
        {"url": f"{BASE}?a="},
        {"url": BASE, "method": "PUT"},
        {"url": BASE, "body": b"a=1"},
        {"url": BASE, "body": b"{}"},
        {"url": f"{BASE}?Timestamp=1"},
    ],
)
def test_method_path_and_parameters_count(other: dict[str, str]) -> None:
    assert key(**other) != key(BASE)  # type: ignore[arg-type]


def test_off_the_options_paths_the_host_counts() -> None:
    assert key("https://a.example/v1/x") != key("https://b.example/v1/x")
    assert key("https://A.example/v1/x") == key("https://a.example:443/v1/x")
    assert key("http://a.example/v1/x") != key("http://a.example:81/v1/x")
    assert key("/v1/x") == key("/v1/x")


def test_headers_do_not_count() -> None:
    assert key(BASE, **{"X-MBX-APIKEY": "a"}) == key(
        BASE, **{"X-MBX-APIKEY": "b", "Content-Type": "text/plain"}
    )


def test_a_method_counts_in_either_case() -> None:
    assert key(BASE, method="put") == key(BASE, method="PUT")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((f"{BASE}?a=1&b=2", b""), (f"{BASE}?b=2&a=1", b"")),
        ((f"{BASE}?a=1", b"b=2"), (BASE, b"b=2&a=1")),
        ((f"{BASE}?a=1", b"a=2"), (f"{BASE}?a=1", b"")),
        ((f"{BASE}?a=%42", b""), (f"{BASE}?a=B", b"")),
        ((f"{BASE}?a=1&a=2", b""), (f"{BASE}?a=2&a=1", b"")),
        ((BASE, b"timestamp=1&signature=2&a=1"), (BASE, b"a=1")),
    ],
)
def test_parameters_are_the_same_in_any_order_and_place_and_the_query_wins(
    one: tuple[str, bytes], other: tuple[str, bytes]
) -> None:
    assert key(*one) == key(*other)


def test_a_repeated_parameter_is_not_a_single_one() -> None:
    assert key(f"{BASE}?a=1&a=1") != key(f"{BASE}?a=1")


@pytest.mark.parametrize("body", [b'{"a":"="}', b"[1]", b"text", b"<a b=c>", "é=1".encode()])
def test_a_body_that_is_no_form_counts_as_it_is(body: bytes) -> None:
    assert form_params(body) is None
    assert key(BASE, body) != key(BASE)
    assert key(BASE, body) == key(BASE, body)


def made(text: str) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    method, _, url = text.partition(" ")
    return match_key(Request(method, url))


@pytest.mark.parametrize(
    ("asked", "recorded", "expected"),
    [
        ("GET /eapi/v1/x", "PUT /eapi/v1/x", ["method PUT instead of GET"]),
        ("GET /eapi/v1/x", "GET /eapi/v1/y", ["path /eapi/v1/y instead of /eapi/v1/x"]),
        ("GET /eapi/v1/x?a=1", "GET /eapi/v1/x?b=1", ["no parameter a", "a parameter b more"]),
        ("GET /eapi/v1/x?a=1", "GET /eapi/v1/x?a=2", ["a=2 instead of 1"]),
        (
            "GET /eapi/v1/x?listenKey=abc",
            "GET /eapi/v1/x?listenKey=def",
            ["another value of listenKey"],
        ),
        ("GET /eapi/v1/x?a=1&a=1", "GET /eapi/v1/x?a=1", ["the same parameters, but repeated"]),
        ("GET http://a.b/x", "GET http://c.d/x", ["host http://c.d:80 instead of http://a.b:80"]),
        ("GET /eapi/v1/x", "GET /eapi/v1/x", []),
    ],
)
def test_a_difference_is_said_in_words(asked: str, recorded: str, expected: list[str]) -> None:
    assert difference(made(asked), made(recorded)) == expected


def test_the_nearest_is_the_same_call_with_other_parameters_then_another_method() -> None:
    asked = made("GET /eapi/v1/x?a=1")
    other_call, other_method, other_value = (
        made("GET /eapi/v1/y?a=1"),
        made("PUT /eapi/v1/x?a=1"),
        made("GET /eapi/v1/x?a=2&b=1"),
    )
    assert nearest(asked, [other_call, other_method, other_value]) == other_value
    assert nearest(asked, [other_call, other_method]) == other_method
    assert nearest(asked, []) is None


def test_a_description_shows_no_key() -> None:
    secret = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    text = describe(made(f"GET https://h.example/x?listenKey={secret}&symbol=BTC&other={secret}"))
    assert secret not in text
    assert secret[:60] not in text
    assert "symbol=BTC" in text
