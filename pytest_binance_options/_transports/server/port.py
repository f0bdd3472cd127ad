"""One listening port of the loopback server and everything that goes on behind it, inside the
server's event loop.

A port belongs to one backend from its opening to its end; what happens to a single request is in
:mod:`.http`, and what starts and ends ports, from a test's thread, in :mod:`.server`.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from aiohttp import HttpVersion11, web

from ..._backends.base import Backend, Connection, ForwardStream, begin, malformed, perform
from ..._masking import mask
from ..._messages import Answer, Failure, FailureKind, Later, Request, Response
from ..._refusals import handshake_refused, no_handshake
from ...errors import StreamClosedError, UsageError
from .. import limits
from ..websocket import accepted, is_upgrade
from .accepting import Accepting, Server
from .http import Abort, Raw, encode, explain, reached_at, read_body, to_wire
from .relay import relay
from .session import Closing, Session, Waker

__all__ = ["HOLD", "HOST", "Port", "Send"]

HOST = "127.0.0.1"
"""The address that is bound unless another is asked for."""

HOLD = 120.0
"""How long a connection that gets no answer (a time-out) is held, in seconds, where the client does
not give up earlier."""

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
        self.errors: deque[Exception] = deque(maxlen=limits.REMEMBERED_ERRORS)
        self.number = 0
        self.authority = ""
        self._host = host
        self._backend = backend
        self._send = send
        self._threads = threads
        self._closed = False
        self._waker = Waker(asyncio.get_running_loop())
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._web = Server(self._handle, self._malformed, logger=_http_log)
        self._accepting = Accepting(host, self._web)

    async def open(self, number: int = 0) -> None:
        """Listen at ``number``, or where the system likes; OSError where it is in use."""
        self.number = await self.listen(number)
        self.authority = f"{reached_at(self._host)}:{self.number}"

    async def listen(self, number: int = 0, context: ssl.SSLContext | None = None) -> int:
        """Listen at one more port, with TLS where there is a ``context``; gives its number."""
        return self._accepting.listen(number, context)

    async def close(self) -> None:
        """Stop listening and end every connection; held requests are let go."""
        self._closed = True
        await self._accepting.close()
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

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._web.heard(request.protocol)
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
        if isinstance(body, Response):
            return encode(body, request.method)
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

    def _malformed(self, said: str) -> None:
        self.errors.append(StreamClosedError(said))
        malformed(self._backend, said)

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        handshake = to_wire(request, b"", f"http://{self.authority}")
        answer = accepted(handshake)
        if answer.status != 101 or request.version < HttpVersion11:
            self._malformed(no_handshake(request.raw_path))
            last = answer.headers.replacing("Connection", "close")
            return encode(Response(400, last), request.method)
        try:
            connection = await self._connect_stream(handshake)
        except Exception as error:  # noqa: BLE001  as above
            return encode(self._note(request, error), request.method)
        if isinstance(connection, Failure | Response):
            self.errors.append(StreamClosedError(handshake_refused(request.raw_path, connection)))
        if isinstance(connection, Failure):
            return await self._fail(connection)
        if isinstance(connection, Response):
            return encode(connection, request.method)
        session = Session(request, answer, connection, self._waker, partial(self._note, request))
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            if isinstance(connection, Closing):
                await connection.wait_closed()
        return Raw(b"", status=101, reusable=False)

    async def _connect_stream(self, handshake: Request) -> Connection | Answer:
        verdict = self._backend.connect(handshake)
        if not isinstance(verdict, ForwardStream):
            return verdict
        if self._send is None:
            raise _no_network(handshake)
        return await relay(verdict, self._backend)

    async def _perform(self, request: Request) -> Answer:
        if self._send is None:
            # Nothing waits in here: a hop to another thread would cost more than the answer.
            answer = begin(self._backend, request, _refuse_network)
            return await answer.there() if isinstance(answer, Later) else answer
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
