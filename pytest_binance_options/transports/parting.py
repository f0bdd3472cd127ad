"""How long a WebSocket client of ours gives the other side to answer its close frame.

aiohttp says it in two ways: :class:`aiohttp.ClientWSTimeout` came with 3.11, before which it was a number of seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aiohttp

if TYPE_CHECKING:
    from aiohttp import ClientWSTimeout

__all__ = ["PARTING"]

_SECONDS = 1.0

PARTING: ClientWSTimeout = (
    aiohttp.ClientWSTimeout(ws_close=_SECONDS) if hasattr(aiohttp, "ClientWSTimeout") else cast("ClientWSTimeout", _SECONDS)
)
"""For ``ClientSession.ws_connect(timeout=...)``: one second."""
