"""Streams of a real exchange: the loopback server stands between the client and it, and takes note
of every frame.

It changes nothing on the way.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import cast, get_args

import aiohttp

from ..._cassette.model import Direction, FrameKind, StreamFrame
from ..._frames import ABNORMAL, Binary, Close, Drop, Frame, Ping, Pong, Text
from ..._masking import mask
from ..._messages import Headers, Response
from ...errors import StreamClosedError
from .session import frame_of, send_frame

__all__ = ["Relay"]

# Frames that may wait for a client that reads slowly, before the upstream is not read any more
# either.
_OUTBOX = 16
# How long the exchange is given to answer a close frame, in seconds.
_PARTING = aiohttp.ClientWSTimeout(ws_close=1.0)
_KINDS: dict[type[Frame], FrameKind] = dict(
    zip((Text, Binary, Ping, Pong, Close), get_args(FrameKind), strict=True)
)

OnFrame = Callable[[StreamFrame], object]


class Relay:
    """Connects each client to ``base``, the real exchange's stream base, and tells ``on_frame``
    what goes over the wire.

    ``answered`` says how many REST requests have been answered by now: with that a frame knows what
    it came after.
    """

    def __init__(
        self, base: str, on_frame: OnFrame | None = None, answered: Callable[[], int] = lambda: 0
    ) -> None:
        self._base = base.rstrip("/")
        self._on_frame = on_frame or (lambda frame: None)
        self._answered = answered
        self._numbers = itertools.count()

    async def connect(self, target: str, client: str) -> _Relayed | Response:
        """Connect to ``target`` upstream; a Response is its refusal. StreamClosedError where it
        can't be reached."""
        del client
        # With the proxies of the environment, as requests are sent.
        session = aiohttp.ClientSession(trust_env=True)
        try:
            socket = await session.ws_connect(
                self._base + target,
                autoping=False,
                autoclose=False,
                max_msg_size=0,
                timeout=_PARTING,
            )
        except aiohttp.WSServerHandshakeError as error:
            await session.close()
            kept = Headers((error.headers or {}).items()).without(
                "content-length", "transfer-encoding", "connection"
            )
            return Response(error.status, kept)
        except (aiohttp.ClientError, OSError) as error:
            await session.close()
            raise StreamClosedError(
                f"The streams at {self._base} can't be reached: {mask(str(error))}"
            ) from None
        except BaseException:
            await session.close()
            raise
        # aiohttp's types leave open whether text comes as str; it does, unless it is asked not to.
        text_socket = cast("aiohttp.ClientWebSocketResponse", socket)
        return _Relayed(
            session,
            text_socket,
            _Notes(target, next(self._numbers), self._on_frame, self._answered),
        )


class _Notes:
    """Writes down the frames of one connection."""

    def __init__(
        self, target: str, number: int, on_frame: OnFrame, answered: Callable[[], int]
    ) -> None:
        self._target = target
        self._number = number
        self._on_frame = on_frame
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._messages = 0
        self._ended = False

    def write(self, direction: Direction, frame: Frame) -> None:
        """Take note of ``frame``. A Drop is noted as a close that no close frame can say; of
        several ends, the first counts."""
        if isinstance(frame, Drop):
            frame = Close(ABNORMAL)
        if isinstance(frame, Close):
            if self._ended:
                return
            self._ended = True
        after = (self._answered(), self._messages)
        if direction == "out" and isinstance(frame, Text | Binary):
            self._messages += 1
        self._on_frame(
            StreamFrame(
                offset_ms=round((self._loop.time() - self._began) * 1000),
                connection=self._number,
                direction=direction,
                kind=_KINDS[type(frame)],
                payload=_payload(frame),
                after=after,
                target=self._target,
            )
        )


def _payload(frame: Frame) -> bytes:
    if isinstance(frame, Text):
        return frame.data.encode()
    if isinstance(frame, Close):
        return frame.code.to_bytes(2, "big") + frame.reason.encode()
    assert not isinstance(frame, Drop), "a Drop is noted as a Close"
    return frame.data


class _Relayed:
    """One client's connection, as the loopback server sees it; lives in the server's event loop."""

    real_peer = True
    pong_overdue = False
    pong_grace = 0.0

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, notes: _Notes
    ) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.closed = False
        self._session = session
        self._socket = socket
        self._notes = notes
        self._outbox: list[Frame] = []
        self._room = asyncio.Event()
        self._to_send: asyncio.Queue[Frame] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())
        self._writing = asyncio.create_task(self._write())

    def receive(self, frame: Frame, received_ms: float | None = None) -> None:
        """Pass on what the client sent; its end is the end upstream."""
        self._notes.write("out", frame)
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
            self._notes.write("in", frame)
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
