"""One WebSocket at the loopback server: carries frames between a client and a connection that does
no I/O itself.

What a connection says and when is the exchange's affair (or a recording's), pings, pongs and closes
included.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMessage, WSMsgType, web

from ..._backends.base import Connection
from ..._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from ..._messages import Response
from ..websocket import ProtocolError
from .channel import Channel

__all__ = [
    "PATIENCE",
    "Closing",
    "Session",
    "Waker",
    "frame_of",
    "hang_up",
    "send_frame",
]

PATIENCE = 5.0
"""How long a client is given to answer a close frame, or to read what was sent before the end, in
seconds."""

_NO_STATUS = 1005


@runtime_checkable
class Closing(Protocol):
    """A connection that has something to wind up when its client is gone."""

    async def wait_closed(self) -> None:
        """Return when that is done."""


class Wakeable(Protocol):
    """What a :class:`Waker` sets."""

    def set(self) -> None:
        """Go on."""


class Waker:
    """Wakes tasks of one event loop from other threads: one call into the loop for many that wake
    together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._pending: list[Wakeable] = []

    def wake(self, event: Wakeable) -> None:
        """Set ``event`` soon; from any thread."""
        with self._lock:
            first = not self._pending
            self._pending.append(event)
        if first:
            self._loop.call_soon_threadsafe(self.run)

    def run(self) -> None:
        """Set what is pending now; in the loop's thread."""
        with self._lock:
            pending, self._pending = self._pending, []
        for event in pending:
            event.set()


