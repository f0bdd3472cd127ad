"""A user data stream for tests that need no client of their own: what ``binance_options_stream``
gives.

It runs in the loopback server's event loop, beside the server that it listens to, so a test needs
neither a thread nor a loop for it. It answers pings; it does not reconnect, since what a client
does then is what tests are about.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import aiohttp

from ..._here import here
from ..._masking import mask
from ...errors import StreamClosedError, StreamTimeoutError
from .server import Server

__all__ = ["UserDataStream"]

# How long to wait for frames that have left the server already, in seconds: they take no time but
# the machine's.
_ON_THE_WAY = 5.0
# Longer than anybody waits for real, in seconds.
_LONG = 86_400.0
# How long the exchange is given to answer a close frame, in seconds.
_PARTING = aiohttp.ClientWSTimeout(ws_close=1.0)


class UserDataStream:
    """Listens at ``attached`` with ``listen_key``, on the raw stream. Use it in a with statement,
    or close it.

    Raises StreamClosedError where the stream is refused, and StreamTimeoutError where ``timeout``
    (seconds) is over before there is an answer.
    """

    def __init__(self, attached: Server, listen_key: str, *, timeout: float = 5.0) -> None:
        self._attached = attached
        self._server = attached.server
        self._events: list[dict[str, object]] = []
        self._given = 0
        self._end = ""
        self._peer: object = None
        self._session: aiohttp.ClientSession | None = None
        self._reading: asyncio.Task[None] | None = None
        self._server.run(self._open(f"{attached.stream_url}/private/ws/{listen_key}", timeout))

    def receive(self, timeout: float = 5.0) -> dict[str, object]:
        """The next event that was not received yet, waiting up to ``timeout`` seconds for it: of
        real time, or of the exchange's where the test lives by that (``binance_options_time``).

        Raises StreamTimeoutError, which says what did come, and StreamClosedError where the stream
        has ended and all that came was received.
        """
        if here.participant is not None and not here.participant.wait_until(self._news, timeout):
            raise self._nothing_within(timeout)
        return self._server.run(self._next(timeout))

    async def receive_async(self, timeout: float = 5.0) -> dict[str, object]:
        """As :meth:`receive`, for a test that runs in asyncio and must not block its loop."""
        if here.participant is None:
            return await asyncio.wrap_future(self._server.submit(self._next(timeout)))
        coming = asyncio.wrap_future(self._server.submit(self._next(_LONG)))
        try:
            return await asyncio.wait_for(coming, timeout)
        except asyncio.TimeoutError:
            raise self._nothing_within(timeout) from None

    def _news(self) -> bool:
        self._server.run(self._settle())
        return bool(self._end) or self._given < len(self._events)

    def _nothing_within(self, timeout: float) -> StreamTimeoutError:
        return StreamTimeoutError(
            f"No event within {timeout:g} s. So far came {_listed(self._events)}. Events come when"
            " the exchange emits them: exchange.emit(...), or clock.advance(...) for those that"
            " fall due."
        )

    @property
    def events(self) -> list[dict[str, object]]:
        """All that has come so far, received or not, in order; what the exchange has emitted by now
        is among it.

        Not to be read while the exchange's lock is held.
        """
        self._server.run(self._settle())
        return list(self._events)

    @property
    def closed(self) -> bool:
        """Whether the stream has ended; if the exchange has ended it by now, it has.

        Not to be read while the exchange's lock is held.
        """
        self._server.run(self._settle())
        return bool(self._end)

    def close(self) -> None:
        """End the stream, as a client does that has heard enough; harmless where it has ended."""
        self._server.run(self._close())

    def __enter__(self) -> UserDataStream:  # noqa: PYI034  typing.Self is Python 3.11's
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<UserDataStream, {self._end or 'open'}, {_listed(self._events)}>"

    # Everything below runs in the server's event loop.

    async def _open(self, url: str, timeout: float) -> None:
        self._arrival = asyncio.Event()
        self._session = aiohttp.ClientSession()
        try:
            socket = await asyncio.wait_for(
                self._session.ws_connect(url, max_msg_size=0, timeout=_PARTING), timeout
            )
        except asyncio.TimeoutError:
            await self._close()
            raise StreamTimeoutError(
                f"The stream was neither accepted nor refused within {timeout:g} s."
            ) from None
        except aiohttp.WSServerHandshakeError:
            await self._close()
            # The client keeps the reason to itself; the server has noted it before it answered.
            raise StreamClosedError(
                f"The stream was refused: {self._attached.errors[-1]}"
            ) from None
        except aiohttp.ClientError as error:
            await self._close()
            raise StreamClosedError(f"The stream was refused: {mask(str(error))}.") from None
        self._peer = socket.get_extra_info("sockname")
        self._reading = asyncio.create_task(self._read(socket))

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._events.append(json.loads(message.data))
                    self._arrival.set()
            code = socket.close_code
            dropped = code is None or code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
            self._end = self._end or (
                "ended without a close frame" if dropped else f"closed with code {code}"
            )
        except ValueError:
            self._end = f"ended with text that is no JSON: {mask(str(message.data))[:100]!r}"
        finally:
            self._arrival.set()
            await socket.close()

    async def _next(self, timeout: float) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while self._given == len(self._events):
            if self._end:
                raise StreamClosedError(
                    f"The stream has {self._end}. Before that came {_listed(self._events)}."
                )
            self._arrival.clear()
            try:
                await asyncio.wait_for(self._arrival.wait(), deadline - loop.time())
            except asyncio.TimeoutError:
                raise self._nothing_within(timeout) from None
        event = self._events[self._given]
        self._given += 1
        return event

    async def _settle(self) -> None:
        if self._end:
            return
        texts, over = await self._attached.sent_to(self._peer)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _ON_THE_WAY
        while not self._end and (over or len(self._events) < texts) and loop.time() < deadline:
            await asyncio.sleep(0)

    async def _close(self) -> None:
        self._end = self._end or "closed by the test"
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def _listed(events: list[dict[str, object]]) -> str:
    kinds = Counter(str(event.get("e", "something without a type")) for event in events)
    if not kinds:
        return "no event"
    return ", ".join(
        f"{count} x {mask(kind)}" if count > 1 else mask(kind) for kind, count in kinds.items()
    )
