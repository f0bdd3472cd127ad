"""A stream that never leaves the process: the client's end is a real socket, at the other end is
the backend's connection, with nothing between that would need a thread or time.

What a client sends is dealt with before its ``send`` returns; what is due to it can be read at the
moment at which it falls due. So whether anything is on its way can be seen at any moment.
"""

from __future__ import annotations

import errno
import socket
from _thread import allocate_lock
from collections.abc import Callable
from functools import partial

from .._backends.base import Backend, Connection, ForwardStream, begin, malformed
from .._frames import Close, Drop, Frame
from .._messages import (
    Answer,
    Failure,
    FailureKind,
    Headers,
    Later,
    Request,
    Response,
    reason_phrase,
)
from .._refusals import no_handshake
from .http1 import RequestParser, serialize
from .inbox import Inbox
from .websocket import FrameParser, ProtocolError, accepted, is_upgrade, serialize_frame

__all__ = ["ClientSocket", "memory_stream"]

CallLater = Callable[[float, Callable[[], object]], object]
Readable = Callable[[socket.socket, "float | None"], bool]

# How long a client is given to answer a close frame, in seconds.
_PATIENCE = 5.0
# What a client is told of where it is and whom it talks to; port 0 is nobody's.
_HERE, _THERE = ("127.0.0.1", 0), ("127.0.0.1", 443)


def memory_stream(
    base: str,
    backend: Backend,
    later: CallLater,
    *,
    readable: Readable,
) -> ClientSocket:
    """A client's socket, connected to a server at ``base`` (scheme, host and port), for one
    WebSocket, or one request.

    ``backend`` is who answers there, one that forwards nothing. ``later`` calls something after so
    many seconds, on the clock that the client lives by, and ``readable`` waits by it for at most so
    many seconds until there is something to read.
    """
    near, far = socket.socketpair()
    far.settimeout(0)
    near.settimeout(None)
    client = ClientSocket(fileno=near.detach())
    client.end = _ServerEnd(base, backend, later, far)
    client.readable = readable
    return client


class ClientSocket(socket.socket):
    """The client's end: any socket, but that what is sent is received at once."""

    end: _ServerEnd
    readable: Readable

    def send(self, data: bytes, flags: int = 0, /) -> int:  # type: ignore[override]
        sent = bytes(data)
        self.end.feed(sent)
        return len(sent)

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]
        self.end.feed(bytes(data))

    def sendmsg(self, buffers: list[bytes], *_: object) -> int:  # type: ignore[override]
        return self.send(b"".join(buffers))

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        timeout = self.gettimeout()
        while True:
            if timeout != 0 and not self.readable(self, timeout):
                raise TimeoutError("timed out")
            if self.fileno() == -1:
                return super().recv(size)  # which says so
            try:
                return self.end.read(self, size)
            except BlockingIOError:
                if timeout == 0:
                    raise

    def recv_into(self, buffer: bytearray, nbytes: int = 0, flags: int = 0) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view))
        view[: len(data)] = data
        return len(data)

    def pending(self) -> int:
        """How many bytes are decrypted already: some clients ask what they take for TLS."""
        return 0

    def setsockopt(self, *_: object) -> None:
        """Nothing to set: there is no network below."""

    def getpeername(self) -> tuple[str, int]:
        """What a client is told of the server."""
        return _THERE

    def getsockname(self) -> tuple[str, int]:
        """What a client is told of itself."""
        return _HERE

    def shutdown(self, how: int) -> None:
        """As a client does that has nothing more to say."""
        if how != socket.SHUT_RD:
            self.end.client_has_gone()

    def close(self) -> None:
        """Go; the server notices at once."""
        fd = self.fileno()
        super().close()
        if fd != -1 and self.fileno() == -1:
            self.end.client_has_gone()


