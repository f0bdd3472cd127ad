"""Through real sockets on loopback: this is the one part of the interception that uses the
network."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pytest_binance_options._messages import Failure, FailureKind, Headers, Request, Response
from pytest_binance_options._transports.upstream import send

from .intercepting import intercepted


class Server:
    """Answers one connection after the other with the bytes it was given; None: a reset."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[bytes] = []


def whole_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or (b"a=1" not in data and b"ength: 3" in data):
        data += connection.recv(65536)
    return data


@contextmanager
def serving(*answers: bytes | None, hold: threading.Event | None = None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(listening.getsockname()[1])

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    server.requests.append(whole_request(connection))
                    if hold is not None:
                        hold.wait(10)
                    elif answer is None:
                        connection.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            if hold is not None:
                hold.set()
            thread.join()


def answered(head: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body


def test_a_request_goes_out_as_it_came_and_its_answer_comes_back_undecoded() -> None:
    body = gzip.compress(b'{"a": 1}')
    with serving(
        answered(
            "418 I'm a teapot\r\nRetry-After: 120\r\nContent-Encoding: gzip\r\nContent-Length:"
            f" {len(body)}",
            body,
        )
    ) as server:
        url = f"{server.url}/eapi/v1/order?symbol=%42TC&signature=a%2Fb%3D"
        headers = Headers(
            {"Host": "eapi.binance.com", "X-MBX-APIKEY": "me", "Connection": "keep-alive"}
        )
        answer = send(Request("POST", url, headers, b"a=1"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (418, "120", body)
    [sent] = server.requests
    head, _, sent_body = sent.partition(b"\r\n\r\n")
    assert sent_body == b"a=1"
    assert head.startswith(b"POST /eapi/v1/order?symbol=%42TC&signature=a%2Fb%3D HTTP/1.1")
    lines = head.lower().split(b"\r\n")
    assert b"x-mbx-apikey: me" in lines
    assert f"host: {server.url.removeprefix('http://')}".encode() in lines
    assert b"content-length: 3" in lines


def test_an_empty_post_says_that_it_is_empty() -> None:
    with serving(answered("200 OK\r\nContent-Length: 2", b"{}")) as server:
        send(Request("POST", f"{server.url}/eapi/v1/listenKey"))
    assert b"content-length: 0" in server.requests[0].lower()


def test_a_redirect_is_an_answer() -> None:
    """With its body, undecoded as any other's."""
    body = gzip.compress(b"moved")
    head = f"Location: /elsewhere\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
    with serving(answered(f"302 Found\r\n{head}", body)) as server:
        answer = send(Request("GET", f"{server.url}/eapi/v1/time"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert (answer.body, answer.missing) == (body, 0)


def test_chunks_are_put_together() -> None:
    with serving(
        answered("200 OK\r\nTransfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n")
    ) as server:
        answer = send(Request("GET", f"{server.url}/eapi/v1/time"))
    assert isinstance(answer, Response)
    assert (answer.body, answer.missing, "transfer-encoding" in answer.headers) == (b"{}", 0, False)


@pytest.mark.parametrize(
    ("head", "body"),
    [("Content-Length: 10", b"abc"), ("Transfer-Encoding: chunked", b"3\r\nabc\r\n5\r\nde")],
)
def test_a_body_that_is_cut_off_stays_so(head: str, body: bytes) -> None:
    with serving(answered(f"200 OK\r\n{head}", body)) as server:
        answer = send(Request("GET", f"{server.url}/eapi/v1/time"))
    assert isinstance(answer, Response)
    assert answer.body == b"abc"
    assert answer.missing > 0


def test_failures_are_told_apart() -> None:
    with serving(None) as server:
        assert send(Request("PUT", f"{server.url}/x")) == Failure(FailureKind.RESET)
    assert send(Request("PUT", f"{server.url}/x")) == Failure(FailureKind.REFUSED)
    with serving(b"", hold=threading.Event()) as server:
        assert send(Request("PUT", f"{server.url}/x", timeout=0.05)) == Failure(FailureKind.TIMEOUT)


def test_it_is_never_intercepted_itself() -> None:
    with (
        serving(answered("200 OK\r\nContent-Length: 4", b"real")) as server,
        intercepted(rest=(server.url,)) as backend,
    ):
        answer = send(Request("PUT", f"{server.url}/eapi/v1/listenKey"))
    assert isinstance(answer, Response)
    assert answer.body == b"real"
    assert backend.requests == []


def test_credentials_of_the_users_netrc_are_not_sent(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    with serving(answered("200 OK\r\nContent-Length: 2", b"{}")) as server:
        send(Request("GET", f"{server.url}/eapi/v1/time"))
    assert b"authorization" not in server.requests[0].lower()
