"""Answers that are not what was asked for, from memory and over real connections."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pytest_binance_options.client import (
    ApiClient,
    ApiException,
    BinanceAuth,
    Configuration,
    UserDataStreamsApi,
)
from pytest_binance_options.client.rest import (
    BadRequestException,
    ServiceException,
    UnusableResponse,
)

from .answering import (
    API_KEY,
    CREATED,
    LISTEN_KEY,
    SECRET,
    Memory,
    http,
    in_reports,
    serving,
    text_of,
)

AUTH = BinanceAuth(api_key=API_KEY, secret_key=SECRET)
HTML = b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body>\r\n</html>"
HEAD = "HTTP 200, in answer to POST /eapi/v1/listenKey, and the body is not usable: "


def over_memory(**answer: object) -> UserDataStreamsApi:
    return UserDataStreamsApi(
        ApiClient(Configuration(auth=AUTH), adapter=Memory(**answer), read_environment=False)
    )  # type: ignore[arg-type]


def over_loopback(url: str) -> UserDataStreamsApi:
    return UserDataStreamsApi(ApiClient(Configuration(host=url, auth=AUTH), read_environment=False))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (HTML, f"it is not JSON\nBody: {' '.join(HTML.decode().split())}"),
        (b"", "it is empty, and should be JSON"),
        (b"OK", "it is not JSON\nBody: OK"),
        (CREATED[:-10], 'it is not JSON\nBody: {"listenKey":"<hidden>","expiration":1790'),
        (CREATED[:30], 'it is not JSON\nBody: {"listenKey":"<hidden>"'),
        (b"\xff\xfe\xfa", "it is not JSON\nBody: \ufffd\ufffd\ufffd"),
        (b"[" * 100_000, f"it is not JSON\nBody: {'[' * 300}... (100000 characters)"),
        (
            b"[]",
            (
                "it is JSON of another shape. An answer with a listen key is a JSON object, and"
                " this is a list\nBody: []"
            ),
        ),
        (
            b"{}",
            (
                'it is JSON of another shape. An answer with a listen key has a "listenKey", and'
                " this has none\nBody: {}"
            ),
        ),
        (
            b"null",
            (
                "it is JSON of another shape. An answer with a listen key is a JSON object, and"
                " this is null\nBody: null"
            ),
        ),
        (
            b'{"listenKey":7}',
            (
                "it is JSON of another shape. A listen key is a string, and this is a number\nBody:"
                ' {"listenKey":7}'
            ),
        ),
        (
            b'{"listenKey":"%s","expiration":"soon"}' % LISTEN_KEY.encode(),
            (
                "it is JSON of another shape. A listen key's expiration is an integer (ms since"
                " the epoch), and this is a string\nBody:"
                ' {"listenKey":"<hidden>","expiration":"soon"}'
            ),
        ),
        (
            b'{"code":-1000,"msg":"odd"}',
            (
                'it is JSON of another shape. An answer with a listen key has a "listenKey", and'
                ' this has none: -1000, odd\nBody: {"code":-1000,"msg":"odd"}'
            ),
        ),
    ],
)
def test_a_success_with_an_unusable_body_is_told_with_the_bodys_beginning(
    body: bytes, text: str
) -> None:
    with pytest.raises(ApiException) as caught:
        over_memory(body=body).options_create_listen_key_v1()
    error = caught.value
    assert type(error) is UnusableResponse
    assert str(error) == HEAD + text
    assert (error.status, error.body) == (200, body.decode("utf-8", "replace"))
    for secret in (LISTEN_KEY[:20], API_KEY, SECRET):
        assert secret not in in_reports(error)


def test_an_html_error_page_keeps_its_status() -> None:
    operation = over_memory(status=404, body=HTML, reason="Not Found").options_delete_listen_key_v1
    with pytest.raises(ApiException) as caught:
        operation()
    assert (caught.value.status, caught.value.code, caught.value.msg) == (404, None, None)
    assert (
        str(caught.value) == "HTTP 404 Not Found, in answer to DELETE /eapi/v1/listenKey\n"
        "Body: <html> <head><title>404 Not Found</title></head> <body>nginx</body> </html>"
    )


def test_utf_8_with_a_byte_order_mark_is_json() -> None:
    assert over_memory(body=b"\xef\xbb\xbf{}").options_update_listen_key_v1() == {}


def test_any_status_of_200_to_299_is_a_success() -> None:
    for status in (200, 201, 299):
        assert over_memory(status=status).options_update_listen_key_v1() == {}


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_a_compressed_body_is_decompressed(encode: object) -> None:
    assert callable(encode)
    name = "gzip" if encode is gzip.compress else "deflate"
    with serving(http("200 OK", encode(CREATED), f"Content-Encoding: {name}")) as wire:
        info = over_loopback(wire.url).options_create_listen_key_v1_with_http_info()
    assert (info.data.listen_key, info.raw_data) == (LISTEN_KEY, CREATED)
    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in wire.requests[0]


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "text", "beginning"),
    [
        pytest.param(
            http("200 OK", CREATED[:40], length=200),
            'IncompleteRead(40 bytes read, 160 more expected))\nBody: {"listenKey":"<hidden>"',
            CREATED[:40],
            id="short of its Content-Length",
        ),
        pytest.param(
            http("200 OK", b"", length=200),
            "IncompleteRead(0 bytes read, 200 more expected))",
            b"",
            id="nothing",
        ),
        pytest.param(
            CHUNKED + b"10\r\nabcdef",
            "IncompleteRead(6 bytes read, 10 more expected))\nBody: abcdef",
            b"abcdef",
            id="within the first chunk",
        ),
        pytest.param(
            CHUNKED + b"4\r\n1234\r\n10\r\nabcdef",
            "IncompleteRead(6 bytes read, 10 more expected))\nBody: 1234abcdef",
            b"1234abcdef",
            id="within the second chunk",
        ),
        pytest.param(
            http("200 OK", b"{}{}{}", "Content-Encoding: gzip"),
            "Error -3 while decompressing data: incorrect header check)",
            b"",
            id="gzip that is none",
        ),
    ],
)
def test_a_body_that_breaks_off_keeps_status_and_beginning(
    answer: bytes, text: str, beginning: bytes
) -> None:
    with serving(answer) as wire, pytest.raises(ApiException) as caught:
        over_loopback(wire.url).options_create_listen_key_v1()
    error = caught.value
    assert type(error) is UnusableResponse
    assert str(error) == f"{HEAD}it is cut off or damaged ({text}"
    assert (error.status, error.body) == (200, beginning.decode())
    for secret in (LISTEN_KEY[:20], API_KEY, SECRET):
        assert secret not in in_reports(error)


def test_compressed_bytes_that_break_off_are_not_shown_as_text() -> None:
    part = gzip.compress(CREATED)[:20]
    answer = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + b"40\r\n" + part
    with serving(answer) as wire, pytest.raises(UnusableResponse) as caught:
        over_loopback(wire.url).options_create_listen_key_v1()
    assert (caught.value.status, caught.value.body) == (200, "")


def test_an_error_whose_body_breaks_off_is_still_that_error() -> None:
    with serving(http("400 Bad Request", b'{"code":-1125,', length=99)) as wire:
        operation = over_loopback(wire.url).options_update_listen_key_v1
        assert (
            text_of(operation, BadRequestException)
            == 'HTTP 400 Bad Request, in answer to PUT /eapi/v1/listenKey\nBody: {"code":-1125,'
        )


def test_the_exchanges_unknown_outcome_is_told_in_its_own_words() -> None:
    message = "Unknown error, please check your request or try again later."
    body = f'{{"code":-1000,"msg":"{message}"}}'
    with serving(http("503 Service Unavailable", body.encode())) as wire:
        operation = over_loopback(wire.url).options_delete_listen_key_v1
        assert (
            text_of(operation, ServiceException)
            == "HTTP 503 Service Unavailable, in answer to DELETE /eapi/v1/listenKey: -1000,"
            f" {message}\nBody: {body}"
        )


def test_without_preload_content_leaves_a_broken_body_to_the_reader() -> None:
    with serving(http("200 OK", b"abc", length=99)) as wire:
        response = over_loopback(wire.url).options_create_listen_key_v1_without_preload_content()
        assert response.status_code == 200
        assert response.raw.read(3) == b"abc"
        response.close()
