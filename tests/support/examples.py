"""How many examples a property gets that is tried for each of many things."""

from __future__ import annotations

from hypothesis import settings

__all__ = ["FOR_EACH"]

# The gate's examples are the same each time, so more of them soon find nothing more. The nightly
# profile keeps its many, for each thing.
FOR_EACH = (
    settings(max_examples=20) if settings.default and settings.default.derandomize else settings()
)
