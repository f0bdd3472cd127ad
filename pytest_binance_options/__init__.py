"""A pytest plugin and fixture library for code that trades Binance Options: the listen key flow,
recorded, simulated or on the testnet. See the README."""

from __future__ import annotations

__all__: list[str] = []
