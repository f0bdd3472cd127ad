from __future__ import annotations

from tests.exchange.conftest import account, client, exchange

__all__ = ["account", "client", "exchange"]
