"""How requests are made, signed and sent, and what comes of failing connections."""

from __future__ import annotations

import importlib.metadata
import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests

from pytest_binance_options.client import (
    ApiClient,
    ApiException,
    BinanceAuth,
    Configuration,
    UserDataStreamsApi,
    api_client,
)
from pytest_binance_options.client._signers import Kind
from pytest_binance_options.client.auth import generated_auth
from pytest_binance_options.client.rest import ConnectionFailed, ServiceException, UnusableResponse
from pytest_binance_options.errors import UsageError

from .answering import (
    API_KEY,
    CREATED,
    SECRET,
    Memory,
    Raising,
    http,
    serving,
    text_of,
)
from .test_signers import PUBLISHED

AUTH = BinanceAuth(api_key=API_KEY, secret_key=SECRET)
EMPTY = http("200 OK", b"{}")
BUSY = http("429 Too Many Requests", b'{"code":-1008,"msg":"Too many requests."}', "Retry-After: 0")


def client(
    adapter: requests.adapters.BaseAdapter, auth: BinanceAuth | None = AUTH, **more: Any
) -> ApiClient:
    return ApiClient(Configuration(auth=auth), adapter=adapter, read_environment=False, **more)


def real_client(url: str, *, read_environment: bool = False, **settings: Any) -> ApiClient:
    return ApiClient(
        Configuration(host=url, auth=AUTH, **settings), read_environment=read_environment
    )


def keepalive(api_client: ApiClient) -> dict[str, object]:
    return UserDataStreamsApi(api_client).options_update_listen_key_v1()


# Any endpoint


@pytest.mark.parametrize(
    "body", [b"[]", b'[{"a":1}]', b'"text"', b"null", b"1.5", b'{"serverTime":1}']
)
def test_request_returns_whatever_json_the_endpoint_answers_with(body: bytes) -> None:
    assert (
        client(Memory(body=body)).request("GET", "/eapi/v1/time")
        == {
            b"[]": [],
            b'[{"a":1}]': [{"a": 1}],
            b'"text"': "text",
            b"null": None,
            b"1.5": 1.5,
            b'{"serverTime":1}': {"serverTime": 1},
        }[body]
    )


def test_request_puts_parameters_into_the_query_string_and_the_key_into_a_header() -> None:
    adapter = Memory()
    client(adapter).request(
        "get", "/eapi/v1/depth", {"symbol": "BTC-260925-50000-C", "limit": 5, "x": None}
    )
    (asked,) = adapter.asked
    assert (asked.method, asked.url) == (
        "GET",
        "https://eapi.binance.com/eapi/v1/depth?symbol=BTC-260925-50000-C&limit=5",
    )
    assert asked.headers["X-MBX-APIKEY"] == API_KEY
    assert "Content-Length" not in asked.headers


@pytest.mark.parametrize("params", [None, {}, {"x": None}])
def test_without_parameters_there_is_no_question_mark(params: Mapping[str, object] | None) -> None:
    adapter = Memory()
    client(adapter).request("GET", "/eapi/v1/ping", params)
    assert adapter.asked[0].url == "https://eapi.binance.com/eapi/v1/ping"


def test_a_client_without_credentials_asks_public_endpoints_without_a_key() -> None:
    adapter = Memory()
    client(adapter, auth=None).request("GET", "/eapi/v1/time")
    assert "X-MBX-APIKEY" not in adapter.asked[0].headers


def test_headers_of_the_caller_replace_the_clients_whatever_their_case() -> None:
    adapter = Memory()
    client(adapter).request(
        "GET",
        "/eapi/v1/time",
        _headers={"x-mbx-apikey": "other", "ACCEPT": "text/html"},
        _request_timeout=(1, 2),
    )
    assert adapter.asked[0].headers["X-MBX-APIKEY"] == "other"
    assert adapter.asked[0].headers["Accept"] == "text/html"
    assert adapter.arguments[0]["timeout"] == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("PATCH", "/x"),
            "'PATCH' is no method of the exchange's. There are GET, POST, PUT, DELETE.",
        ),
        (
            ("GET", "eapi/v1/time"),
            (
                "'eapi/v1/time' is no path. Give one as in '/eapi/v1/time', and the query string as"
                " params."
            ),
        ),
        (
            ("GET", "/a?b=1"),
            "'/a?b=1' is no path. Give one as in '/eapi/v1/time', and the query string as params.",
        ),
        (
            ("GET", "/a\r\nX: 1"),
            (
                "'/a\\r\\nX: 1' is no path. Give one as in '/eapi/v1/time', and the query string as"
                " params."
            ),
        ),
        (
            ("GET", "https://x/"),
            (
                "'https://x/' is no path. Give one as in '/eapi/v1/time', and the query string as"
                " params."
            ),
        ),
        (("GET", "/x", "a=1"), "params is of type str. Give a dict of names and values."),
        (("GET", "/x", [("a", 1)]), "params is of type list. Give a dict of names and values."),
        (
            ("GET", "/x", {"signature": "x"}, True),
            "params has a signature, and signed=True adds one. Leave one of them out.",
        ),
    ],
)
def test_a_request_that_can_not_be_made_is_refused_and_nothing_sent(
    arguments: tuple[Any, ...], text: str
) -> None:
    adapter = Memory()
    assert text_of(lambda: client(adapter).request(*arguments), UsageError) == text
    assert adapter.asked == []


