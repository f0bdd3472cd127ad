"""The stream's hosts, for clients that open their own connections with asyncio.

They are taken to the loopback server, without TLS. Clients that resolve the name by themselves and
connect to a number are not seen here; :mod:`..guard` refuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

from ...._urls import origin
from ..redirection import redirection

if TYPE_CHECKING:
    import asyncio
    from types import ModuleType

    from ..patching import Patches

    P = TypeVar("P", bound=asyncio.BaseProtocol)

__all__ = ["patch", "redirected"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Take asyncio's connections to a stream's host to the loopback server from now on."""
    patches.put(module.BaseEventLoop, "create_connection", redirected)


def redirected(original: object) -> object:
    """Stands for a loop's ``create_connection``."""
    call = cast("Callable[..., Coroutine[object, object, tuple[asyncio.Transport, P]]]", original)

    @wraps(call)
    async def create_connection(
        self: asyncio.BaseEventLoop,
        protocol_factory: Callable[[], P],
        host: str | None = None,
        port: int | None = None,
        **kwargs: object,
    ) -> tuple[asyncio.Transport, P]:
        server = None
        if isinstance(host, str):
            scheme = "wss" if kwargs.get("ssl") else "ws"
            server = redirection(origin(scheme, host, port or None))
        if server is None:
            return await call(self, protocol_factory, host, port, **kwargs)
        plain = {
            name: value
            for name, value in kwargs.items()
            if not name.startswith("ssl") and name != "server_hostname"
        }
        if not isinstance(server, tuple):
            return await call(self, protocol_factory, sock=server)
        return await call(self, protocol_factory, *server, **plain)

    return create_connection
