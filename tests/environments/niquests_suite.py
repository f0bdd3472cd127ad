"""niquests, in an environment of its own: what it is built on takes the place of urllib3.

`make niquests`. Through the installed plugin, as a user has it; what no fixture can be told, through
the interception.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import niquests
import pytest
import requests
import urllib3

from pytest_binance_options import Handle
from pytest_binance_options._backends.base import Forward
from pytest_binance_options._messages import Response
from pytest_binance_options.errors import NetworkRefusedError, TestOverError, UsageError
from pytest_binance_options.exchange import Exchange, fault
from tests.support import testnet
from tests.transports.intercepting import BODY, URL, Scripted, by_query, intercepted, json_response

pytest_plugins = ["pytester"]

T = TypeVar("T")
PROXY = "http://127.0.0.1:9"


def test_this_environment_is_what_it_should_be() -> None:
    assert niquests.packages.urllib3 is urllib3
    assert hasattr(urllib3, "AsyncHTTPConnectionPool")


def sync(work: Callable[[niquests.Session], T], **options: object) -> T:
    with niquests.Session(**options) as session:
        return work(session)


def in_session(work: Callable[[niquests.AsyncSession], Awaitable[T]], **options: object) -> T:
    async def run() -> T:
        async with niquests.AsyncSession(**options) as session:
            return await work(session)

    return asyncio.run(run())


FLOW = [("POST", 200), ("PUT", 200), ("DELETE", 200), ("PUT", 400)]


def test_a_session_creates_keeps_and_closes_a_listen_key(binance_options: Handle) -> None:
    with niquests.Session() as session:
        session.headers["X-MBX-APIKEY"] = binance_options.auth.api_key
        created = session.post(URL, timeout=5)
        assert len(created.json()["listenKey"]) == 64
        assert (created.status_code, created.reason) == (200, "OK")
        for method, status in FLOW[1:]:
            assert session.request(method, URL, timeout=5).status_code == status
    assert [(asked.method, asked.status) for asked in binance_options.requests] == FLOW


def test_an_async_session_creates_keeps_and_closes_a_listen_key(binance_options: Handle) -> None:
    async def flow(session: niquests.AsyncSession) -> None:
        session.headers["X-MBX-APIKEY"] = binance_options.auth.api_key
        for method, status in FLOW:
            assert (await session.request(method, URL, timeout=5)).status_code == status

    in_session(flow)
    assert [(asked.method, asked.status) for asked in binance_options.requests] == FLOW


@pytest.mark.parametrize(
    "options",
    [
        {"disable_http2": True, "disable_http3": True},
        {"disable_http1": True, "disable_http3": True},
        {"disable_http1": True, "disable_http2": True},
        {"multiplexed": True},
        {"happy_eyeballs": True},
        {"retries": 2},
    ],
    ids=lambda options: ", ".join(options),
)
def test_whatever_it_would_negotiate_is_answered(options: dict[str, object]) -> None:
    with intercepted() as backend:
        assert sync(lambda session: session.put(URL, timeout=5).content, **options) == BODY

        async def ask(session: niquests.AsyncSession) -> bytes:
            return (await session.put(URL, timeout=5)).content or b""

        assert in_session(ask, **options) == BODY
    assert len(backend.requests) == 2


@pytest.mark.parametrize("session", ["sync", "async"])
def test_the_backend_gets_the_request_as_sent(session: str) -> None:
    def put(any_session: niquests.Session) -> object:
        return any_session.put(
            f"{URL}?a=%2F", headers={"X-MBX-APIKEY": "me"}, data=b"b=1", timeout=5
        )

    with intercepted() as backend:
        sync(put) if session == "sync" else in_session(put)
    [request] = backend.requests
    assert (request.method, request.url, request.body) == ("PUT", f"{URL}?a=%2F", b"b=1")
    assert request.headers["x-mbx-apikey"] == "me"
    assert request.timeout == 5


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ("refused", niquests.ConnectionError),
        ("reset", niquests.ConnectionError),
        ("timeout", niquests.ReadTimeout),
        ("cut", niquests.exceptions.ChunkedEncodingError),
        ("not-gzip", niquests.exceptions.ContentDecodingError),
    ],
)
def test_it_raises_its_own_error_for_a_broken_connection(
    failure: str, error: type[Exception]
) -> None:
    with intercepted(Scripted(by_query)) as backend:
        with pytest.raises(error):
            sync(lambda session: session.put(f"{URL}?{failure}", timeout=5))
        with pytest.raises(error):
            in_session(lambda session: session.put(f"{URL}?{failure}", timeout=5))
    assert len(backend.requests) == 2


def test_the_exchanges_faults_reach_it(
    binance_options: Handle, binance_options_exchange: Exchange
) -> None:
    binance_options_exchange.faults.add(fault.refused(), times=1)

    with pytest.raises(niquests.ConnectionError, match=r"<urllib3\.connection\.HTTPS.* refused"):
        niquests.post(URL, timeout=5)
    assert niquests.post(URL, timeout=5).status_code == 401


def test_retries_are_its_own() -> None:
    answers = iter([json_response(b"{}", 503), json_response(b"{}", 503)])
    retries = urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)

    with intercepted(Scripted(lambda _: next(answers, json_response(BODY)))) as backend:
        assert sync(lambda session: session.put(URL).content, retries=retries) == BODY
    assert len(backend.requests) == 3


def test_a_server_that_offers_http_3_changes_nothing() -> None:
    offer = {"Alt-Svc": 'h3=":8443"; ma=86400, h2=":8443"'}
    with (
        intercepted(Scripted(lambda _: json_response(BODY, **offer))) as backend,
        niquests.Session() as session,
    ):
        for _ in range(3):
            assert session.put(URL, timeout=5).content == BODY
    assert [request.url for request in backend.requests] == [URL] * 3


def test_a_large_body_is_streamed() -> None:
    large = b"x" * 1_000_000
    with intercepted(Scripted(lambda _: json_response(large))):
        response = niquests.get(URL, stream=True, timeout=5)
        assert b"".join(response.iter_content(4096)) == large


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_not_asked(scheme: str) -> None:
    proxies = {"http": PROXY, "https": PROXY}
    url = URL.replace("https", scheme)
    with intercepted() as backend:
        assert niquests.put(url, proxies=proxies, timeout=5).content == BODY
        assert requests.put(url, proxies=proxies, timeout=5).content == BODY
    assert [request.url for request in backend.requests] == [url] * 2


def test_a_host_off_this_machine_is_refused(binance_options: Handle) -> None:
    with pytest.raises(NetworkRefusedError, match=r"a connection to prices\.example:443"):
        niquests.get("https://prices.example/btc", timeout=5)
    with pytest.raises(NetworkRefusedError, match=r"a connection to prices\.example:443"):
        in_session(lambda session: session.get("https://prices.example/btc", timeout=5))
    with pytest.raises(NetworkRefusedError, match=r"a connection to 192\.0\.2\.1:443"):
        sync(
            lambda session: session.get("https://192.0.2.1/", timeout=5),
            disable_http1=True,
            disable_http2=True,
        )


def test_a_local_service_is_asked_as_ever_in_a_session_that_goes_on() -> None:
    with testnet.running() as service, niquests.Session() as session:
        other, ours = f"{service.url}/other", f"{service.url}/eapi/v1/time"
        assert session.get(ours).status_code == 200
        with intercepted(rest=(service.url,)) as backend:
            assert session.get(ours).content == BODY
            assert session.get(other).status_code == 404
            assert session.get(ours).content == BODY
        assert session.get(ours).status_code == 200
    assert len(backend.requests) == 2
    assert [path for _, path, _ in service.seen] == [
        "/eapi/v1/time",
        "/other",
        "/eapi/v1/time",
    ]


def test_a_redirect_out_of_our_hosts_leaves_them() -> None:
    with testnet.running() as service:
        found = Response(302, {"Location": f"{service.url}/eapi/v1/time"})
        with intercepted(Scripted(lambda _: found)) as backend, urllib3.PoolManager() as pools:
            assert pools.request("GET", URL).status == 200
    assert len(backend.requests) == len(service.seen) == 1


def test_what_a_pool_was_told_counts_for_its_requests() -> None:
    answers = iter([json_response(b"{}", 503)])
    retries = urllib3.Retry(1, status_forcelist=[503], backoff_factor=0)
    with (
        intercepted(Scripted(lambda _: next(answers, json_response(BODY)))) as backend,
        urllib3.HTTPSConnectionPool(
            "eapi.binance.com", timeout=3, retries=retries, headers={"X-MBX-APIKEY": "me"}
        ) as pool,
    ):
        assert pool.urlopen("PUT", "/eapi/v1/listenKey").data == BODY
    assert [request.timeout for request in backend.requests] == [3, 3]
    assert [request.headers["x-mbx-apikey"] for request in backend.requests] == ["me", "me"]


def test_a_pool_that_is_sent_to_another_path_of_its_host_goes_there_for_real() -> None:
    with testnet.running() as service:
        found = Response(302, {"Location": "/other"})
        with (
            intercepted(Scripted(lambda _: found), rest=(service.url,)) as backend,
            urllib3.connection_from_url(service.url) as pool,
        ):
            assert pool.urlopen("GET", "/eapi/v1/time").status == 404
    assert [request.path for request in backend.requests] == ["/eapi/v1/time"]
    assert [path for _, path, _ in service.seen] == ["/other"]


def test_a_body_that_nobody_reads_is_no_trouble_for_the_next_request() -> None:
    with intercepted(), niquests.Session(pool_maxsize=1) as session:
        responses = [session.get(URL, stream=True, timeout=5) for _ in range(3)]
        assert session.get(URL, timeout=5).content == BODY
        assert [response.content for response in responses] == [BODY] * 3


def test_requests_of_a_test_that_is_over_get_no_answer() -> None:
    go_on, raised = threading.Event(), []

    def late() -> None:
        go_on.wait(5)
        with pytest.raises(TestOverError) as caught:
            niquests.put(URL, timeout=5)
        raised.append(caught.value)

    with intercepted():
        thread = threading.Thread(target=late)
        thread.start()
    with intercepted() as backend:
        go_on.set()
        thread.join()
    assert len(raised) == 1
    assert backend.requests == []


def test_no_thread_is_started_for_what_is_answered_in_memory() -> None:
    with intercepted():
        before = threading.active_count()
        sync(lambda session: [session.put(URL, timeout=5) for _ in range(5)])
        assert threading.active_count() == before


def test_many_at_once_each_get_an_answer() -> None:
    async def ask(session: niquests.AsyncSession) -> list[bytes]:
        answers = await asyncio.gather(*(session.put(URL, timeout=5) for _ in range(50)))
        return [answer.content for answer in answers]

    with intercepted() as backend:
        assert in_session(ask) == [BODY] * 50
    assert len(backend.requests) == 50


def test_what_the_network_answers_comes_back_without_blocking_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, loop_went_on = threading.Event(), threading.Event()

    def send(_: object) -> Response:
        asked.set()
        assert loop_went_on.wait(5)
        return json_response(BODY)

    async def go_on() -> None:
        while not asked.is_set():
            await asyncio.sleep(0.001)
        loop_went_on.set()

    async def work(session: niquests.AsyncSession) -> bytes:
        response, _ = await asyncio.gather(session.put(URL, timeout=5), go_on())
        return response.content

    monkeypatch.setattr("pytest_binance_options._transports.upstream.send", send)
    with intercepted(Scripted(Forward), mode="testnet", network=True):
        assert in_session(work) == BODY


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ("refused", requests.ConnectionError),
        ("reset", requests.ConnectionError),
        ("timeout", requests.ReadTimeout),
        ("cut", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_plain_requests_beside_it_raises_its_own_errors(
    failure: str, error: type[Exception]
) -> None:
    with intercepted(Scripted(by_query)):
        assert requests.put(URL, data=b"a=1", timeout=5).content == BODY
        with pytest.raises(error):
            requests.put(f"{URL}?{failure}", timeout=5)


def test_every_mode_works_beside_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
        import niquests, requests

        def test_flow(binance_options, binance_options_user_data_streams):
            binance_options_user_data_streams.options_create_listen_key_v1()
            url, headers = f"{binance_options.host}/eapi/v1/listenKey", {
                "X-MBX-APIKEY": binance_options.auth.api_key
            }
            assert niquests.put(url, headers=headers, timeout=5).status_code == 200
            assert requests.put(url, headers=headers, timeout=5).status_code == 200
            binance_options_user_data_streams.options_delete_listen_key_v1()
        """
    )
    with testnet.running() as exchange:
        for name, value in exchange.environ.items():
            monkeypatch.setenv(name, value)
        for mode in ("simulate", "testnet", "record", "replay", "verify"):
            result = pytester.runpytest(
                f"--binance-options={mode}", f"--binance-options-host={exchange.url}"
            )
            result.assert_outcomes(passed=1)
    assert len(exchange.seen) == 3 * 4


