from __future__ import annotations

import asyncio
import socket
import threading
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import pytest
import yarl
from aiohttp import web

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._hosts import Scope
from pytest_binance_options._messages import Headers, Response
from pytest_binance_options._transports.interception.doors.aiohttp import _STEP, _MemoryTransport
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError

from ...intercepting import (
    BODY,
    KEY,
    URL,
    Scripted,
    by_query,
    intercepted,
    json_response,
)

T = TypeVar("T")
TIMEOUT = aiohttp.ClientTimeout(total=5)


def in_session(work: Callable[[aiohttp.ClientSession], Awaitable[T]], **options: object) -> T:
    async def run() -> T:
        async with aiohttp.ClientSession(timeout=TIMEOUT, **options) as session:  # type: ignore[arg-type]
            return await work(session)

    return asyncio.run(run())


async def read(
    session: aiohttp.ClientSession, url: str = URL, method: str = "POST", **options: object
) -> bytes:
    async with session.request(method, url, **options) as response:  # type: ignore[arg-type]
        return await response.read()


def test_the_backend_gets_the_request_as_sent_and_the_client_its_answer() -> None:
    async def work(session: aiohttp.ClientSession) -> object:
        async with session.put(
            f"{URL}?a=b", headers={"X-MBX-APIKEY": "me"}, data=b"b=1"
        ) as response:
            return response.status, response.reason, await response.json()

    with intercepted() as backend:
        assert in_session(work) == (200, "OK", {"listenKey": KEY})
    [request] = backend.requests
    assert (request.method, request.url, request.body, request.timeout) == (
        "PUT",
        f"{URL}?a=b",
        b"b=1",
        5,
    )
    assert request.headers["x-mbx-apikey"] == "me"


def test_a_body_that_is_generated_arrives_whole() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(0)
        yield b"two"

    with intercepted() as backend:
        in_session(lambda session: read(session, data=parts()))
    assert [request.body for request in backend.requests] == [b"onetwo"]


@pytest.mark.parametrize(
    ("failure", "error", "text"),
    [
        (
            "refused",
            aiohttp.ClientConnectorError,
            r"Cannot connect to host eapi.binance.com:443 ssl:default \[Connection refused\]",
        ),
        ("reset", aiohttp.ClientOSError, "Connection reset by peer"),
        ("timeout", aiohttp.ServerTimeoutError, "Timeout on reading data from socket"),
        ("cut", aiohttp.ClientPayloadError, "Response payload is not completed"),
        ("not-gzip", aiohttp.ClientPayloadError, "Can not decode content-encoding: gzip"),
    ],
)
def test_aiohttp_raises_its_own_error_for_a_broken_answer(
    failure: str, error: type[Exception], text: str
) -> None:
    with intercepted(Scripted(by_query)) as backend, pytest.raises(error, match=text):
        in_session(lambda session: read(session, f"{URL}?{failure}"))
    assert len(backend.requests) == 1


def test_a_reset_is_tried_again_where_aiohttp_would() -> None:
    with intercepted(Scripted(by_query)) as backend, pytest.raises(aiohttp.ClientOSError):
        in_session(lambda session: read(session, f"{URL}?reset", method="PUT"))
    assert len(backend.requests) == 2


def test_the_client_decodes_what_is_compressed() -> None:
    with intercepted(Scripted(by_query)):
        assert in_session(lambda session: read(session, f"{URL}?gzip")) == BODY


def test_a_large_body_comes_as_fast_as_it_is_read() -> None:
    large = bytes(range(256)) * 8000

    async def work(session: aiohttp.ClientSession) -> bytes:
        async with session.get(URL) as response:
            parts = []
            async for part in response.content.iter_any():
                parts.append(part)
                await asyncio.sleep(0)
        assert len(parts) > 1
        return b"".join(parts)

    with intercepted(Scripted(lambda _: json_response(large))):
        assert in_session(work) == large


