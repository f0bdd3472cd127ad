"""Decimals as an exchange counts them: exactly, whatever precision the code under test has set for
its own arithmetic."""

from __future__ import annotations

from decimal import Context, Decimal

__all__ = ["EXACT", "decimals"]

#: Enough for amounts of 15 digits and 8 decimals, and products of two of them.
EXACT = Context(prec=64)


def decimals(number: Decimal) -> int:
    """How many decimals ``number``, which is finite, has: without the zeros at its end."""
    _, digits, exponent = number.as_tuple()
    places = -int(exponent)
    for digit in reversed(digits):
        if digit or places <= 0:
            break
        places -= 1
    return max(places, 0) if any(digits) else 0
