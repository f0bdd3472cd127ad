"""uvloop: its connections and look-ups are C's, so they are asked for here as asyncio's are.

Streams are led to the loopback server; what may not be reached is refused.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from .. import belonging, guard
from . import asyncio as asyncio_door

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

    Call = Callable[..., Coroutine[object, object, object]]

__all__ = ["patch"]


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand between its loop and the network from now on."""
    loop = module.Loop
    belonging.note_creations(patches, loop)
    patches.put(loop, "create_connection", _create_connection)
    patches.put(loop, "create_datagram_endpoint", _create_datagram_endpoint)
    patches.put(loop, "sock_connect", _sock_connect)
    patches.put(loop, "getaddrinfo", _getaddrinfo)
    patches.put(loop, "getnameinfo", _getnameinfo)


def _create_connection(original: object) -> object:
    call = cast("Call", original)

    async def checked(
        self: object, protocol_factory: object, host: Any = None, port: Any = None, **kwargs: Any
    ) -> object:
        if host is not None:
            guard.check_endpoint(host, port)
        return await call(self, protocol_factory, host, port, **kwargs)

    redirected = cast("Call", asyncio_door.redirected(checked))
    return wraps(call)(redirected)


def _create_datagram_endpoint(original: object) -> object:
    call = cast("Call", original)

    @wraps(call)
    async def create_datagram_endpoint(
        self: object,
        protocol_factory: Callable[[], object],
        local_addr: tuple[str, int] | None = None,
        remote_addr: tuple[str, int] | None = None,
        **kwargs: Any,
    ) -> object:
        if local_addr is not None:
            guard.check_lookup(*local_addr[:2])
        if remote_addr is not None:
            guard.check_endpoint(*remote_addr[:2])
        made = cast(
            "tuple[object, _Protocol]",
            await call(
                self,
                lambda: _Protocol(protocol_factory()),
                local_addr,
                remote_addr,
                **kwargs,
            ),
        )
        return made[1].transport, made[1].inner

    return create_datagram_endpoint


class _Transport:
    """An endpoint of datagrams, which any of them may leave for somewhere else."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def sendto(self, data: object, addr: Any = None) -> None:
        """As the endpoint's own, where ``addr`` may be reached."""
        if addr is not None:
            guard.check_endpoint(*addr[:2])
        self._inner.sendto(data, addr)

    def get_protocol(self) -> object:
        """Whoever is told of datagrams."""
        protocol = self._inner.get_protocol()
        return protocol.inner if isinstance(protocol, _Protocol) else protocol

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _Protocol:
    """``inner``, which is given an endpoint that asks the guard."""

    transport: _Transport

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def connection_made(self, transport: object) -> None:
        """Hand it on."""
        self.transport = _Transport(transport)
        self.inner.connection_made(self.transport)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def _sock_connect(original: object) -> object:
    call = cast("Call", original)

    @wraps(call)
    async def sock_connect(self: object, sock: socket.socket, address: object) -> object:
        guard.check_connection(sock.family, address)
        return await call(self, sock, address)

    return sock_connect


def _getaddrinfo(original: object) -> object:
    call = cast("Call", original)

    @wraps(call)
    async def getaddrinfo(self: object, host: Any, port: Any, **kwargs: Any) -> object:
        guard.check_lookup(host, port)
        return await call(self, host, port, **kwargs)

    return getaddrinfo


def _getnameinfo(original: object) -> object:
    call = cast("Call", original)

    @wraps(call)
    async def getnameinfo(self: object, sockaddr: object, flags: int = 0) -> object:
        guard.check_name_of(sockaddr, flags)
        return await call(self, sockaddr, flags)

    return getnameinfo