def test_a_body_that_nobody_reads_is_dropped() -> None:
    async def work(session: aiohttp.ClientSession) -> int:
        response = await session.get(URL)
        response.close()
        return response.status

    with intercepted(Scripted(lambda _: json_response(b"x" * 1_000_000))):
        assert in_session(work) == 200


def test_a_session_goes_on_from_test_to_test() -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        for _ in range(2):
            with intercepted() as backend:
                assert [await read(session) for _ in range(3)] == [BODY] * 3
            assert len(backend.requests) == 3

    in_session(work)


def test_a_proxy_is_not_asked_for_options_requests() -> None:
    with intercepted() as backend:
        in_session(lambda session: read(session, proxy="http://127.0.0.1:9"))
        in_session(
            lambda session: read(session, URL.replace("https", "http"), proxy="http://127.0.0.1:9")
        )
    assert [request.url for request in backend.requests] == [URL, URL.replace("https", "http")]


def test_other_requests_take_the_usual_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with intercepted() as backend, pytest.raises(aiohttp.ClientConnectorError):
        in_session(lambda session: read(session, f"http://127.0.0.1:{port}/eapi/v1/time"))
    assert backend.requests == []


def test_what_the_backend_raises_reaches_the_caller() -> None:
    def refuse(_: object) -> Response:
        raise LookupError("not recorded")

    with intercepted(Scripted(refuse)), pytest.raises(LookupError, match="not recorded"):
        in_session(read)


def test_what_the_network_answers_comes_back_without_blocking_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Response(418, Headers({"Retry-After": "120"}), b"banned")
    asked, loop_went_on = threading.Event(), threading.Event()

    def send(_: object) -> Response:
        asked.set()
        assert loop_went_on.wait(5)
        return network

    async def go_on() -> None:
        while not asked.is_set():
            await asyncio.sleep(0.001)
        loop_went_on.set()

    async def work(session: aiohttp.ClientSession) -> bytes:
        body, _ = await asyncio.gather(read(session), go_on())
        return body

    monkeypatch.setattr("pytest_binance_options._transports.upstream.send", send)
    with intercepted(Scripted(Forward), mode="testnet", network=True) as backend:
        assert in_session(work) == b"banned"
    assert [answer for _, answer in backend.observed] == [network]


@pytest.mark.parametrize(
    ("timeout", "waits"),
    [
        (aiohttp.ClientTimeout(total=5), 5),
        (aiohttp.ClientTimeout(total=5, sock_read=2), 2),
        (aiohttp.ClientTimeout(total=None), None),
    ],
    ids=["in total", "between reads", "for ever"],
)
def test_the_backend_knows_how_long_the_client_waits(
    timeout: aiohttp.ClientTimeout, waits: float | None
) -> None:
    with intercepted() as backend:
        in_session(lambda session: read(session, timeout=timeout))
    assert [request.timeout for request in backend.requests] == [waits]


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket_ = web.WebSocketResponse()
    await socket_.prepare(request)
    await socket_.send_str(request.path_qs)
    async for message in socket_:
        await socket_.send_str(message.data)
    return socket_


@asynccontextmanager
async def streams() -> AsyncIterator[None]:
    """An interception whose streams are led to a server that says which address was asked for, and
    then echoes."""
    app = web.Application()
    app.router.add_get("/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    redirect = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        with Interception(
            Scripted(), Scope(), mode="offline", network=False, stream_redirect=lambda: redirect
        ):
            yield
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "address",
    [
        "wss://fstream.binance.com",
        "https://fstream.binance.com",
        "wss://nbstream.binance.com/eoptions",
    ],
)
def test_a_websocket_of_a_stream_host_reaches_the_loopback_server(address: str) -> None:
    async def work() -> object:
        url = f"{address}/private/ws/{KEY}?a=b"
        async with streams(), aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            first = await ws.receive_str()
            await ws.send_str("hello")
            return first, await ws.receive_str()

    path = address.partition("binance.com")[2]
    assert asyncio.run(work()) == (f"{path}/private/ws/{KEY}?a=b", "hello")


