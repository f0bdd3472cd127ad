"""Arguments that arrive from a test, or as JSON from outside: each is what it should be, or a clear
UsageError."""

from __future__ import annotations

import math

from ._masking import mask
from .errors import UsageError

__all__ = ["flag", "number", "text", "whole"]


def _wrong(name: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{name} is {mask(repr(value))[:80]}. Give {wanted}.")


def whole(name: str, value: object, low: int, high: int) -> int:
    """``value``, an int from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(name, value, f"a whole number from {low} to {high}")
    return value


def number(name: str, value: object, low: float, high: float) -> float:
    """``value``, a number from ``low`` to ``high``."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or math.isnan(value)
        or not low <= value <= high
    ):
        raise _wrong(name, value, f"a number from {low:g} to {high:g}")
    return value


def flag(name: str, value: object) -> bool:
    """``value``, true or false."""
    if not isinstance(value, bool):
        raise _wrong(name, value, "true or false")
    return value


def text(name: str, value: object) -> str:
    """``value``, a string."""
    if not isinstance(value, str):
        raise _wrong(name, value, "text")
    return value
