"""The three listen key operations, each in its three forms."""

from __future__ import annotations

from pprint import pformat

import pytest
import requests

import pytest_binance_options.client
from pytest_binance_options.client import (
    ApiClient,
    BinanceAuth,
    Configuration,
    OptionsCreateListenKeyV1Resp,
    UserDataStreamsApi,
)
from pytest_binance_options.client.rest import ApiException, BadRequestException, UnusableResponse
from pytest_binance_options.errors import UsageError

from .answering import (
    API_KEY,
    CREATED,
    EXPIRATION,
    LISTEN_KEY,
    SECRET,
    Memory,
    text_of,
)

UNKNOWN_KEY = b'{"code":-1125,"msg":"This listenKey does not exist."}'


def api(adapter: Memory) -> UserDataStreamsApi:
    configuration = Configuration(auth=BinanceAuth(api_key=API_KEY, secret_key=SECRET))
    return UserDataStreamsApi(ApiClient(configuration, adapter=adapter, read_environment=False))


def test_create_gives_the_listen_key_and_when_it_expires() -> None:
    created = api(Memory(body=CREATED)).options_create_listen_key_v1()
    assert created == OptionsCreateListenKeyV1Resp(LISTEN_KEY, EXPIRATION)


def test_create_takes_an_answer_without_expiration() -> None:
    created = api(Memory(body=b'{"listenKey":"abc"}')).options_create_listen_key_v1()
    assert (created.listen_key, created.expiration) == ("abc", None)


@pytest.mark.parametrize("name", ["options_update_listen_key_v1", "options_delete_listen_key_v1"])
def test_keepalive_and_close_give_the_json_object(name: str) -> None:
    assert getattr(api(Memory(body=b"{}")), name)() == {}


@pytest.mark.parametrize(
    ("operation", "method"), [("create", "POST"), ("update", "PUT"), ("delete", "DELETE")]
)
@pytest.mark.parametrize("form", ["", "_with_http_info", "_without_preload_content"])
def test_each_form_sends_the_same_request(operation: str, method: str, form: str) -> None:
    adapter = Memory(body=CREATED)
    getattr(api(adapter), f"options_{operation}_listen_key_v1{form}")(
        _request_timeout=3, _headers={"X-Trace": "1"}
    )
    (asked,) = adapter.asked
    assert (asked.method, asked.url, asked.body) == (
        method,
        "https://eapi.binance.com/eapi/v1/listenKey",
        None,
    )
    headers = dict(asked.headers)
    assert headers.pop("User-Agent").startswith("pytest-binance-options")
    assert headers == {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Length": "0",
        "X-MBX-APIKEY": API_KEY,
        "X-Trace": "1",
    }
    assert adapter.arguments[0]["timeout"] == (3, 3)


def test_with_http_info_adds_status_headers_and_bytes() -> None:
    answer = api(Memory(status=201, body=CREATED, headers={"X-MBX-USED-WEIGHT-1M": "1"}))
    info = answer.options_create_listen_key_v1_with_http_info()
    assert (info.status_code, info.headers["x-mbx-used-weight-1m"], info.raw_data) == (
        201,
        "1",
        CREATED,
    )
    assert info.data.listen_key == LISTEN_KEY


def test_without_preload_content_gives_the_response_whatever_its_status() -> None:
    response = api(
        Memory(status=400, body=UNKNOWN_KEY)
    ).options_update_listen_key_v1_without_preload_content()
    assert isinstance(response, requests.Response)
    assert (response.status_code, response.content) == (400, UNKNOWN_KEY)


@pytest.mark.parametrize("name", ["create", "update", "delete"])
def test_the_exchanges_error_is_an_api_exception_with_code_and_message(name: str) -> None:
    client = api(Memory(status=400, body=UNKNOWN_KEY, reason="Bad Request"))
    with pytest.raises(ApiException) as caught:
        getattr(client, f"options_{name}_listen_key_v1")()
    error = caught.value
    assert type(error) is BadRequestException
    assert (error.status, error.reason, error.code) == (400, "Bad Request", -1125)
    assert (error.msg, error.body) == ("This listenKey does not exist.", UNKNOWN_KEY.decode())


@pytest.mark.parametrize("name", ["update", "delete"])
@pytest.mark.parametrize("body", [b"[]", b'"{}"', b"1", b"null", b"true"])
def test_keepalive_and_close_refuse_json_that_is_no_object(name: str, body: bytes) -> None:
    operation = getattr(api(Memory(body=body)), f"options_{name}_listen_key_v1")
    method = {"update": "PUT", "delete": "DELETE"}[name]
    assert text_of(operation, UnusableResponse) == (
        f"HTTP 200, in answer to {method} /eapi/v1/listenKey, and the body is not usable: "
        f"it is JSON, and should be an object, which it is not\nBody: {body.decode()}"
    )


@pytest.mark.parametrize("name", ["create", "update", "delete"])
def test_an_operation_without_api_key_sends_nothing_and_says_what_to_give(name: str) -> None:
    adapter = Memory()
    operation = getattr(
        UserDataStreamsApi(ApiClient(adapter=adapter)), f"options_{name}_listen_key_v1"
    )
    method = {"create": "POST", "update": "PUT", "delete": "DELETE"}[name]
    assert text_of(operation, UsageError) == (
        f"{method} /eapi/v1/listenKey needs an API key, and this client has none. "
        "Give Configuration an auth=BinanceAuth(api_key=..., ...)."
    )
    assert adapter.asked == []


def test_what_is_printed_shows_no_listen_key() -> None:
    client = api(Memory(body=CREATED))
    created, info = (
        client.options_create_listen_key_v1(),
        client.options_create_listen_key_v1_with_http_info(),
    )
    raw = client.options_create_listen_key_v1_without_preload_content()
    for shown in (created, info, raw, raw.request, raw.request.headers):
        for text in (str(shown), repr(shown), pformat(shown), f"{shown}"):
            assert LISTEN_KEY not in text
            assert API_KEY not in text
    assert (
        pformat(created)
        == f"OptionsCreateListenKeyV1Resp(listen_key=<hidden>, expiration={EXPIRATION})"
    )


def test_the_package_offers_the_names_that_generated_clients_offer() -> None:
    for name in ("ApiClient", "BinanceAuth", "Configuration", "UserDataStreamsApi", "ApiException"):
        assert hasattr(pytest_binance_options.client, name)
