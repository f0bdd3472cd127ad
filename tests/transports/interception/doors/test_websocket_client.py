from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import websocket
import websockets.sync.server

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError, TestOverError

from ...intercepting import Scripted, intercepted, run_isolated

ADDRESS = "wss://fstream.binance.com/private/ws/key?a=b"
ASKED = "/private/ws/key?a=b of fstream.binance.com"


@pytest.fixture
def server() -> Iterator[str]:
    """A WebSocket server that says which path of which host it was asked for, and what it is told,
    until it is to drop it."""

    def tell(connection: websockets.sync.server.ServerConnection) -> None:
        assert connection.request is not None
        connection.send(f"{connection.request.path} of {connection.request.headers['Host']}")
        for message in connection:
            if message == "drop me":
                connection.socket.shutdown(socket.SHUT_RDWR)
                break
            connection.send(message)

    with websockets.sync.server.serve(tell, "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{serving.socket.getsockname()[1]}"
        finally:
            serving.shutdown()
            thread.join()


@contextmanager
def redirected(address: str | None, *, network: bool = False) -> Iterator[None]:
    with Interception(
        Scripted(), Scope(), mode="offline", network=network, stream_redirect=lambda: address
    ):
        yield


@contextmanager
def connected(url: str, **options: object) -> Iterator[websocket.WebSocket]:
    connection = websocket.create_connection(url, timeout=5, **options)  # type: ignore[arg-type]
    try:
        yield connection
    finally:
        connection.close()


class App:
    """A ``WebSocketApp`` that leaves after its first message; ``heard`` and ``errors`` are what it
    was told."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self.errors: list[Exception] = []
        self._app = websocket.WebSocketApp(
            url, on_message=self._on_message, on_error=self._on_error
        )

    def run(self, **options: object) -> None:
        self._app.run_forever(**options)  # type: ignore[arg-type]

    def _on_message(self, app: websocket.WebSocketApp, message: str) -> None:
        self.heard.append(message)
        app.close()

    def _on_error(self, app: websocket.WebSocketApp, error: Exception) -> None:
        self.errors.append(error)


@pytest.mark.parametrize(
    "options",
    [{}, {"sslopt": {"cert_reqs": 0}}, {"sockopt": [(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)]}],
)
def test_a_connection_to_a_stream_host_reaches_the_loopback_server(
    server: str, options: dict[str, object]
) -> None:
    with redirected(server), connected(ADDRESS, **options) as connection:
        assert connection.recv() == ASKED
        connection.send("hello")
        assert connection.recv() == "hello"
        assert connection.gettimeout() == 5
        assert connection.sock is not None
        assert connection.sock.gettimeout() == 5


@pytest.mark.parametrize(
    "address",
    [
        "wss://demo-fstream.binance.com",
        "ws://fstream.binance.com:9443",
        "wss://nbstream.binance.com/eoptions",
    ],
)
def test_so_does_one_to_any_host_of_the_table(server: str, address: str) -> None:
    with redirected(server), connected(f"{address}/ws/x") as connection:
        assert "/ws/x of " in str(connection.recv())


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.replace("wss:", "ws:")])
def test_an_app_that_expects_tls_runs_without(server: str, address: str) -> None:
    app = App(address)
    with redirected(server):
        app.run(ping_interval=3, ping_timeout=2, sslopt={"check_hostname": True})
    assert app.heard == [ASKED]
    assert app.errors == []


def test_an_app_comes_back_by_the_same_way(server: str) -> None:
    heard: list[str] = []

    def on_message(app: websocket.WebSocketApp, message: str) -> None:
        heard.append(message)
        if len(heard) == 1:
            app.send("drop me")
        else:
            app.close()

    def on_error(app: websocket.WebSocketApp, error: Exception) -> None:
        # Whatever else it is, it would come back for it without end.
        app.keep_running = isinstance(error, websocket.WebSocketConnectionClosedException)

    app = websocket.WebSocketApp(ADDRESS, on_message=on_message, on_error=on_error)
    with redirected(server):
        app.run_forever(reconnect=0.01)  # type: ignore[arg-type]
    assert heard == [ASKED, ASKED]


def test_a_proxy_is_not_asked(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with redirected(server):
        for address in (ADDRESS, ADDRESS.replace("wss:", "ws:")):
            with connected(address) as connection:
                assert connection.recv() == ASKED
        for kind in ("http", "socks5"):
            with connected(
                ADDRESS, http_proxy_host="127.0.0.1", http_proxy_port=9, proxy_type=kind
            ) as connection:
                assert connection.recv() == ASKED


def test_other_connections_take_the_usual_way(server: str) -> None:
    with redirected("ws://127.0.0.1:9"):
        with connected(f"{server}/mine") as connection:
            assert str(connection.recv()).startswith("/mine of 127.0.0.1:")
        with pytest.raises(ConnectionRefusedError):
            # Some versions ask no proxy for loopback, unless they are told for what else.
            websocket.create_connection(
                f"{server}/mine",
                http_proxy_host="127.0.0.1",
                http_proxy_port=9,
                http_no_proxy=["elsewhere.example"],
            )


def test_a_socket_that_the_caller_brings_is_the_caller_s(server: str) -> None:
    port = int(server.rpartition(":")[2])
    with (
        redirected("ws://127.0.0.1:9"),
        socket.create_connection(("127.0.0.1", port), timeout=5) as mine,
        connected(ADDRESS, socket=mine) as connection,
    ):
        assert connection.sock is mine
        assert connection.recv() == ASKED


def test_without_a_server_a_stream_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with intercepted():
        with pytest.raises(NetworkRefusedError, match=r"a connection to fstream\.binance\.com:443"):
            websocket.create_connection(ADDRESS)
        app = App(ADDRESS)
        app.run()
    assert [type(error) for error in app.errors] == [NetworkRefusedError]


def test_an_address_that_the_library_does_not_take_is_its_own_error(server: str) -> None:
    with redirected(server), pytest.raises(ValueError, match="scheme https is invalid"):
        websocket.create_connection("https://fstream.binance.com/private/ws/key")


def test_a_server_that_is_gone_is_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with redirected(f"ws://127.0.0.1:{port}"), pytest.raises(ConnectionRefusedError):
        websocket.create_connection(ADDRESS)


def test_a_thread_of_a_test_that_is_over_gets_no_stream(server: str) -> None:
    over = threading.Event()
    errors: list[Exception] = []
    app = App(ADDRESS)

    def leftover() -> None:
        assert over.wait(5)
        try:
            websocket.create_connection(ADDRESS)
        except TestOverError as error:
            errors.append(error)
        app.run()

    thread = threading.Thread(target=leftover, name="leftover")
    with redirected(server):
        thread.start()
    with redirected(server):
        over.set()
        thread.join()
    assert [type(error) for error in (*errors, *app.errors)] == [TestOverError, TestOverError]
    assert "thread 'leftover', which was started in a test that is over" in str(errors[0])
    assert app.heard == []


def test_the_library_is_patched_when_it_comes_and_left_as_it_was(server: str) -> None:
    printed = run_isolated("""
        import asyncio, sys, threading
        import websockets.sync.server
        from pytest_binance_options._hosts import Scope
        from pytest_binance_options._transports.interception.interception import Interception

        def tell(connection):
            connection.send(connection.request.path)

        def hear():
            connection = websocket.create_connection("wss://fstream.binance.com/private/ws/x")
            print(connection.recv())
            connection.close()

        serving = websockets.sync.server.serve(tell, "127.0.0.1", 0)
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        address = f"ws://127.0.0.1:{serving.socket.getsockname()[1]}"
        for _ in range(2):
            with Interception(None, Scope(), mode="offline", network=False, stream_redirect=lambda: address):
                print("websocket" in sys.modules)
                import websocket
                hear()
            print(vars(websocket._core)["connect"] is websocket._http.connect)
        serving.shutdown()
        thread.join()
        """)
    assert printed.split() == ["False", "/private/ws/x", "True", "True", "/private/ws/x", "True"]
