"""A client of a stream, frame by frame, for who has no event loop and wants to see everything:
pings, ends, and what a handshake was refused with.

It stands here because what speaks WebSocket does, and answers to nobody's backend.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TypeVar, cast

import aiohttp

from ..._frames import Close, Drop, Frame, Ping, Pong
from ...errors import StreamClosedError, StreamTimeoutError
from .session import frame_of, send_frame

__all__ = ["HandshakeRefused", "Listener", "malformed_handshake"]

_T = TypeVar("_T")
_PARTING = aiohttp.ClientWSTimeout(ws_close=1.0)
_MALFORMED = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}


class HandshakeRefused(StreamClosedError):
    """There is an HTTP status instead of a stream."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The handshake was refused with {status}.")
        self.status = status


class Listener:
    """Listens at ``address``, a whole URL. Times are in seconds.

    With ``compress`` it offers permessage-deflate. Raises HandshakeRefused, StreamTimeoutError
    where there is no answer within ``timeout``, and StreamClosedError where nobody is reached.
    """

    def __init__(self, address: str, *, timeout: float, compress: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._open(address, timeout, 15 if compress else 0))
        except BaseException:
            self._loop.close()
            raise

    @property
    def compressed(self) -> bool:
        """Whether the offer of permessage-deflate was taken up."""
        return bool(self._socket.compress)

    def send(self, frame: Frame) -> None:
        """Send ``frame``; a stream that has ended takes no notice."""
        self._run(self._send(send_frame(self._socket, frame)))

    def send_bytes(self, payload: bytes, opcode: int) -> None:
        """Send a frame that may not be one: any ``opcode``, and any bytes in it."""
        kind = cast("aiohttp.WSMsgType", opcode)
        self._run(self._send(self._socket.send_frame(payload, kind)))

    def receive(self, timeout: float) -> Frame | None:
        """The next frame, a Drop at an end without a close frame; None where none comes in time.
        Pings are answered."""
        return self._run(self._receive(timeout))

    def close(self) -> None:
        """End the stream."""
        if not self._loop.is_closed():
            self._run(self._close())
            self._loop.close()

    def _run(self, coroutine: Coroutine[object, object, _T]) -> _T:
        return self._loop.run_until_complete(coroutine)

    async def _open(self, address: str, timeout: float, compress: int) -> None:
        # With the proxies of the environment, as requests are sent.
        self._session = aiohttp.ClientSession(trust_env=True)
        try:
            socket = await asyncio.wait_for(
                self._session.ws_connect(
                    address,
                    autoping=False,
                    autoclose=False,
                    max_msg_size=0,
                    timeout=_PARTING,
                    compress=compress,
                ),
                timeout,
            )
        except asyncio.TimeoutError:
            await self._session.close()
            raise StreamTimeoutError(f"No answer to the handshake within {timeout:g} s.") from None
        except aiohttp.WSServerHandshakeError as error:
            await self._session.close()
            raise HandshakeRefused(error.status) from None
        except (aiohttp.ClientError, OSError) as error:
            await self._session.close()
            raise StreamClosedError(f"Nobody is reached: {error}") from None
        self._socket = cast("aiohttp.ClientWebSocketResponse", socket)

    async def _send(self, sending: Coroutine[object, object, None]) -> None:
        # Who reads will see how it ended.
        with contextlib.suppress(ConnectionError):
            await sending

    async def _receive(self, timeout: float) -> Frame | None:
        try:
            message = await asyncio.wait_for(self._socket.receive(), timeout)
        except asyncio.TimeoutError:
            return None
        frame = frame_of(message) or Drop()
        if isinstance(frame, Ping):
            await self._send(send_frame(self._socket, Pong(frame.data)))
        elif isinstance(frame, Close):
            await self._socket.close()
        return frame

    async def _close(self) -> None:
        await self._socket.close()
        await self._session.close()
        # TLS takes a turn of the loop to say goodbye.
        await asyncio.sleep(0)


def malformed_handshake(address: str, *, timeout: float) -> tuple[int, bytes]:
    """What answers a handshake without a key at ``address``, an http URL: status and body.
    StreamClosedError where nobody does."""

    async def ask() -> tuple[int, bytes]:
        limit = aiohttp.ClientTimeout(total=timeout)
        async with aiohttp.ClientSession(trust_env=True, timeout=limit) as session:
            answer = await session.get(address, headers=_MALFORMED, allow_redirects=False)
            return answer.status, await answer.read()

    try:
        return asyncio.run(ask())
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
        raise StreamClosedError(f"Nobody is reached: {error}") from None
