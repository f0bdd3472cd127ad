"""The order endpoints, by name. Who asks, how often and with which signature was checked before."""

from __future__ import annotations

from .queries import QUERIES
from .trading import TRADING

__all__ = ["ENDPOINTS"]

ENDPOINTS = {**TRADING.by_name, **QUERIES.by_name}
