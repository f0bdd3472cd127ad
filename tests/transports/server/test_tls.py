"""TLS at the loopback server, with a certificate that only this session's tests trust."""

from __future__ import annotations

import builtins
import socket
import ssl

import aiohttp
import pytest
import requests
from websockets.sync.client import connect

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options._transports.server.tls import SessionCertificate
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange

from ..serving import Canned, exchange_bytes, get


def test_https_answers_a_client_that_trusts_the_session(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached:
        assert attached.tls_url.startswith("https://127.0.0.1:")
        assert (
            requests.get(
                f"{attached.tls_url}/eapi/v1/ping", verify=str(attached.ca_path), timeout=5
            ).json()
            == {}
        )


@pytest.mark.asyncio
async def test_ssl_cert_file_is_enough_for_most_clients(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.attach(Canned()) as attached:
        monkeypatch.setenv("SSL_CERT_FILE", str(attached.ca_path))
        context = ssl.create_default_context()
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{attached.tls_url}/", ssl=context) as response,
        ):
            assert response.status == 200


def test_requests_ca_bundle_is_enough_for_requests(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.attach(Canned()) as attached:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(attached.ca_path))
        assert requests.get(attached.tls_url, timeout=5).status_code == 200


def test_nothing_comes_before_the_first_answer(server: LoopbackServer) -> None:
    with server.attach(Canned()) as attached:
        trusting = ssl.create_default_context(cafile=str(attached.ca_path))
        port = int(attached.tls_url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as client,
        ):
            client.sendall(get())
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            # Read behind the answer, a ticket would show by now.
            assert client.session is not None
            assert not client.session.has_ticket


def test_a_stream_over_tls(server: LoopbackServer) -> None:
    exchange = Exchange()
    with server.attach(Simulate(exchange)) as attached:
        trusting = ssl.create_default_context(cafile=str(attached.ca_path))
        with connect(
            f"{attached.tls_stream_url}/private/stream", ssl=trusting, proxy=None
        ) as client:
            client.send('{"method": "LIST_SUBSCRIPTIONS", "id": 7}')
            assert client.recv(timeout=5) == '{"result":[],"id":7}'


def test_a_client_that_does_not_trust_the_session_gets_nothing_and_does_no_harm(
    server: LoopbackServer,
) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(attached.tls_url, timeout=5)
        assert backend.requests == []
        assert (
            requests.get(attached.tls_url, verify=str(attached.ca_path), timeout=5).status_code
            == 200
        )


def test_plain_http_at_the_tls_port_is_no_answer(server: LoopbackServer) -> None:
    backend = Canned()
    with server.attach(backend) as attached:
        port = int(attached.tls_url.rpartition(":")[2])
        assert exchange_bytes(port, get()) == b""
    assert backend.requests == []


def test_the_certificate_is_the_session_s_and_the_port_the_test_s() -> None:
    server = LoopbackServer()
    server.start()
    with server.attach(Canned()) as one, server.attach(Canned()) as two:
        assert one.tls_url != two.tls_url
        assert one.tls_url == one.tls_url
        assert one.tls_stream_url == one.tls_url.replace("https", "wss")
        assert one.ca_path == two.ca_path
        path = one.ca_path
    assert path.exists()
    server.stop()
    assert not path.exists()


def test_without_trustme_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "trustme":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        SessionCertificate()
    assert (
        str(caught.value)
        == "TLS on the loopback server needs trustme, which is not installed. It comes with the"
        ' extra: pip install "pytest-binance-options[server]".'
    )


def test_the_repr_says_where_the_file_is() -> None:
    certificate = SessionCertificate()
    assert repr(certificate) == f"<SessionCertificate, {certificate.ca_path}>"
    certificate.close()
