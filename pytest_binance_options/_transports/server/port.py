"""One listening port of the loopback server and everything that goes on behind it, inside the
server's event loop.

A port belongs to one backend from its opening to its end; what happens to a single request is in
:mod:`.http`, and what starts and ends ports, from a test's thread, in :mod:`.server`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from aiohttp import web

from ..._backends.base import Backend, Connection, ForwardStream, perform
from ..._masking import mask
from ..._messages import Answer, Failure, FailureKind, Headers, Request, Response
from ..._refusals import handshake_refused
from ...errors import StreamClosedError, UsageError
from ..websocket import is_upgrade
from .http import Abort, Raw, encode, explain, reached_at, read_body, to_wire
from .relay import relay
from .session import (
    Closing,
    Session,
    Waker,
    accept,
)

__all__ = ["HOLD", "HOST", "Port", "Send"]

HOST = "127.0.0.1"
"""The address that is bound unless another is asked for."""

HOLD = 120.0
"""How long a connection that gets no answer (a time-out) is held, in seconds, where the client does
not give up earlier."""

# Thousands of clients may connect in one burst; the kernel caps this at what it allows.
_BACKLOG = 4096
# How long to wait for a file descriptor to become free, in seconds.
_OUT_OF_FILES = 0.1
# Longer than what a client sends, so that the backend, not the parser, says what is wrong with a
# long request.
_MAX_LINE = 64 * 1024

Send = Callable[[Request], Answer]


class _WithoutBytes(logging.Filter):
    """aiohttp logs what it could not parse with the bytes in question, and those may hold a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        record.msg = mask(
            f"{record.getMessage()}: {type(error).__name__}" if error else record.getMessage()
        )
        record.args = record.exc_info = record.exc_text = None
        return True


_log = logging.getLogger(__name__)
_http_log = logging.getLogger(f"{__name__}.http")
_http_log.addFilter(_WithoutBytes())


