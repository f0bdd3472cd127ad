"""The requests door against requests itself: what a session makes of an answer of ours, it makes of
the same bytes sent by a real server on loopback."""

from __future__ import annotations

import gzip
import io
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from http import HTTPStatus

import pytest
import requests
import urllib3

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._hosts import Scope
from pytest_binance_options._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
)
from pytest_binance_options._transports.requests_adapter import BackendAdapter
from pytest_binance_options.errors import RequestNotRecordedError
from tests.client.answering import http, refused_url, serving

from .intercepting import intercepted
from .serving import Canned

URL = "https://eapi.binance.com/eapi/v1/listenKey"
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def mounted(backend: Canned, *rest: str) -> requests.Session:
    session = requests.Session()
    adapter = BackendAdapter(backend, Scope(rest))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@pytest.fixture
def backend() -> Canned:
    return Canned()


@pytest.fixture
def session(backend: Canned) -> Iterator[requests.Session]:
    with mounted(backend) as session:
        yield session


def written(answer: Response) -> bytes:
    """The bytes in which a server would send ``answer``."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        *(f"{name}: {value}" for name, value in answer.headers.pairs),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body


def answer(
    status: int = 200,
    body: bytes = b'{"a": "\xc3\xa9"}',
    *pairs: tuple[str, str],
    length: int | None = None,
) -> Response:
    length = len(body) if length is None else length
    return Response(
        status, Headers([*pairs, ("Content-Length", str(length)), ("Connection", "close")]), body
    )


JSON = ("Content-Type", "application/json;charset=UTF-8")
GZIP = ("Content-Encoding", "gzip")
COMPRESSED = gzip.compress(b'{"a": 1}' * 50)

ANSWERS = {
    "JSON": answer(200, b'{"a": "\xc3\xa9"}', JSON, ("X-MBX-USED-WEIGHT-1M", "1")),
    "an error": answer(400, b'{"code": -1125, "msg": "This listenKey does not exist."}', JSON),
    "a ban": answer(418, b"{}", JSON, ("Retry-After", "120")),
    "the exchange's side": answer(
        503, b"<html>no</html>", ("Content-Type", "text/html"), ("Retry-After", "1")
    ),
    "no content type": answer(200, b"a\nb\r\nc"),
    "latin text": answer(200, b"\xe9", ("content-type", "text/plain")),
    "repeated headers": answer(200, b"", ("VARY", "a"), ("x", "1"), ("Vary", "b")),
    "one cookie": answer(200, b"{}", JSON, ("Set-Cookie", "a=1; Path=/")),
    "two cookies": answer(200, b"{}", ("Set-Cookie", "a=1"), ("set-cookie", "b=2; Path=/eapi")),
    "a compressed cookie": answer(200, COMPRESSED, GZIP, ("Set-Cookie", "a=1")),
    "gzip": answer(200, COMPRESSED, GZIP, JSON),
    "deflate": answer(200, zlib.compress(b"{}"), ("Content-Encoding", "deflate")),
    "an encoding that nobody knows": answer(200, b"{}", ("Content-Encoding", "rot13")),
    "gzip that is none": answer(200, b'{"a": 1}', GZIP),
    "gzip that ends early": answer(200, COMPRESSED[:20], GZIP),
    "gzip that is cut off": answer(200, COMPRESSED[:20], GZIP, length=len(COMPRESSED)),
    "a body that is cut off": answer(200, b'{"a":', JSON, length=9),
    "a body that never begins": answer(200, b"", JSON, length=9),
    "a cookie and a cut": answer(200, b"{", ("Set-Cookie", "a=1"), length=9),
    "no body": answer(200, b""),
    "nothing to say": Response(204, Headers({"Connection": "close"})),
    "a body where none may be": Response(
        204, Headers({"Content-Length": "2", "Connection": "close"}), b"{}"
    ),
    "a redirect": answer(301, b"moved", ("Location", "/eapi/v1/other")),
}


def facts(response: requests.Response) -> dict[str, object]:
    return {
        "status": (response.status_code, response.reason, response.ok, response.is_redirect),
        "headers": sorted(response.headers.items()),
        "encoding": response.encoding,
        "cookies": response.cookies.get_dict(),
        "history": [past.status_code for past in response.history],
        "request": (response.url, response.request.url, response.request.method),
        "raw": (
            response.raw.status,
            response.raw.reason,
            response.raw.version,
            sorted(response.raw.headers.items()),
        ),
        "elapsed": type(response.elapsed),
        "has an adapter": isinstance(response.connection, requests.adapters.HTTPAdapter),  # type: ignore[attr-defined]
    }


def content(response: requests.Response) -> object:
    raw_rest = response.raw.read()
    return (
        response.content,
        response.text,
        raw_rest,
        list(response.iter_content(3)),
        list(response.iter_lines()),
        response.content,
    )


READERS: dict[str, tuple[bool, Callable[[requests.Response], object]]] = {
    "whole": (False, content),
    "as a stream, then whole": (True, lambda response: response.content),
    "in pieces": (True, lambda response: b"".join(response.iter_content(3))),
    "in pieces as they come": (True, lambda response: b"".join(response.iter_content(None))),
    "in lines": (True, lambda response: list(response.iter_lines(4))),
    "raw": (True, lambda response: response.raw.read(decode_content=False)),
    "raw, decoded": (True, lambda response: response.raw.read(decode_content=True)),
    "raw in pieces": (True, lambda response: b"".join(response.raw.stream(3))),
    "raw in lines": (True, lambda response: b"".join(response.raw)),
    "not at all": (True, lambda response: response.close()),
}


def outcome(session: requests.Session, method: str, url: str, reader: str) -> object:
    stream, read = READERS[reader]
    try:
        response = session.request(method, url, stream=stream, timeout=5)
        seen = facts(response)
    except requests.RequestException as error:
        return type(error)
    with response:
        try:
            got = read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            got = type(error)
    return {**seen, "got": got, "jar": session.cookies.get_dict()}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_a_session_sees_what_it_would_see_of_a_real_server(
    method: str, name: str, reader: str
) -> None:
    def redirected(request: Request) -> Response:
        return ANSWERS["JSON"] if request.path.endswith("other") else ANSWERS[name]

    first = ANSWERS[name]
    if method == "HEAD" or first.status == 204:
        first = Response(first.status, first.headers)
    second = Response(200, ANSWERS["JSON"].headers) if method == "HEAD" else ANSWERS["JSON"]
    with serving(written(first), written(second)) as wire, requests.Session() as plain:
        url = f"{wire.url}/eapi/v1/listenKey"
        real = outcome(plain, method, url, reader)
    with mounted(Canned(redirected), wire.url) as session:
        ours = outcome(session, method, url, reader)

    assert ours == real


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FailureKind.REFUSED, "connection refused (PUT, answered by pytest-binance-options)"),
        (
            FailureKind.RESET,
            "connection reset by the server (PUT, answered by pytest-binance-options)",
        ),
        (FailureKind.TIMEOUT, "no answer in time (PUT, answered by pytest-binance-options)"),
    ],
)
def test_a_failure_raises_what_requests_raises_for_a_real_one(kind: FailureKind, text: str) -> None:
    hold = threading.Event()
    with (
        requests.Session() as plain,
        serving(b"", hold=hold if kind is FailureKind.TIMEOUT else None) as wire,
    ):
        url = refused_url() if kind is FailureKind.REFUSED else wire.url
        with pytest.raises(requests.RequestException) as real:
            plain.put(url, timeout=0.2 if kind is FailureKind.TIMEOUT else 5)
    with (
        mounted(Canned(Failure(kind))) as session,
        pytest.raises(requests.RequestException) as ours,
    ):
        session.put(f"{URL}?signature={KEY}", timeout=0.2)

    assert type(ours.value) is type(real.value)
    assert str(ours.value) == text
    assert ours.value.request.method == "PUT"


def test_an_error_of_the_backend_reaches_the_test_as_it_is() -> None:
    def refuse(request: Request) -> Answer:
        raise RequestNotRecordedError("not recorded")

    with (
        mounted(Canned(refuse)) as session,
        pytest.raises(RequestNotRecordedError, match="not recorded"),
    ):
        session.put(URL)


class TestWhatIsAsked:
    def test_method_url_and_headers_are_as_the_session_prepared_them(
        self, session: requests.Session, backend: Canned
    ) -> None:
        session.put(URL, params={"a": "b c"}, headers={"X-MBX-APIKEY": "me", "X-Bytes": b"\xe9"})

        [asked] = backend.requests
        assert (asked.method, asked.url, asked.body) == ("PUT", f"{URL}?a=b+c", b"")
        assert (asked.headers["x-mbx-apikey"], asked.headers["x-bytes"]) == ("me", "\xe9")
        assert asked.headers["content-length"] == "0"

    @pytest.mark.parametrize(
        ("given", "body"),
        [
            ({"data": {"a": "b c"}}, b"a=b+c"),
            ({"data": b"\x00"}, b"\x00"),
            ({"data": "é"}, b"\xc3\xa9"),
            ({"json": {"a": 1}}, b'{"a": 1}'),
            ({"data": io.BytesIO(b"file")}, b"file"),
            ({"data": io.StringIO("text")}, b"text"),
            ({"data": (part for part in (b"in ", b"parts"))}, b"in parts"),
            ({}, b""),
        ],
        ids=["a form", "bytes", "text", "JSON", "a file", "a text file", "a generator", "nothing"],
    )
    def test_a_body_of_any_kind_arrives_as_bytes(
        self, session: requests.Session, backend: Canned, given: dict[str, object], body: bytes
    ) -> None:
        session.post(URL, **given)  # type: ignore[arg-type]

        assert backend.requests[0].body == body

    @pytest.mark.parametrize(
        ("timeout", "seconds"),
        [
            (None, None),
            (3, 3),
            (0.5, 0.5),
            ((1, 2), 2),
            ((1, None), None),
            (urllib3.Timeout(connect=1, read=2), 2),
            (urllib3.Timeout(total=9, read=2), 2),
            (urllib3.Timeout(connect=1), None),
        ],
        ids=str,
    )
    def test_the_timeout_is_how_long_the_client_waits_for_the_answer(
        self, session: requests.Session, backend: Canned, timeout: object, seconds: float | None
    ) -> None:
        session.get(URL, timeout=timeout)  # type: ignore[arg-type]

        assert backend.requests[0].timeout == seconds

    def test_of_a_total_timeout_the_rest_is_left(
        self, session: requests.Session, backend: Canned
    ) -> None:
        session.get(URL, timeout=urllib3.Timeout(total=1000))  # type: ignore[arg-type]

        assert 0 < (backend.requests[0].timeout or 0) <= 1000

    def test_nothing_is_retried(self, session: requests.Session, backend: Canned) -> None:
        backend.answer = answer(503, b"", ("Retry-After", "0"))

        assert session.delete(URL).status_code == 503
        assert len(backend.requests) == 1


class TestWhatRequestsDoesAroundIt:
    def test_hooks_run_before_the_body_is_read(
        self, session: requests.Session, backend: Canned
    ) -> None:
        backend.answer = ANSWERS["gzip that is none"]
        seen: list[int] = []

        with pytest.raises(requests.exceptions.ContentDecodingError):
            session.get(
                URL, hooks={"response": lambda response, **_: seen.append(response.status_code)}
            )

        assert seen == [200]

    def test_a_cookie_comes_back_with_the_next_request(
        self, session: requests.Session, backend: Canned
    ) -> None:
        backend.answer = ANSWERS["one cookie"]

        session.get(URL)
        session.get(URL)

        assert [asked.headers.get("cookie") for asked in backend.requests] == [None, "a=1"]

    def test_the_time_it_took_is_there(self, session: requests.Session) -> None:
        assert session.get(URL).elapsed > timedelta(0)

    def test_a_whole_body_of_a_recording_that_says_chunked_is_read(
        self, session: requests.Session, backend: Canned
    ) -> None:
        backend.answer = Response(
            200, Headers([("Transfer-Encoding", "chunked"), GZIP]), COMPRESSED
        )

        with session.get(URL, stream=True) as response:
            assert b"".join(response.iter_content(7)) == gzip.decompress(COMPRESSED)
            assert response.headers["Transfer-Encoding"] == "chunked"

    def test_raw_can_be_read_like_a_file(self, session: requests.Session, backend: Canned) -> None:
        backend.answer = ANSWERS["no content type"]

        with session.get(URL, stream=True) as response:
            assert [response.raw.read(2), *response.raw] == [b"a\n", b"b\r\n", b"c"]
            assert response.raw.closed


class TestOtherRequests:
    def test_they_go_out_as_they_would_without_us(self, backend: Canned) -> None:
        with serving(http("200 OK", b"real", "X-A: 1")) as wire:
            other = f"{wire.url}/sapi/v1/time?x=%2F"
            with requests.Session() as plain, mounted(backend, wire.url) as session:
                real, ours = (
                    each.put(other, headers={"X-MBX-APIKEY": "me"}) for each in (plain, session)
                )

        assert (ours.content, ours.headers) == (b"real", real.headers)
        assert wire.requests[0] == wire.requests[1]
        assert backend.requests == []

    def test_they_fail_as_they_would_without_us(self, backend: Canned) -> None:
        with mounted(backend) as session, pytest.raises(requests.ConnectionError) as caught:
            session.get(f"{refused_url()}/eapi/v1/time")

        assert isinstance(caught.value.args[0], urllib3.exceptions.MaxRetryError)


@contextmanager
def stalling(beginning: bytes) -> Iterator[str]:
    """A server that sends ``beginning`` to whoever connects, and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.enter_context(connection).sendall(beginning)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def forwarding_to(base: str) -> Canned:
    return Canned(lambda request: Forward(request.with_url(f"{base}{request.path}")))


