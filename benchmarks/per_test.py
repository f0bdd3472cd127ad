"""What one test with the listen key flow costs over an empty test, here and with its peers: `make
bench`.

Each takes part in a process of its own with only its own plugin. There empty tests and tests with
the flow take turns; the figure is the CPU time of the ones less that of the others, medians of
both. The flow is the same three requests of a requests.Session for all; "our client" has its own.
"Three empty fixtures" are no peer: it is what pytest takes for fixtures that do nothing, one of the
session's, one with an end, and one that asks for it, as are those behind our client.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import Measure, Table, main

WARM_UP, TESTS = 40, 200
URL = "https://demo-fapi.binance.com/eapi/v1/listenKey"
BODIES = {"POST": '{"listenKey":"' + "k" * 64 + '","expiration":1}', "PUT": "{}", "DELETE": "{}"}

HEAD = f"""
import pytest, requests

URL = {URL!r}
BODIES = {BODIES!r}
each = pytest.mark.parametrize("n", range({WARM_UP + TESTS}))

def flow(session, url=URL):
    assert len(session.post(url).json()["listenKey"]) == 64
    assert session.put(url).json() == {{}}
    assert session.delete(url).json() == {{}}

def opened(api_key="k" * 64):
    session = requests.Session()
    session.headers["X-MBX-APIKEY"] = api_key
    return session

@each
def test_empty(n):
    pass
"""

BARE = """
class Canned(requests.adapters.BaseAdapter):
    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response._content = BODIES[request.method].encode()
        response.url, response.request = request.url, request
        return response

    def close(self):
        pass

@each
def test_flow(n):
    with opened() as session:
        session.mount("https://", Canned())
        flow(session)
"""

OURS = """
{mark}
@each
def test_flow(n, binance_options, binance_options_auth):
    with opened(binance_options_auth.api_key) as session:
        flow(session)
"""

OUR_CLIENT = """
{mark}
@each
def test_flow(n, binance_options_user_data_streams):
    streams = binance_options_user_data_streams
    assert len(streams.options_create_listen_key_v1().listen_key) == 64
    assert streams.options_update_listen_key_v1() == {{}}
    assert streams.options_delete_listen_key_v1() == {{}}
"""

CASSETTE_PEER = """
@pytest.mark.vcr
@each
def test_flow(n):
    with opened() as session:
        flow(session)
"""

EMPTY_FIXTURES = """
@pytest.fixture(scope="session")
def settings(pytestconfig):
    return pytestconfig

@pytest.fixture
def handle(request, settings):
    yield request

@pytest.fixture
def streams(handle):
    return handle

@each
def test_flow(n, streams):
    pass
"""

RESPONSES = """
import responses

@each
def test_flow(n):
    with responses.RequestsMock() as mock:
        for method, body in BODIES.items():
            mock.add(method, URL, body=body, content_type="application/json")
        with opened() as session:
            flow(session)
"""

REQUESTS_MOCK = """
@each
def test_flow(n, requests_mock):
    for method, body in BODIES.items():
        requests_mock.request(method, URL, text=body, headers={"Content-Type": "application/json"})
    with opened() as session:
        flow(session)
"""

HTTPSERVER = """
@each
def test_flow(n, httpserver):
    for method, body in BODIES.items():
        answer = httpserver.expect_request("/eapi/v1/listenKey", method=method)
        answer.respond_with_data(body, content_type="application/json")
    with opened() as session:
        flow(session, httpserver.url_for("/eapi/v1/listenKey"))
"""

CASSETTE = "version: 1\ninteractions:\n" + "".join(
    f"""- request:
    method: {method}
    uri: {URL}
    body: null
    headers:
      Accept: ['*/*']
  response:
    status: {{code: 200, message: OK}}
    headers:
      Content-Type: [application/json]
    body:
      string: '{body}'
