"""How the loopback server copes with many listeners: each of N connections gets M events, in order,
none lost, none twice.

Usage: python benchmarks/stream_fanout.py [connections] [events]; the defaults are 1000 and 100.
Prints one line of JSON; exits with 1 where an event was lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import threading
import time

import aiohttp

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events


def measure(connections: int, count: int) -> dict[str, object]:
    exchange, server = Exchange(), LoopbackServer()
    key = exchange.open_account().api_keys[0].api_key
    server.start()
    with server.attach(Simulate(exchange)) as attached:
        figures = asyncio.run(_listen(attached.url, key, exchange, connections, count))
    server.stop()
    return {
        "connections": connections,
        "events": count,
        **figures,
        "python": platform.python_version(),
    }


async def _listen(
    url: str, api_key: str, exchange: Exchange, connections: int, count: int
) -> dict[str, object]:
    emitted = threading.Event()

    def emit() -> None:
        for number in range(count):
            exchange.emit(events.order_trade_update(order_id=number))
        emitted.set()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        async with session.post(
            f"{url}/eapi/v1/listenKey", headers={"X-MBX-APIKEY": api_key}
        ) as response:
            listen_key = (await response.json())["listenKey"]
        began = time.perf_counter()
        sockets = await asyncio.gather(
            *(
                session.ws_connect(f"{url}/private/ws/{listen_key}", compress=0)
                for _ in range(connections)
            )
        )
        connected = time.perf_counter()
        # From a thread of its own, as a test would have it; the listeners read meanwhile.
        emitting = threading.Thread(target=emit)
        emitting.start()
        received = await asyncio.gather(*(_orders(socket, count) for socket in sockets))
        done = time.perf_counter()
        emitting.join()
        exchange.streams.close()
        surplus = sum(
            message.type is aiohttp.WSMsgType.TEXT
            for message in await asyncio.gather(*(s.receive() for s in sockets))
        )
        await asyncio.gather(*(socket.close() for socket in sockets))
    return {
        "connect_s": round(connected - began, 3),
        "deliver_s": round(done - connected, 3),
        "frames_per_s": round(connections * count / (done - connected)),
        "wrong": sum(orders != list(range(count)) for orders in received) + surplus,
    }


async def _orders(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [json.loads((await socket.receive()).data)["o"]["i"] for _ in range(count)]


def main() -> int:
    sizes = [int(argument) for argument in sys.argv[1:]]
    figures = measure(*(sizes + [1000, 100][len(sizes) :]))
    print(json.dumps(figures))
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
