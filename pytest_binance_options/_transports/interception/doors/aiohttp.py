"""The aiohttp door: requests get a transport in memory, WebSockets of the stream's hosts the
loopback server.

All above the transport is aiohttp's own: parsing, decoding, retries and what it makes of a
connection that fails.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial, wraps
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from ...._messages import Answer, FailureKind, Later, Request, Response
from ...http1 import RequestParser, serialize, whole_request
from .. import ownership
from ..passing import passing
from ..patching import known

if TYPE_CHECKING:
    from types import ModuleType

    import aiohttp
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from yarl import URL

    from ..owner import Owner
    from ..patching import Patches

    Connect = Callable[
        [aiohttp.BaseConnector, aiohttp.ClientRequest, list[Trace], aiohttp.ClientTimeout],
        Coroutine[object, object, Connection],
    ]

__all__ = ["patch"]

T = TypeVar("T")

_STEP = 65536


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand in for the server from now on."""
    for used, name in (
        (module.connector, "Connection"),
        (module.client_proto, "ResponseHandler"),
        (module, "SocketTimeoutError"),
    ):
        known(used, name)
    patches.put(module.BaseConnector, "connect", partial(_connect, module))


def _connect(library: ModuleType, original: object) -> object:
    call = cast("Connect", original)

    @wraps(call)
    async def connect(
        self: aiohttp.BaseConnector,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> Connection:
        url = str(req.url)
        if req.headers.get("Upgrade") == "websocket":
            owner = ownership.claim_stream(url)
            sock = None if owner is None else owner.stream(url)
            if sock is not None:
                return await _over(library, self, req, sock=sock)
            address = None if owner is None else owner.stream_address()
            if address is not None:
                server = urlsplit(address)
                return await _over(library, self, req, host=server.hostname, port=server.port)
        else:
            owner = ownership.claim(url)
            if owner is not None:
                # On the exchange's clock its own timers are right, and no answer is needed.
                patience = None if owner.one_time else timeout.sock_read or timeout.total
                return _in_memory(library, self, req, owner, patience)
        with passing(url):
            return await call(self, req, traces, timeout)

    return connect


def _in_memory(
    library: ModuleType,
    connector: aiohttp.BaseConnector,
    req: aiohttp.ClientRequest,
    owner: Owner,
    timeout: float | None,
) -> Connection:
    protocol = _protocol(library)
    protocol.connection_made(_MemoryTransport(library, protocol, owner, req, timeout))
    return _connection(library, connector, req, protocol)


async def _over(
    library: ModuleType,
    connector: aiohttp.BaseConnector,
    req: aiohttp.ClientRequest,
    **where: object,
) -> Connection:
    connect = cast(
        "Callable[..., Coroutine[object, object, tuple[object, ResponseHandler]]]",
        asyncio.get_running_loop().create_connection,
    )
    _, protocol = await connect(partial(_protocol, library), **where)
    return _connection(library, connector, req, protocol)


def _protocol(library: ModuleType) -> ResponseHandler:
    protocol: ResponseHandler = library.client_proto.ResponseHandler(asyncio.get_running_loop())
    return protocol


def _connection(
    library: ModuleType,
    connector: aiohttp.BaseConnector,
    req: aiohttp.ClientRequest,
    protocol: ResponseHandler,
) -> Connection:
    # A session that is closed closes what its connector knows to be in use: as
    # BaseConnector.connect does.
    acquired = known(connector, "_acquired")
    assert isinstance(acquired, set)
    acquired.add(protocol)
    connection: Connection = library.connector.Connection(
        connector, req.connection_key, protocol, asyncio.get_running_loop()
    )
    return connection


# The few servers come again and again, and yarl makes the text anew each time.
@lru_cache(maxsize=16)
def _base(origin: URL) -> str:
    return str(origin)


class _MemoryTransport(asyncio.Transport):
    """Where the server's end would be: takes one request's bytes, gives the answer's, and
    closes."""

    def __init__(
        self,
        library: ModuleType,
        protocol: ResponseHandler,
        owner: Owner,
        req: aiohttp.ClientRequest,
        timeout: float | None,
    ) -> None:
        super().__init__()
        self._library = library
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._owner = owner
        self._request = req
        self._timeout = timeout
        #: Of a request that comes in pieces, what has come.
        self._pieces: RequestParser | None = None
        self._asked = False
        self._answer = b""
        self._at = 0  # what is before it in the answer has been delivered
        self._paused = False
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._asked:
            return
        data = bytes(data)
        if self._pieces is None:
            base = _base(self._request.url.origin())
            request = whole_request(base, data, self._timeout)
            if request is not None:
                self._begin(self._ask, request)
                return
            self._pieces = RequestParser(base)
        self._pieces.feed(data)
        request = self._pieces.request(self._timeout)
        if request is not None:
            self._begin(self._ask, request)
        elif self._pieces.refusal is not None:
            self._begin(partial(self._refuse, self._pieces.said), self._pieces.refusal)

    def _begin(self, step: Callable[[T], None], argument: T) -> None:
        self._asked = True
        # Not at once: a server's answer never comes while the client is still in write().
        self._loop.call_soon(step, argument)

    def _refuse(self, said: str, answer: Response) -> None:
        self._owner.malformed(said)
        self._take("", answer)

    def _ask(self, request: Request) -> None:
        if self._owner.network:
            job = self._loop.run_in_executor(None, self._owner.answer, request)
            job.add_done_callback(lambda job: self._take_from(job.result, request.method))
        else:
            self._take_from(partial(self._owner.begin, request), request.method)

    def _take_from(self, ask: Callable[[], Answer | Later], method: str) -> None:
        try:
            answer = ask()
        except Exception as error:  # noqa: BLE001  the caller gets it, whatever it is
            self._protocol.set_exception(error)
            return
        if isinstance(answer, Later):
            answer.then_in(self._loop, partial(self._take, method))
        else:
            self._take(method, answer)

    def _take(self, method: str, answer: Answer) -> None:
        if self._closed:
            # It was not waited for.
            return
        if isinstance(answer, Response):
            self._answer = serialize(answer, method)
            self._deliver()
        else:
            self._fail(answer.kind)

    def _fail(self, kind: FailureKind) -> None:
        if kind is FailureKind.REFUSED:
            refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            self._protocol.set_exception(
                self._library.ClientConnectorError(self._request.connection_key, refused)
            )
        elif kind is FailureKind.RESET:
            self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))
        else:
            self._protocol.set_exception(
                self._library.SocketTimeoutError("Timeout on reading data from socket")
            )

    def _deliver(self) -> None:
        # In steps, as a real socket: aiohttp stops reading when its buffer is full.
        while self._at < len(self._answer) and not self._paused and not self._closed:
            step = self._answer[self._at : self._at + _STEP]
            self._at += len(step)
            self._protocol.data_received(step)
        if self._at == len(self._answer):
            self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon(self._protocol.connection_lost, error)

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        # aiohttp says so after each answer that it has read, too.
        if self._at < len(self._answer):
            self._loop.call_soon(self._deliver)

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._lose(None)

    def abort(self) -> None:
        self._lose(None)
