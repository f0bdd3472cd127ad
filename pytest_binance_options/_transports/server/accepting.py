"""Where a port's connections come from: listening sockets, and what becomes of each that knocks
until a protocol has it.

asyncio's own server is not used: one that is closed while it accepts leaves that connection open
for good.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ..._messages import reason_phrase
from ..._refusals import no_request
from .. import limits

__all__ = ["Accepting", "Server"]

# Thousands of clients may connect in one burst; the kernel caps this at what it allows.
_BACKLOG = 4096
# How long to wait for a file descriptor to become free, in seconds.
_OUT_OF_FILES = 0.1

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class _Protocol(web.RequestHandler):
    """aiohttp's, but that what is no request is shown to nobody: there may be a key in it."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request; ``malformed`` is told of it."""
        if isinstance(exc, HttpProcessingError):
            # The parser's words come first, and then the bytes.
            words, line_break, _ = exc.message.partition("\n")
            said = words.rstrip(":") if line_break else type(exc).__name__
            message = f"{status} {reason_phrase(status)}: {said}."
            cast("Server", self._manager).malformed(no_request(status, said))
        return super().handle_error(request, status, exc, message)


class Server(web.Server):
    """aiohttp's, with a time-out before a connection's first request too: some of its versions have
    one after that alone. ``malformed`` is told what is said of what is no request."""

    def __init__(
        self, handler: Handler, malformed: Callable[[str], object], *, logger: logging.Logger
    ) -> None:
        super().__init__(
            handler,
            # A client that goes away takes its request with it, also one that is being held for a
            # time-out.
            handler_cancellation=True,
            access_log=None,
            logger=logger,
            auto_decompress=False,
            max_line_size=limits.MAX_LINE,
            max_field_size=limits.MAX_LINE,
            keepalive_timeout=limits.SLOWEST,
        )
        self.malformed = malformed
        self._unheard: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def __call__(self) -> web.RequestHandler:
        """A protocol for one connection."""
        protocol = super().__call__()
        protocol.__class__ = _Protocol  # which can't be set in any other way
        return protocol

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Begin to wait for a request."""
        super().connection_made(handler, transport)
        self._unheard[handler] = asyncio.get_running_loop().call_later(
            limits.SLOWEST, handler.force_close
        )

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Nobody is waited for any more."""
        self.heard(handler)
        super().connection_lost(handler, exc)

    def heard(self, handler: web.RequestHandler) -> None:
        """A request has come."""
        timer = self._unheard.pop(handler, None)
        if timer is not None:
            timer.cancel()


class Accepting:
    """Listens at ports of ``host``, an IP address, and has ``serve`` make a protocol for each
    connection. All methods run in the event loop."""

    def __init__(self, host: str, serve: Callable[[], asyncio.Protocol]) -> None:
        self._host = host
        self._serve = serve
        self._closed = False
        self._full = False
        self._listeners: list[socket.socket] = []
        self._connecting: set[asyncio.Task[None]] = set()

    def listen(self, number: int, context: ssl.SSLContext | None) -> int:
        """Listen at ``number``, or where the system likes, with TLS where there is a ``context``;
        gives the number. OSError where it is in use."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, number), family=family, backlog=_BACKLOG)
        listener.settimeout(0)
        self._listeners.append(listener)
        self._resume(listener, context)
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Stop listening; every connection is with its protocol afterwards, or gone."""
        self._closed = True
        for listener in self._listeners:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
        # Each has to have begun before it can be cancelled, or nobody would close its socket.
        await asyncio.sleep(0)
        for task in self._connecting:
            task.cancel()
        while self._connecting:
            await asyncio.wait(self._connecting)

    def _resume(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        if not self._closed:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener, context)

    def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            # All that have queued up, though not so many that nothing else has its turn.
            for _ in range(100):
                connection, _address = listener.accept()
                self._full = False
                task = loop.create_task(self._connect(connection, context))
                self._connecting.add(task)
                task.add_done_callback(self._connecting.discard)
        except (BlockingIOError, ConnectionAbortedError):
            pass
        except OSError as error:
            # Tried ten times a second, and said once.
            if not self._full:
                _log.error("no more connections for now: %s", error)
            self._full = True
            loop.remove_reader(listener)
            loop.call_later(_OUT_OF_FILES, self._resume, listener, context)

    async def _connect(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._serve, connection, ssl=context
            )
        except OSError as error:
            # A client that does not trust the certificate, mostly.
            _log.info("a connection failed: %s", error)
