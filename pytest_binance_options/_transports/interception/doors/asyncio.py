"""The stream's hosts, for clients that open their own connections: asyncio's, and ``websockets``
with threads.

They are taken to the loopback server, without TLS. Clients that resolve the name by themselves and
connect to a number are not seen here; :mod:`..guard` refuses them.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from .. import ownership

if TYPE_CHECKING:
    from websockets.uri import WebSocketURI

    from ..patching import Patches

__all__ = ["patch", "patch_websockets", "redirection"]

P = TypeVar("P", bound=asyncio.BaseProtocol)
_MOVED = "_binance_options_moved"


def patch(patches: Patches) -> None:
    """Take asyncio's connections to a stream's host to the loopback server from now on."""
    patches.put(asyncio.BaseEventLoop, "create_connection", _create_connection)


def patch_websockets(patches: Patches, module: ModuleType) -> None:
    """The same for ``module``, one of websockets' clients that has been imported."""
    if module.__name__ == "websockets.sync.client":
        patches.put(module, "parse_uri", _parse_uri)
    if hasattr(module, "get_proxy"):
        patches.put(module, "get_proxy", _get_proxy)


def redirection(url: str) -> tuple[str, int] | None:
    """Host and port of the loopback server that stands in for ``url``, a stream's address; None:
    nobody does.

    Raises TestOverError as :func:`..ownership.claim_stream` does.
    """
    owner = ownership.claim_stream(url)
    address = None if owner is None else owner.stream_address()
    if address is None:
        return None
    server = urlsplit(address)
    assert server.hostname is not None
    assert server.port is not None
    return server.hostname, server.port


def _create_connection(original: object) -> object:
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
            server = redirection(
                f"{scheme}://{_bracketed(host)}:{port}"
                if port
                else f"{scheme}://{_bracketed(host)}"
            )
        if server is None:
            return await call(self, protocol_factory, host, port, **kwargs)
        plain = {
            name: value
            for name, value in kwargs.items()
            if not name.startswith("ssl") and name != "server_hostname"
        }
        return await call(self, protocol_factory, *server, **plain)

    return create_connection


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _parse_uri(original: object) -> object:
    call = cast("Callable[[str], WebSocketURI]", original)

    @wraps(call)
    def parse_uri(uri: str) -> WebSocketURI:
        parsed = call(uri)
        server = redirection(uri)
        if server is None:
            return parsed
        host, port = server
        moved = dataclasses.replace(parsed, secure=False, host=host, port=port)
        setattr(moved, _MOVED, True)
        return moved

    return parse_uri


def _get_proxy(original: object) -> object:
    call = cast("Callable[[WebSocketURI], str | None]", original)

    @wraps(call)
    def get_proxy(uri: WebSocketURI) -> str | None:
        scheme = "wss" if uri.secure else "ws"
        if hasattr(uri, _MOVED) or ownership.concerns(
            f"{scheme}://{_bracketed(uri.host)}:{uri.port}/"
        ):
            return None
        return call(uri)

    return get_proxy
