"""What the tests of mocking libraries share: each library in a run of its own, with the fixtures in
both orders, in a process that can reach nobody.

The inner tests also see to it that the library still answers what is not ours, and at the end that
every attribute that was patched is the very object that it was.
"""

from __future__ import annotations

from pathlib import Path

from ...intercepting import run_isolated

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


def run(tests: str, directory: Path, *plugins: str, passed: int) -> None:
    """Run ``tests``, the text of a test module, in ``directory``, with ``plugins`` and ours; all
    ``passed`` of them pass."""
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_it.py").write_text(tests)
    (directory / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    printed = run_isolated(
        """
        import os, sys, pytest
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        code = pytest.main(["-q", "-p", "no:cacheprovider", "--tb=short", "test_it.py", *sys.argv[1:]])
        """,
        *(f"-p{name}" for name in ("pytest_binance_options.plugin", *plugins)),
        cwd=directory,
    )
    assert f"{passed} passed" in printed, printed
    assert "failed" not in printed, printed
    assert "error" not in printed, printed
