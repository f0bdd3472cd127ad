from __future__ import annotations

import pytest

from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._transports.http1 import RequestParser, serialize

BASE = "https://eapi.binance.com"


def parsed(data: bytes, *, step: int | None = None) -> Request | None:
    parser = RequestParser(BASE)
    for start in range(0, len(data), step or len(data)):
        parser.feed(data[start : start + (step or len(data))])
    return parser.request(timeout=3)


HEAD = b"PUT /eapi/v1/listenKey?a=%2F HTTP/1.1\r\nHost: eapi.binance.com\r\nX-MBX-APIKEY:  me \r\n"
WITH_LENGTH = HEAD + b"Content-Length: 5\r\n\r\nabcde"
IN_CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


@pytest.mark.parametrize("data", [WITH_LENGTH, IN_CHUNKS, IN_CHUNKS[:-2] + b"Trailer: x\r\n\r\n"])
@pytest.mark.parametrize("step", [None, 1, 7])
def test_a_request_arrives_in_any_pieces(data: bytes, step: int | None) -> None:
    request = parsed(data, step=step)
    assert request is not None
    assert (request.method, request.url, request.body) == (
        "PUT",
        f"{BASE}/eapi/v1/listenKey?a=%2F",
        b"abcde",
    )
    assert request.headers["x-mbx-apikey"] == "me"
    assert "transfer-encoding" not in request.headers
    assert request.timeout == 3


@pytest.mark.parametrize("data", [WITH_LENGTH, IN_CHUNKS])
def test_a_request_that_is_not_whole_is_none_yet(data: bytes) -> None:
    assert all(parsed(data[:end]) is None for end in range(1, len(data) - 2))


def test_what_follows_a_request_is_ignored() -> None:
    request = parsed(HEAD + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n")
    assert request is not None
    assert request.body == b""
    parser = RequestParser(BASE)
    parser.feed(WITH_LENGTH)
    parser.feed(b"more")
    assert parser.request() == RequestParser.request(parser)


@pytest.mark.parametrize("length", ["²", "five", "-1", "5, 5", "", "9" * 5000])
def test_a_length_that_can_not_be_read_is_none(length: str) -> None:
    request = parsed(HEAD + f"Content-Length: {length}\r\n\r\nabcde".encode("latin-1"))
    assert request is not None
    assert request.body == b""


def test_a_target_with_scheme_and_host_is_kept() -> None:
    request = parsed(b"GET http://demo-fapi.binance.com/eapi/v1/time HTTP/1.1\r\n\r\n")
    assert request is not None
    assert request.url == "http://demo-fapi.binance.com/eapi/v1/time"


def test_an_answer_closes_its_connection_and_says_how_long_it_is() -> None:
    response = Response(
        200,
        Headers(
            [("Transfer-Encoding", "chunked"), ("Connection", "keep-alive"), ("A", "b"), ("A", "c")]
        ),
        b"{}",
    )
    assert (
        serialize(response, "PUT")
        == b"HTTP/1.1 200 OK\r\nA: b\r\nA: c\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )


def test_an_answer_that_is_cut_off_still_promises_the_rest() -> None:
    response = Response(503, Headers({"Content-Length": "10"}), b"{}")
    assert (
        serialize(response, "PUT")
        == b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{}"
    )


@pytest.mark.parametrize(("status", "method"), [(204, "PUT"), (304, "GET"), (200, "HEAD")])
def test_some_answers_have_no_body(status: int, method: str) -> None:
    assert serialize(Response(status, Headers(), b"{}"), method).endswith(
        b"Connection: close\r\n\r\n"
    )


def test_no_header_can_end_its_line() -> None:
    answer = serialize(Response(599, Headers({"A": "b\r\nInjected: c", "D": "€"}), b""), "PUT")
    assert (
        answer == b"HTTP/1.1 599 \r\nA: b Injected: c\r\nD: ?\r\nContent-Length: 0\r\nConnection:"
        b" close\r\n\r\n"
    )
