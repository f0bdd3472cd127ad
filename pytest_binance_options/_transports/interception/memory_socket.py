"""Where the server's socket would be: takes a request's bytes, gives the answer's.

What a library calls its socket for beyond that, its door adds.
"""

from __future__ import annotations

import errno

from ..._messages import Answer, FailureKind, Request, Response
from ..._urls import authority
from ..http1 import RequestParser, serialize
from . import ownership
from .owner import Owner

__all__ = ["MemorySocket"]


class MemorySocket:
    """One request to a server at ``base`` (scheme, host and port).

    ``refused`` is what is raised for a connection that never came about; a library may have its
    own.
    """

    def __init__(self, base: str) -> None:
        self._parser = RequestParser(base)
        self._port = authority(base)[2] or 0
        self.refused: Exception = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        self._timeout: float | None = None

    def answer(self) -> bytes:
        """What comes back, once the request is whole. Raises as :meth:`asked` and :meth:`sent`
        do."""
        refusal = self.refusal()
        if refusal is not None:
            return refusal
        owner, request = self.asked()
        return self.sent(owner.answer(request), request)

    def refusal(self) -> bytes | None:
        """What a server says to what is no request, or too long; None: it may be one."""
        answer = self._parser.refusal
        if answer is None:
            return None
        for owner in ownership.concerned()[:1]:
            owner.malformed(self._parser.said)
        return serialize(answer, "")

    def asked(self) -> tuple[Owner, Request]:
        """The request, and who answers it. Raises what a socket would where nobody does."""
        request = self._parser.request(self._timeout)
        if request is None:
            # A server would go on waiting for the rest of the request.
            raise TimeoutError("timed out")
        owner = ownership.claim(request.url)
        if owner is None:
            raise ConnectionResetError(
                errno.ECONNRESET, "the test that this connection was opened in is over"
            )
        return owner, request

    def sent(self, answer: Answer, request: Request) -> bytes:
        """The bytes of ``answer``; raises what a socket would where there are none."""
        if isinstance(answer, Response):
            return serialize(answer, request.method)
        if answer.kind is FailureKind.REFUSED:
            raise self.refused
        if answer.kind is FailureKind.RESET:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        raise TimeoutError("timed out")

    def feed(self, data: bytes) -> None:
        """Take the request's next bytes."""
        self._parser.feed(bytes(data))

    def settimeout(self, timeout: float | None) -> None:
        """How long the client waits for each of its next reads, in seconds."""
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """What :meth:`settimeout` has set."""
        return self._timeout

    def getpeername(self) -> tuple[str, int]:
        """This machine's address, and the port of who would answer."""
        return "127.0.0.1", self._port

    def getsockname(self) -> tuple[str, int]:
        """As :meth:`getpeername`; a port of its own it has none."""
        return "127.0.0.1", 0

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def shutdown(self, how: int) -> None:
        """Nothing to shut down."""

    def close(self) -> None:
        """Nothing to close."""
