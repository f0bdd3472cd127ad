"""One test's place at the session's loopback server, taken when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..._backends.base import Backend
    from .server import Attached, LoopbackServer
    from .session import Streams

__all__ = ["Door"]


class Door:
    """Opens the loopback server in front of ``backend`` and ``streams``, once; ``stack`` closes it.

    ``server`` gives the session's server, started, and ``streams`` who answers those who want to
    listen: both are asked when the first client comes, because they need what isn't part of the
    core.
    """

    def __init__(
        self,
        server: Callable[[], LoopbackServer],
        backend: Backend,
        streams: Callable[[], Streams],
        *,
        network: bool,
        stack: ExitStack,
    ) -> None:
        self._server = server
        self._backend = backend
        self._streams = streams
        self._network = network
        self._stack = stack
        self._attached: Attached | None = None
        self._lock = threading.Lock()

    def open(self) -> Attached:
        """The server in front of this test's backend. Raises UsageError where the extra ``server``
        isn't installed."""
        from .. import upstream

        # Threads of the test may connect at once.
        with self._lock:
            if self._attached is None:
                server = self._server()
                send = upstream.send if self._network else None
                self._attached = self._stack.enter_context(
                    server.attach(self._backend, streams=self._streams(), send=send)
                )
            return self._attached

    def stream_address(self) -> str:
        """Where a connection to a stream's host is led."""
        return self.open().stream_url
