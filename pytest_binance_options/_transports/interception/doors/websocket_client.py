"""The websocket-client door: connections to the stream's hosts, which this library opens itself,
reach the loopback server.

All above the connection is the library's own: handshake, frames, pings, ``WebSocketApp`` and how it
comes back.
"""

from __future__ import annotations

import socket
from functools import partial, wraps
from typing import TYPE_CHECKING, Protocol, cast

from .. import ownership
from ..patching import known
from ..redirection import redirection

if TYPE_CHECKING:
    from types import ModuleType

    from websocket._http import proxy_info
    from websocket._socket import sock_opt

    from ..patching import Patches

    class _Connect(Protocol):
        def __call__(
            self, url: str, options: sock_opt, proxy: proxy_info, prepared: socket.socket | None, /
        ) -> tuple[socket.socket, tuple[str, int, str]]: ...


__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Take its connections to a stream's host to the loopback server from now on."""
    known(module._url, "parse_url")  # noqa: SLF001
    patches.put(module._core, "connect", partial(_connect, module))  # noqa: SLF001


def _connect(library: ModuleType, original: object) -> object:
    call = cast("_Connect", original)

    @wraps(call)
    def connect(
        url: str, options: sock_opt, proxy: proxy_info, prepared: socket.socket | None, /
    ) -> tuple[socket.socket, tuple[str, int, str]]:
        # A socket that the caller brings along is connected already.
        server = None if prepared else redirection(url)
        if server is None:
            return call(
                url, options, _no_proxy(proxy) if ownership.concerns(url) else proxy, prepared
            )
        # Before anything is opened: it raises for an address that the library doesn't take.
        host, port, resource, _ = library._url.parse_url(url)  # noqa: SLF001
        if not isinstance(server, tuple):
            server.settimeout(options.timeout)
            return server, (host, port, resource)
        opened, _ = call("ws://{}:{}".format(*server), options, _no_proxy(proxy), None)
        return _Plain.instead_of(opened), (host, port, resource)

    return connect


def _no_proxy(proxy: proxy_info) -> proxy_info:
    direct = type(proxy)()
    # or the environment's would be asked
    direct.no_proxy = ["*"]
    return direct


class _Plain(socket.socket):
    """Stands where ``WebSocketApp`` expects TLS, by the address: it asks whether bytes wait that
    are decrypted already."""

    @classmethod
    def instead_of(cls, opened: socket.socket) -> _Plain:
        timeout = opened.gettimeout()
        plain = cls(fileno=opened.detach())
        plain.settimeout(timeout)
        return plain

    def pending(self) -> int:
        return 0
