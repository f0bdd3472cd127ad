"""Which options there are at a time, if no test says otherwise: a ladder of expiries with a few
strikes, that rolls on as the clock goes.

Binance lists daily, weekly, monthly and quarterly options, and new ones as others expire; how many
of each, and which strikes, is the assumption here: few, so that exchangeInfo is quick to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from ._symbol import FILTERS, QUOTE_ASSET, SIDES, Symbol, expiry_ms

__all__ = ["LISTED", "expiries", "listing", "period"]

_DAY_MS = 86_400_000
_FRIDAY = 4
_WEEK = timedelta(days=7)

#: The strikes in USDT, by asset.
LISTED = {"BTC": (50_000, 60_000, 70_000), "ETH": (2_000, 3_000, 4_000)}


def period(now_ms: int) -> int:
    """The day whose 08:00 UTC was the last one by ``now_ms``: its number since the epoch. All of it
    has the same listing."""
    return (now_ms - _DAY_MS // 3) // _DAY_MS


def expiries(day: date) -> list[date]:
    """The days on which options expire that are listed from 08:00 UTC of ``day`` on, in order: the
    next three days, the next three Fridays, the last Fridays of three months, and of four quarters.

    One that is listed stays so until it expires.
    """
    chosen = (
        islice(_after(day, lambda _: True), 3),
        islice(_after(day, _is_friday), 3),
        islice(_after(day, _ends_month), 3),
        islice(_after(day, _ends_quarter), 4),
    )
    return sorted({expiry for some in chosen for expiry in some})


def _after(day: date, wanted: Callable[[date], bool]) -> Iterator[date]:
    while day < date.max:
        day += timedelta(days=1)
        if wanted(day):
            yield day


def _is_friday(day: date) -> bool:
    return day.weekday() == _FRIDAY


def _ends_month(day: date) -> bool:
    last = day > date.max - _WEEK or (day + _WEEK).month != day.month
    return last and _is_friday(day)


def _ends_quarter(day: date) -> bool:
    return day.month % 3 == 0 and _ends_month(day)


# The same for every exchange at that time.
@lru_cache(maxsize=16)
def listing(number: int) -> Mapping[str, Symbol]:
    """What is listed in the :func:`period` of that number, by name."""
    day = date(1970, 1, 1) + timedelta(days=number)
    found = (
        Symbol(
            f"{asset}-{expiry:%y%m%d}-{strike}-{letter}",
            asset + QUOTE_ASSET,
            side,
            Decimal(strike),
            expiry_ms(expiry),
            1,
            FILTERS[asset],
        )
        for asset, strikes in LISTED.items()
        for expiry in expiries(day)
        for strike in strikes
        for letter, side in SIDES.items()
    )
    return {symbol.name: symbol for symbol in found}
