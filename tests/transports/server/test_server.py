"""The loopback server between tests: one thread, a port for each test, nothing left over."""

from __future__ import annotations

import contextlib
import errno
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._messages import Failure, FailureKind, Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.errors import UsageError

from ..serving import Canned, exchange_bytes, get


def is_served(connection: http.client.HTTPConnection) -> bool:
    """Whether one more request on an open connection gets an answer."""
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except ConnectionError:
        return False
    finally:
        connection.close()
    return True


def test_addresses_are_on_loopback_at_one_port(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached:
        assert attached.url == f"http://127.0.0.1:{attached.port}"
        assert attached.stream_url == f"ws://127.0.0.1:{attached.port}"
        assert repr(attached) == f"<Server {attached.url}>"


def test_each_test_has_a_port_of_its_own_that_is_closed_afterwards(server: LoopbackServer) -> None:
    ports = []
    for _ in range(20):
        with server.attach(Canned()) as attached:
            ports.append(attached.port)
    assert len(set(ports)) == 20
    with pytest.raises(ConnectionRefusedError):
        exchange_bytes(ports[0], get())


def test_two_backends_side_by_side_keep_their_clients_apart(server: LoopbackServer) -> None:
    one, two = Canned(), Canned()
    with server.attach(one) as first, server.attach(two) as second:
        exchange_bytes(first.port, get("/one"))
        exchange_bytes(second.port, get("/two"))
    assert [request.path for request in one.requests] == ["/one"]
    assert [request.path for request in two.requests] == ["/two"]


def test_a_connection_that_was_kept_alive_ends_with_its_test(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        connection = http.client.HTTPConnection("127.0.0.1", attached.port, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"{}"
    with server.attach(Canned()):
        assert not is_served(connection)
    assert len(backend.requests) == 1


def test_a_held_request_is_let_go_at_the_end_of_the_test(server: LoopbackServer) -> None:
    arrived = threading.Event()

    def silent(request: Request) -> Failure:
        arrived.set()
        return Failure(FailureKind.TIMEOUT)

    with ThreadPoolExecutor(1) as pool:
        with server.attach(Canned(silent)) as attached:
            waiting = pool.submit(exchange_bytes, attached.port, get())
            assert arrived.wait(5)
        # Reset or closed, it is the same to a client: no answer, and no connection.
        with contextlib.suppress(ConnectionResetError):
            assert waiting.result(timeout=5) == b""


def test_a_client_that_connects_and_says_nothing_is_let_go_too(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached:
        connection = socket.create_connection(("127.0.0.1", attached.port), timeout=5)
    # Reset, where the end came before it was accepted.
    with connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


def test_connections_can_be_dropped_in_the_middle_of_a_test(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached, requests.Session() as session:
        connection = http.client.HTTPConnection("127.0.0.1", attached.port, timeout=5)
        connection.request("GET", "/")
        connection.getresponse().read()
        attached.drop_connections()
        assert not is_served(connection)
        assert session.get(attached.url, timeout=5).status_code == 200


def test_a_port_can_be_asked_for_and_be_taken(server: LoopbackServer) -> None:
    with (
        server.attach(Canned()) as attached,
        pytest.raises(OSError, match=str(attached.port)) as caught,
        server.attach(Canned(), port=attached.port),
    ):
        pytest.fail("two listeners at one port")
    assert caught.value.errno == errno.EADDRINUSE
    with server.attach(Canned(), port=attached.port) as again:
        assert again.port == attached.port
        assert requests.get(again.url, timeout=5).status_code == 200


def test_only_the_ipv4_loopback_address_is_bound(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached:
        # Were it bound to all addresses, this would be in use.
        with socket.socket() as other:
            other.bind(("127.0.0.2", attached.port))
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection(("127.0.0.2", attached.port), timeout=5),
        ):
            pytest.fail("bound to more than 127.0.0.1")


# Backends with a network behind them


def test_a_forwarded_request_is_sent_and_what_came_is_observed(server: LoopbackServer) -> None:
    backend = Canned(
        lambda request: Forward(request.with_url("https://demo-fapi.binance.com/eapi/v1/time"))
    )
    sent: list[Request] = []

    def send(request: Request) -> Response:
        sent.append(request)
        return Response(201, [], b"from afar")

    with server.attach(backend, send=send) as attached:
        response = requests.get(f"{attached.url}/eapi/v1/time", timeout=5)
    assert (response.status_code, response.content) == (201, b"from afar")
    assert [request.url for request in sent] == ["https://demo-fapi.binance.com/eapi/v1/time"]
    assert [
        (request.path, answer.status)
        for request, answer in backend.observed
        if isinstance(answer, Response)
    ] == [("/eapi/v1/time", 201)]


def test_requests_that_wait_for_the_network_wait_side_by_side(server: LoopbackServer) -> None:
    together = threading.Barrier(8, timeout=5)

    def send(request: Request) -> Response:
        together.wait()
        return Response(200, [], b"")

    with server.attach(Canned(Forward), send=send) as attached, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: exchange_bytes(attached.port, get()), range(8)))
    assert all(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers)


def test_a_network_that_fails_fails_for_the_client(server: LoopbackServer) -> None:
    backend = Canned(Forward)
    reset = Failure(FailureKind.RESET)
    with (
        server.attach(backend, send=lambda request: reset) as attached,
        pytest.raises(ConnectionResetError),
    ):
        exchange_bytes(attached.port, get())
    assert [answer for _, answer in backend.observed] == [reset]


def test_a_backend_that_forwards_needs_a_way_to_the_network(server: LoopbackServer) -> None:
    with server.attach(Canned(Forward)) as attached:
        response = requests.get(f"{attached.url}/eapi/v1/time", timeout=5)
        (error,) = attached.errors
    assert response.status_code == 404
    assert isinstance(error, UsageError)
    assert (
        str(error)
        == f"The backend forwards <Request GET {attached.url}/eapi/v1/time> to the network, and"
        " this server was given no way there. Give attach(..., send=...), a function from"
        " request to answer."
    )


# The thread


def test_a_server_starts_and_stops_once_however_often_it_is_told() -> None:
    before = threading.active_count()
    server = LoopbackServer()
    server.start()
    server.start()
    assert threading.active_count() == before + 1
    server.stop()
    server.stop()
    assert threading.active_count() == before


def test_a_server_that_was_stopped_can_be_started_again() -> None:
    server = LoopbackServer()
    for _ in range(2):
        server.start()
        with server.attach(
            Canned(Forward), send=lambda request: Response(200, [], b"")
        ) as attached:
            assert requests.get(attached.url, timeout=5).status_code == 200
        server.stop()


def test_a_server_that_does_not_run_says_so() -> None:
    with pytest.raises(UsageError) as caught, LoopbackServer().attach(Canned()):
        pytest.fail("attached to nothing")
    assert str(caught.value) == "The loopback server is not running. Call start() first."
