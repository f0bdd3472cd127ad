"""What goes over one connection of the loopback server, byte for byte."""

from __future__ import annotations

import gzip
import logging
import socket

import pytest
import requests

from pytest_binance_options._messages import Failure, FailureKind, Headers, Request, Response
from pytest_binance_options._transports.limits import MAX_BODY
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.errors import RequestNotRecordedError

from ..serving import JSON, Canned, exchange_bytes, get


def answer_to(server: LoopbackServer, response: Response, request: bytes | None = None) -> bytes:
    with server.attach(Canned(response)) as attached:
        return exchange_bytes(attached.port, request or get())


# What the backend sees


def test_the_backend_sees_target_headers_and_body_as_sent(server: LoopbackServer) -> None:
    backend = Canned()
    target = "/eapi/v1//a%2Fb/../c?b=%20x&a=1&&signature=%zz#not"
    with server.attach(backend) as attached:
        exchange_bytes(
            attached.port,
            get(
                target,
                method="PUT",
                headers="X-MBX-APIKEY: k\r\nx-two: 1\r\nX-Two: \xe9\r\nContent-Length: 3\r\n",
                body=b"\0a&",
            ),
        )
        (request,) = backend.requests
        assert request.method == "PUT"
        assert request.url == f"{attached.url}{target}"
        assert request.body == b"\0a&"
        assert request.headers.pairs[2:] == (
            ("X-MBX-APIKEY", "k"),
            ("x-two", "1"),
            ("X-Two", "\xc3\xa9"),
            ("Content-Length", "3"),
        )


