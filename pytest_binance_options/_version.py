"""Which version this is, as the installed distribution says: pyproject.toml is the one place that
has it."""

from __future__ import annotations

import importlib.metadata

__all__ = ["DISTRIBUTION", "version"]

DISTRIBUTION = "pytest-binance-options"


def version() -> str:
    """The version, as in "0.1.0"; "unknown" in a source tree that isn't installed."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
