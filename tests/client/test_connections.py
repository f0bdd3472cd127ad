"""The client on real connections: what is on the wire, and what comes of connections that fail."""

from __future__ import annotations

import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util.retry import Retry

from pytest_binance_options.client import ApiClient, BinanceAuth, Configuration, UserDataStreamsApi
from pytest_binance_options.client.rest import (
    ConnectionFailed,
    RedirectException,
    TooManyRequestsException,
)
from pytest_binance_options.errors import NetworkRefusedError

from .answering import (
    API_KEY,
    CREATED,
    SECRET,
    Memory,
    Raising,
    http,
    in_reports,
    refused_url,
    serving,
    text_of,
)

AUTH = BinanceAuth(api_key=API_KEY, secret_key=SECRET)
EMPTY = http("200 OK", b"{}")
BUSY = http("429 Too Many Requests", b'{"code":-1008,"msg":"Too many requests."}', "Retry-After: 0")


def client(
    adapter: requests.adapters.BaseAdapter, auth: BinanceAuth | None = AUTH, **more: Any
) -> ApiClient:
    return ApiClient(Configuration(auth=auth), adapter=adapter, read_environment=False, **more)


def real_client(url: str, *, read_environment: bool = False, **settings: Any) -> ApiClient:
    return ApiClient(
        Configuration(host=url, auth=AUTH, **settings), read_environment=read_environment
    )


def keepalive(api_client: ApiClient) -> dict[str, object]:
    return UserDataStreamsApi(api_client).options_update_listen_key_v1()


# On the wire


@pytest.mark.parametrize(
    ("operation", "method"), [("create", "POST"), ("update", "PUT"), ("delete", "DELETE")]
)
def test_a_listen_key_request_on_the_wire_has_no_body_no_query_and_no_content_type(
    operation: str, method: str
) -> None:
    with serving(http("200 OK", CREATED)) as wire, real_client(wire.url) as api_client:
        getattr(UserDataStreamsApi(api_client), f"options_{operation}_listen_key_v1")()
    lines = wire.requests[0].decode("ascii").split("\r\n")
    assert lines[0] == f"{method} /eapi/v1/listenKey HTTP/1.1"
    assert lines[-2:] == ["", ""]
    headers = dict(line.split(": ", 1) for line in lines[1:-2])
    assert headers.pop("User-Agent").startswith("pytest-binance-options")
    assert headers == {
        "Host": wire.url.removeprefix("http://"),
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Length": "0",
        "X-MBX-APIKEY": API_KEY,
    }


def test_a_connection_is_used_again_until_the_client_is_closed() -> None:
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # which keeps connections open

        def do_PUT(self) -> None:
            ports.append(self.client_address[1])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with real_client(f"http://127.0.0.1:{server.server_port}") as api_client:
            keepalive(api_client)
            keepalive(api_client)
            api_client.close()
            api_client.close()
            keepalive(api_client)
        server.shutdown()
        thread.join(5)
    assert ports[0] == ports[1] != ports[2]


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    with serving(EMPTY) as wire, real_client(wire.url) as api_client:
        assert [keepalive(api_client), keepalive(api_client)] == [{}, {}]


def test_closing_closes_the_adapter_too() -> None:
    adapter = Memory()
    with client(adapter) as api_client:
        keepalive(api_client)
        assert adapter.closed == 0
    assert adapter.closed == 1


def test_threads_share_a_client() -> None:
    results: list[object] = []
    with serving(EMPTY) as wire, real_client(wire.url) as api_client:
        start = threading.Barrier(8)

        def ask() -> None:
            start.wait(5)
            results.append(keepalive(api_client))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert results == [{}] * 8
    assert len(wire.requests) == 8


def test_a_cookie_is_not_sent_back() -> None:
    with (
        serving(http("200 OK", b"{}", "Set-Cookie: a=1; Path=/")) as wire,
        real_client(wire.url) as api_client,
    ):
        keepalive(api_client)
        keepalive(api_client)
    assert all(b"Cookie" not in asked for asked in wire.requests)


