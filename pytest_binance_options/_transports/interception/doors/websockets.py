"""The websockets door: with threads, connections to a stream's host reach the loopback server.

Its asyncio client opens them with asyncio, and is taken at that door; but both ask for a proxy
first.
"""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, cast

from ...._urls import origin
from .. import ownership
from ..redirection import redirection

if TYPE_CHECKING:
    from types import ModuleType

    from websockets.uri import WebSocketURI

    from ..patching import Patches

__all__ = ["patch_asyncio", "patch_sync"]

_MOVED = "_binance_options_moved"


def patch_asyncio(patches: Patches, module: ModuleType) -> None:
    """No proxy for a stream's host from now on; ``module`` is ``websockets.asyncio.client``."""
    if hasattr(module, "get_proxy"):  # since 15.0
        patches.put(module, "get_proxy", _get_proxy)


def patch_sync(patches: Patches, module: ModuleType) -> None:
    """Take connections to a stream's host to the loopback server from now on; ``module`` is
    ``websockets.sync.client``."""
    patches.put(module, "parse_uri", _parse_uri)
    patches.put(socket, "create_connection", _create_connection)
    patch_asyncio(patches, module)


def _create_connection(original: object) -> object:
    call = cast("Callable[..., socket.socket]", original)

    @wraps(call)
    def create_connection(
        address: tuple[str | None, int], *args: object, **kwargs: object
    ) -> socket.socket:
        host, port = address
        owner = None if host is None else ownership.claim_stream(origin("wss", host, port))
        connected = None if owner is None else owner.stream(origin("wss", str(host), port))
        return call(address, *args, **kwargs) if connected is None else connected

    return create_connection


def _parse_uri(original: object) -> object:
    call = cast("Callable[[str], WebSocketURI]", original)

    @wraps(call)
    def parse_uri(uri: str) -> WebSocketURI:
        parsed = call(uri)
        owner = ownership.claim_stream(uri)
        if owner is not None and owner.one_time:
            # The connection that it is about to ask for never leaves the process.
            moved = dataclasses.replace(parsed, secure=False)
        else:
            server = redirection(uri)
            if not isinstance(server, tuple):
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
        if hasattr(uri, _MOVED) or ownership.concerns(origin(scheme, uri.host, uri.port)):
            return None
        return call(uri)

    return get_proxy
