"""How the loopback server copes with many listeners, beside a bare aiohttp server that sends the
same frames: each of them gets every event, in order, none lost, none twice; `make bench`.

Listeners and server share one process, whose CPU time is measured. Ends with an error where an event
was lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager

from harness import Measure, Table, main

CONNECTIONS, EVENTS = 1000, 100
MOST = 5000


@contextmanager
def here():
    """Where to listen, and what has the events sent."""
    from pytest_binance_options._backends.simulate import Simulate
    from pytest_binance_options._messages import Request
    from pytest_binance_options._transports.server.server import LoopbackServer
    from pytest_binance_options.exchange import Exchange, events

    exchange, server = Exchange(), LoopbackServer()
    account = exchange.open_account()
    headers = {"X-MBX-APIKEY": account.api_keys[0].api_key}
    exchange.handle(Request("POST", "https://eapi.binance.com/eapi/v1/listenKey", headers))

    def emit(count: int) -> None:
        for number in range(count):
            exchange.emit(events.order_trade_update(order_id=number))

    server.start()
    with server.attach(Simulate(exchange)) as attached:
        yield f"{attached.url}/private/ws/{account.listen_key}", emit
    server.stop()


@contextmanager
def _aiohttp():
    from aiohttp import web

    loop, listening = asyncio.new_event_loop(), threading.Event()
    connected: list[web.WebSocketResponse] = []
    place: list[str] = []

    async def listen(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        connected.append(socket)
        async for _ in socket:
            pass
        return socket

    async def serve() -> None:
        application = web.Application()
        application.router.add_get("/ws", listen)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=MOST).start()
        place.append("http://{}:{}/ws".format(*runner.addresses[0][:2]))
        listening.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    async def send(frames: list[str]) -> None:
        for frame in frames:
            for socket in connected:
                await socket.send_str(frame)

    def emit(count: int) -> None:
        from pytest_binance_options.exchange import events

        payloads = (
            events.order_trade_update(order_id=n).at(1_770_000_000_000) for n in range(count)
        )
        frames = [json.dumps(payload, separators=(",", ":")) for payload in payloads]
        asyncio.run_coroutine_threadsafe(send(frames), loop).result()

    threading.Thread(target=run, daemon=True).start()
    listening.wait()
    yield place[0], emit
    loop.call_soon_threadsafe(loop.stop)


async def _heard(url: str, connections: int, count: int, emit: Callable[[int], None]) -> float:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        sockets = [await session.ws_connect(url, compress=0) for _ in range(connections)]
        emitting = threading.Thread(target=emit, args=(count,))
        began = time.process_time()
        emitting.start()
        received = await asyncio.gather(*(_orders(socket, count) for socket in sockets))
        took = time.process_time() - began
        emitting.join()
        await asyncio.gather(*(socket.close() for socket in sockets))
    wrong = sum(orders != list(range(count)) for orders in received)
    if wrong:
        sys.exit(f"{wrong} of {connections} connections have not heard each event once, in order.")
    return connections * count / took


async def _orders(socket, count: int) -> list[int]:
    return [json.loads((await socket.receive()).data)["o"]["i"] for _ in range(count)]


def frames_a_second(served, connections: int, count: int) -> Callable[[], float]:
    def measure() -> float:
        with served() as (url, emit):
            return asyncio.run(_heard(url, connections, count, emit))

    return measure


TABLES = {
    "streams": Table(
        f"{CONNECTIONS:,} connections, {EVENTS} events each",
        "a bare aiohttp server",
        {
            "a bare aiohttp server": Measure(frames_a_second(_aiohttp, CONNECTIONS, EVENTS)),
            "here": Measure(frames_a_second(here, CONNECTIONS, EVENTS)),
            f"here, {MOST:,} connections, 10 events each": Measure(frames_a_second(here, MOST, 10)),
        },
        unit="frames a second of CPU time, the listeners' included",
        scale=1,
        more_is_better=True,
        rounds=3,
    )
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