def test_afterwards_every_attribute_is_the_very_object_that_it_was() -> None:
    def attributes() -> list[object]:
        return [
            vars(owner)["urlopen"]
            for owner in (urllib3.HTTPConnectionPool, urllib3.AsyncHTTPConnectionPool)
        ]

    before = attributes()
    with intercepted():
        assert [each for each in attributes() if each in before] == []
    assert all(now is then for now, then in zip(attributes(), before, strict=True))


def test_a_fork_that_nobody_has_tried_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class HTTPConnectionPool(urllib3.HTTPConnectionPool):
        def __init__(self, host: str) -> None: ...

    monkeypatch.setattr(urllib3, "HTTPConnectionPool", HTTPConnectionPool)

    with pytest.raises(UsageError) as caught:
        intercepted().__enter__()
    assert str(caught.value) == (
        "pytest-binance-options can't intercept beside this version of urllib3"
        f" ({urllib3.__version__}): HTTPConnectionPool is called another way. Use another version"
        " of urllib3, or of pytest-binance-options."
    )


def test_one_that_can_not_be_told_of_a_connection_is_told_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(urllib3.backend.HfaceBackend, "_post_conn")
    monkeypatch.delattr(urllib3.backend.BaseBackend, "_post_conn")

    with pytest.raises(UsageError, match=r"HTTPConnection\._post_conn is not there"):
        intercepted().__enter__()
