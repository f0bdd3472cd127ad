"""Amounts of money and contracts: decimals, whatever the context of the thread that asks, written
as the exchange writes them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation, localcontext

from .._exact import EXACT

__all__ = ["ZERO", "cents", "exactly", "floored", "plain", "read"]

ZERO = Decimal(0)
#: The smallest part of a USDT that Binance's examples show.
_CENT = Decimal("0.00000001")
#: More digits than any amount has: a longer text is no amount.
_LONGEST = 40


def exactly() -> AbstractContextManager[Context]:
    """Reckon exactly meanwhile: a bot under test may have set its thread to fewer digits."""
    return localcontext(EXACT)


def cents(amount: Decimal) -> Decimal:
    """``amount`` rounded to eight decimals."""
    return EXACT.quantize(amount, _CENT)


def floored(quantity: Decimal, decimals: int) -> Decimal:
    """``quantity`` with so many decimals, and the rest of it cut off."""
    return quantity.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)


def plain(amount: Decimal) -> str:
    """``amount`` without exponent and without zeros at the end: "0.1", "100"."""
    if not amount:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read(text: str) -> Decimal | None:
    """The amount that ``text`` says, None where it says none."""
    if len(text) > _LONGEST or not text.isascii() or "_" in text or text != text.strip():
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    # 1e9 is a number, and 1e999999999 a way to fill a memory.
    return value if value.is_finite() and -30 <= value.adjusted() <= 30 else None
