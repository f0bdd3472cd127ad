"""uvloop, whose connections and look-ups no audit hook sees."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import aiohttp
import httpx
import pytest

from pytest_binance_options._hosts import Scope
from pytest_binance_options._transports.interception.interception import Interception
from pytest_binance_options.errors import NetworkRefusedError, TestOverError

from ...intercepting import BODY, URL, Scripted, intercepted
from .test_asyncio import ADDRESS, first_message, redirected, server

uvloop = pytest.importorskip("uvloop")

__all__ = ["server"]  # a fixture

T = TypeVar("T")


def run(main: Coroutine[object, object, T]) -> T:
    loop = uvloop.new_event_loop()
    try:
        outcome: T = loop.run_until_complete(main)
        return outcome
    finally:
        loop.close()


async def open_connection(host: str) -> object:
    return await asyncio.open_connection(host, 443)


async def datagrams() -> object:
    return await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("eapi.binance.com", 443)
    )


async def a_datagram_to(number: str) -> object:
    """From an endpoint that is bound to none."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, family=socket.AF_INET, local_addr=("127.0.0.1", 0)
    )
    try:
        transport.sendto(b"", (number, 443))
    finally:
        transport.close()
    return transport


async def a_name_to_bind() -> object:
    return await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("prices.example", 0)
    )


async def a_socket() -> object:
    with socket.socket() as plain:
        plain.setblocking(False)
        return await asyncio.get_running_loop().sock_connect(plain, ("198.51.100.7", 443))


WAYS_OUT: dict[str, Callable[[], Coroutine[object, object, object]]] = {
    "a connection to a name": lambda: open_connection("eapi.binance.com"),
    "a connection to a number": lambda: open_connection("198.51.100.7"),
    "datagrams": datagrams,
    "a datagram": lambda: a_datagram_to("198.51.100.7"),
    "a name to bind": a_name_to_bind,
    "a socket": a_socket,
    "a look-up": lambda: asyncio.get_running_loop().getaddrinfo("eapi.binance.com", 443),
    "a name's look-up": lambda: asyncio.get_running_loop().getnameinfo(("198.51.100.7", 443)),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_is_refused(way: str) -> None:
    async def main() -> object:
        return await WAYS_OUT[way]()

    with intercepted(), pytest.raises(NetworkRefusedError, match="in mode offline"):
        run(main())


def test_this_machine_can_be_reached(server: str) -> None:
    async def main() -> object:
        loop = asyncio.get_running_loop()
        assert await loop.getaddrinfo("localhost", 80, family=socket.AF_INET)
        assert await loop.getnameinfo(("198.51.100.7", 443), socket.NI_NUMERICHOST)
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        transport.close()
        return await first_message(f"{server}/mine")

    with intercepted():
        assert run(main()) == "/mine"


def test_datagrams_within_this_machine_arrive() -> None:
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport.get_extra_info("sockname"), tuple)
            self.transport = transport
            self.heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.heard.set_result(data)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ends = [
            await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0)) for _ in range(2)
        ]
        (here, mine), (there, theirs) = ends
        assert (here.get_protocol(), mine.transport) == (mine, here)
        here.sendto(b"hello", there.get_extra_info("sockname"))
        assert await theirs.heard == b"hello"
        for transport, _ in ends:
            transport.close()

    with intercepted():
        run(main())


def test_production_is_refused_with_a_network_too() -> None:
    with (
        Interception(Scripted(), Scope(), mode="testnet", network=True),
        pytest.raises(NetworkRefusedError, match="which is production"),
    ):
        run(open_connection("eapi.binance.com"))


def test_a_stream_reaches_the_loopback_server(server: str) -> None:
    async def with_aiohttp() -> object:
        async with aiohttp.ClientSession() as session, session.ws_connect(ADDRESS) as stream:
            return await stream.receive_str()

    with redirected(server):
        assert run(first_message(ADDRESS)) == "/private/ws/key?a=b"
        assert run(with_aiohttp()) == "/private/ws/key?a=b"


def test_requests_are_answered_by_the_test_that_their_task_belongs_to() -> None:
    async def ask(gate: Awaitable[object]) -> bytes:
        await gate
        async with httpx.AsyncClient() as client:
            return (await client.put(URL)).content

    async def main() -> None:
        gate = asyncio.get_running_loop().create_future()
        with intercepted() as first:
            left_over = asyncio.create_task(ask(gate))
            assert await ask(asyncio.sleep(0)) == BODY
        gate.set_result(None)
        with intercepted() as second, pytest.raises(TestOverError):
            await left_over
        assert (len(first.requests), second.requests) == (1, [])

    run(main())


def test_when_nobody_intercepts_the_loop_is_as_it_was() -> None:
    before = dict(vars(uvloop.Loop))
    with intercepted():
        assert dict(vars(uvloop.Loop)) != before
    assert dict(vars(uvloop.Loop)) == before
