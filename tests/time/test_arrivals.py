"""What comes in memory to a loop on the clock: its readers are called as a selector would."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._time.one_time import OneTime
from pytest_binance_options._time.sockets import wait_readable
from pytest_binance_options._transports.memory_stream import ClientSocket, memory_stream
from pytest_binance_options.exchange import Exchange

from .living import living

REQUEST = b"GET /eapi/v1/time HTTP/1.1\r\nHost: eapi.binance.com\r\n\r\n"


def connected(one_time: OneTime) -> ClientSocket:
    """A connection in memory to an exchange, which answers one request there and then leaves."""

    def later(seconds: float, call: Callable[[], object]) -> None:
        raise AssertionError("only a stream has to wait")

    sock = memory_stream("http://here", Simulate(Exchange()), later, readable=wait_readable)
    sock.setblocking(False)
    one_time.world.inner.add(sock)
    return sock


class Heard:
    """A reader that takes ``size`` bytes each time it is called; none are the end, and its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, size: int) -> None:
        self.loop, self.sock, self.size = loop, sock, size
        self.parts: list[bytes] = []
        loop.add_reader(sock, self.read)

    def read(self) -> None:
        self.parts.append(self.sock.recv(self.size))
        if not self.parts[-1]:
            self.loop.remove_reader(self.sock)

    @property
    def has_an_answer(self) -> bool:
        text = b"".join(self.parts)
        return text.startswith(b"HTTP/1.1 200 OK\r\n") and b'{"serverTime":' in text


def test_a_reader_is_called_as_long_as_there_is_something_to_read() -> None:
    async def listen(one_time: OneTime) -> None:
        with connected(one_time) as sock:
            heard = Heard(asyncio.get_running_loop(), sock, 7)
            sock.send(REQUEST)
            assert heard.parts == []
            await asyncio.sleep(1)
            assert heard.has_an_answer
            assert {len(part) for part in heard.parts[:-2]} == {7}
            assert heard.parts[-1] == b""

    with living() as one_time:
        asyncio.run(listen(one_time))


def test_a_reader_that_fails_is_called_again(caplog: pytest.LogCaptureFixture) -> None:
    async def listen(one_time: OneTime) -> None:
        loop = asyncio.get_running_loop()
        with connected(one_time) as sock:
            calls: list[int] = []

            def fail() -> None:
                calls.append(len(calls))
                if len(calls) == 3:
                    loop.remove_reader(sock)
                raise ValueError("what it says")

            loop.add_reader(sock, fail)
            sock.send(REQUEST)
            await asyncio.sleep(1)
            assert calls == [0, 1, 2]

    with living() as one_time:
        asyncio.run(listen(one_time))
    assert caplog.text.count("ValueError: what it says") == 3


def test_a_reader_that_was_removed_is_not_called() -> None:
    async def listen(one_time: OneTime) -> None:
        loop = asyncio.get_running_loop()
        with connected(one_time) as sock:
            heard = Heard(loop, sock, 100)
            sock.send(REQUEST)
            assert loop.remove_reader(sock)
            assert not loop.remove_reader(sock)
            await asyncio.sleep(1)
            assert heard.parts == []

    with living() as one_time:
        asyncio.run(listen(one_time))


def test_the_later_reader_takes_the_place_of_the_former() -> None:
    async def listen(one_time: OneTime) -> None:
        loop = asyncio.get_running_loop()
        with connected(one_time) as sock:
            former, later = Heard(loop, sock, 9999), Heard(loop, sock, 9999)
            sock.send(REQUEST)
            await asyncio.sleep(1)
            assert former.parts == []
            assert later.has_an_answer

    with living() as one_time:
        asyncio.run(listen(one_time))


@contextmanager
def a_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.close()


def test_a_reader_stays_from_one_run_of_its_loop_to_the_next() -> None:
    with a_loop() as loop, living() as one_time, connected(one_time) as sock:
        heard = Heard(loop, sock, 9999)
        for _ in range(3):
            loop.run_until_complete(asyncio.sleep(1))
        sock.send(REQUEST)
        assert heard.parts == []
        loop.run_until_complete(asyncio.sleep(1))
        assert heard.has_an_answer


def test_a_reader_outlives_its_world() -> None:
    with a_loop() as loop:
        with living() as one_time:
            sock = connected(one_time)
            heard = Heard(loop, sock, 9999)
            loop.run_until_complete(asyncio.sleep(1))
        with sock:
            sock.send(REQUEST)
            loop.run_until_complete(asyncio.sleep(0.001))
        assert heard.has_an_answer


def test_a_descriptor_can_become_another_sockets() -> None:
    async def listen(one_time: OneTime) -> None:
        loop = asyncio.get_running_loop()
        sock = connected(one_time)
        number = sock.fileno()
        Heard(loop, sock, 9999)
        sock.close()  # under the loop's feet
        near, far = socket.socketpair()
        with near, far:
            assert number in (near.fileno(), far.fileno())
            near, far = (near, far) if near.fileno() == number else (far, near)
            heard = Heard(loop, near, 9999)
            far.send(b"something else")
            await asyncio.sleep(1)
            assert heard.parts == [b"something else"]
            assert loop.remove_reader(near)

    with living() as one_time:
        asyncio.run(listen(one_time))


@pytest.mark.skipif(sys.platform == "win32", reason="no signals for loops there")
def test_a_signal_is_heard_while_time_goes_on() -> None:
    async def sleep() -> None:
        caught = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, caught.set)
        signal.raise_signal(signal.SIGUSR1)
        for _ in range(1000):
            await asyncio.sleep(1)
        assert caught.is_set()

    with living():
        asyncio.run(sleep())
