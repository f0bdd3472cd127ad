"""Streams of a real exchange: the loopback server stands between the client and it, and tells the
backend of every frame.

It changes nothing on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

import aiohttp

from ..._backends.base import Backend, ForwardStream
from ..._frames import Close, Direction, Drop, Frame
from ..._masking import mask
from ..._messages import Headers, Response
from ...errors import StreamClosedError
from ..proxies import proxy_of
from .session import frame_of, send_frame

__all__ = ["Relayed", "relay"]

# Frames that may wait for a client that reads slowly, before the upstream is not read any more
# either.
_OUTBOX = 16
# How long the exchange is given to answer a close frame, in seconds.
_PARTING = aiohttp.ClientWSTimeout(ws_close=1.0)


async def relay(stream: ForwardStream, backend: Backend) -> Relayed | Response:
    """Connect to the stream's address, and tell ``backend`` what goes over it; a Response is the
    exchange's refusal. StreamClosedError where it can't be reached."""
    session = aiohttp.ClientSession()
    try:
        socket = await session.ws_connect(
            stream.address,
            autoping=False,
            autoclose=False,
            max_msg_size=0,
            timeout=_PARTING,
            # as requests are sent
            proxy=proxy_of(stream.address.replace("ws", "http", 1)),
        )
    except aiohttp.WSServerHandshakeError as error:
        await session.close()
        kept = Headers((error.headers or {}).items()).without(
            "content-length", "transfer-encoding", "connection"
        )
        return Response(error.status, kept)
    except (aiohttp.ClientError, OSError) as error:
        await session.close()
        scheme, _, rest = stream.address.partition("://")
        raise StreamClosedError(
            f"The streams at {scheme}://{rest.partition('/')[0]} can't be reached:"
            f" {mask(str(error))}"
        ) from None
    except BaseException:
        await session.close()
        raise
    # aiohttp's types leave open whether text comes as str; it does, unless it is asked not to.
    text_socket = cast("aiohttp.ClientWebSocketResponse", socket)
    return Relayed(session, text_socket, partial(backend.observe_frame, stream))


class Relayed:
    """One client's connection, as the loopback server sees it; lives in the server's event loop."""

    real_peer = True
    pong_overdue = False
    pong_grace = 0.0

    def __init__(
        self,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        observe: Callable[[Direction, Frame], None],
    ) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.closed = False
        self._session = session
        self._socket = socket
        self._observe = observe
        self._outbox: list[Frame] = []
        self._room = asyncio.Event()
        self._to_send: asyncio.Queue[Frame] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())
        self._writing = asyncio.create_task(self._write())

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        """Pass on what the client sent; its end is the end upstream."""
        self._observe("out", frame)
        self._to_send.put_nowait(frame)

    def take(self) -> list[Frame]:
        """What has come from upstream."""
        frames, self._outbox = self._outbox, []
        self._room.set()
        return frames

    def pong_timed_out(self) -> None:
        """Nothing: whether a pong is late is for the exchange to say."""

    async def wait_closed(self) -> None:
        """Return when nothing of this is left; to be called after a Drop was received."""
        await asyncio.gather(self._reading, self._writing, return_exceptions=True)

    async def _read(self) -> None:
        while not self.closed:
            frame: Frame = frame_of(await self._socket.receive()) or Drop()
            self._observe("in", frame)
            self._outbox.append(frame)
            self.closed = isinstance(frame, Close | Drop)
            if self.on_ready is not None:
                self.on_ready()
            while len(self._outbox) >= _OUTBOX:
                self._room.clear()
                await self._room.wait()

    async def _write(self) -> None:
        try:
            while not isinstance(frame := await self._to_send.get(), Drop):
                await send_frame(self._socket, frame)
        except ConnectionError:
            # The reader has noticed, or will.
            pass
        finally:
            self._reading.cancel()
            await self._socket.close()
            await self._session.close()
