"""The options of an exchange: those listed by themselves, a test's own, and what they are worth."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._symbol import Symbol

NAME = "BTC-260925-50000-C"
OWN = "SOL-260731-187.5-P"


def test_an_option_is_what_its_name_says(exchange: Exchange) -> None:
    symbol = exchange.symbols[NAME]
    assert (symbol.name, symbol.base_asset, symbol.underlying) == (NAME, "BTC", "BTCUSDT")
    assert (symbol.side, symbol.strike, symbol.unit) == ("CALL", 50_000, 1)
    eight = datetime(2026, 9, 25, 8, tzinfo=timezone.utc)
    assert symbol.expiry_ms == eight.timestamp() * 1000
    assert (symbol.price_precision, symbol.quantity_precision) == (0, 2)
    assert repr(symbol) == f"<Symbol {NAME}>"


def test_it_is_there_until_it_expires(exchange: Exchange) -> None:
    symbol = exchange.symbols[NAME]
    exchange.clock.skip_to(symbol.expiry_ms - 1)
    assert exchange.symbols.find(NAME) == symbol
    exchange.clock.advance(milliseconds=1)
    assert exchange.symbols.find(NAME) is None
    assert NAME not in exchange.symbols
    assert NAME not in [each.name for each in exchange.symbols]


def test_a_test_lists_its_own(exchange: Exchange) -> None:
    symbol = exchange.symbols.add(OWN, tick_size="0.5", max_quantity=20, unit=10)
    assert exchange.symbols[OWN] is symbol
    assert (symbol.underlying, symbol.side, symbol.strike) == ("SOLUSDT", "PUT", Decimal("187.5"))
    assert symbol.to_json()["filters"] == [
        {"filterType": "PRICE_FILTER", "minPrice": "0.5", "maxPrice": "30000", "tickSize": "0.5"},
        {"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "20", "stepSize": "0.01"},
    ]
    assert symbol.to_json()["unit"] == 10
    assert symbol in exchange.symbols
    assert exchange.symbols.underlyings == ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    exchange.reset()
    assert exchange.symbols.find(OWN) is None


def test_it_may_take_the_place_of_another(exchange: Exchange) -> None:
    before = len(exchange.symbols)
    exchange.symbols.add(NAME, tick_size="0.1")
    assert exchange.symbols[NAME].price_precision == 1
    assert len(exchange.symbols) == before


def test_what_one_contract_pays_when_it_expires(exchange: Exchange) -> None:
    call, put = exchange.symbols[NAME], exchange.symbols.add(OWN, unit=10)
    paid = [str(call.value_at(Decimal(price))) for price in ("49999", "50000", "51234.5")]
    assert paid == ["0", "0", "1234.5"]
    assert [str(put.value_at(Decimal(price))) for price in ("188", "187.5", "180")] == [
        "0",
        "0",
        "75.0",
    ]


def test_what_they_are_worth_stands_still_until_it_is_set(exchange: Exchange) -> None:
    symbols = exchange.symbols
    call, put = symbols[NAME], symbols["ETH-260925-3000-P"]
    assert (symbols.mark_price(call), symbols.mark_price(put)) == (2_000, 100)
    exchange.clock.advance(days=30)
    symbols.set_mark_price(NAME, "2100")
    symbols.set_mark_price(put, Decimal("0.5"))
    assert (symbols.mark_price(call), symbols.mark_price(put)) == (2_100, Decimal("0.5"))
    symbols.traded(call, Decimal(2_200))
    assert symbols.mark_price(call) == 2_200
    assert (symbols.index_price("BTCUSDT"), symbols.index_price("ETHUSDT")) == (60_000, 3_000)
    symbols.set_index_price("BTCUSDT", 65_000)
    assert symbols.index_price("BTCUSDT") == 65_000
    own = symbols.add(OWN)
    assert (symbols.mark_price(own), symbols.index_price("SOLUSDT")) == (1, 1)
    exchange.reset()
    assert (symbols.mark_price(call), symbols.index_price("BTCUSDT")) == (2_000, 60_000)


def test_an_option_that_is_awaited_expires_at_its_time_and_is_settled_at_the_index(
    exchange: Exchange,
) -> None:
    symbols = exchange.symbols
    told: list[tuple[Symbol, Decimal, datetime]] = []
    symbols.on_expired = lambda symbol, price: told.append((symbol, price, exchange.clock.now))
    call, put = symbols[NAME], symbols["BTC-260925-60000-P"]
    for symbol in (call, call, put):
        symbols.await_expiry(symbol)
    symbols.forget_expiry(put)
    symbols.set_index_price("BTCUSDT", "61000.5")
    exchange.clock.advance(days=366)
    assert told == [(call, Decimal("61000.5"), datetime(2026, 9, 25, 8, tzinfo=timezone.utc))]


def test_nothing_is_due_that_nobody_awaits(exchange: Exchange) -> None:
    assert exchange.clock.due_ms is None
    symbol = exchange.symbols[NAME]
    exchange.symbols.await_expiry(symbol)
    assert exchange.clock.due_ms == symbol.expiry_ms
    exchange.symbols.forget_expiry(symbol)
    exchange.symbols.forget_expiry(symbol)
    assert exchange.clock.due_ms is None
    exchange.symbols.await_expiry(symbol)
    exchange.reset()
    assert exchange.clock.due_ms is None
    exchange.symbols.await_expiry(symbol)
    exchange.clock.skip_to(symbol.expiry_ms)  # nobody asked to be told


WANTED = (
    'Give an option\'s name: asset, date (YYMMDD), strike, and C or P, as in "BTC-260925-50000-C".'
)


@pytest.mark.parametrize(
    "name",
    ["", "BTC", "BTC-260231-50000-C", "btc-260925-50000-C", "BTC-260925-050-C", "BTC-260925-5-X"],
)
def test_what_is_no_option_s_name_is_refused(exchange: Exchange, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.symbols.add(name)
    assert str(caught.value) == f"name is {name!r}. {WANTED}"


def test_what_has_expired_can_not_be_listed(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.symbols.add("BTC-251231-50000-C")
    assert str(caught.value) == (
        "BTC-251231-50000-C expired at 2025-12-31 08:00, and it is 2026-01-01 00:00 UTC on the"
        " exchange's clock. Take one of exchange.symbols, or a later date."
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"tick_size": "0"},
            "tick_size is '0'. Give an amount above 0, up to 10**15, of 8 decimals at most.",
        ),
        (
            {"step_size": "1e-9"},
            "step_size is '1e-9'. Give a decimal: a string such as \"0.10\", a finite Decimal or an int.",
        ),
        ({"min_price": 10, "max_price": 5}, "max_price is '5'. Give at least 10."),
        ({"unit": 0}, "unit is 0. Give a whole number from 1 to 1000000000."),
    ],
)
def test_filters_that_can_not_be_are_refused(
    exchange: Exchange, arguments: dict[str, object], text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.symbols.add(OWN, **arguments)
    assert str(caught.value) == text
    assert exchange.symbols.find(OWN) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "BTC-260925-55000-C",
            (
                "BTC-260925-55000-C isn't listed. Near it are: BTC-260925-50000-C,"
                " BTC-260925-70000-C, BTC-260925-60000-C. List it with"
                ' exchange.symbols.add("BTC-260925-55000-C").'
            ),
        ),
        (
            "BTC-251231-50000-C",
            (
                "BTC-251231-50000-C expired at 2025-12-31 08:00, and it is 2026-01-01 00:00 UTC on"
                " the exchange's clock. Take one of exchange.symbols, or a later date."
            ),
        ),
        ("BTCUSDT", f"name is 'BTCUSDT'. {WANTED}"),
        (7, f"name is 7. {WANTED}"),
    ],
)
def test_it_says_why_there_is_no_such_option(exchange: Exchange, name: str, text: str) -> None:
    assert exchange.symbols.find(str(name)) is None
    with pytest.raises(UsageError) as caught:
        exchange.symbols.set_mark_price(name, 1)
    assert str(caught.value) == text == exchange.symbols.why_unknown(name)


def test_what_has_no_options_has_no_index(exchange: Exchange) -> None:
    with pytest.raises(UsageError) as caught:
        exchange.symbols.set_index_price("SOLUSDT", 1)
    assert str(caught.value) == "underlying is 'SOLUSDT'. Give one of: BTCUSDT, ETHUSDT."