@pytest.mark.parametrize(
    "location", ["{other}/eapi/v1/listenKey", "/elsewhere", "http://", "http://[", ""]
)
def test_a_redirect_is_an_error_and_takes_the_key_nowhere(location: str) -> None:
    with serving(EMPTY) as other:
        answer = http("302 Found", b"", f"Location: {location.format(other=other.url)}")
        with serving(answer) as wire, real_client(wire.url) as api_client:
            assert (
                text_of(lambda: keepalive(api_client), RedirectException)
                == "HTTP 302 Found, in answer to PUT /eapi/v1/listenKey"
            )
            assert len(wire.requests) == 1
    assert other.requests == []


# Failing connections


def test_a_refused_connection_is_told_with_the_address() -> None:
    url = refused_url()
    with pytest.raises(ConnectionFailed) as caught:
        keepalive(real_client(url))
    assert caught.value.status == 0
    assert str(caught.value).startswith(f"No answer to PUT /eapi/v1/listenKey: {url}: [Errno ")
    assert str(caught.value).endswith("Check Configuration.host and the network.")
    assert type(caught.value.__cause__) is requests.ConnectionError


def test_a_connection_that_closes_without_an_answer_is_told() -> None:
    with serving(b"") as wire:
        assert (
            text_of(lambda: keepalive(real_client(wire.url)), ConnectionFailed)
            == f"No answer to PUT /eapi/v1/listenKey: {wire.url}: Remote end closed connection"
            " without response. Check Configuration.host and the network."
        )


def test_an_answer_that_does_not_come_in_time_is_told() -> None:
    with serving(EMPTY, hold=threading.Event()) as wire, pytest.raises(ConnectionFailed) as caught:
        UserDataStreamsApi(real_client(wire.url)).options_update_listen_key_v1(
            _request_timeout=0.05
        )
    assert (
        str(caught.value)
        == f"No answer to PUT /eapi/v1/listenKey: {wire.url}: no answer within 0.05 s. It may have"
        " been executed. For a longer wait, give _request_timeout."
    )
    assert type(caught.value.__cause__) is requests.ReadTimeout


