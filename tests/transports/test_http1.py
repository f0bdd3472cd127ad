from __future__ import annotations

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._messages import Headers, Request, Response, reason_phrase
from pytest_binance_options._transports import limits
from pytest_binance_options._transports.http1 import (
    RequestParser,
    as_sent,
    serialize,
    whole_request,
)

from .malformed import LONG, damaged

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


def test_a_request_without_a_body_is_read_at_once() -> None:
    assert whole_request(BASE, HEAD + b"\r\n", 3) == parsed(HEAD + b"\r\n")
    assert whole_request("http://127.0.0.1:1", HEAD + b"\r\n") == Request(
        "PUT",
        "http://127.0.0.1:1/eapi/v1/listenKey?a=%2F",
        [("Host", "eapi.binance.com"), ("X-MBX-APIKEY", "me")],
    )


@pytest.mark.parametrize(
    "data",
    [
        HEAD,
        WITH_LENGTH,
        IN_CHUNKS,
        HEAD + b"A: b\r\n" * limits.MAX_HEADERS + b"\r\n",
        HEAD + b"A: " + b"x" * 10_000 + b"\r\n\r\n",
        HEAD + b"Host: another\r\n\r\n",
    ],
)
def test_anything_else_is_left_to_the_parser(data: bytes) -> None:
    assert whole_request(BASE, data) is None


@given(damaged(most=2))
def test_what_is_read_at_once_is_what_the_parser_reads(data: bytes) -> None:
    request = whole_request(BASE, data, 3)
    assert request is None or request == parsed(data) == parsed(data, step=7)


def test_what_follows_a_request_is_ignored() -> None:
    request = parsed(HEAD + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n")
    assert request is not None
    assert request.body == b""
    parser = RequestParser(BASE)
    parser.feed(WITH_LENGTH)
    parser.feed(b"more")
    assert parser.request() == RequestParser.request(parser)


def test_a_target_with_scheme_and_host_is_kept() -> None:
    request = parsed(b"GET http://demo-fapi.binance.com/eapi/v1/time HTTP/1.1\r\nHost: a\r\n\r\n")
    assert request is not None
    assert request.url == "http://demo-fapi.binance.com/eapi/v1/time"


def test_all_of_a_server_is_its_root() -> None:
    request = parsed(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert request is not None
    assert (request.url, request.path) == (BASE, "/")


def refused(data: bytes) -> str | None:
    parser = RequestParser(BASE)
    parser.feed(data)
    if parser.refusal is None:
        return None
    # Whatever comes then is for nobody.
    parser.feed(WITH_LENGTH)
    assert parser.request() is None
    return f"{parser.refusal.status} {parser.refusal.body.decode()}"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSALS = {
    b"get / HTTP/1.1\r\n": "the request line is not METHOD TARGET HTTP/1.1",
    b"GET": None,
    b"GET / HTTQ": "the request line is not METHOD TARGET HTTP/1.1",
    b"GET here HTTP/1.1\r\n": "the target is neither a path nor a URL",
    HEAD + b"A b\r\n": "a header is not NAME: VALUE",
    HEAD + b"A\0": "a header is not NAME: VALUE",
    HEAD + b"A: b\r": None,
    HEAD + b"Host: b\r\n\r\n": "there has to be one header Host",
    b"GET / HTTP/1.1\r\n\r\n": "there has to be one header Host",
    b"GET / HTTP/1.0\r\n\r\n": None,
    HEAD + b"Content-Length: 5, 5\r\n\r\n": "Content-Length is not one number",
    HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": (
        "Content-Length and Transfer-Encoding exclude each other"
    ),
    HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n": (
        "a Transfer-Encoding ends with chunked, and has it once"
    ),
    HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n": None,
    CHUNKED + b"x": "a chunk begins with its length, in hexadecimal digits",
    CHUNKED + b"1\r\na\r": None,
    CHUNKED + b"1\r\nab": "a chunk is longer than it says",
    CHUNKED + b"0\r\nA b\r\n": "a header is not NAME: VALUE",
}


@pytest.mark.parametrize(("data", "reason"), REFUSALS.items())
def test_what_is_no_request_is_told_why(data: bytes, reason: str | None) -> None:
    assert refused(data) == (None if reason is None else f"400 Bad Request: {reason}.")


@pytest.mark.parametrize("length", ["²", "five", "-1", "", "9" * 20])
def test_a_length_is_a_number(length: str) -> None:
    head = HEAD + f"Content-Length: {length}\r\n\r\n".encode("latin-1")
    assert refused(head) == "400 Bad Request: Content-Length is not one number."


ENDLESS = {
    "lines": (b"", b"\r\n" * 500, None),
    "target": (b"GET /", b"x" * 5000, "400 Bad Request: a line may have 65536 bytes."),
    "header": (HEAD + b"A: ", b"x" * 5000, "400 Bad Request: a line may have 65536 bytes."),
    "headers": (HEAD, b"A: b\r\n", "400 Bad Request: too many headers."),
    "extension": (CHUNKED + b"1;", b"x" * 5000, "400 Bad Request: a line may have 65536 bytes."),
    "trailer": (
        CHUNKED + b"0\r\n",
        b"A: b\r\n",
        "400 Bad Request: too many headers in the trailer.",
    ),
    "body": (
        HEAD + b"Content-Length: 999999999\r\n\r\n",
        bytes(1_000_000),
        f"413 {reason_phrase(413)}: a body may have 16777216 bytes.",
    ),
    "chunk": (
        CHUNKED + b"fffffff\r\n",
        bytes(1_000_000),
        f"413 {reason_phrase(413)}: a body may have 16777216 bytes.",
    ),
    "chunks": (
        CHUNKED,
        b"f4240\r\n" + bytes(1_000_000) + b"\r\n",
        f"413 {reason_phrase(413)}: a body may have 16777216 bytes.",
    ),
}


@pytest.mark.parametrize(("begin", "more", "refusal"), ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_ends_takes_no_memory(begin: bytes, more: bytes, refusal: str | None) -> None:
    parser = RequestParser(BASE)
    tracemalloc.start()
    try:
        parser.feed(begin)
        for _ in range(200):
            parser.feed(more)
        used, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    told = parser.refusal and f"{parser.refusal.status} {parser.refusal.body.decode()}"
    assert told == refusal
    assert used < 200_000
    assert most < 3 * limits.MAX_BODY


@given(damaged(most=1).map(lambda data: data.replace(LONG, b"x" * 70_000)), st.randoms())
def test_it_makes_no_difference_in_which_pieces_it_comes(data: bytes, random: Random) -> None:
    whole, pieces = RequestParser(BASE), RequestParser(BASE)
    whole.feed(data)
    at = 0
    while at < len(data):
        step = random.choice((1, 2, 7, 90_000))
        pieces.feed(data[at : at + step])
        at += step
    assert pieces.request() == whole.request()
    assert (pieces.refusal is None) == (whole.refusal is None)
    assert pieces.complete == whole.complete


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


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "Content-length", "Connection", "KEEP-ALIVE"]),
            st.text(st.characters(max_codepoint=255)),
        )
    ),
    st.sampled_from(["PUT", "HEAD"]),
    st.sampled_from([200, 204]),
)
def test_the_bytes_are_those_of_what_is_sent(
    headers: list[tuple[str, str]], method: str, status: int
) -> None:
    response = Response(status, headers, b"{}")
    sent = as_sent(response, method)
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.pairs)
    head = f"HTTP/1.1 {status} {reason_phrase(status)}\r\n{lines}\r\n"
    assert serialize(response, method) == head.encode("latin-1") + sent.body
