"""Clients, as many as there are: each asks once for a URL, in the way in which a bot would.

What they are told in each mode is :mod:`.guard_suite`'s to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from urllib.parse import urlsplit

import aiohttp
import websockets.asyncio.client

SECONDS = 5

REST: dict[str, Callable[[str], object]] = {}
STREAM: dict[str, Callable[[str], object]] = {}


def rest(name: str) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    return lambda call: REST.setdefault(name, call)


def stream(name: str) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    return lambda call: STREAM.setdefault(name, call)


def in_asyncio(call: Callable[[str], Awaitable[object]]) -> Callable[[str], object]:
    async def within(url: str) -> object:
        return await asyncio.wait_for(call(url), SECONDS)

    return lambda url: asyncio.run(within(url))


def in_uvloop(call: Callable[[str], Awaitable[object]]) -> Callable[[str], object]:
    import uvloop

    async def within(url: str) -> object:
        return await asyncio.wait_for(call(url), SECONDS)

    return lambda url: uvloop.run(within(url))


@rest("tornado")
@in_asyncio
async def tornado(url: str) -> object:
    from tornado.httpclient import AsyncHTTPClient

    return (await AsyncHTTPClient(force_instance=True).fetch(url, request_timeout=SECONDS)).body


@rest("tornado, curl")
@in_asyncio
async def tornado_curl(url: str) -> object:
    from tornado.curl_httpclient import CurlAsyncHTTPClient

    client = CurlAsyncHTTPClient(force_instance=True)
    return (await client.fetch(url, request_timeout=SECONDS)).body


@rest("geventhttpclient")
def geventhttpclient(url: str) -> object:
    from geventhttpclient import HTTPClient

    client = HTTPClient.from_url(url, connection_timeout=SECONDS, network_timeout=SECONDS)
    with closing(client):
        return client.get(urlsplit(url).path).read()


@rest("aiosonic")
@in_asyncio
async def aiosonic(url: str) -> object:
    import aiosonic

    async with aiosonic.HTTPClient() as client:
        return await (await client.get(url)).content()


@rest("httpcore, one connection")
def httpcore(url: str) -> object:
    import httpcore

    parts = urlsplit(url)
    origin = httpcore.Origin(parts.scheme.encode(), str(parts.hostname).encode(), 443)
    with httpcore.HTTPConnection(origin) as connection:
        return connection.request("GET", url, extensions={"timeout": {"connect": SECONDS}}).read()


@rest("httpx")
def httpx(url: str) -> object:
    import httpx

    return httpx.get(url, timeout=SECONDS).read()


@rest("httpx2")
def httpx2(url: str) -> object:
    import httpx2

    return httpx2.get(url, timeout=SECONDS).read()


@rest("httpx2, async")
@in_asyncio
async def httpx2_async(url: str) -> object:
    import httpx2

    async with httpx2.AsyncClient(timeout=SECONDS) as client:
        return (await client.get(url)).read()


@rest("urllib3, HTTP/2")
def urllib3_http2(url: str) -> object:
    import urllib3
    import urllib3.http2

    urllib3.http2.inject_into_urllib3()
    try:
        return urllib3.request("GET", url, retries=False, timeout=SECONDS).data
    finally:
        urllib3.http2.extract_from_urllib3()


@rest("aiohttp, aiodns")
@in_asyncio
async def aiohttp_aiodns(url: str) -> object:
    connector = aiohttp.TCPConnector(resolver=aiohttp.AsyncResolver())
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as response:
        return await response.read()


@rest("aiohttp, uvloop")
@in_uvloop
async def aiohttp_uvloop(url: str) -> object:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.read()


@rest("httpx, uvloop")
@in_uvloop
async def httpx_uvloop(url: str) -> object:
    import httpx

    async with httpx.AsyncClient(timeout=SECONDS) as client:
        return (await client.get(url)).read()


@rest("uvloop, a stream of asyncio's")
@in_uvloop
async def uvloop_stream(url: str) -> object:
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, 443, ssl=True)
    writer.close()
    return await reader.read()


@rest("uvloop, a look-up")
@in_uvloop
async def uvloop_look_up(url: str) -> object:
    return await asyncio.get_running_loop().getaddrinfo(urlsplit(url).hostname, 443)


@rest("uvloop, a number")
@in_uvloop
async def uvloop_number(url: str) -> object:
    reader, writer = await asyncio.open_connection(
        "198.51.100.7", 443, ssl=True, server_hostname=urlsplit(url).hostname
    )
    writer.close()
    return await reader.read()


@rest("aiodns")
@in_asyncio
async def aiodns(url: str) -> object:
    import aiodns

    return await aiodns.DNSResolver().getaddrinfo(str(urlsplit(url).hostname))


@rest("treq")
def treq(url: str) -> object:
    import treq
    from twisted.internet import asyncioreactor

    loop = asyncio.new_event_loop()
    reactor = asyncioreactor.AsyncioSelectorReactor(loop)
    from twisted.web.client import Agent

    client = treq.client.HTTPClient(Agent(reactor, connectTimeout=SECONDS))
    outcome: list[object] = []
    client.get(url).addBoth(outcome.append).addBoth(lambda _: reactor.stop())
    reactor.callLater(SECONDS, lambda: outcome or reactor.stop())
    reactor.run(installSignalHandlers=False)
    loop.close()
    if outcome and hasattr(outcome[0], "raiseException"):
        outcome[0].raiseException()
    return outcome


@rest("curl_cffi")
def curl_cffi(url: str) -> object:
    from curl_cffi import requests

    return requests.get(url, timeout=SECONDS).content


@rest("curl_cffi, async")
@in_asyncio
async def curl_cffi_async(url: str) -> object:
    from curl_cffi.requests import AsyncSession

    async with AsyncSession() as session:
        return (await session.get(url, timeout=SECONDS)).content


@rest("pycurl")
def pycurl(url: str) -> object:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.TIMEOUT, SECONDS)
    try:
        return curl.perform_rs()
    finally:
        curl.close()


@rest("primp")
def primp(url: str) -> object:
    import primp

    return primp.Client(timeout=SECONDS).get(url).content


@rest("primp, a function")
def primp_function(url: str) -> object:
    import primp

    return primp.get(url, timeout=SECONDS).content


@rest("primp, async")
@in_asyncio
async def primp_async(url: str) -> object:
    import primp

    return (await primp.AsyncClient(timeout=SECONDS).get(url)).status_code


@rest("rnet")
@in_asyncio
async def rnet(url: str) -> object:
    import rnet

    return await (await rnet.Client().get(url, timeout=SECONDS)).text()


@rest("rnet, a function")
@in_asyncio
async def rnet_function(url: str) -> object:
    import rnet

    return await (await rnet.get(url, timeout=SECONDS)).text()


@rest("rnet, blocking")
def rnet_blocking(url: str) -> object:
    import rnet

    return rnet.BlockingClient().get(url, timeout=SECONDS).text()


@rest("pyreqwest")
def pyreqwest(url: str) -> object:
    from pyreqwest.client import SyncClientBuilder

    with SyncClientBuilder().build() as client:
        return client.get(url).build().send().text()


@rest("pyreqwest, async")
@in_asyncio
async def pyreqwest_async(url: str) -> object:
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().build() as client:
        return await (await client.get(url).build().send()).text()


@rest("pyqwest")
@in_asyncio
async def pyqwest(url: str) -> object:
    import pyqwest

    return (await pyqwest.Client().get(url)).content


@rest("pyqwest, sync")
def pyqwest_sync(url: str) -> object:
    import pyqwest

    return pyqwest.SyncClient().get(url).content


@rest("impit")
def impit(url: str) -> object:
    import impit

    return impit.Client(timeout=SECONDS).get(url).content


@rest("impit, a function")
def impit_function(url: str) -> object:
    import impit

    return impit.get(url, timeout=SECONDS).content


@rest("impit, async")
@in_asyncio
async def impit_async(url: str) -> object:
    import impit

    return (await impit.AsyncClient(timeout=SECONDS).get(url)).content


@rest("httpr")
def httpr(url: str) -> object:
    import httpr

    return httpr.Client(timeout=SECONDS).get(url).content


@rest("httpr, a function")
def httpr_function(url: str) -> object:
    import httpr

    return httpr.get(url, timeout=SECONDS).content


@rest("httpr, async")
@in_asyncio
async def httpr_async(url: str) -> object:
    import httpr

    async with httpr.AsyncClient(timeout=SECONDS) as client:
        return (await client.get(url)).content


@rest("httpcloak")
def httpcloak(url: str) -> object:
    import httpcloak

    with httpcloak.Session() as session:
        return session.get(url, timeout=SECONDS).content


@rest("httpcloak, a function")
def httpcloak_function(url: str) -> object:
    import httpcloak

    return httpcloak.get(url).content


@rest("tls_client")
def tls_client(url: str) -> object:
    import tls_client

    return tls_client.Session().get(url, timeout_seconds=SECONDS).content


@rest("tls_client, async")
@in_asyncio
async def tls_client_async(url: str) -> object:
    import tls_client

    return (await tls_client.AsyncSession().get(url, timeout_seconds=SECONDS)).content


@rest("wreq")
@in_asyncio
async def wreq(url: str) -> object:
    import wreq

    return await (await wreq.Client().get(url)).text()


@rest("wreq, blocking")
def wreq_blocking(url: str) -> object:
    import wreq.blocking

    return wreq.blocking.get(url).text()


@stream("picows")
@in_asyncio
async def picows(url: str) -> object:
    import picows

    return await picows.ws_connect(picows.WSListener, url)


@stream("wreq")
@in_asyncio
async def wreq_stream(url: str) -> object:
    import wreq

    return await wreq.Client().websocket(url)


@stream("websockets, uvloop")
@in_uvloop
async def websockets_uvloop(url: str) -> object:
    async with websockets.asyncio.client.connect(url) as socket:
        return socket.state


@stream("aiohttp, uvloop")
@in_uvloop
async def aiohttp_stream_uvloop(url: str) -> object:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        return socket.closed


@stream("httpx-ws")
def httpx_ws(url: str) -> object:
    import httpx_ws

    with httpx_ws.connect_ws(url) as socket:
        return socket


@stream("trio-websocket")
def trio_websocket(url: str) -> object:
    import trio
    from trio_websocket import open_websocket_url

    async def main() -> None:
        with trio.fail_after(SECONDS):
            async with open_websocket_url(url):
                pass

    return trio.run(main)


@stream("tornado")
@in_asyncio
async def tornado_stream(url: str) -> object:
    from tornado.websocket import websocket_connect

    return await websocket_connect(url)


@stream("curl_cffi")
def curl_cffi_stream(url: str) -> object:
    from curl_cffi.requests import Session

    with Session() as session:
        return session.ws_connect(url)


@stream("rnet")
@in_asyncio
async def rnet_stream(url: str) -> object:
    import rnet

    return await rnet.Client().websocket(url)
