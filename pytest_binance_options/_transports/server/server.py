"""The loopback server: a door through which any process, in any language, reaches the backend of
the current test.

One thread and one event loop for a session, and a listening port of its own for every test, so that
nothing an old test left behind can reach a new one. What happens behind a port is in
:mod:`.port`.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ..._backends.base import Backend
from ..._here import outside
from ...errors import UsageError
from ..interception.belonging import forwarding
from ..interception.patching import known
from .port import HOST, Port, Send
from .tls import SessionCertificate

__all__ = ["LoopbackServer", "Server"]

_FORWARDING_THREADS = 32
_REMEMBERED_PORTS = 10_000
_T = TypeVar("_T")


class Server:
    """REST and streams at a port of 127.0.0.1, answered by a backend: from
    ``LoopbackServer.attach``, until that block is left, or from ``binance_options_server``, until
    the test is over."""

    def __init__(self, server: LoopbackServer, port: Port) -> None:
        self.server = server
        self._port = port
        self._tls_port = 0

    @property
    def port(self) -> int:
        """The port's number, at 127.0.0.1."""
        return self._port.number

    @property
    def url(self) -> str:
        """The REST base, without trailing slash: ``http://127.0.0.1:PORT``."""
        return f"http://{self._port.authority}"

    @property
    def stream_url(self) -> str:
        """The stream base, to which clients add ``/private/...``: ``ws://127.0.0.1:PORT``."""
        return f"ws://{self._port.authority}"

    @property
    def tls_url(self) -> str:
        """The REST base over TLS, ``https://127.0.0.1:PORT``, opened when it is first asked for."""
        if not self._tls_port:
            self._tls_port = self.server.run(
                self._port.listen(context=self.server.certificate.context)
            )
        return f"https://{HOST}:{self._tls_port}"

    @property
    def tls_stream_url(self) -> str:
        """The stream base over TLS, ``wss://127.0.0.1:PORT``, at the port of :attr:`tls_url`."""
        return self.tls_url.replace("https", "wss", 1)

    @property
    def ca_path(self) -> Path:
        """What a client has to trust for the two above: a PEM file, the same for the whole
        session."""
        return self.server.certificate.ca_path

    @property
    def errors(self) -> list[Exception]:
        """What the backend raised, in order, and a StreamClosedError for each handshake that was
        refused or failed: a client was told a status, and may have kept the rest to itself."""
        return list(self._port.errors)

    def flush(self) -> None:
        """Return when the frames that are due have left for their clients: those whose sockets have
        room for them.

        Frames are on their way without this, soon after; it is for a test that ends a connection
        right afterwards. Not to be called while the exchange's lock is held.
        """
        self.server.run(self._port.flush())

    async def sent_to(self, peer: object) -> tuple[int, bool]:
        """In the server's event loop: as :meth:`flush`, and what the stream client at ``peer`` was
        sent by then: how many text frames, and whether the end."""
        await self._port.flush()
        return self._port.sent_to(peer)

    def drop_connections(self) -> None:
        """End every connection without a word; new ones are welcome."""
        self.server.run(self._port.drop_connections())

    def __repr__(self) -> str:
        return f"<Server {self.url}>"


class LoopbackServer:
    """The thread and the event loop that serve; start it once, then attach one backend after the
    other."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._certificate: SessionCertificate | None = None
        self._watch: _Watch | None = None
        self._used: set[int] = set()

    def start(self) -> None:
        """Start serving; a server that runs already is left as it is."""
        if self._thread is None:
            # The selector loop on every system: the server accepts connections itself.
            self._loop = asyncio.SelectorEventLoop()
            # In Python's development mode it would comment on its own callbacks in the log of the
            # user's test.
            self._loop.set_debug(False)
            self._watch = _Watch(self._loop)
            self._thread = threading.Thread(
                target=_run, args=(self._loop,), name="binance_options server", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the thread and everything in it; a server that does not run is left as it is."""
        if self._thread is None or self._loop is None:
            return
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self.run(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._certificate is not None:
            self._certificate.close()
        self._loop = self._thread = self._threads = self._certificate = self._watch = None

    @property
    def certificate(self) -> SessionCertificate:
        """This session's certificate, made when it is first asked for. UsageError where trustme is
        not installed."""
        if self._certificate is None:
            self._certificate = SessionCertificate()
        return self._certificate

    @contextmanager
    def attach(
        self, backend: Backend, *, send: Send | None = None, port: int = 0, host: str = HOST
    ) -> Iterator[Server]:
        """Serve ``backend`` at a fresh port of ``host``, an IP address, (or at ``port``) until the
        block is left.

        ``send`` is how requests that the backend forwards reach the network; None: it forwards
        nothing, streams neither. When the block is left, its port is closed, its connections are
        gone and its held requests are let go. OSError where ``port`` is in use, or ``host`` is none
        of this machine's.
        """
        opened = self.run(self._open(backend, send, port, host))
        try:
            yield Server(self, opened)
        finally:
            self.run(opened.close())

    def run(self, coroutine: Coroutine[object, object, _T]) -> _T:
        """Run ``coroutine`` in the server's event loop and wait for its result; from any other
        thread."""
        with outside():
            return self.submit(coroutine).result()

    @property
    def busy(self) -> bool:
        """Whether there is anything to do for it just now."""
        return self._watch is not None and self._watch.busy

    def submit(self, coroutine: Coroutine[object, object, _T]) -> Future[_T]:
        """Run ``coroutine`` in the server's event loop, and give what will have its result; from
        any thread."""
        if self._loop is None:
            coroutine.close()
            raise UsageError("The loopback server is not running. Call start() first.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _open(self, backend: Backend, send: Send | None, number: int, host: str) -> Port:
        while True:
            port = Port(backend, send, self._forwarding_threads, host)
            await port.open(number)
            if number or port.number not in self._used:
                break
            # A client of an earlier test may still be knocking at this one.
            await port.close()
        if len(self._used) >= _REMEMBERED_PORTS:
            self._used.clear()
        self._used.add(port.number)
        return port

    def _forwarding_threads(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                _FORWARDING_THREADS, "binance_options server, forwarding"
            )
        return self._threads


class _Watch:
    """Sees from any thread whether a loop has anything to do."""

    def __init__(self, loop: asyncio.SelectorEventLoop) -> None:
        self._ready: list[object] = known(loop, "_ready")  # type: ignore[assignment]
        selector: selectors.BaseSelector = known(loop, "_selector")  # type: ignore[assignment]
        self._select = selector.select
        self._waits = False
        selector.select = self._wait  # type: ignore[method-assign]

    def _wait(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._waits = True
        try:
            return self._select(timeout)
        finally:
            self._waits = False

    @property
    def busy(self) -> bool:
        return bool(not self._waits or self._ready or self._select(0))


def _run(loop: asyncio.AbstractEventLoop) -> None:
    # Whatever this thread connects to, no interception is to send it back here.
    with forwarding():
        loop.run_forever()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