class TestForwarding:
    def test_the_backend_says_what_is_sent_and_hears_what_came(self) -> None:
        backend = Canned()
        with serving(
            http("418 I'm a Teapot", COMPRESSED, "Content-Encoding: gzip", "X-A: 1", "X-A: 2")
        ) as wire:
            outgoing = Request(
                "PUT",
                f"{wire.url}/eapi/v1/x?y=%2F",
                Headers({"X-MBX-APIKEY": "other", "Content-Length": "1"}),
                b"z",
            )
            backend.answer = Forward(outgoing)
            with mounted(backend) as session:
                response = session.post(
                    URL, data=b"a", headers={"X-MBX-APIKEY": "me", "Host": "eapi.binance.com"}
                )

        assert (response.status_code, response.content, response.url) == (
            418,
            gzip.decompress(COMPRESSED),
            URL,
        )
        [(asked, observed)] = backend.observed
        assert (asked.method, asked.url, asked.body) == ("POST", URL, b"a")
        assert isinstance(observed, Response)
        assert (observed.status, observed.body) == (418, COMPRESSED)
        assert [pair for pair in observed.headers.pairs if pair[0] == "X-A"] == [
            ("X-A", "1"),
            ("X-A", "2"),
        ]
        head = wire.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert head[0] == b"PUT /eapi/v1/x?y=%2F HTTP/1.1"
        assert sorted(head[1:]) == sorted(
            [
                b"Host: " + wire.url.removeprefix("http://").encode(),
                b"X-MBX-APIKEY: other",
                b"Content-Length: 1",
            ]
            + [line for line in head if line.startswith((b"Accept-Encoding", b"User-Agent"))]
        )

    def test_chunks_are_put_together(self) -> None:
        reply = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection:"
            b" close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        with serving(reply) as wire, mounted(backend := forwarding_to(wire.url)) as session:
            assert session.get(URL).json() == {}

        [(_, observed)] = backend.observed
        assert isinstance(observed, Response)
        assert (observed.body, observed.missing, "transfer-encoding" in observed.headers) == (
            b"{}",
            0,
            False,
        )

    @pytest.mark.parametrize(
        ("head", "body"),
        [
            ("Content-Length: 10", b"abc"),
            ("Transfer-Encoding: chunked", b"3\r\nabc\r\n5\r\nde"),
            ("Content-Length: 1", b""),
        ],
        ids=["length", "chunks", "nothing"],
    )
    def test_a_body_that_is_cut_off_stays_so(self, head: str, body: bytes) -> None:
        reply = f"HTTP/1.1 200 OK\r\n{head}\r\nConnection: close\r\n\r\n".encode() + body
        with serving(reply) as wire:
            with requests.Session() as plain, pytest.raises(requests.RequestException) as real:
                plain.get(wire.url)
            with (
                mounted(backend := forwarding_to(wire.url)) as session,
                pytest.raises(type(real.value)) as ours,
            ):
                session.get(URL)

        assert type(ours.value) is type(real.value) is requests.exceptions.ChunkedEncodingError
        [(_, observed)] = backend.observed
        assert isinstance(observed, Response)
        assert observed.body == (b"abc" if body else b"")
        assert observed.missing > 0

    def test_a_head_request_has_no_body_to_miss(self) -> None:
        with (
            serving(http("200 OK", b"", length=9)) as wire,
            mounted(forwarding_to(wire.url)) as session,
        ):
            response = session.head(URL)

        assert (response.content, response.headers["Content-Length"]) == (b"", "9")

    @pytest.mark.parametrize("kind", FailureKind)
    def test_the_backend_hears_of_a_failure_and_the_client_gets_the_real_error(
        self, kind: FailureKind
    ) -> None:
        hold = threading.Event() if kind is FailureKind.TIMEOUT else None
        timeout = 0.2 if hold else 5
        with serving(b"", hold=hold) as wire, requests.Session() as plain:
            base = refused_url() if kind is FailureKind.REFUSED else wire.url
            with pytest.raises(requests.RequestException) as real:
                plain.put(base, timeout=timeout)
            with (
                mounted(backend := forwarding_to(base)) as session,
                pytest.raises(requests.RequestException) as ours,
            ):
                session.put(URL, timeout=timeout)

        assert type(ours.value) is type(real.value)
        assert type(ours.value.args[0]) is type(real.value.args[0])
        assert ours.value.request.url == URL
        assert [observed for _, observed in backend.observed] == [Failure(kind)]

    def test_a_body_that_stalls_is_a_time_out(self) -> None:
        with (
            stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") as url,
            requests.Session() as plain,
        ):
            with pytest.raises(requests.RequestException) as real:
                plain.get(url, timeout=0.2)
            with (
                mounted(backend := forwarding_to(url)) as session,
                pytest.raises(requests.RequestException) as ours,
            ):
                session.get(URL, timeout=0.2)

        assert type(ours.value) is type(real.value)
        assert type(ours.value.args[0]) is type(real.value.args[0])
        assert [observed for _, observed in backend.observed] == [Failure(FailureKind.TIMEOUT)]

    def test_a_proxy_of_the_environment_is_asked_only_where_the_exchange_really_is_behind_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", refused_url())
        with serving(http("200 OK", b"real")) as wire, mounted(forwarding_to(wire.url)) as session:
            assert session.get("http://eapi.binance.com/eapi/v1/time").content == b"real"

        with (
            serving(http("200 OK", b"proxied")) as proxy,
            mounted(forwarding_to("http://exchange.example")) as session,
        ):
            monkeypatch.setenv("http_proxy", proxy.url)
            assert session.get("http://eapi.binance.com/eapi/v1/time").content == b"proxied"

        assert proxy.requests[0].startswith(b"GET http://exchange.example/eapi/v1/time ")

    def test_a_request_that_cannot_be_sent_is_no_failure_of_the_exchange(self) -> None:
        backend = Canned(Forward(Request("GET", "no-scheme://h/eapi/v1/time")))
        with mounted(backend) as session, pytest.raises(requests.exceptions.InvalidURL):
            session.get(URL)

        assert backend.observed == []

    def test_it_is_not_intercepted_on_its_way_out(self) -> None:
        with serving(http("200 OK", b"real")) as wire, intercepted(rest=(wire.url,)) as interceptor:
            backend = forwarding_to(wire.url)
            with mounted(backend, wire.url) as session:
                assert session.get(f"{wire.url}/eapi/v1/time").content == b"real"

        assert len(backend.requests) == 1
        assert interceptor.requests == []