class Port:
    """Answers what arrives at one port with ``backend``. All methods run in the server's event
    loop.

    ``send`` is how requests that the backend forwards reach the network, in one of ``threads``;
    None: it forwards nothing. ``host`` is the IP address that is bound.
    """

    def __init__(
        self,
        backend: Backend,
        send: Send | None,
        threads: Callable[[], Executor],
        host: str = HOST,
    ) -> None:
        self.errors: list[Exception] = []
        self.number = 0
        self.authority = ""
        self._host = host
        self._backend = backend
        self._send = send
        self._threads = threads
        self._closed = False
        self._waker = Waker(asyncio.get_running_loop())
        self._sessions: set[Session] = set()
        self._listeners: list[socket.socket] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._web = web.Server(
            self._handle,
            # A client that goes away takes its request with it, also one that is being held for a
            # time-out.
            handler_cancellation=True,
            access_log=None,
            logger=_http_log,
            auto_decompress=False,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
        )

    async def open(self, number: int = 0) -> None:
        """Listen at ``number``, or where the system likes; OSError where it is in use."""
        self.number = await self.listen(number)
        self.authority = f"{reached_at(self._host)}:{self.number}"

    async def listen(self, number: int = 0, context: ssl.SSLContext | None = None) -> int:
        """Listen at one more port, with TLS where there is a ``context``; gives its number."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, number), family=family, backlog=_BACKLOG)
        listener.settimeout(0)
        self._listeners.append(listener)
        self._resume(listener, context)
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end every connection; held requests are let go."""
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
        await self.drop_connections()

    async def flush(self) -> None:
        """Return when what streams have had to say so far was handed to the sockets that have room
        for it."""
        self._waker.run()
        # The tasks that this woke are due before this one comes round again.
        await asyncio.sleep(0)

    def sent_to(self, peer: object) -> tuple[int, bool]:
        """How many text frames the stream client at ``peer``, address and port, was sent, and
        whether its stream is over."""
        for session in self._sessions:
            if session.peer == peer:
                return session.texts, session.over
        return 0, True

    async def drop_connections(self) -> None:
        """End every connection without a word, and wait until nothing works for one any more."""
        for connection in self._web.connections:
            if connection.transport is not None:
                connection.transport.abort()
        # Losing its connection cancels a handler.
        while self._tasks:
            await asyncio.wait(self._tasks)
        while self._web.connections:
            await asyncio.sleep(0)

    # asyncio's own server is not used: one that is closed while it accepts leaves that connection
    # open for good.

    def _resume(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        if not self._closed:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener, context)

    def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            # All that have queued up, though not so many that nothing else has its turn.
            for _ in range(100):
                connection, _address = listener.accept()
                task = loop.create_task(self._connect(connection, context))
                self._connecting.add(task)
                task.add_done_callback(self._connecting.discard)
        except (BlockingIOError, ConnectionAbortedError):
            pass
        except OSError as error:
            _log.error("no more connections for now: %s", error)
            loop.remove_reader(listener)
            loop.call_later(_OUT_OF_FILES, self._resume, listener, context)

    async def _connect(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._web, connection, ssl=context
            )
        except OSError as error:
            # A client that does not trust the certificate, mostly.
            _log.info("a connection failed: %s", error)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self._closed:
                return Abort()
            return await (
                self._stream(request) if is_upgrade(request.headers) else self._answer(request)
            )
        finally:
            self._tasks.discard(task)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await read_body(request)
        if body is None:
            return encode(Response(413, Headers([("Connection", "close")])), request.method)
        try:
            answer = await self._perform(to_wire(request, body, f"http://{self.authority}"))
        except Exception as error:  # noqa: BLE001  whatever it is, the client must hear of it, and so must the test
            answer = self._note(request, error)
        return (
            await self._fail(answer)
            if isinstance(answer, Failure)
            else encode(answer, request.method)
        )

    def _note(self, request: web.BaseRequest, error: Exception) -> Response:
        self.errors.append(error)
        _log.error("%s %s: %s", request.method, mask(request.raw_path), mask(repr(error)))
        return explain(error)

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = accept(request)
        if socket is None:
            self.errors.append(
                StreamClosedError(
                    f"handshake {mask(request.raw_path)[:200]} -> 400: it is not what RFC 6455,"
                    " section 4.1, has a client send. Its headers need Connection: Upgrade,"
                    " Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key of 16 bytes in base64."
                )
            )
            return encode(Response(400, Headers([("Connection", "close")])), request.method)
        try:
            connection = await self._connect_stream(request)
        except Exception as error:  # noqa: BLE001  as above
            return encode(self._note(request, error), request.method)
        if isinstance(connection, Failure | Response):
            self.errors.append(StreamClosedError(handshake_refused(request.raw_path, connection)))
        if isinstance(connection, Failure):
            return await self._fail(connection)
        if isinstance(connection, Response):
            return encode(connection, request.method)
        session = Session(request, socket, connection, self._waker, partial(self._note, request))
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            if isinstance(connection, Closing):
                await connection.wait_closed()
        return socket

    async def _connect_stream(self, request: web.BaseRequest) -> Connection | Answer:
        handshake = to_wire(request, b"", f"http://{self.authority}")
        verdict = self._backend.connect(handshake)
        if not isinstance(verdict, ForwardStream):
            return verdict
        if self._send is None:
            raise _no_network(handshake)
        return await relay(verdict, self._backend)

    async def _perform(self, request: Request) -> Answer:
        if self._send is None:
            # Nothing waits in here: a hop to another thread would cost more than the answer.
            return perform(self._backend, request, _refuse_network)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads(), perform, self._backend, request, self._send
        )

    async def _fail(self, failure: Failure) -> Raw:
        if failure.kind is FailureKind.TIMEOUT:
            await asyncio.sleep(HOLD)
        # A connection that was accepted can't be refused any more: resetting it at once is as near
        # as it gets.
        return Abort()


def _no_network(request: Request) -> UsageError:
    return UsageError(
        f"The backend forwards {request!r} to the network, and this server was given no way there. "
        "Give attach(..., send=...), a function from request to answer."
    )


def _refuse_network(request: Request) -> Answer:
    raise _no_network(request)
