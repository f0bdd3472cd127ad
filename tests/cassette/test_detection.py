from __future__ import annotations

import json

import pytest

from pytest_binance_options._cassette.detection import (
    in_body,
    in_headers,
    in_text,
    in_url,
    looks_like_key,
)
from pytest_binance_options._key_material import Kind
from pytest_binance_options._messages import Headers

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
OTHER = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
HEX = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
ED25519 = "Vw9x+/Qm" * 10 + "abcdEF=="
RSA = "Vw9x+/Qm" * 43
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"


def body(value: object) -> set[tuple[str, Kind]]:
    return set(in_body(json.dumps(value).encode()))


def test_the_api_keys_header_holds_one_whoever_wrote_it() -> None:
    headers = Headers(
        [("x-MBX-apikey", "short"), ("Accept", "application/json"), ("X-Request-Id", KEY)]
    )
    assert list(in_headers(headers)) == [("short", Kind.API_KEY), (KEY, Kind.SECRET)]


def test_credentials_of_other_kinds_are_secrets_too() -> None:
    headers = Headers(
        [
            ("Authorization", "Bearer abcdefghijklmnop"),
            ("Set-Cookie", "id=qrstuvwxyzabcdef; Path=/"),
        ]
    )
    assert list(in_headers(headers)) == [
        ("abcdefghijklmnop", Kind.SECRET),
        ("qrstuvwxyzabcdef", Kind.SECRET),
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/eapi/v1/x?symbol=BTC&signature=short", {("short", Kind.SIGNATURE)}),
        (
            f"https://h/x?signature={ED25519.replace('+', '%2B').replace('=', '%3D')}",
            {(ED25519, Kind.SIGNATURE)},
        ),
        (f"https://h/x?listenKey={KEY}", {(KEY, Kind.LISTEN_KEY), (KEY, Kind.SECRET)}),
        (f"wss://h/private/ws/{KEY}", {(KEY, Kind.LISTEN_KEY), (KEY, Kind.SECRET)}),
        (
            f"/private/stream?streams={KEY}/btcusdt@trade/{OTHER}",
            {
                (KEY, Kind.LISTEN_KEY),
                (OTHER, Kind.LISTEN_KEY),
                (KEY, Kind.SECRET),
                (OTHER, Kind.SECRET),
            },
        ),
        (
            f"/private/ws?listenKey={KEY}&events=ACCOUNT_UPDATE/ORDER_TRADE_UPDATE",
            {(KEY, Kind.LISTEN_KEY), (KEY, Kind.SECRET)},
        ),
        (
            "/private/stream?listenKey=short&events=ACCOUNT_UPDATE&listenKey=other",
            {("short", Kind.LISTEN_KEY), ("other", Kind.LISTEN_KEY)},
        ),
        ("https://user:pa%20ss@h/x", {("pa ss", Kind.SECRET)}),
        ("https://h/eapi/v1/ticker?symbol=BTC-260925-50000-C", set()),
        ("wss://h/public/ws/btcusdt@trade", set()),
        ("http://[half/x?signature=abcdefghijklmnopq", {("abcdefghijklmnopq", Kind.SIGNATURE)}),
    ],
)
def test_an_address_can_hold_keys_as_parameters_and_as_a_streams_name(
    url: str, expected: set[tuple[str, Kind]]
) -> None:
    found = set(in_url(url))
    assert expected <= found
    assert {secret for secret, _ in found} <= {secret for secret, _ in expected} | {
        ED25519.replace("+", " ")
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"listenKey": "abc"}, {("abc", Kind.LISTEN_KEY)}),
        ({"data": [{"o": {"listen_key": "abc"}}]}, {("abc", Kind.LISTEN_KEY)}),
        ({"listenKey": ["abc", "def"]}, {("abc", Kind.LISTEN_KEY), ("def", Kind.LISTEN_KEY)}),
        ({"apiKey": "abc", "secretKey": "def"}, {("abc", Kind.API_KEY), ("def", Kind.SECRET)}),
        ({"listenKey": "", "signature": None, "apiKey": 5}, set()),
        ({"msg": "Invalid symbol.", "code": -1121}, set()),
        ({"stream": "btcusdt@trade"}, set()),
    ],
)
def test_json_can_hold_keys_at_any_depth(value: object, expected: set[tuple[str, Kind]]) -> None:
    assert body(value) == expected


def test_a_subscription_names_listen_keys_and_markets() -> None:
    key = "abcdefghijklmnopqrstuvwxyz012345"
    assert body({"method": "SUBSCRIBE", "params": [key, "btcusdt@trade", 5], "id": 1}) == {
        (key, Kind.LISTEN_KEY)
    }
    assert body({"method": "UNSUBSCRIBE", "params": [key], "id": 1}) == {(key, Kind.LISTEN_KEY)}


def test_a_subscription_names_a_listen_key_with_its_events() -> None:
    name = f"listenKey={KEY}&events=ACCOUNT_UPDATE"
    found = body({"method": "SUBSCRIBE", "params": [name], "id": 1})
    assert (KEY, Kind.LISTEN_KEY) in found
    assert {secret for secret, _ in found} == {KEY}


def test_json_inside_a_string_is_looked_through() -> None:
    assert ("abc", Kind.LISTEN_KEY) in body({"data": json.dumps({"listenKey": "abc"})})


def test_a_form_is_looked_through() -> None:
    assert ("a b", Kind.SIGNATURE) in set(in_body(b"symbol=BTC&signature=a+b"))


@pytest.mark.parametrize(
    "text",
    [
        "Invalid listenKey: abcdefghijklmnop.",
        "listenKey=abcdefghijklmnop",
        'no such "listenKey":"abcdefghijklmnop"',
        '{\\"listenKey\\":\\"abcdefghijklmnop\\"}',
        "the listen-key is abcdefghijklmnop!",
        "listen_key 'abcdefghijklmnop'".replace(" ", "="),
    ],
)
def test_a_text_that_names_a_key_tells_it(text: str) -> None:
    assert ("abcdefghijklmnop", Kind.LISTEN_KEY) in set(in_text(text))


@pytest.mark.parametrize(
    "text",
    ["Mandatory parameter 'listenKey' was not sent, was empty/null, or malformed.", "signature:"],
)
def test_a_text_that_only_mentions_one_tells_nothing(text: str) -> None:
    assert set(in_text(text)) == set()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (KEY, Kind.SECRET),
        (HEX, Kind.SIGNATURE),
        (HEX.upper(), Kind.SIGNATURE),
        (ED25519, Kind.SIGNATURE),
        (RSA, Kind.SIGNATURE),
        (PEM, Kind.SECRET),
    ],
)
def test_key_material_is_told_by_its_looks(value: str, kind: Kind) -> None:
    assert (value, kind) in set(in_text(f"see '{value}'."))


@pytest.mark.parametrize("text", [KEY[:63], KEY + "x", "a-" * 40, "BTC-260925-50000-C", ""])
def test_other_words_have_not_its_looks(text: str) -> None:
    assert set(in_text(text)) == set()


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 100_000, b'{"a":' * 5000, b"\xff\xfe", b"=&=&%"]
)
def test_no_bytes_are_too_odd_to_look_through(data: bytes) -> None:
    assert list(in_body(data)) == []


def test_a_listen_key_is_letters_and_digits_and_long() -> None:
    assert looks_like_key("a1" * 16)
    assert not looks_like_key("a1" * 15)
    assert not looks_like_key("btcusdt@aggTrade" * 3)
