from __future__ import annotations

import sys
import types
from pathlib import Path

import httpx
import pytest

from pytest_binance_options.errors import UsageError

from ...intercepting import URL, intercepted
from .mocking import run

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


def test_options_requests_are_ours_and_the_others_theirs(tmp_path: Path) -> None:
    run(PYTEST_HTTPX, tmp_path, "pytest_httpx", passed=3)


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
