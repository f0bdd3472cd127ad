"""Where a stream's connection goes instead: to the loopback server, in front of whatever the mode
answers with."""

from __future__ import annotations

from urllib.parse import urlsplit

from . import ownership

__all__ = ["redirection"]


def redirection(url: str) -> tuple[str, int] | None:
    """Host and port of the loopback server that stands in for ``url``, a stream's address; None:
    nobody does.

    Raises TestOverError as :func:`.ownership.claim_stream` does.
    """
    owner = ownership.claim_stream(url)
    address = None if owner is None else owner.stream_address()
    if address is None:
        return None
    server = urlsplit(address)
    assert server.hostname is not None
    assert server.port is not None
    return server.hostname, server.port
