"""Which options are listed by themselves, and how the listing rolls on."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._listing import expiries, listing, period


def test_days_weeks_months_and_quarters(exchange: Exchange) -> None:
    assert [f"{day:%a %y%m%d}" for day in expiries(date(2025, 12, 31))] == [
        *("Thu 260101", "Fri 260102", "Sat 260103"),
        *("Fri 260109", "Fri 260116"),
        *("Fri 260130", "Fri 260227", "Fri 260327"),
        *("Fri 260626", "Fri 260925", "Fri 261225"),
    ]


def test_each_has_the_same_strikes_both_ways(exchange: Exchange) -> None:
    listed = [symbol.name for symbol in exchange.symbols]
    assert len(listed) == 11 * 3 * 2 * 2
    assert listed[:4] == [
        "BTC-260101-50000-C",
        "BTC-260101-50000-P",
        "BTC-260101-60000-C",
        "BTC-260101-60000-P",
    ]
    assert "ETH-260925-3000-P" in listed


@pytest.mark.parametrize("first", [date(2026, 1, 1), date(2027, 12, 24), date(2028, 2, 20)])
def test_what_is_listed_stays_until_it_expires(first: date) -> None:
    listed: set[date] = set()
    for n in range(120):
        day = first + timedelta(days=n)
        now = set(expiries(day))
        assert {expiry for expiry in listed if expiry > day} <= now
        assert min(now) == day + timedelta(days=1)
        listed |= now


def test_it_rolls_on_at_eight(exchange: Exchange) -> None:
    def first_day() -> set[str]:
        return {symbol.name.split("-")[1] for symbol in exchange.symbols}

    assert "260101" in first_day()
    exchange.clock.advance(hours=8, milliseconds=-1)
    assert "260101" in first_day()
    assert "260104" not in first_day()
    exchange.clock.advance(milliseconds=1)
    assert "260101" not in first_day()
    assert "260104" in first_day()


def test_a_clock_at_either_end_of_time_has_a_listing() -> None:
    beginning = Exchange(start=datetime(1970, 1, 1, tzinfo=timezone.utc))
    assert next(iter(beginning.symbols)).name == "BTC-700101-50000-C"
    end = Exchange(start=datetime(9999, 12, 30, tzinfo=timezone.utc))
    assert {symbol.name.split("-")[1] for symbol in end.symbols} == {"991230", "991231"}
    end.clock.advance(hours=47)
    assert (len(end.symbols), repr(end.symbols)) == (0, "<Symbols 0>")


def test_exchanges_of_the_same_day_share_it() -> None:
    assert listing(period(1767225600000)) is listing(period(1767225600000 + 1))
