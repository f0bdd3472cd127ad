"""A loopback server for worlds, where its extra is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from .._transports.server.server import LoopbackServer

__all__ = ["started"]


def started() -> LoopbackServer:
    """A new server, started; who asks stops it. Raises UsageError where the extra isn't
    installed."""
    try:
        from .._transports.server.server import LoopbackServer
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"the loopback server needs {missing.name}, which isn't installed: pip install"
            " 'pytest-binance-options[server]'. A bot's streams need none in a test that asks for"
            " binance_options_time."
        ) from None
    server = LoopbackServer()
    server.start()
    return server