def test_a_session_that_is_closed_closes_its_streams() -> None:
    async def close_the_session_first() -> bool:
        async with streams():
            session = aiohttp.ClientSession()
            ws = await session.ws_connect(f"wss://fstream.binance.com/private/ws/{KEY}")
            transport = ws._response.connection.transport
            await session.close()
            return transport.is_closing()

    assert asyncio.run(close_the_session_first())


def test_without_a_server_a_stream_is_refused() -> None:
    async def work(session: aiohttp.ClientSession) -> None:
        await session.ws_connect("wss://fstream.binance.com/private/ws/x")

    with (
        intercepted(),
        pytest.raises(NetworkRefusedError, match=r"a connection to fstream\.binance\.com:443"),
    ):
        in_session(work)


class Recorder:
    """A protocol that keeps what its transport tells it; ``reaction`` is called with each step."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.reaction: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...

    def data_received(self, data: bytes) -> None:
        self.told.append(len(data))
        self.reaction()

    def connection_lost(self, error: Exception | None) -> None:
        self.told.append(error)


BIG = Response(200, (("Content-Length", str(3 * _STEP)),), b"x" * 3 * _STEP)
REQUEST = b"GET /eapi/v1/time HTTP/1.1\r\nHost: eapi.binance.com\r\n\r\n"
ENOUGH = 6  # turns of the loop, in which all that was put off is done


def on_a_transport(
    work: Callable[[_MemoryTransport, Recorder], Awaitable[None]],
) -> tuple[list[object], Scripted]:
    backend = Scripted(lambda _: BIG)

    async def main() -> list[object]:
        protocol = Recorder()
        transport = _MemoryTransport(
            aiohttp,
            protocol,  # type: ignore[arg-type]
            types.SimpleNamespace(network=False, begin=backend.respond),  # type: ignore[arg-type]
            types.SimpleNamespace(connection_key=None, url=yarl.URL(URL)),  # type: ignore[arg-type]
            None,
        )
        await work(transport, protocol)
        await turns()
        return protocol.told

    return asyncio.run(main()), backend


async def turns() -> None:
    for _ in range(ENOUGH):
        await asyncio.sleep(0)


def test_a_transport_answers_once_and_not_while_it_is_written_to() -> None:
    async def work(transport: _MemoryTransport, protocol: Recorder) -> None:
        transport.write(REQUEST)
        transport.write(b"more than was promised")
        assert protocol.told == []
        await turns()
        transport.write(b"and more")

    told, backend = on_a_transport(work)

    assert len(backend.requests) == 1
    assert sum(each for each in told if isinstance(each, int)) > 3 * _STEP
    assert told[-1] is None


def test_a_transport_gives_nothing_while_it_is_paused_and_then_the_rest() -> None:
    async def work(transport: _MemoryTransport, protocol: Recorder) -> None:
        protocol.reaction = transport.pause_reading
        transport.write(REQUEST)
        await turns()
        assert protocol.told == [_STEP]
        protocol.reaction = lambda: None
        transport.resume_reading()
        assert protocol.told == [_STEP]

    told, _ = on_a_transport(work)

    assert told[:3] == [_STEP] * 3
    assert told[4:] == [None]


def test_a_transport_that_was_paused_before_the_answer_waits_for_it() -> None:
    async def work(transport: _MemoryTransport, protocol: Recorder) -> None:
        transport.pause_reading()
        transport.resume_reading()
        await turns()
        assert protocol.told == []
        transport.write(REQUEST)

    told, _ = on_a_transport(work)

    assert told[:3] == [_STEP] * 3


def test_a_transport_that_is_closed_gives_nothing_more_and_is_lost_once() -> None:
    async def work(transport: _MemoryTransport, protocol: Recorder) -> None:
        protocol.reaction = transport.close
        transport.write(REQUEST)
        assert not transport.is_closing()
        await turns()
        assert transport.is_closing()
        transport.close()
        transport.abort()

    told, _ = on_a_transport(work)

    assert told == [_STEP, None]