def test_a_path_with_a_signature_in_it_is_not_repeated() -> None:
    text = text_of(lambda: client(Memory()).request("GET", f"/x?signature={'5' * 64}"), UsageError)
    assert "'/x?signature=<hidden>'" in text


def test_a_bad_timeout_is_refused_and_nothing_sent() -> None:
    adapter = Memory()
    with pytest.raises(UsageError, match="_request_timeout is 0"):
        client(adapter).request("GET", "/x", _request_timeout=0)
    assert adapter.asked == []


def test_requests_name_the_package_and_its_version_where_it_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = importlib.metadata.version("pytest-binance-options")
    adapter = Memory()
    client(adapter).request("GET", "/eapi/v1/time")
    assert adapter.asked[0].headers["User-Agent"] == f"pytest-binance-options/{version}"

    def not_installed(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", not_installed)
    api_client._base_headers.cache_clear()
    client(adapter).request("GET", "/eapi/v1/time")
    api_client._base_headers.cache_clear()
    assert adapter.asked[1].headers["User-Agent"] == "pytest-binance-options/unknown"


# Signed requests


def test_a_signed_request_is_the_one_that_binance_publishes_byte_for_byte() -> None:
    adapter = Memory()
    params = {
        "symbol": "BTC-210129-40000-C",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": 2000,
        "recvWindow": 5000,
    }
    client(adapter, PUBLISHED, now_ms=lambda: 1611825601400).request(
        "POST", "/eapi/v1/order", params, signed=True
    )
    assert (
        adapter.asked[0].url
        == "https://eapi.binance.com/eapi/v1/order?symbol=BTC-210129-40000-C&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01"
        "&price=2000&recvWindow=5000&timestamp=1611825601400"
        "&signature=7c12045972f6140e765e0f2b67d28099718df805732676494238f50be830a7d7"
    )


@pytest.mark.parametrize("kind", ["hmac", "rsa", "ed25519"])
def test_the_signature_is_over_the_query_string_as_it_is_on_the_wire(kind: Kind) -> None:
    auth = generated_auth(kind, API_KEY, SECRET)
    params = {
        "note": "a b+c&d=ü/€~%",
        "orders": [{"symbol": "X", "buy": True}],
        "flag": False,
        "none": None,
        "recvWindow": 9,
    }
    with serving(EMPTY) as wire:
        configuration = Configuration(host=wire.url, auth=auth)
        ApiClient(configuration, read_environment=False, now_ms=lambda: 17).request(
            "DELETE", "/eapi/v1/order", params, True
        )
    target = wire.requests[0].split(b" ")[1].decode("ascii")
    sent, _, signature = urlsplit(target).query.rpartition("&signature=")
    assert (
        sent
        == "note=a%20b%2Bc%26d%3D%C3%BC%2F%E2%82%AC~%25&orders=%5B%7B%22symbol%22%3A%22X%22%2C%22buy%22%3Atrue%7D%5D"
        "&flag=false&recvWindow=9&timestamp=17"
    )
    if kind != "hmac":
        assert not set(signature) & set("+/=")  # base64 in a URL: "+" would arrive as a space
    assert unquote(signature) == auth.sign(sent)
    assert [name for name, _ in parse_qsl(urlsplit(target).query)][-2:] == [
        "timestamp",
        "signature",
    ]


def test_the_timestamp_is_the_real_time_unless_told_otherwise() -> None:
    adapter = Memory()
    before = time.time_ns() // 1_000_000
    client(adapter).request("GET", "/eapi/v1/account", signed=True)
    after = time.time_ns() // 1_000_000
    sent = dict(parse_qsl(urlsplit(str(adapter.asked[0].url)).query))
    assert before <= int(sent["timestamp"]) <= after


def test_a_signed_request_without_credentials_says_what_to_give() -> None:
    adapter = Memory()
    assert (
        text_of(
            lambda: client(adapter, None).request("GET", "/eapi/v1/account", signed=True),
            UsageError,
        )
        == "GET /eapi/v1/account needs an API key, and this client has none. "
        "Give Configuration an auth=BinanceAuth(api_key=..., ...)."
    )
    assert adapter.asked == []


# What is logged


def test_debug_logs_a_line_a_request_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="pytest_binance_options.client")
    client(Memory(body=CREATED)).request("GET", "/eapi/v1/account", {"listenKey": "x"}, signed=True)
    with pytest.raises(ServiceException):
        keepalive(client(Memory(status=503)))
    with pytest.raises(UnusableResponse):
        keepalive(client(Memory(body=b"")))
    with pytest.raises(ConnectionFailed):
        keepalive(client(Raising(OSError("gone"))))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "GET /eapi/v1/account: 200"),
        ("DEBUG", "PUT /eapi/v1/listenKey: 503"),
        ("DEBUG", "PUT /eapi/v1/listenKey: 200"),
        (
            "DEBUG",
            (
                "PUT /eapi/v1/listenKey: https://eapi.binance.com: gone. Check Configuration.host"
                " and the network."
            ),
        ),
    ]


def test_tools_that_patch_requests_see_a_client_without_adapter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory(body=b'{"patched":true}')
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_args, **_kwargs: memory)
    assert keepalive(ApiClient(Configuration(auth=AUTH))) == {"patched": True}
    with pytest.raises(ApiException):
        keepalive(client(Memory(status=400)))
