from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version

import pytest
import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError

from ...intercepting import Scripted, intercepted

ADDRESS = "wss://fstream.binance.com/private/ws/key?a=b"


@pytest.fixture
def server() -> Iterator[str]:
    """A WebSocket server that says which path it was asked for."""

    def tell(connection: websockets.sync.server.ServerConnection) -> None:
        assert connection.request is not None
        connection.send(connection.request.path)
        for _ in connection:
            pass

    with websockets.sync.server.serve(tell, "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{serving.socket.getsockname()[1]}"
        finally:
            serving.shutdown()
            thread.join()


@contextmanager
def redirected(address: str | None) -> Iterator[None]:
    with Interception(
        Scripted(), Scope(), mode="offline", network=False, stream_redirect=lambda: address
    ):
        yield


async def first_message(url: str, **options: object) -> str | bytes:
    async with websockets.asyncio.client.connect(url, **options) as connection:  # type: ignore[arg-type]
        return await connection.recv()


@pytest.mark.parametrize(
    "options", [{}, {"ssl": ssl.create_default_context(), "server_hostname": "fstream.binance.com"}]
)
def test_websockets_with_asyncio_reaches_the_loopback_server(
    server: str, options: dict[str, object]
) -> None:
    with redirected(server):
        assert asyncio.run(first_message(ADDRESS, **options)) == "/private/ws/key?a=b"


def test_websockets_with_threads_reaches_the_loopback_server(server: str) -> None:
    with redirected(server), websockets.sync.client.connect(ADDRESS) as connection:
        assert connection.recv() == "/private/ws/key?a=b"


def test_a_proxy_of_the_environment_is_not_asked(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("WSS_PROXY", "http://127.0.0.1:9")
    with redirected(server):
        assert asyncio.run(first_message(ADDRESS)) == "/private/ws/key?a=b"
        with websockets.sync.client.connect(ADDRESS) as connection:
            assert connection.recv() == "/private/ws/key?a=b"


def test_other_websockets_take_the_usual_way(server: str) -> None:
    with redirected("ws://127.0.0.1:9"):
        assert asyncio.run(first_message(f"{server}/mine")) == "/mine"
        with websockets.sync.client.connect(f"{server}/mine") as connection:
            assert connection.recv() == "/mine"


def test_without_a_server_a_stream_is_refused() -> None:
    with intercepted():
        with pytest.raises(NetworkRefusedError, match=r"a connection to fstream\.binance\.com:443"):
            asyncio.run(first_message(ADDRESS))
        with pytest.raises(NetworkRefusedError), websockets.sync.client.connect(ADDRESS):
            pass


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy on this machine, and what it was sent after it has said that all is well."""
    passed: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # nobody has come, and the test is over
        with connection:
            if connection.recv(65536).startswith(b"CONNECT fstream.binance.com:443 "):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                passed.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", passed
        with suppress(OSError):  # some systems refuse it to a socket that only listens
            listening.shutdown(socket.SHUT_RDWR)  # which ends a wait for a client
        thread.join()


def with_asyncio(proxy: str) -> object:
    return asyncio.run(first_message(ADDRESS, proxy=proxy))


def with_threads(proxy: str) -> object:
    return websockets.sync.client.connect(ADDRESS, proxy=proxy)


@pytest.mark.skipif(
    int(version("websockets").partition(".")[0]) < 15, reason="websockets 15 has brought proxies"
)
# asyncio leaves the connection to the proxy to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("network", [False, True])
@pytest.mark.parametrize("connect", [with_asyncio, with_threads])
def test_a_proxy_that_a_client_insists_on_leads_nowhere(
    connect: Callable[[str], object], network: bool, proxy: tuple[str, list[bytes]]
) -> None:
    url, passed = proxy
    with (
        Interception(Scripted(), Scope(), mode="simulate", network=network),
        pytest.raises(NetworkRefusedError, match=r"a connection to fstream\.binance\.com was"),
    ):
        connect(url)
    gc.collect()
    assert b"".join(passed) == b""
