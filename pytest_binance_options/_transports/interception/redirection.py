"""Where a stream's connection goes instead: to the loopback server, in front of whatever the mode
answers with, or nowhere at all, to an end in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import ownership

if TYPE_CHECKING:
    from ..memory_stream import ClientSocket

__all__ = ["redirection"]


def redirection(url: str) -> tuple[str, int] | ClientSocket | None:
    """What stands in for ``url``, a stream's address: host and port of the loopback server, or a
    socket that is connected already; None: nothing does.

    Raises TestOverError as :func:`.ownership.claim_stream` does.
    """
    owner = ownership.claim_stream(url)
    if owner is None:
        return None
    connected = owner.stream(url)
    if connected is not None:
        return connected
    address = owner.stream_address()
    if address is None:
        return None
    server = urlsplit(address)
    assert server.hostname is not None
    assert server.port is not None
    return server.hostname, server.port
