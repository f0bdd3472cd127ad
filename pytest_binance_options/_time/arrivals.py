"""What comes to an event loop in memory: who brings it tells the loop, which asks no selector.

For the streams of a world while the loop is on its clock; all other sockets are the selector's.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from .._transports.interception.patching import known
from .._transports.memory_stream import ClientSocket
from .world import World

if TYPE_CHECKING:
    import selectors
    from socket import socket

    AddReader = Callable[..., asyncio.Handle | None]

__all__ = ["Arrivals"]


class _Reader:
    """Whom a loop calls when there is something to read: again and again while there is, once a
    round, as with a selector."""

    __slots__ = (
        "_args",
        "_arrivals",
        "_callback",
        "_inbox",
        "_thread",
        "_turn",
        "_waits",
        "handle",
        "sock",
    )

    def __init__(self, arrivals: Arrivals, sock: ClientSocket, handle: asyncio.Handle) -> None:
        self.sock = sock
        self.handle = handle
        self._arrivals = arrivals
        self._callback, *self._args = _callback(handle)
        self._inbox = sock.end.inbox
        self._thread = threading.get_ident()
        self._turn = asyncio.Handle(self._read, (), arrivals.loop)
        self._waits = False

    def told(self) -> None:
        """Something has come, in any thread."""
        if not self._waits:
            self._waits = True
            self._arrivals.ready.append(self._turn)
            if threading.get_ident() != self._thread:
                self._arrivals.wake()

    def look(self) -> None:
        """Something may have come."""
        if self._inbox.has_news and not self._waits and self.sock.fileno() != -1:
            self.told()

    def _read(self) -> None:
        self._waits = False
        if not self.handle.cancelled():
            try:
                self._callback(*self._args)
            finally:
                if self._inbox.has_news and not self.handle.cancelled():
                    self.look()


class Arrivals:
    """The streams in memory that ``loop`` reads, while it lives in ``world``."""

    def __init__(
        self, loop: asyncio.SelectorEventLoop, selector: selectors.BaseSelector, world: World
    ) -> None:
        self.loop = loop
        self.ready = cast("deque[asyncio.Handle]", known(loop, "_ready"))
        self.wake = cast("Callable[[], None]", known(loop, "_write_to_self"))
        self._world = world
        self._add = cast("AddReader", known(loop, "_add_reader"))
        self._remove = cast("Callable[[object], bool]", known(loop, "_remove_reader"))
        #: What the selector is still asked for, by descriptor: the loop's own waking call, mostly.
        self.watched = cast("Mapping[int, object]", known(selector, "_fd_to_key"))
        self._readers: dict[int, _Reader] = {}

    @contextmanager
    def told(self) -> Iterator[None]:
        """Until the block ends, the loop is told."""
        loop = self.loop
        for fd in list(self.watched):
            self._take_over(fd)
        loop._add_reader = self.add_reader  # type: ignore[attr-defined]  # noqa: SLF001
        loop._remove_reader = self.remove_reader  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            yield
        finally:
            del loop._add_reader, loop._remove_reader  # type: ignore[attr-defined]  # noqa: SLF001
            for fd, reader in list(self._readers.items()):
                call = _callback(reader.handle)
                if self._forget(fd):
                    self._add(fd, *call)

    def _take_over(self, fd: int) -> None:
        sock = self._world.inner.find(fd)
        if isinstance(sock, ClientSocket):
            key = self.watched[fd]
            reader, writer = cast("tuple[asyncio.Handle | None, object]", known(key, "data"))
            if reader is not None and writer is None:
                call = _callback(reader)  # which it has no more afterwards
                self._remove(fd)
                self.add_reader(fd, *call)

    def add_reader(
        self, fd: int | socket, callback: Callable[..., object], *args: object
    ) -> asyncio.Handle | None:
        """As the loop's own."""
        number = fd if isinstance(fd, int) else fd.fileno()
        self._forget(number)
        sock = self._world.inner.find(number)
        if not isinstance(sock, ClientSocket):
            return self._add(fd, callback, *args)
        handle = asyncio.Handle(callback, args, self.loop)
        reader = self._readers[number] = _Reader(self, sock, handle)
        sock.end.inbox.tell(sock, reader.told)
        reader.look()
        return handle

    def remove_reader(self, fd: int | socket) -> bool:
        """As the loop's own."""
        # The number may be another socket's by now, which is the selector's.
        return self._forget(fd if isinstance(fd, int) else fd.fileno()) or self._remove(fd)

    def _forget(self, number: int) -> bool:
        reader = self._readers.pop(number, None)
        if reader is None:
            return False
        reader.handle.cancel()
        reader.sock.end.inbox.tell(reader.sock, None)
        return reader.sock.fileno() == number


def _callback(handle: asyncio.Handle) -> tuple[Callable[..., object], ...]:
    call = cast("Callable[..., object]", known(handle, "_callback"))
    return (call, *cast("tuple[Callable[..., object], ...]", known(handle, "_args")))
