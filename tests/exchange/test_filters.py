"""Which orders a symbol's filters let pass, and what the exchange says to others."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest

from pytest_binance_options.exchange import Exchange
from pytest_binance_options.exchange._exact import decimals
from pytest_binance_options.exchange._filters import Grid


def refused(exchange: Exchange, name: str, price: str | None, quantity: str) -> object:
    rejection = exchange.symbols[name].refuse(
        None if price is None else Decimal(price), Decimal(quantity)
    )
    return None if rejection is None else (rejection.status, rejection.code, rejection.msg)


BTC = "BTC-260925-50000-C"
ETH = "ETH-260925-3000-P"


@pytest.mark.parametrize(
    ("name", "price", "quantity"),
    [
        (BTC, "5", "0.01"),
        (BTC, "300000", "1000"),
        (BTC, "2000.000", "0.10"),
        (BTC, "2E+3", "1E+1"),
        (ETH, "0.1", "0.01"),
        (ETH, "99.9", "1"),
        (ETH, None, "1"),
    ],
)
def test_an_order_on_the_grid_passes(
    exchange: Exchange, name: str, price: str | None, quantity: str
) -> None:
    assert refused(exchange, name, price, quantity) is None


# Binance: Options, Error Code: code and text of each.
@pytest.mark.parametrize(
    ("name", "price", "quantity", "code", "msg"),
    [
        (BTC, "-5", "1", -4001, "Price less than 0."),
        (BTC, "0", "1", -4013, "Price less than min price."),
        (BTC, "4", "1", -4013, "Price less than min price."),
        (BTC, "300005", "1", -4002, "Price greater than max price."),
        (BTC, "2001", "1", -4029, "Tick size precision is invalid."),
        (BTC, "2000.5", "1", -1111, "Precision is over the maximum defined for this asset."),
        (ETH, "99.95", "1", -1111, "Precision is over the maximum defined for this asset."),
        (BTC, "2000", "-1", -4003, "Quantity less than zero."),
        (BTC, "2000", "0", -4004, "Quantity less than min quantity."),
        (BTC, "2000", "1000.01", -4005, "Quantity greater than max quantity."),
        (BTC, "2000", "0.015", -1111, "Precision is over the maximum defined for this asset."),
        (
            BTC,
            f"2000.{'0' * 40}1",
            "1",
            -1111,
            "Precision is over the maximum defined for this asset.",
        ),
        (BTC, "2001", "0", -4029, "Tick size precision is invalid."),
    ],
)
def test_another_is_told_what_is_wrong_with_it(
    exchange: Exchange, name: str, price: str, quantity: str, code: int, msg: str
) -> None:
    assert refused(exchange, name, price, quantity) == (400, code, msg)


def test_the_step_counts_from_the_least_quantity(exchange: Exchange) -> None:
    name = "BTC-260731-125000-C"
    exchange.symbols.add(name, min_quantity="0.02", step_size="0.05")
    assert refused(exchange, name, "2000", "0.12") is None
    step = (400, -4030, "Step size precision is invalid.")
    assert refused(exchange, name, "2000", "0.10") == step


def test_the_code_under_test_may_count_as_coarsely_as_it_likes(exchange: Exchange) -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        context.traps[decimal.Inexact] = True
        assert refused(exchange, BTC, "123455", "123.45") is None
        assert exchange.symbols[BTC].value_at(Decimal("123456.789")) == Decimal("73456.789")


@pytest.mark.parametrize(
    ("number", "places"),
    [("0", 0), ("0.000", 0), ("1.50", 1), ("1E+3", 0), ("0.010", 2), ("100", 0), ("1e-9", 9)],
)
def test_zeros_at_the_end_are_no_decimals(number: str, places: int) -> None:
    assert decimals(Decimal(number)) == places


def test_a_grid_has_the_decimals_of_its_step_and_its_least() -> None:
    grid = Grid(Decimal("0.005"), Decimal(1), Decimal("0.01"))
    assert grid.precision == 3
    assert grid.has(Decimal("0.015"))
    assert not grid.has(Decimal("0.02"))
