from __future__ import annotations

import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import urllib3

from pytest_binance_options._messages import Request
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


class Recorder(BaseHTTPRequestHandler):
    """A local service that has nothing to do with Binance; it tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps([self.command, self.path, self.headers.items(), sent.decode()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent."""


@pytest.fixture
def service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def with_requests(method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
    return requests.request(method, url, headers=headers, data=body, timeout=5).content


def with_urllib3(method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
    with urllib3.PoolManager() as pool:
        return pool.request(method, url, headers=headers, body=body, timeout=5).data


def with_http_client(method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
    connection = http.client.HTTPSConnection("eapi.binance.com", timeout=5)
    connection.request(method, url.removeprefix("https://eapi.binance.com"), body, headers)
    return connection.getresponse().read()


def with_urllib(method: str, url: str, headers: dict[str, str], body: bytes | None) -> bytes:
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
        content: bytes = response.read()
    return content


LIBRARIES = [with_requests, with_urllib3, with_http_client, with_urllib]


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_backend_gets_the_request_as_sent_and_the_client_its_answer(library: object) -> None:
    with intercepted() as backend:
        assert library("PUT", f"{URL}?a=%2F", {"X-MBX-APIKEY": "me"}, b"b=1") == BODY
    [request] = backend.requests
    assert (request.method, request.url, request.body) == ("PUT", f"{URL}?a=%2F", b"b=1")
    assert request.headers["x-mbx-apikey"] == "me"
    assert request.timeout == 5


def test_a_body_of_unknown_length_arrives_whole() -> None:
    with intercepted() as backend:
        requests.post(URL, data=iter([b"one", b"", b"two"]), timeout=5)
        requests.post(URL, data=iter([b"x" * 100_000]), timeout=5)
    assert [request.body for request in backend.requests] == [b"onetwo", b"x" * 100_000]


def test_clients_decode_what_is_compressed() -> None:
    with intercepted(Scripted(by_query)):
        assert requests.post(f"{URL}?gzip", timeout=5).json() == {"listenKey": KEY}
        with pytest.raises(requests.exceptions.ContentDecodingError):
            requests.post(f"{URL}?not-gzip", timeout=5)


def test_a_head_request_has_no_body() -> None:
    with intercepted():
        response = requests.head(URL, timeout=5)
    assert (response.status_code, response.content) == (200, b"")


def test_an_unknown_status_is_passed_on() -> None:
    with intercepted(Scripted(by_query)):
        assert requests.get(f"{URL}?strange", timeout=5).status_code == 599


@pytest.mark.parametrize(
    ("failure", "in_requests", "in_urllib3", "in_http_client"),
    [
        (
            "refused",
            requests.ConnectionError,
            urllib3.exceptions.NewConnectionError,
            ConnectionRefusedError,
        ),
        ("reset", requests.ConnectionError, urllib3.exceptions.ProtocolError, ConnectionResetError),
        ("timeout", requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError),
        (
            "cut",
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.ProtocolError,
            http.client.IncompleteRead,
        ),
    ],
)
def test_each_library_raises_its_own_error_for_a_broken_connection(
    failure: str,
    in_requests: type[Exception],
    in_urllib3: type[Exception],
    in_http_client: type[Exception],
) -> None:
    with intercepted(Scripted(by_query)):
        with pytest.raises(in_requests):
            requests.post(f"{URL}?{failure}", timeout=5)
        with urllib3.PoolManager() as pool, pytest.raises(in_urllib3):
            pool.request("POST", f"{URL}?{failure}", retries=False)
        with pytest.raises(in_http_client):
            with_http_client("POST", f"{URL}?{failure}", {}, None)


def test_urllib_raises_its_http_error() -> None:
    with intercepted(Scripted(by_query)), pytest.raises(urllib.error.HTTPError) as caught:
        with_urllib("PUT", f"{URL}?error", {}, None)
    with caught.value as error:
        assert (error.code, json.load(error)["code"]) == (400, -1125)


def test_urllib3_retries_as_it_does_with_a_real_server() -> None:
    answers = iter(
        [
            json_response(b"{}", 503, **{"Retry-After": "0"}),
            json_response(b"{}", 429, **{"Retry-After": "0"}),
        ]
    )
    with (
        intercepted(Scripted(lambda _: next(answers, json_response(BODY)))) as backend,
        urllib3.PoolManager() as pool,
    ):
        assert pool.request("PUT", URL).json() == {"listenKey": KEY}
    assert len(backend.requests) == 3


def test_a_session_goes_on_from_test_to_test_and_keeps_no_connection_of_ours() -> None:
    with requests.Session() as session:
        for _ in range(2):
            with intercepted() as backend:
                for _ in range(3):
                    assert session.put(URL, timeout=5).json() == {"listenKey": KEY}
            assert len(backend.requests) == 3


def test_another_service_gets_its_bytes_untouched(service: str) -> None:
    def ask() -> object:
        return requests.post(
            f"{service}/eapi/v1/listenKey?a=%2f", data=b"x=1", headers={"A": "b"}, timeout=5
        ).json()

    before = ask()
    with intercepted() as backend:
        assert ask() == before
    assert backend.requests == []


def test_only_options_paths_of_a_configured_host_are_answered(service: str) -> None:
    with intercepted(rest=(service,)) as backend, requests.Session() as session:
        assert session.get(f"{service}/eapi/v1/time", timeout=5).content == BODY
        assert session.get(f"{service}/other", timeout=5).json()[1] == "/other"
        assert session.get(f"{service}/eapi/v1/time", timeout=5).content == BODY
    assert [request.path for request in backend.requests] == ["/eapi/v1/time"] * 2


def test_a_connection_opened_before_the_test_is_not_used(service: str) -> None:
    host = service.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/eapi/v1/time")
    connection.getresponse().read()
    opened = connection.sock
    assert opened is not None
    with intercepted(rest=(service,)) as backend:
        connection.request("GET", "/eapi/v1/time")
        assert connection.getresponse().read() == BODY
    connection.request("GET", "/after")
    assert json.loads(connection.getresponse().read())[1] == "/after"
    connection.close()
    assert len(backend.requests) == 1
    assert opened.fileno() == -1


def test_a_connection_opened_early_in_a_test_is_real_after_it(service: str) -> None:
    connection = http.client.HTTPConnection(service.removeprefix("http://"), timeout=5)
    with intercepted(rest=(service,)):
        connection.connect()
    connection.request("GET", "/eapi/v1/time")
    with pytest.raises(
        ConnectionResetError, match="the test that this connection was opened in is over"
    ):
        connection.getresponse()
    connection.close()


def test_a_proxy_is_not_asked_for_options_requests() -> None:
    proxies = {"http": "http://127.0.0.1:9", "https": "http://127.0.0.1:9"}
    with intercepted() as backend:
        assert requests.put(URL, proxies=proxies, timeout=5).content == BODY
        assert (
            requests.put(URL.replace("https", "http"), proxies=proxies, timeout=5).content == BODY
        )
        connection = http.client.HTTPSConnection("127.0.0.1", 9)
        connection.set_tunnel("eapi.binance.com")
        connection.request("PUT", "/eapi/v1/listenKey")
        assert connection.getresponse().read() == BODY
    assert [request.url for request in backend.requests] == [URL, URL.replace("https", "http"), URL]


def test_a_name_with_a_trailing_dot_or_capitals_is_the_same_host() -> None:
    with intercepted() as backend:
        requests.put("https://EAPI.binance.com./eapi/v1/listenKey", timeout=5)
    assert len(backend.requests) == 1


def test_a_request_that_ends_too_soon_times_out() -> None:
    with intercepted() as backend:
        connection = http.client.HTTPSConnection("eapi.binance.com")
        connection.putrequest("POST", "/eapi/v1/listenKey")
        connection.putheader("Content-Length", "10")
        connection.endheaders(b"short")
        with pytest.raises(TimeoutError, match="timed out"):
            connection.getresponse()
    assert backend.requests == []


def test_what_the_backend_raises_reaches_the_caller() -> None:
    def refuse(_: Request) -> None:
        raise NetworkRefusedError("no")

    with intercepted(Scripted(refuse)), pytest.raises(NetworkRefusedError):  # type: ignore[arg-type]
        requests.put(URL, timeout=5)


def test_who_looks_at_the_socket_finds_one() -> None:
    connection = http.client.HTTPSConnection("eapi.binance.com", timeout=5)
    with intercepted() as backend:
        connection.connect()
        sock = connection.sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert sock.gettimeout() == 5
        connection.putrequest("PUT", "/eapi/v1/listenKey")
        connection.endheaders()
        assert connection.sock.send(b"") == 0
        connection.sock.shutdown(socket.SHUT_WR)
        assert connection.getresponse().read() == BODY
    assert len(backend.requests) == 1


def test_who_reads_from_the_socket_itself_gets_the_answer_s_bytes() -> None:
    with intercepted():
        connection = http.client.HTTPSConnection("eapi.binance.com", timeout=5)
        connection.request("PUT", "/eapi/v1/listenKey")
        assert connection.sock.getpeername() == ("127.0.0.1", 443)
        assert connection.sock.getsockname()[0] == "127.0.0.1"
        head = bytearray(8)
        assert connection.sock.recv_into(head, 4) == 4
        assert connection.sock.recv_into(memoryview(head)[4:]) == 4
        assert head == b"HTTP/1.1"
        rest = b""
        while data := connection.sock.recv(65536):
            rest += data
    assert rest.endswith(BODY)
