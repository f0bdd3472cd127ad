"""No secret in anything that a run leaves behind which records a user data stream, through every
WebSocket client, from an exchange that says again whatever it hears."""

from __future__ import annotations

import random

import pytest

from pytest_binance_options._transports.server.server import LoopbackServer
from tests.support.leaky import NIGHTLY, Leaky, made_up_key, rounds
from tests.support.leaky_stream import leaky_stream
from tests.support.secret_runs import EVERYTHING_SAID, account, leaks, set_up

SUITE = r"""
import asyncio, base64, json, logging, os, sys, warnings
from urllib.parse import quote
import aiohttp, pytest, websocket, websockets
import binance
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from websockets.sync.client import connect
from tests.clients.listeners import SdkListener
from tests.support.leaky_stream import ALL, BYE, json_only

OWN = os.environ["WEBHOOK_TOKEN"]
HALF = len(OWN) // 2
FORM = quote(OWN, safe="")
HEADERS = {"X-MBX-APIKEY": os.environ["BINANCE_API_KEY"], "Cookie": f"own={FORM}",
           "X-Own": OWN.encode().hex(), "Authorization": f"Basic {base64.b64encode(OWN.encode()).decode()}"}
SUBSCRIBE = json.dumps({"method": "SUBSCRIBE", "params": [OWN, FORM], "id": 1})

def is_last(said): return isinstance(said, str) and ALL in said

async def with_aiohttp(url):
    async with aiohttp.ClientSession(cookies={"c": FORM}) as session:
        async with session.ws_connect(url, headers=HEADERS) as stream:
            heard = [await stream.receive()]
            while not is_last(heard[-1].data):
                heard.append(await stream.receive())
            await stream.send_str(SUBSCRIBE)
            await stream.send_bytes(OWN.encode())
            await stream.send_str(BYE)
            while heard[-1].type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                heard.append(await stream.receive())
            return heard

async def with_websockets(url):
    async with websockets.connect(url, additional_headers=HEADERS) as stream:
        heard = [await stream.recv()]
        while not is_last(heard[-1]):
            heard.append(await stream.recv())
        await stream.send([OWN[:HALF], OWN[HALF:]])
        await stream.send([OWN.encode()[:HALF], OWN.encode()[HALF:]])
        await stream.send(SUBSCRIBE)
        await stream.send(BYE)
        try:
            while True:
                heard.append(await stream.recv())
        except websockets.ConnectionClosed as closed:
            return [*heard, closed]

def with_sync_websockets(url):
    with connect(url, additional_headers=HEADERS) as stream:
        heard = [stream.recv()]
        while not is_last(heard[-1]):
            heard.append(stream.recv())
        stream.send([OWN[:HALF], OWN[HALF:]])
        stream.send(OWN[:HALF])
        stream.send(OWN[HALF:])
        stream.send(BYE)
        try:
            while True:
                heard.append(stream.recv())
        except websockets.ConnectionClosed as closed:
            return [*heard, closed]

def with_websocket_client(url):
    websocket.enableTrace(True)
    headers = {name: value for name, value in HEADERS.items() if name != "Cookie"}
    stream = websocket.create_connection(url, header=headers, cookie=f"own={FORM}")
    try:
        heard = [stream.recv()]
        while not is_last(heard[-1]):
            heard.append(stream.recv())
        first = websocket.ABNF.create_frame(OWN.encode()[:HALF], websocket.ABNF.OPCODE_BINARY, fin=0)
        stream.send_frame(first)
        stream.send_frame(websocket.ABNF.create_frame(OWN.encode()[HALF:], websocket.ABNF.OPCODE_CONT))
        stream.send(SUBSCRIBE)
        stream.send(BYE)
        while heard[-1] != "":
            heard.append(stream.recv())
        return heard
    finally:
        stream.close()
        websocket.enableTrace(False)

def with_websocket_app(url):
    heard = []
    def hear(app, said):
        heard.append(said)
        if is_last(said):
            app.send(SUBSCRIBE)
            app.send(BYE)
    app = websocket.WebSocketApp(url, header=HEADERS, on_message=hear, on_error=lambda _, e: heard.append(e),
                                 on_close=lambda *how: heard.append(how))
    app.run_forever()
    return heard

async def with_python_binance(url):
    base, _, path = url.rpartition("/")
    with json_only():
        async with ReconnectingWebsocket(base + "/", path, prefix="") as stream:
            heard = [await stream.recv()]
            while heard[-1].get("e") != ALL:
                heard.append(await stream.recv())
            return heard

async def with_the_sdk(url):
    listening = SdkListener()
    with json_only():
        await listening.listen(None, url.rpartition("/")[2].rpartition("=")[2])
        warnings.warn(repr(listening.heard))
        await listening.close()
    return vars(listening)

CLIENTS = [with_aiohttp, with_websockets, with_sync_websockets, with_websocket_client, with_websocket_app,
           with_python_binance, with_the_sdk]

def run(function, *args):
    result = function(*args)
    return asyncio.run(result, debug=True) if asyncio.iscoroutine(result) else result

@pytest.mark.parametrize("ends", ["passes", "fails"])
@pytest.mark.parametrize("address", ["ws/{key}", "stream?streams={key}", "ws?own={own}&listenKey={key}"],
                         ids=["path", "streams", "query"])
@pytest.mark.parametrize("listen", CLIENTS, ids=lambda f: f.__name__)
def test_of_a_client(binance_options, binance_options_listen_key, listen, address, ends):
    url = "wss://fstream.binance.com/private/" + address.format(key=binance_options_listen_key, own=FORM)
    heard = run(listen, url)
    said = [each for each in heard]
    logging.getLogger("bot").debug("heard %r at %s by way of %s", heard, url, os.environ["HTTPS_PROXY"])
    print(heard, os.environ["HTTPS_PROXY"], file=sys.stderr)
    warnings.warn(f"{url} said {heard}")
    assert heard
    if ends == "fails":
        raise ConnectionError(url, heard) from KeyError(heard[-1] if isinstance(heard, list) else heard)
"""


@pytest.mark.parametrize("seed", range(rounds(60)))
def test_no_secret_is_in_anything_that_a_recorded_stream_leaves_behind(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, seed: int
) -> None:
    rng = random.Random(seed)
    secrets = set_up(pytester, monkeypatch, account(rng, pytester.path), SUITE)
    leaky, password = Leaky(secrets, seed), made_up_key(rng)[:16]
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{password}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    with server.attach(leaky) as upstream, leaky_stream(secrets) as stream_url:
        result = pytester.runpytest(
            "--binance-options=record", f"--binance-options-host={upstream.url}",
            f"--binance-options-stream-host={stream_url}", *EVERYTHING_SAID,
            "-k", "test" if NIGHTLY else "with_websockets and path",
        )  # fmt: skip

    assert leaks(pytester, result, [*secrets, *leaky.listen_keys, password]) == []
    counts = result.parseoutcomes()
    assert (counts["passed"], counts["failed"]) == ((21, 21) if NIGHTLY else (1, 1))