def test_the_client_s_address_is_its_own(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        exchange_bytes(attached.port, get())
        exchange_bytes(attached.port, get(), source="127.0.0.7")
    assert [request.client for request in backend.requests] == ["127.0.0.1", "127.0.0.7"]


def test_a_body_in_chunks_arrives_whole_and_without_the_header_that_said_so(
    server: LoopbackServer,
) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        exchange_bytes(
            attached.port,
            get(
                method="POST",
                headers="Transfer-Encoding: chunked\r\n",
                body=b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            ),
        )
    (request,) = backend.requests
    assert request.body == b"abc"
    assert "transfer-encoding" not in request.headers


def test_a_compressed_body_arrives_as_it_was_sent(server: LoopbackServer) -> None:
    backend, body = Canned(), gzip.compress(b"a=1")
    with server.attach(backend) as attached:
        exchange_bytes(
            attached.port,
            get(
                method="POST",
                headers=f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n",
                body=body,
            ),
        )
    assert backend.requests[0].body == body


def test_a_client_that_takes_the_server_for_a_proxy_is_understood(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        exchange_bytes(attached.port, get("http://eapi.binance.com/eapi/v1/time"))
    assert backend.requests[0].url == "http://eapi.binance.com/eapi/v1/time"


def test_a_client_that_waits_for_100_continue_gets_it(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        received = exchange_bytes(
            attached.port,
            get(method="POST", headers="Expect: 100-continue\r\nContent-Length: 1\r\n", body=b"x"),
        )
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert backend.requests[0].body == b"x"


def test_a_body_that_is_too_long_gets_413_and_never_reaches_the_backend(
    server: LoopbackServer,
) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        response = requests.post(
            f"{attached.url}/eapi/v1/order", data=b"x" * (MAX_BODY + 1), timeout=30
        )
    assert response.status_code == 413
    assert backend.requests == []


# What the client sees


def test_the_client_sees_status_headers_and_body_as_the_backend_gave_them(
    server: LoopbackServer,
) -> None:
    response = Response(
        418,
        [
            ("X-MBX-USED-WEIGHT-1M", "2401"),
            ("retry-after", "120"),
            ("Set-Cookie", "a"),
            ("Set-Cookie", "b"),
        ],
        b"no",
    )
    assert answer_to(server, response) == (
        b"HTTP/1.1 418 I'm a Teapot\r\nX-MBX-USED-WEIGHT-1M: 2401\r\nretry-after: 120\r\n"
        b"Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nno"
    )


def test_an_unknown_status_is_passed_on(server: LoopbackServer) -> None:
    assert answer_to(server, Response(799, [], b"")).startswith(b"HTTP/1.1 799 \r\n")


def test_a_body_that_was_in_chunks_is_in_chunks_again(server: LoopbackServer) -> None:
    chunked = [("Transfer-Encoding", "chunked")]
    assert answer_to(server, Response(200, chunked, b"0123456789")).endswith(
        b"\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"
    )
    assert answer_to(server, Response(200, chunked, b"")).endswith(b"\r\n\r\n0\r\n\r\n")


def test_a_length_that_is_too_short_is_put_right(server: LoopbackServer) -> None:
    response = Response(200, [("Content-Length", "2"), ("X-After", "1")], b"four")
    assert (
        answer_to(server, response)
        == b"HTTP/1.1 200 OK\r\nX-After: 1\r\nContent-Length: 4\r\n\r\nfour"
    )


def test_a_body_that_is_cut_off_is_cut_off(server: LoopbackServer) -> None:
    backend = Canned(Response(200, [JSON, ("Content-Length", "20")], b'{"listenKey"'))
    said = r"IncompleteRead\(12 bytes read, 8 more expected\)"
    with server.attach(backend) as attached, pytest.raises(requests.RequestException, match=said):
        requests.get(attached.url, timeout=5)


@pytest.mark.parametrize("declared", [None, "2", "5"])
def test_head_gets_headers_alone(server: LoopbackServer, declared: str | None) -> None:
    headers = [JSON, *([("Content-Length", declared)] if declared else [])]
    received = answer_to(server, Response(200, headers, b"{}"), get(method="HEAD"))
    expected = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
    assert received == expected + (
        f"Content-Length: {declared}\r\n\r\n".encode() if declared else b"\r\n"
    )


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(server: LoopbackServer, status: int) -> None:
    assert answer_to(server, Response(status, [], b"surplus")).endswith(b"\r\n\r\n")


def test_gzip_that_is_none_breaks_in_the_client(server: LoopbackServer) -> None:
    backend = Canned(Response(200, [("Content-Encoding", "gzip")], b"not gzip"))
    with (
        server.attach(backend) as attached,
        pytest.raises(requests.exceptions.ContentDecodingError),
    ):
        requests.get(attached.url, timeout=5)


def test_real_gzip_goes_through(server: LoopbackServer) -> None:
    body = gzip.compress(b'{"a": 1}')
    with server.attach(Canned(Response(200, [("Content-Encoding", "gzip")], body))) as attached:
        assert requests.get(attached.url, timeout=5).json() == {"a": 1}


def test_a_line_break_in_a_value_does_not_begin_a_header(server: LoopbackServer) -> None:
    received = answer_to(server, Response(200, [("X-Note", "a\r\nSet-Cookie: b\nc")]))
    assert received == b"HTTP/1.1 200 OK\r\nX-Note: a  Set-Cookie: b c\r\nContent-Length: 0\r\n\r\n"


def test_a_value_outside_latin_1_goes_out_as_utf_8(server: LoopbackServer) -> None:
    assert "X-Note: \N{BITCOIN SIGN}\r\n".encode() in answer_to(
        server, Response(200, [("X-Note", "\N{BITCOIN SIGN}")])
    )


# Connections


def test_one_connection_carries_many_requests(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        two = get().replace(b"Connection: close\r\n", b"") + get()
        assert exchange_bytes(attached.port, two).count(b"HTTP/1.1 200 OK") == 2


def test_a_backend_that_says_close_closes(server: LoopbackServer) -> None:
    with server.attach(Canned(Response(200, [("Connection", "close")]))) as attached:
        assert exchange_bytes(
            attached.port, get().replace(b"Connection: close\r\n", b"")
        ).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("kind", [FailureKind.RESET, FailureKind.REFUSED])
def test_a_connection_that_fails_is_reset(server: LoopbackServer, kind: FailureKind) -> None:
    with server.attach(Canned(Failure(kind))) as attached, pytest.raises(ConnectionResetError):
        exchange_bytes(attached.port, get())


def test_a_time_out_lasts_until_the_client_gives_up(server: LoopbackServer) -> None:
    with (
        server.attach(Canned(Failure(FailureKind.TIMEOUT))) as attached,
        pytest.raises(requests.ReadTimeout),
    ):
        requests.get(attached.url, timeout=0.05)


def test_what_is_not_http_gets_400_and_the_next_client_is_served(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    key = b"K3y" * 22
    with server.attach(Canned()) as attached:
        assert exchange_bytes(attached.port, b"\x16\x03\x01 " + key + b"\r\n\r\n").startswith(
            b"HTTP/1."
        )
        assert b" 400 " in exchange_bytes(attached.port, get(method="BREW"))
        assert b" 400 " in exchange_bytes(
            attached.port, b"GET / HTTP/1.1\r\nX-MBX-APIKEY\0: " + key + b"\r\n\r\n"
        )
        assert b" 400 " in exchange_bytes(
            attached.port, b"GET / HTTP/1.1\r\nContent-Length: " + key + b"\r\n\r\n"
        )
        assert b" 400 " in exchange_bytes(
            attached.port, get(headers="Transfer-Encoding: chunked\r\n", body=b"zz\r\n")
        )
        assert requests.get(attached.url, timeout=5).status_code == 200
    assert key.decode() not in caplog.text
    assert all(record.name.startswith("pytest_binance_options.") for record in caplog.records)


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "PURGE", "CONNECT"])
def test_an_odd_method_reaches_the_backend(server: LoopbackServer, method: str) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        target = "x:80" if method == "CONNECT" else "/"
        assert exchange_bytes(attached.port, get(target, method=method)).startswith(
            b"HTTP/1.1 200 OK"
        )
    assert [request.method for request in backend.requests] == [method]


def test_a_client_that_hangs_up_in_the_middle_of_its_request_is_nobody(
    server: LoopbackServer,
) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        with socket.create_connection(("127.0.0.1", attached.port)) as connection:
            connection.sendall(
                b"POST /eapi/v1/listenKey HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"
            )
        exchange_bytes(attached.port, get())
    assert [request.method for request in backend.requests] == ["GET"]
    assert attached.errors == []


# Backends that fail


def fail(error: Exception) -> Canned:
    def raising(request: Request) -> Response:
        raise error

    return Canned(raising)


def test_an_error_of_ours_is_told_to_the_client_and_kept_for_the_test(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    error = RequestNotRecordedError(
        "tests/cassettes/a_rather_long_name/of_a_test_module/test_x.yaml lacks PUT"
    )
    with server.attach(fail(error)) as attached:
        response = requests.get(f"{attached.url}/private/ws/{'k' * 64}", timeout=5)
        assert attached.errors == [error]
    assert response.status_code == 404
    assert response.json() == {"code": 0, "msg": f"RequestNotRecordedError: {error}"}
    assert "k" * 40 not in caplog.text


def test_any_other_error_is_a_500_that_hides_what_could_be_a_secret(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with server.attach(fail(ZeroDivisionError("k" * 64))) as attached:
        response = requests.get(attached.url, timeout=5)
    assert response.status_code == 500
    assert response.json() == {
        "code": 0,
        "msg": "pytest-binance-options failed: ZeroDivisionError('<hidden>')",
    }
    assert [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ] == ["GET /: ZeroDivisionError('<hidden>')"]


def test_headers_are_not_repeated_in_the_log(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with server.attach(Canned(Response(200, Headers([("X-Secret", "s" * 64)])))) as attached:
        exchange_bytes(attached.port, get(headers=f"X-MBX-APIKEY: {'k' * 64}\r\n"))
    assert "k" * 40 not in caplog.text
    assert "s" * 40 not in caplog.text
