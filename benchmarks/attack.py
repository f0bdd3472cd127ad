"""What many connections at once cost the loopback server, well-behaved and other: N listeners, of
which each gets M events in order; beside them N/10 that never read, N/10 that have sent half a
request, and N/10 that talk nonsense; then all of them are gone without a word.

Usage: python benchmarks/attack.py [connections] [events]; the defaults are 5000 and 20. The clients
are another process. Prints one line of JSON; exits with 1 where an event was lost, doubled or out of
order, or something is left of a connection.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import IO

import requests

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events

# Of each connection, one end is ours and one the clients'.
_SPARE_FILES = 200
_AT_ONCE = 200


def measure(connections: int, count: int) -> dict[str, object]:
    exchange, server = Exchange(), LoopbackServer()
    key = exchange.open_account().api_keys[0].api_key
    server.start()
    with server.attach(Simulate(exchange)) as attached:
        asked = requests.post(
            f"{attached.url}/eapi/v1/listenKey", headers={"X-MBX-APIKEY": key}, timeout=60
        )
        path = f"/private/ws/{asked.json()['listenKey']}"
        before, files = _resident_kb(), _open_files()
        command = [sys.executable, __file__, "clients", str(attached.port), path]
        with subprocess.Popen(
            [*command, str(connections), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as clients:
            assert clients.stdin is not None
            assert clients.stdout is not None
            connected = _told(clients.stdout)
            connected_kb = _resident_kb()
            began = time.perf_counter()
            for number in range(count):
                exchange.emit(events.order_trade_update(order_id=number))
            heard = _told(clients.stdout)
            delivered = time.perf_counter() - began
            delivered_kb = _resident_kb()
            began = time.perf_counter()
            clients.stdin.close()

        def left() -> int:
            return max(0, _open_files() - files) + len(exchange.streams.connections)

        while left() and time.perf_counter() - began < 60:
            time.sleep(0.01)
        gone = time.perf_counter() - began
        remaining = left()
    server.stop()
    return {
        "listeners": connections,
        "others": 3 * (connections // 10),
        "events": count,
        "connect_s": connected["connect_s"],
        "kb_per_connection": round((connected_kb - before) / (connections * 1.2), 1),
        "deliver_s": round(delivered, 2),
        "frames_per_s": round(connections * count / delivered),
        "kb_per_connection_after": round((delivered_kb - before) / (connections * 1.2), 1),
        "wrong": heard["wrong"],
        "gone_s": round(gone, 2),
        "left": remaining,
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _told(stream: IO[str]) -> dict[str, float]:
    told: dict[str, float] = json.loads(stream.readline())
    return told


def _resident_kb() -> int:
    """What this process has in memory, by Linux's account."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


# The clients


async def _clients(port: int, path: str, connections: int, count: int) -> None:
    tenth, gate = connections // 10, asyncio.Semaphore(_AT_ONCE)
    handshake = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()
    writers = []

    async def open_one(sent: bytes, *, answered: bool) -> asyncio.StreamReader:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            writer.write(sent)
            if answered:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            return reader

    began = time.perf_counter()
    others = [open_one(handshake, answered=True) for _ in range(tenth)]
    others += [open_one(handshake[:-20], answered=False) for _ in range(tenth)]
    others += [open_one(b"\x16\x03\x01" + bytes(60), answered=False) for _ in range(tenth)]
    await asyncio.gather(*others)
    readers = await asyncio.gather(
        *(open_one(handshake, answered=True) for _ in range(connections))
    )
    _tell(connect_s=round(time.perf_counter() - began, 2))
    heard = await asyncio.gather(*(_orders(reader, count) for reader in readers))
    _tell(wrong=sum(orders != list(range(count)) for orders in heard))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for writer in writers:
        # A reset, as when a process is killed that has not read everything.
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(
                SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0)
            )
        writer.transport.abort()


async def _orders(reader: asyncio.StreamReader, count: int) -> list[int]:
    orders = []
    for _ in range(count):
        head = await reader.readexactly(2)
        assert head == b"\x81\x7e", head
        length = int.from_bytes(await reader.readexactly(2), "big")
        orders.append(json.loads(await reader.readexactly(length))["o"]["i"])
    return orders


def _tell(**figures: float) -> None:
    print(json.dumps(figures), flush=True)


def _raise_file_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    if hard < wanted:
        sys.exit(
            f"{wanted} open files are needed, and this system allows {hard}. Ask for fewer"
            " connections, or raise the hard limit (ulimit -Hn)."
        )


def main() -> int:
    if sys.argv[1:2] == ["clients"]:
        port, path, connections, count = sys.argv[2:]
        _raise_file_limit(int(connections) * 13 // 10 + _SPARE_FILES)
        asyncio.run(_clients(int(port), path, int(connections), int(count)))
        return 0
    sizes = [int(argument) for argument in sys.argv[1:]]
    connections, count = sizes + [5000, 20][len(sizes) :]
    _raise_file_limit(connections * 13 // 10 + _SPARE_FILES)
    figures = measure(connections, count)
    print(json.dumps(figures))
    return 1 if figures["wrong"] or figures["left"] else 0


if __name__ == "__main__":
    sys.exit(main())
