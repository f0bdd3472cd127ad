"""A WebSocket's bytes at the loopback server: the protocol of :mod:`..websocket` over a connection
that aiohttp has accepted.

aiohttp's own takes frames without a mask, which no server may, and handshakes that are not one.
What is said over it is :mod:`.session`'s business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web

from ..._frames import Close, Frame
from ..._messages import Response
from ..websocket import FrameParser, serialize_frame
from .http import encode

__all__ = ["Channel"]

# How many bytes of a client may wait until what came before them was dealt with.
_READ_AHEAD = 64 * 1024
# After so many frames that came at once, others have their turn.
_IN_A_ROW = 64
_NO_STATUS = 1005


class Channel:
    """The frames that come over the connection of ``request``, and those that are sent; lives in
    the server's event loop. aiohttp feeds it."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self._parser = FrameParser()
        self._frames: Iterator[Frame] = iter(())
        self._unread = bytearray()
        self._arrived = asyncio.Event()
        self._row = 0
        self._deaf = False
        self._at_end = False

    def open(self, greeting: Response) -> None:
        """Send ``greeting``, a 101; frames follow."""
        self._transport().write(encode(greeting, "GET").data)
        # It asks for two methods, which are here.
        self._request.protocol.set_parser(self)  # type: ignore[arg-type]

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes of the client. (aiohttp's: whether it was the end, and what is left over.)"""
        if not self._deaf:
            self._unread += data
            self._arrived.set()
            transport = self._request.transport
            if len(self._unread) > _READ_AHEAD and transport is not None:
                transport.pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        """The client has gone."""
        self._at_end = True
        self._arrived.set()

    async def receive(self) -> Frame | None:
        """The next frame; None where the client has gone. Raises ProtocolError for what is no frame
        of a client's."""
        while True:
            for frame in self._frames:
                self._row += 1
                if not self._row % _IN_A_ROW:
                    await asyncio.sleep(0)
                return frame
            if self._unread:
                data = bytes(self._unread)
                self._unread.clear()
                if self._request.transport is not None:
                    self._request.transport.resume_reading()
                self._frames = self._parser.feed(data)
            elif self._at_end:
                return None
            else:
                await self._more()

    async def send(self, frame: Frame) -> None:
        """Send one frame other than a Drop; returns when there is room for another.
        ConnectionResetError where the client has gone."""
        if isinstance(frame, Close) and frame.code == _NO_STATUS:
            frame = Close(1000)
        self._transport().write(serialize_frame(frame))
        await self._request.writer.drain()

    async def wait_closed(self) -> None:
        """Listen no more, and return when the client has gone."""
        self._deaf = True
        self._unread.clear()
        if self._request.transport is not None:
            self._request.transport.resume_reading()
        while not self._at_end:
            await self._more()

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    def _transport(self) -> asyncio.Transport:
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        return transport
