from __future__ import annotations

from pathlib import Path

from .mocking import run

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
    threads = [threading.Thread(target=lambda: [requests.put(OURS) for _ in range(4)]) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert len(options.requests) == 8 * 4

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


def test_options_requests_are_ours_and_the_others_theirs(tmp_path: Path) -> None:
    run(VCR, tmp_path, passed=16)


def test_options_requests_are_ours_and_the_others_theirs_with_pytest_recording(
    tmp_path: Path,
) -> None:
    run(PYTEST_RECORDING, tmp_path, "pytest_recording.plugin", passed=3)