def test_no_report_of_a_failed_signed_request_shows_key_or_signature() -> None:
    seen: list[str] = []

    class Watching(HTTPAdapter):
        def send(
            self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> requests.Response:
            seen.append(str(request.url).rpartition("signature=")[2])
            return super().send(request, *args, **kwargs)

    configuration = Configuration(host=refused_url(), auth=AUTH)
    with pytest.raises(ConnectionFailed) as caught:
        ApiClient(configuration, adapter=Watching()).request("GET", "/eapi/v1/account", signed=True)
    report = in_reports(caught.value)
    assert len(seen[0]) == 64
    for secret in (seen[0], API_KEY, SECRET):
        assert secret not in report


def test_an_error_that_is_not_the_networks_comes_through_as_it_is() -> None:
    error = NetworkRefusedError("no network in mode offline")
    with pytest.raises(NetworkRefusedError) as caught:
        keepalive(client(Raising(error)))
    assert caught.value is error


def test_an_adapters_own_oserror_is_a_failed_connection() -> None:
    assert (
        text_of(
            lambda: keepalive(
                client(Raising(ConnectionResetError(104, "Connection reset by peer")))
            ),
            ConnectionFailed,
        )
        == "No answer to PUT /eapi/v1/listenKey: https://eapi.binance.com: [Errno 104] Connection"
        " reset by peer. Check Configuration.host and the network."
    )


# Retries


@pytest.mark.parametrize("retries", [None, 0])
def test_without_retries_each_request_is_sent_once(retries: int | None) -> None:
    with serving(BUSY, EMPTY) as wire, real_client(wire.url, retries=retries) as api_client:
        with pytest.raises(TooManyRequestsException):
            keepalive(api_client)
        assert len(wire.requests) == 1


def test_a_count_of_retries_repeats_keepalives_that_are_told_to_wait() -> None:
    with serving(BUSY, BUSY, EMPTY) as wire, real_client(wire.url, retries=2) as api_client:
        assert keepalive(api_client) == {}
        assert len(wire.requests) == 3


def test_when_retries_are_used_up_the_last_answer_is_the_error() -> None:
    with serving(BUSY) as wire, real_client(wire.url, retries=2) as api_client:
        with pytest.raises(TooManyRequestsException) as caught:
            keepalive(api_client)
        assert (caught.value.code, caught.value.retry_after, len(wire.requests)) == (-1008, 0, 3)


def test_a_start_that_may_have_been_executed_is_not_repeated() -> None:
    with serving(b"") as wire, real_client(wire.url, retries=2) as api_client:
        with pytest.raises(ConnectionFailed):
            UserDataStreamsApi(api_client).options_create_listen_key_v1()
        assert len(wire.requests) == 1


def test_a_retry_of_urllib3_is_used_as_it_is() -> None:
    retry = Retry(1, status_forcelist=[503], allowed_methods=["PUT"])
    with (
        serving(http("503 Service Unavailable", b"")) as wire,
        real_client(wire.url, retries=retry) as api_client,
    ):
        assert (
            text_of(lambda: keepalive(api_client), ConnectionFailed)
            == f"No answer to PUT /eapi/v1/listenKey: {wire.url}: all retries are used up (too many"
            " 503 error responses)."
        )
        assert len(wire.requests) == 2


# Proxies, certificates, the environment


def test_a_configured_proxy_gets_every_request() -> None:
    with serving(EMPTY) as proxy, real_client("http://eapi.example", proxy=proxy.url) as api_client:
        assert keepalive(api_client) == {}
    assert proxy.requests[0].startswith(b"PUT http://eapi.example/eapi/v1/listenKey HTTP/1.1\r\n")


def test_the_environments_proxy_is_used_only_where_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(EMPTY) as proxy, serving(EMPTY) as exchange, serving(EMPTY) as configured:
        monkeypatch.setenv("http_proxy", proxy.url)
        with real_client(exchange.url) as api_client:
            keepalive(api_client)
        assert (len(proxy.requests), len(exchange.requests)) == (0, 1)
        with real_client(exchange.url, read_environment=True) as api_client:
            keepalive(api_client)
        assert (len(proxy.requests), len(exchange.requests)) == (1, 1)
        with real_client(exchange.url, read_environment=True, proxy=configured.url) as api_client:
            keepalive(api_client)
        assert (len(proxy.requests), len(exchange.requests), len(configured.requests)) == (1, 1, 1)


def test_a_netrc_is_never_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(EMPTY) as wire, real_client(wire.url, read_environment=True) as api_client:
        keepalive(api_client)
    assert b"Authorization" not in wire.requests[0]


def test_certificates_are_checked_against_a_ca_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssl = pytest.importorskip("ssl")
    trustme = pytest.importorskip("trustme", reason="the extra server brings it")
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with serving(EMPTY, tls=context) as wire:
        with pytest.raises(ConnectionFailed) as caught, real_client(wire.url) as api_client:
            keepalive(api_client)
        assert str(caught.value).startswith(
            f"No answer to PUT /eapi/v1/listenKey: {wire.url}: no TLS connection ([SSL: CERT"
        )
        assert str(caught.value).endswith("Configuration.ssl_ca_cert names a CA of your own.")

        with real_client(wire.url, ssl_ca_cert=bundle) as api_client:
            assert keepalive(api_client) == {}

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        with real_client(wire.url, read_environment=True) as api_client:
            assert keepalive(api_client) == {}

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with (
            warnings.catch_warnings(),
            real_client(
                wire.url, read_environment=True, verify_ssl=False, ssl_ca_cert=bundle
            ) as api_client,
        ):
            warnings.simplefilter("ignore", InsecureRequestWarning)
            assert keepalive(api_client) == {}