"""
    for method, body in BODIES.items()
)


class Stopwatch:
    """What each test of either name takes, in seconds of CPU time."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {"test_empty": [], "test_flow": []}

    def over_empty(self) -> float:
        """What one with the flow takes over an empty one."""
        return statistics.median(self.taken["test_flow"]) - statistics.median(
            self.taken["test_empty"]
        )

    def pytest_collection_modifyitems(self, items: list) -> None:
        items.sort(key=lambda item: item.callspec.params["n"])

    def pytest_runtest_protocol(self, item) -> None:
        self._began = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        name, _, number = nodeid.partition("::")[2].rstrip("]").partition("[")
        if int(number) >= WARM_UP:
            self.taken[name].append(time.process_time() - self._began)


def _flow(source: str, plugin: str | None = None, cassettes: str = "") -> Callable[[], float]:
    """``cassettes`` says how many there are: "own", one a test; "shared"; or none."""

    def measure() -> float:
        import pytest

        with tempfile.TemporaryDirectory() as root:
            place = Path(root)
            (place / "test_it.py").write_text(HEAD + source, encoding="utf-8")
            (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
            for path in _cassettes(place / "cassettes", cassettes):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(CASSETTE, encoding="utf-8")
                if plugin == OUR_PLUGIN:
                    _as_recorded(path)
            os.chdir(place)
            watch = Stopwatch()
            plugins = ["-p", plugin] if plugin else []
            status = pytest.main(["-qq", "-p", "no:cacheprovider", *plugins], plugins=[watch])
            os.chdir("/")
        if status:
            sys.exit(f"The tests have ended with {status}.")
        return watch.over_empty()

    return measure


def _cassettes(place: Path, cassettes: str) -> Iterator[Path]:
    if cassettes == "own":
        for number in range(WARM_UP + TESTS):
            yield place / "test_it" / f"test_flow[{number}].yaml"
    elif cassettes == "shared":
        yield place / "flow.yaml"


def _as_recorded(path: Path) -> None:
    from pytest_binance_options._cassette.store import load, save

    save(path, load(path))


OUR_PLUGIN = "pytest_binance_options.plugin"
REPLAY = '@pytest.mark.binance_options(mode="replay")'
SHARED = '@pytest.mark.binance_options(mode="replay", cassette="flow")'
SIMULATE = '@pytest.mark.binance_options(mode="simulate")'

TABLES = {
    "flow": Table(
        "One test with the listen key flow, over an empty one",
        "a bare requests adapter",
        {
            "a bare requests adapter": Measure(_flow(BARE)),
            "three empty fixtures": Measure(_flow(EMPTY_FIXTURES)),
            "here, a cassette of its own": Measure(
                _flow(OURS.format(mark=REPLAY), OUR_PLUGIN, "own")
            ),
            "here, one shared cassette": Measure(
                _flow(OURS.format(mark=SHARED), OUR_PLUGIN, "shared")
            ),
            "here, simulated": Measure(_flow(OURS.format(mark=SIMULATE), OUR_PLUGIN)),
            "here, offline (no cassette)": Measure(_flow(OURS.format(mark=""), OUR_PLUGIN)),
            "our client, a cassette of its own": Measure(
                _flow(OUR_CLIENT.format(mark=REPLAY), OUR_PLUGIN, "own")
            ),
            "our client, simulated": Measure(_flow(OUR_CLIENT.format(mark=SIMULATE), OUR_PLUGIN)),
            "responses": Measure(_flow(RESPONSES), "responses"),
            "requests-mock": Measure(
                _flow(REQUESTS_MOCK, "requests_mock.contrib._pytest_plugin"), "requests-mock"
            ),
            "pytest-httpserver": Measure(
                _flow(HTTPSERVER, "pytest_httpserver.pytest_plugin"), "pytest-httpserver"
            ),
            "cassetter, a cassette of its own": Measure(
                _flow(CASSETTE_PEER, "cassetter.pytest_plugin", "own"), "cassetter"
            ),
            "pytest-recording, a cassette of its own": Measure(
                _flow(CASSETTE_PEER, "pytest_recording.plugin", "own"), "pytest-recording"
            ),
        },
    )
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
