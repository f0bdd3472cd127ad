from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import httpcore
import httpx
import pytest

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._messages import Failure, FailureKind, Headers, Response

from ...intercepting import (
    BODY,
    KEY,
    URL,
    Scripted,
    by_query,
    intercepted,
    json_response,
)

Call = Callable[..., httpx.Response]


def sync(method: str, url: str, **options: object) -> httpx.Response:
    with httpx.Client(timeout=5) as client:
        return client.request(method, url, **options)  # type: ignore[arg-type]


def with_asyncio(method: str, url: str, **options: object) -> httpx.Response:
    async def call() -> httpx.Response:
        async with httpx.AsyncClient(timeout=5) as client:
            return await client.request(method, url, **options)  # type: ignore[arg-type]

    return asyncio.run(call())


BOTH = pytest.mark.parametrize("call", [sync, with_asyncio])


@BOTH
def test_the_backend_gets_the_request_as_sent_and_the_client_its_answer(call: Call) -> None:
    with intercepted() as backend:
        response = call("PUT", f"{URL}?a=%2F", headers={"X-MBX-APIKEY": "me"}, content=b"b=1")
    assert (response.json(), response.reason_phrase, response.http_version) == (
        {"listenKey": KEY},
        "OK",
        "HTTP/1.1",
    )
    [request] = backend.requests
    assert (request.method, request.url, request.body, request.timeout) == (
        "PUT",
        f"{URL}?a=%2F",
        b"b=1",
        5,
    )
    assert request.headers["x-mbx-apikey"] == "me"


def test_a_body_that_is_generated_arrives_whole() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    with intercepted() as backend:
        sync("POST", URL, content=iter([b"one", b"two"]))
        with_asyncio("POST", URL, content=parts())
    assert [request.body for request in backend.requests] == [b"onetwo"] * 2


@BOTH
@pytest.mark.parametrize(
    ("failure", "error", "text"),
    [
        ("refused", httpx.ConnectError, "Connection refused"),
        ("reset", httpx.ReadError, "Connection reset by peer"),
        ("timeout", httpx.ReadTimeout, "The read operation timed out"),
        ("cut", httpx.RemoteProtocolError, r"received 10 bytes, expected 81"),
        ("not-gzip", httpx.DecodingError, "incorrect header"),
    ],
)
def test_httpx_raises_its_own_error_for_a_broken_answer(
    call: Call, failure: str, error: type[Exception], text: str
) -> None:
    with intercepted(Scripted(by_query)), pytest.raises(error, match=text) as caught:
        call("POST", f"{URL}?{failure}")
    assert isinstance(caught.value, httpx.RequestError)
    assert str(caught.value.request.url) == f"{URL}?{failure}"


@BOTH
def test_the_client_decodes_what_is_compressed(call: Call) -> None:
    with intercepted(Scripted(by_query)):
        assert call("POST", f"{URL}?gzip").json() == {"listenKey": KEY}


@BOTH
def test_a_head_request_has_no_body(call: Call) -> None:
    with intercepted(Scripted(by_query)):
        assert call("HEAD", f"{URL}?cut").content == b""


@BOTH
def test_a_body_can_be_streamed(call: Call) -> None:
    with intercepted(), httpx.Client() as client, client.stream("POST", URL) as response:
        assert b"".join(response.iter_raw()) == BODY


@BOTH
@pytest.mark.parametrize("retries", [0, 2])
def test_a_transport_that_tries_refused_connections_again_does_so(call: Call, retries: int) -> None:
    answers = [Failure(FailureKind.REFUSED)] * retries + [json_response(BODY)]
    backend = Scripted(lambda _: answers[len(backend.requests) - 1])

    async def with_retries() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=retries)) as client:
            return await client.post(URL)

    with intercepted(backend):
        if call is sync:
            with httpx.Client(transport=httpx.HTTPTransport(retries=retries)) as client:
                response = client.post(URL)
        else:
            response = asyncio.run(with_retries())
    assert response.status_code == 200
    assert len(backend.requests) == retries + 1


def test_httpcore_itself_is_answered() -> None:
    with intercepted() as backend, httpcore.ConnectionPool() as pool:
        assert pool.request("PUT", URL).content == BODY
    assert len(backend.requests) == 1


def test_a_client_made_before_the_test_is_answered_in_it_and_keeps_nothing() -> None:
    with httpx.Client() as client:
        for _ in range(2):
            with intercepted() as backend:
                assert client.put(URL).content == BODY
            assert len(backend.requests) == 1


def test_a_proxy_is_not_asked_for_options_requests() -> None:
    with intercepted(), httpx.Client(proxy="http://127.0.0.1:9") as client:
        assert client.put(URL).content == BODY


@BOTH
def test_other_requests_take_the_usual_way(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with intercepted() as backend, pytest.raises(httpx.ConnectError):
        call("GET", f"http://127.0.0.1:{port}/eapi/v1/time")
    assert backend.requests == []


@BOTH
def test_what_the_network_answers_comes_back_without_blocking_the_loop(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Response(418, Headers({"Retry-After": "120"}), b'{"code": -1008, "msg": "banned"}')
    monkeypatch.setattr("pytest_binance_options._transports.upstream.send", lambda request: network)
    with intercepted(Scripted(Forward), mode="testnet", network=True) as backend:
        response = call("PUT", URL)
    assert (response.status_code, response.headers["retry-after"], response.json()["code"]) == (
        418,
        "120",
        -1008,
    )
    [(request, answer)] = backend.observed
    assert (request.method, answer) == ("PUT", network)


@BOTH
@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X-MBX-APIKEY": f"{KEY}\n"}, "Illegal header value"),
        ({"Content-Length": "9"}, "Too little data for declared Content-Length"),
    ],
)
def test_what_it_would_not_send_it_refuses_to(
    call: Call, headers: dict[str, str], said: str
) -> None:
    """A key that was read from a file, and its line break with it."""
    with intercepted() as backend, pytest.raises(httpx.LocalProtocolError, match=said):
        call("POST", URL, headers=headers, content=b"a=b")
    assert backend.requests == []