class _ServerEnd:
    """The server's end. What the client does comes from its own thread; what falls due, from the
    one that moves the clock, with the exchange's lock held. So no lock is held here while anything
    else is called."""

    def __init__(self, base: str, backend: Backend, later: CallLater, far: socket.socket) -> None:
        self._request = RequestParser(base)
        self._backend = backend
        self._later = later
        self.inbox = Inbox(far)
        self._frames = FrameParser()
        self._asked = False
        self._connection: Connection | None = None
        self._reset = False
        self._parted = False  # the client, with a close frame
        self._over = False  # this end, with a close frame or without
        self._flushing = allocate_lock()
        self._flush_wanted = False

    def feed(self, data: bytes) -> None:
        """Take what the client sends."""
        if self.inbox.closed:
            return
        connection = self._connection
        if connection is None:
            self._shake_hands(data)
            return
        try:
            for frame in self._frames.feed(data):
                if self._parted:
                    break
                self._parted = type(frame) is Close
                connection.receive(frame)
        except ProtocolError as error:
            self._part_from(connection)
            self._write(serialize_frame(Close(error.code, error.reason)))
            self._hang_up()
        # What it answers is on its way already.
        if self._parted:
            self._flush()

    def read(self, near: socket.socket, size: int) -> bytes:
        """At most ``size`` bytes for the client, whose socket is ``near``; none are the end. Raises
        ConnectionResetError where that is a reset, and BlockingIOError where there is nothing
        yet."""
        inbox = self.inbox
        was_full = inbox.full
        data = inbox.take(near, size)
        if was_full:
            self._flush()
        if not data and self._reset:
            self._reset = False
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return data

    def client_has_gone(self) -> None:
        """The client has closed its socket."""
        if self._connection is not None:
            self._part_from(self._connection)
        self._hang_up()

    def _part_from(self, connection: Connection) -> None:
        # What it still has to say is for nobody.
        connection.on_ready = None
        connection.receive(Drop())

    def _shake_hands(self, data: bytes) -> None:
        if self._asked:
            return
        self._request.feed(data)
        handshake, refusal = self._request.request(), self._request.refusal
        self._asked = handshake is not None or refusal is not None
        if refusal is not None:
            malformed(self._backend, self._request.said)
            self._say(refusal, "")
        if handshake is None:
            return
        if not is_upgrade(handshake.headers):
            self._respond(handshake)
            return
        # In HTTP/1.0 there is no such thing.
        answer = accepted(handshake) if self._request.is_1_1 else Response(400, Headers())
        if answer.status != 101:
            malformed(self._backend, no_handshake(handshake.target))
        verdict = self._backend.connect(handshake) if answer.status == 101 else answer
        assert not isinstance(verdict, ForwardStream), "nothing leaves the process"
        if isinstance(verdict, Response | Failure):
            self._answer(handshake, verdict)
        else:
            self._write(_head(answer))
            self._connection = verdict
            verdict.on_ready = self._flush
            self._flush()

    def _respond(self, request: Request) -> None:
        # A server of streams answers requests, too.
        answer = begin(self._backend, request, _nowhere)
        if isinstance(answer, Later):
            answer.then(partial(self._answer, request))
        else:
            self._answer(request, answer)

    def _answer(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Response):
            self._say(answer, request.method)
        elif answer.kind is not FailureKind.TIMEOUT:
            self._reset = True
            self._hang_up()

    def _say(self, answer: Response, method: str) -> None:
        self._write(serialize(answer, method))
        self._over = True
        self._hang_up_when_sent()

    def _flush(self) -> None:
        # Who finds another thread at it leaves it to that: it looks once more when it is through.
        self._flush_wanted = True
        while self._flush_wanted and self._flushing.acquire(blocking=False):
            try:
                self._flush_wanted = False
                self._send_what_is_due()
            finally:
                self._flushing.release()

    def _send_what_is_due(self) -> None:
        connection = self._connection
        # Nothing more is taken until the client has room for it: what a slow reader leaves waiting,
        # the connection counts.
        if connection is not None and not self.inbox.full and not self._over:
            # Asked before taking: one that ends in between says so, and this is called again.
            was_closed = connection.closed
            for frame in connection.take():
                self._send(frame)
            if was_closed and not self._over:
                self._send(Close())
        if self._over:
            self._hang_up_when_sent()

    def _send(self, frame: Frame) -> None:
        if self._over:
            return
        if type(frame) is Drop:
            self._over = self._parted = True
            return
        self._write(serialize_frame(frame))
        if type(frame) is Close:
            self._over = True
            self._later(_PATIENCE, self._hang_up)

    def _hang_up_when_sent(self) -> None:
        if self._over and not self.inbox.full and (self._parted or self._connection is None):
            self._hang_up()

    def _write(self, data: bytes) -> None:
        if not self.inbox.closed:
            try:
                self.inbox.put(data)
            except OSError:
                self.client_has_gone()

    def _hang_up(self) -> None:
        if not self.inbox.closed:
            self.inbox.close()


def _nowhere(request: Request) -> Answer:
    raise AssertionError(f"{request!r} was forwarded, and nothing leaves the process")


def _head(response: Response) -> bytes:
    lines = (
        f"HTTP/1.1 {response.status} {reason_phrase(response.status)}",
        *(f"{name}: {value}" for name, value in response.headers.pairs),
    )
    return "\r\n".join((*lines, "", "")).encode()
