"""Each neighbour in a run of its own, with the fixtures in both orders, in a process that can reach
nobody.

The inner tests also see to it that the neighbour still answers what is not ours, and at the end
that every attribute that was patched is the very object that it was.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

import httpx
import pytest

from pytest_binance_options.errors import UsageError

from ...intercepting import URL, intercepted, run_isolated

CONFTEST = """
import http.client, ssl, sys, threading
import pytest, urllib3, requests
from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options._messages import Headers, Response

OURS = "https://eapi.binance.com/eapi/v1/listenKey"
OTHER = "https://other.example/eapi/v1/listenKey"


class Backend:
    def __init__(self):
        self.requests = []
    def respond(self, request):
        self.requests.append(request)
        return Response(200, Headers({"Content-Type": "application/json"}), b'{"from": "us"}')


@pytest.fixture
def options():
    backend = Backend()
    with Interception(backend, Scope(), mode="offline", network=False):
        yield backend
    assert backend.requests, "the test's request got lost"


LIBRARIES = (
    "http urllib3 httpcore httpx aiohttp websockets asyncio threading socket concurrent "
    "vcr responses requests_mock requests respx pytest_httpx"
).split()


def attributes():
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in LIBRARIES:
            for key, value in list(vars(module).items()):
                yield (name, key), value
                if isinstance(value, type):
                    for inner, attribute in list(vars(value).items()):
                        yield (name, key, inner), attribute


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_behind(request):
    before = dict(attributes())
    yield
    after = dict(attributes())
    ours = [path for path, value in after.items()
            if "pytest_binance_options" in str(getattr(getattr(value, "__func__", value), "__globals__", {}).get("__name__"))
            or (path in before and before[path] is not value and type(value).__name__ == "function")]
    assert not ours
    assert not [finder for finder in sys.meta_path if type(finder).__module__.startswith("pytest_binance_options")]
"""

RESPONSES = """
import pytest, requests, responses
from conftest import OURS, OTHER

@pytest.fixture
def mocked():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.put(OTHER, json={"from": "them"})
        mock.put(OURS, json={"from": "them"})
        yield mock

def check(options, mocked):
    assert requests.put(OURS).json() == {"from": "us"}
    assert requests.put(OTHER).json() == {"from": "them"}
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        requests.put("https://third.example")
    assert len(options.requests) == 1
    assert [call.request.url for call in mocked.calls] == [OTHER, "https://third.example/"]

def test_ours_first(options, mocked):
    check(options, mocked)

def test_theirs_first(mocked, options):
    check(options, mocked)

@responses.activate
def test_the_decorator(options):
    responses.put(OTHER, json={"from": "them"})
    check(options, responses.mock)
"""

REQUESTS_MOCK = """
import pytest, requests, requests_mock
from conftest import OURS, OTHER

def check(options, mocked):
    mocked.put(requests_mock.ANY, json={"from": "them"})
    with requests.Session() as session:
        assert session.put(OURS).json() == {"from": "us"}
        assert session.put(OTHER).json() == {"from": "them"}
    assert requests.put(OURS).json() == {"from": "us"}
    assert len(options.requests) == 2
    assert [request.url for request in mocked.request_history] == [OTHER]

def test_ours_first(options, requests_mock):
    check(options, requests_mock)

def test_theirs_first(requests_mock, options):
    check(options, requests_mock)

def test_a_mounted_adapter(options):
    adapter = requests_mock.Adapter()
    adapter.register_uri("PUT", requests_mock.ANY, json={"from": "them"})
    with requests.Session() as session:
        session.mount("https://", adapter)
        assert session.put(OURS).json() == {"from": "us"}
        assert session.put(OTHER).json() == {"from": "them"}

def test_a_mounted_adapter_of_ones_own_is_still_asked(options, requests_mock):
    class Mine(requests.adapters.HTTPAdapter):
        def send(self, *args, **kwargs):
            response = super().send(*args, **kwargs)
            response.headers["mine"] = "yes"
            return response
    with requests.Session() as session:
        session.mount("https://", Mine())
        assert session.put(OURS).headers["mine"] == "yes"
"""

PYTEST_HTTPX = """
import asyncio, httpx, pytest
from conftest import OURS, OTHER