class Session:
    """One client at one connection, from the handshake to the end. It begins with ``greeting``, a
    101. ``failed`` is told what the connection raises."""

    def __init__(
        self,
        request: web.BaseRequest,
        greeting: Response,
        connection: Connection,
        waker: Waker,
        failed: Callable[[Exception], object],
    ) -> None:
        #: The client's address and port.
        self.peer: object = request.transport and request.transport.get_extra_info("peername")
        #: How many text frames were handed to the socket.
        self.texts = 0
        #: Whether the client was told, or will find out, that this is the end.
        self.over = False
        self._request = request
        self._greeting = greeting
        self._channel = Channel(request)
        self._connection = connection
        self._waker = waker
        self._failed = failed
        self._ready = asyncio.Event()
        self._parted = False
        self._grace: asyncio.TimerHandle | None = None
        self._parting: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Carry frames both ways until either side ends; the connection is told when the client is
        gone."""
        tasks: tuple[asyncio.Task[bool], ...] = ()
        try:
            self._connection.real_peer = True
            self._connection.on_ready = lambda: self._waker.wake(self)
            self._channel.open(self._greeting)
            # It may have ended before it could say so.
            self.set()
            sending = asyncio.create_task(self._send_all())
            receiving = asyncio.create_task(self._receive_all())
            tasks = (sending, receiving)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                if receiving.result():
                    # The exchange's answer to a close frame; one that ignores it waits for the
                    # client to go.
                    await sending
            else:
                self._forget_parting()
                if not sending.result():
                    _end_of_stream(self._request)
                # Without this, what the client has sent by now would make the end a reset, which
                # can cost it frames.
                await asyncio.wait((receiving,), timeout=PATIENCE)
        except ConnectionError:
            pass
        except ProtocolError as error:
            # It hears why before it loses the connection: a reset would take that from it.
            with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
                await asyncio.wait_for(self._refuse(error, tasks), PATIENCE)
        except Exception as error:  # noqa: BLE001  whatever it is, the client must not go on waiting
            # Noted before the client hears of it: it may be gone, and this task cancelled, at once.
            self._failed(error)
            with contextlib.suppress(ConnectionError):
                await self._channel.send(Close(WSCloseCode.INTERNAL_ERROR, type(error).__name__))
        finally:
            # Before anything is awaited: the server may cancel this just now, because it closes.
            self._part()
            for task in tasks:
                task.cancel()
            hang_up(self._request)
            await asyncio.gather(*tasks, return_exceptions=True)

    def _part(self) -> None:
        # The connection is told once that the client has gone.
        if not self._parted:
            self._parted = True
            self._connection.on_ready = None
            self._connection.receive(Drop())
        self._forget_overdue_pong()
        self._forget_parting()

    def set(self) -> None:
        """The connection has something to send, or has ended; the :class:`Waker` calls this."""
        self._ready.set()
        if self._connection.closed and self._parting is None:
            # The frames that are still to be sent may be stuck behind a client that never reads.
            self._parting = asyncio.get_running_loop().call_later(PATIENCE, self._cut_off)

    def _cut_off(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _refuse(self, error: ProtocolError, tasks: tuple[asyncio.Task[bool], ...]) -> None:
        for task in tasks:
            task.cancel()
        self._part()
        await self._channel.send(Close(error.code, error.reason))
        _end_of_stream(self._request)
        await self._channel.wait_closed()

    async def _receive_all(self) -> bool:
        # Gives whether the client has parted with a close frame.
        loop = asyncio.get_running_loop()
        while (frame := await self._channel.receive()) is not None:
            self._connection.receive(frame, loop.time() * 1000)
            if isinstance(frame, Close):
                return True
            if isinstance(frame, Pong):
                # It may have been waited for.
                self._ready.set()
        return False

    async def _send_all(self) -> bool:
        # Gives whether the connection has parted with a close frame.
        while True:
            self._ready.clear()
            # Asked before taking: one that ends in between still has its last frames to give.
            was_closed = self._connection.closed
            # Nothing more is taken until the socket has taken this: what a slow reader leaves
            # waiting, the connection counts.
            for frame in self._connection.take():
                self.over = isinstance(frame, Close | Drop)
                if isinstance(frame, Drop):
                    return False
                self.texts += isinstance(frame, Text)
                await self._channel.send(frame)
                if isinstance(frame, Close):
                    return True
            if was_closed:
                self.over = True
                await self._channel.send(Close())
                return True
            if not self._connection.pong_overdue:
                self._forget_overdue_pong()
            elif self._grace is None:
                loop, connection = asyncio.get_running_loop(), self._connection
                self._grace = loop.call_later(connection.pong_grace, connection.pong_timed_out)
            await self._ready.wait()

    def _forget_parting(self) -> None:
        if self._parting is not None:
            self._parting.cancel()

    def _forget_overdue_pong(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None


async def send_frame(socket: ClientWebSocketResponse, frame: Frame) -> None:
    """Send one frame other than a Drop; returns when the socket's buffer has room for another."""
    if isinstance(frame, Text):
        await socket.send_str(frame.data)
    elif isinstance(frame, Binary):
        await socket.send_bytes(frame.data)
    elif isinstance(frame, Ping):
        await socket.ping(frame.data)
    elif isinstance(frame, Pong):
        await socket.pong(frame.data)
    else:
        assert isinstance(frame, Close), f"{frame!r} is not for sending"
        # The socket's own close() would close the connection under a client that is about to
        # answer.
        code = WSCloseCode.OK if frame.code == _NO_STATUS else frame.code
        await socket.send_frame(code.to_bytes(2, "big") + frame.reason.encode(), WSMsgType.CLOSE)


def _end_of_stream(request: web.BaseRequest) -> None:
    """Send no more, without a close frame: the client reads what was sent before, and then the
    end."""
    transport = request.transport
    if isinstance(transport, asyncio.Transport) and transport.can_write_eof():
        transport.write_eof()


def hang_up(request: web.BaseRequest) -> None:
    """End the connection: what was sent before still arrives, unless the client reads no more."""
    transport = request.transport
    if transport is not None:
        transport.close()
        asyncio.get_running_loop().call_later(PATIENCE, transport.abort)


def frame_of(message: WSMessage) -> Frame | None:
    """What aiohttp received, as a frame; None where the connection is at its end without a close
    frame."""
    if message.type is WSMsgType.TEXT:
        return Text(message.data)
    if message.type is WSMsgType.BINARY:
        return Binary(bytes(message.data))
    if message.type is WSMsgType.PING:
        return Ping(bytes(message.data))
    if message.type is WSMsgType.PONG:
        return Pong(bytes(message.data))
    if message.type is WSMsgType.CLOSE:
        return Close(message.data or _NO_STATUS, message.extra or "")
    return None
