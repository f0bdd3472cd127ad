from __future__ import annotations

from pathlib import Path

from .mocking import run

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


def test_options_requests_are_ours_and_the_others_theirs(tmp_path: Path) -> None:
    run(RESPX, tmp_path, "respx.plugin", passed=5)