def check(options, httpx_mock):
    httpx_mock.add_response(url=OTHER, json={"from": "them"}, is_reusable=True)
    with httpx.Client() as client:
        assert client.put(OURS).json() == {"from": "us"}
        assert client.put(OTHER).json() == {"from": "them"}
    async def main():
        async with httpx.AsyncClient() as client:
            assert (await client.put(OURS)).json() == {"from": "us"}
            assert (await client.put(OTHER)).json() == {"from": "them"}
    asyncio.run(main())
    assert len(options.requests) == 2
    assert len(httpx_mock.get_requests()) == 2

def test_ours_first(options, httpx_mock):
    check(options, httpx_mock)

def test_theirs_first(httpx_mock, options):
    check(options, httpx_mock)

@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
def test_what_the_user_lets_through_still_goes_through(httpx_mock, options):
    check(options, httpx_mock)
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9")
"""

RESPX = """
import asyncio, httpx, pytest, respx
from conftest import OURS, OTHER

def check(options, mocked):
    mocked.put(OTHER).respond(json={"from": "them"})
    with httpx.Client() as client:
        assert client.put(OURS).json() == {"from": "us"}
        assert client.put(OTHER).json() == {"from": "them"}
        with pytest.raises(respx.models.AllMockedAssertionError):
            client.put("https://third.example")
    async def main():
        async with httpx.AsyncClient() as client:
            assert (await client.put(OURS)).json() == {"from": "us"}
            assert (await client.put(OTHER)).json() == {"from": "them"}
    asyncio.run(main())
    assert len(options.requests) == 2

@pytest.fixture
def with_httpx():
    with respx.mock(using="httpx") as mocked:
        yield mocked

def test_ours_first(options, respx_mock):
    check(options, respx_mock)

def test_theirs_first(respx_mock, options):
    check(options, respx_mock)

def test_ours_first_with_httpx(options, with_httpx):
    check(options, with_httpx)

def test_theirs_first_with_httpx(with_httpx, options):
    check(options, with_httpx)

@respx.mock
def test_the_decorator(options):
    check(options, respx)
"""

VCR = """
import asyncio, http.client, json, threading
import aiohttp, httpx, pytest, requests, urllib3, vcr, yaml
from aiohttp import web
from conftest import OURS, OTHER
from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception

ANSWER = {"body": {"string": '{"from": "them"}'}, "headers": {}, "status": {"code": 200, "message": "OK"}}
INTERACTIONS = [
    {"request": {"method": "PUT", "uri": uri, "body": None, "headers": {}}, "response": ANSWER} for uri in (OTHER, OURS)
]

@pytest.fixture(params=["none", "once", "new_episodes", "all"])
def mode(request):
    return request.param

@pytest.fixture
def cassette(tmp_path, mode):
    path = tmp_path / "cassette.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": INTERACTIONS}))
    with vcr.use_cassette(str(path), record_mode=mode, allow_playback_repeats=True) as cassette:
        yield cassette
    assert [entry["request"]["uri"] for entry in yaml.safe_load(path.read_text())["interactions"]] == [OTHER, OURS]

def clients():
    def aio():
        async def main():
            async with aiohttp.ClientSession() as session, session.put(url) as response:
                return await response.json()
        return asyncio.run(main())
    def async_httpx():
        async def main():
            async with httpx.AsyncClient() as client:
                return (await client.put(url)).json()
        return asyncio.run(main())
    def plain():
        connection = http.client.HTTPSConnection(url.split("/")[2])
        connection.request("PUT", "/eapi/v1/listenKey")
        return json.loads(connection.getresponse().read())
    url = OURS
    yield from (lambda: requests.put(url).json(), lambda: httpx.put(url).json(), async_httpx, aio, plain,
                lambda: json.loads(urllib3.PoolManager().request("PUT", url).data))

def check(options, cassette, mode):
    for call in clients():
        assert call() == {"from": "us"}
    assert len(options.requests) == 6
    if mode in ("none", "once"):  # in the others vcrpy asks the network, or used to
        assert requests.put(OTHER).json() == {"from": "them"}
        assert httpx.put(OTHER).json() == {"from": "them"}
    assert len(cassette.data) == 2

def test_ours_first(options, cassette, mode):
    check(options, cassette, mode)

def test_theirs_first(cassette, options, mode):
    check(options, cassette, mode)

