"""One test's place at the session's loopback server, taken when the first client comes: the server
needs what isn't part of the core."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..._forks import Home

if TYPE_CHECKING:
    from ..._backends.base import Backend
    from .server import LoopbackServer, Server

__all__ = ["ServerOnDemand"]


class ServerOnDemand:
    """Opens the loopback server in front of ``backend``, once; ``stack`` closes it.

    ``server`` gives the session's server, started. ``network``: what the backend forwards is sent.
    """

    def __init__(
        self,
        server: Callable[[], LoopbackServer],
        backend: Backend,
        *,
        network: bool,
        stack: ExitStack,
    ) -> None:
        self._server = server
        self._backend = backend
        self._network = network
        self._stack = stack
        self._opened: Server | None = None
        self._lock = threading.Lock()
        self._home = Home()
        self._to_tell: list[Callable[[Server], object]] = []

    def open(self) -> Server:
        """The server in front of this test's backend. Raises UsageError where the extra ``server``
        isn't installed, and ForkedProcessError where a forked process is the first to ask."""
        from .. import upstream

        # Threads of the test may connect at once.
        with self._lock:
            if self._opened is None:
                self._home.check(lambda: "A stream, or the loopback server,")
                server = self._server()
                send = upstream.send if self._network else None
                self._opened = self._stack.enter_context(server.attach(self._backend, send=send))
                for tell in self._to_tell:
                    tell(self._opened)
            return self._opened

    def tell(self, tell: Callable[[Server], object]) -> None:
        """Have ``tell`` called with the server: now where it is open, else when it is."""
        with self._lock:
            self._to_tell.append(tell)
            if self._opened is not None:
                tell(self._opened)

    @property
    def busy(self) -> bool:
        """Whether the server has anything to do for this test just now."""
        return self._opened is not None and self._opened.server.busy

    @property
    def errors(self) -> list[Exception]:
        """What the server's ``errors`` are; none where nobody has needed one."""
        return [] if self._opened is None else self._opened.errors

    def stream_address(self) -> str:
        """Where a connection to a stream's host is led."""
        return self.open().stream_url
