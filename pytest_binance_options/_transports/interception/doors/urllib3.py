"""The urllib3 door: urllib3, requests, botocore, and what else is built on urllib3.

Its connections are http.client's, and so taken at that door; here they learn what urllib3 has added
to those. The fork that can have taken its place, urllib3-future, has a door of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ..patching import unknown
from . import urllib3_future
from .http_client import connect_in_memory, genuine, memory_socket

if TYPE_CHECKING:
    from types import ModuleType

    import urllib3.connection

    from ..patching import Patches

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand in for the server from now on."""
    if urllib3_future.is_fork(module):
        urllib3_future.patch(patches, module)
        return
    http, https = (
        genuine(module.connection.HTTPConnection),
        genuine(module.connection.HTTPSConnection),
    )
    if https.__module__.endswith(".http2.connection"):
        https = https.__mro__[1]  # HTTP/2, which is switched on by taking its place
    if not _is_http_clients(http):
        raise unknown(module, "its HTTPConnection is none of http.client's")

    def marked(original: object) -> object:
        call = cast("Callable[..., None]", original)

        @wraps(call)
        def mark(self: urllib3.connection.HTTPConnection, *args: object, **kwargs: object) -> None:
            call(self, *args, **kwargs)
            socket = memory_socket(self)
            if socket is not None:
                # There is no certificate to doubt and no proxy to blame.
                self.is_verified = True
                self._has_connected_to_proxy = bool(self.proxy)
                # A connection that never came about is safe to try again.
                socket.refused = module.exceptions.NewConnectionError(
                    self, f"Failed to establish a new connection: {socket.refused}"
                )

        return mark

    patches.put(http, "putrequest", marked)
    for connection in (http, https):
        patches.put(connection, "connect", lambda original: marked(connect_in_memory(original)))


def _is_http_clients(connection: type) -> bool:
    return any(base.__module__ == "http.client" for base in connection.__mro__)