def test_threads(cassette, options):
    threads = [threading.Thread(target=lambda: [requests.put(OURS) for _ in range(16)]) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert len(options.requests) == 8 * 16

def test_a_websocket(cassette, options):
    async def echo(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str("hello")
        return ws
    async def main():
        app = web.Application()
        app.router.add_get("/private/ws/key", echo)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"ws://127.0.0.1:{runner.addresses[0][1]}"
        with Interception(options, Scope(), mode="offline", network=False, stream_redirect=lambda: address):
            async with aiohttp.ClientSession() as session, session.ws_connect("wss://fstream.binance.com/private/ws/key") as ws:
                assert await ws.receive_str() == "hello"
        await runner.cleanup()
    asyncio.run(main())
    requests.put(OURS)
"""

PYTEST_RECORDING = """
import pytest, requests
from vcr.errors import CannotOverwriteExistingCassetteException
from conftest import OURS

@pytest.mark.vcr
def test_marked(options):
    assert requests.put(OURS).json() == {"from": "us"}

@pytest.mark.vcr
@pytest.mark.block_network
def test_blocked(options):
    assert requests.put(OURS).json() == {"from": "us"}

@pytest.mark.vcr
def test_theirs_first(vcr, options):
    assert requests.put(OURS).json() == {"from": "us"}
    with pytest.raises(CannotOverwriteExistingCassetteException):
        requests.put("https://other.example/")
"""

ALL_AT_ONCE = """
import httpx, pytest, requests, responses
from conftest import OURS, OTHER

@pytest.fixture
def responses_mock():
    with responses.RequestsMock() as mock:
        yield mock

@pytest.mark.vcr
def test_inside(responses_mock, requests_mock, httpx_mock, respx_mock, vcr, options):
    assert requests.put(OURS).json() == httpx.put(OURS).json() == {"from": "us"}

@pytest.mark.vcr
def test_outside(options, vcr, respx_mock, httpx_mock, requests_mock, responses_mock):
    assert requests.put(OURS).json() == httpx.put(OURS).json() == {"from": "us"}
"""


@pytest.mark.parametrize(
    ("tests", "passed"),
    [
        pytest.param(RESPONSES, 3, id="responses"),
        pytest.param(REQUESTS_MOCK, 4, id="requests-mock"),
        pytest.param(PYTEST_HTTPX, 3, id="pytest-httpx"),
        pytest.param(RESPX, 5, id="respx"),
        pytest.param(VCR, 16, id="vcrpy"),
        pytest.param(PYTEST_RECORDING, 3, id="pytest-recording"),
        pytest.param(ALL_AT_ONCE, 2, id="all at once"),
    ],
)
def test_options_requests_are_ours_and_the_others_theirs(
    tests: str, passed: int, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    printed = run_isolated(
        """
        import sys, pytest
        code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", "--tb=short", *sys.argv[1:]])
        """,
        "test_it.py",
        cwd=tmp_path,
    )
    assert f"{passed} passed" in printed, printed
    assert "failed" not in printed, printed
    assert "error" not in printed, printed


def test_an_old_pytest_httpx_stands_in_the_way_of_options_requests_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class HTTPXMock:
        """As in 0.30, in so far as it matters."""

        def _handle_request(self, real_transport: object, request: httpx.Request) -> str:
            return f"mocked: {request.url}"

        async def _handle_async_request(
            self, real_transport: object, request: httpx.Request
        ) -> str:
            return f"mocked: {request.url}"

    handlers = dict(vars(HTTPXMock))
    old = types.ModuleType("pytest_httpx")
    vars(old).update(HTTPXMock=HTTPXMock)
    monkeypatch.setitem(sys.modules, "pytest_httpx", old)

    with intercepted():
        assert (
            HTTPXMock()._handle_request(None, httpx.Request("GET", "https://other.example/"))
            == "mocked: https://other.example/"
        )
        for handle in (HTTPXMock()._handle_request, HTTPXMock()._handle_async_request):
            with pytest.raises(UsageError) as refused:
                handle(None, httpx.Request("POST", URL))
            assert (
                str(refused.value)
                == "pytest-httpx before 0.32 can't let an Options request pass to"
                " pytest-binance-options. Use a newer one, or no httpx_mock in this test."
            )
    assert dict(vars(HTTPXMock)) == handlers
