"""A loopback server under attack: what is thrown at it, and what has to hold afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import time
from collections.abc import Iterator

from pytest_binance_options._frames import Text
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options._transports.websocket import serialize_frame
from pytest_binance_options.errors import StreamClosedError

from ..malformed import HANDSHAKE
from .test_session import Doorman

_HEAD = re.compile(rb"HTTP/1\.[01] (\d\d\d) [^\r\n]*\r\n((?:[^:\r\n ]+:[^\r\n]*\r\n)*)\r\n")
_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.I | re.M)
# For what hangs; nothing takes a fraction of it.
_HANGS = 20.0


class Answers:
    """What a server sent over one connection, taken apart: the statuses, and what came after a
    101."""

    def __init__(self, received: bytes) -> None:
        self.statuses: list[int] = []
        self.frames = b""
        #: What can't be an answer.
        self.rest = b""
        while received:
            head = _HEAD.match(received)
            if head is None:
                self.rest = received
                return
            self.statuses.append(int(head[1]))
            received = received[head.end() :]
            if self.statuses[-1] == 101:
                self.frames = received
                return
            length = _LENGTH.search(head[2])
            received = received[int(length[1]) if length else 0 :]


class Attacked:
    """A server with a well-behaved listener, whose stream nothing may hurt."""

    def __init__(self, server: Server, doorman: Doorman, records: list[logging.LogRecord]) -> None:
        self.doorman = doorman
        self.server = server
        self._records = records
        self._client = self._listener()
        self._stream = doorman.connections[-1]

    def _listener(self) -> socket.socket:
        # On a busy machine a server without patience may not wait for a handshake.
        for _ in range(100):
            client = self.connect()
            with _until_it_is_over():
                client.sendall(HANDSHAKE)
                if Answers(client.recv(65536)).statuses == [101]:
                    return client
            client.close()
        raise AssertionError("nobody was let in as a listener")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=_HANGS)

    def throw(self, inputs: list[tuple[bytes, bool]]) -> list[Answers]:
        """Send each over a connection of its own, all open at once, and give what comes until each
        has ended; the second of a pair: whether the client goes then. Who is let in as a listener
        goes, too."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect()) for _ in inputs]
            for client, (data, ends) in zip(clients, inputs, strict=True):
                _send(client, data, ends=ends)
            return [Answers(_rest(client, listening=False)) for client in clients]

    def say(self, inputs: list[tuple[bytes, bool]]) -> list[bytes]:
        """As :meth:`throw`, after a handshake; gives what comes after that."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect()) for _ in inputs]
            for client in clients:
                client.sendall(HANDSHAKE)
                assert Answers(client.recv(65536)).statuses == [101]
            for client, (data, ends) in zip(clients, inputs, strict=True):
                _send(client, data, ends=ends)
            return [_rest(client) for client in clients]

    def check(self) -> None:
        """That nothing is left of anybody, that others are served, and that the log is clean."""
        self._stream.say(Text("still here"))
        assert self._client.recv(65536) == serialize_frame(Text("still here"))
        until = time.monotonic() + _HANGS
        while (left := self.server.server.run(_left(self.server))) != (1, 1):
            assert time.monotonic() < until, f"connections and requests under way: {left}"
        for record in self._records:
            assert record.exc_info is None
            assert record.exc_text is None
            assert record.getMessage().startswith("Error handling request")
        self._records.clear()
        assert {type(error) for error in self.server.errors} <= {StreamClosedError}

    def close(self) -> None:
        self._client.close()


async def _left(server: Server) -> tuple[int, int]:
    port = server._port
    return len(port._web.connections), len(port._tasks)


@contextlib.contextmanager
def _until_it_is_over() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        # Reset, broken, or not even connected any more.
        pass


def _send(client: socket.socket, data: bytes, *, ends: bool) -> None:
    with _until_it_is_over():
        client.sendall(data)
        if ends:
            client.shutdown(socket.SHUT_WR)


def _rest(client: socket.socket, *, listening: bool = True) -> bytes:
    received = b""
    with _until_it_is_over():
        while part := client.recv(1 << 20):
            received += part
            if not listening and 101 in Answers(received).statuses:
                client.shutdown(socket.SHUT_WR)
    return received


class _Kept(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.emit = records.append  # type: ignore[method-assign]


@contextlib.contextmanager
def under_attack() -> Iterator[Attacked]:
    """One, whose whole log of warnings and errors is looked at; nothing may be left when it
    stops."""
    records: list[logging.LogRecord] = []
    handler = _Kept(records)
    logging.getLogger().addHandler(handler)
    server = LoopbackServer()
    server.start()
    doorman = Doorman()
    try:
        with server.attach(doorman) as attached:
            attacked = Attacked(attached, doorman, records)
            try:
                yield attacked
                attacked.check()
            finally:
                attacked.close()
        assert server.run(_tasks()) == []
    finally:
        logging.getLogger().removeHandler(handler)
        server.stop()


async def _tasks() -> list[str]:
    # asyncio finishes what was cancelled in the loop's next turns.
    await asyncio.sleep(0.01)
    return [repr(task) for task in asyncio.all_tasks() - {asyncio.current_task()}]
