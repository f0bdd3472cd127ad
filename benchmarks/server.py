"""Requests a second that the loopback server answers one client on one connection, beside
pytest-httpserver and a bare aiohttp server with canned bytes: `make bench`.

The client is http.client, in the same process. The figure is of the CPU time of both, so that it
holds on a busy machine too.
"""

from __future__ import annotations

import asyncio
import http.client
import sys
import threading
import time
from urllib.parse import urlsplit

from harness import Measure, Table, main

TIMES = 2000
PATH = "/eapi/v1/listenKey"
HEADERS = {"X-MBX-APIKEY": "k" * 64}


def _requests_a_second(url: str, api_key: str = "k" * 64) -> float:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)

    def ask(times: int, method: str = "PUT") -> None:
        for _ in range(times):
            connection.request(method, PATH, headers={"X-MBX-APIKEY": api_key})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200

    ask(1, "POST")
    ask(TIMES // 10)
    began = time.process_time()
    ask(TIMES)
    return TIMES / (time.process_time() - began)


def _here() -> float:
    from pytest_binance_options._backends.simulate import Simulate
    from pytest_binance_options._transports.server.server import LoopbackServer
    from pytest_binance_options.exchange import Exchange

    exchange, server = Exchange(), LoopbackServer()
    exchange.limits.weight_per_minute = 2 * TIMES
    api_key = exchange.open_account().api_keys[0].api_key
    server.start()
    with server.attach(Simulate(exchange)) as attached:
        rate = _requests_a_second(attached.url, api_key)
    server.stop()
    return rate


def _httpserver() -> float:
    import logging

    from pytest_httpserver import HTTPServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request, which nobody reads
    with HTTPServer() as server:
        for method in ("POST", "PUT"):
            server.expect_request(PATH, method=method).respond_with_json({})
        return _requests_a_second(server.url_for("/"))


def _aiohttp() -> float:
    from aiohttp import web

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({})

    loop = asyncio.new_event_loop()
    ready: list[str] = []
    listening = threading.Event()

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", PATH, answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.append("http://{}:{}".format(*runner.addresses[0][:2]))
        listening.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    listening.wait()
    rate = _requests_a_second(ready[0])
    loop.call_soon_threadsafe(loop.stop)
    return rate


TABLES = {
    "server": Table(
        "One client, one connection, one request after the other",
        "a bare aiohttp server",
        {
            "a bare aiohttp server": Measure(_aiohttp, "aiohttp"),
            "here, the simulated exchange": Measure(_here),
            "pytest-httpserver": Measure(_httpserver, "pytest-httpserver"),
        },
        unit="requests a second of CPU time",
        scale=1,
        more_is_better=True,
    )
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
