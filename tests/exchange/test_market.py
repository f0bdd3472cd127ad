"""What a client's start-up reads has the shape that the official SDK's models have, every field of
it."""

from __future__ import annotations

import json
from typing import Any

from binance_sdk_derivatives_trading_options.rest_api import models

from pytest_binance_options.exchange._market import exchange_info, margin_account


def unknown_fields(model: Any) -> list[str]:
    """Fields of ``model`` and everything in it that the SDK doesn't know."""
    found = list(model.additional_properties)
    for value in vars(model).values():
        for item in value if isinstance(value, list) else ():
            found += unknown_fields(item)
    return found


def missing_fields(model: Any) -> list[str]:
    """Fields that the SDK knows of ``model`` and of the first of each list in it, and that aren't
    there. (Symbol filters are of several kinds, with different fields.)"""
    found = [name for name, value in vars(model).items() if value is None]
    for name, value in vars(model).items():
        if isinstance(value, list) and name != "filters":
            found += missing_fields(value[0])
    return found


def test_exchange_info_fits_the_sdk_s_model() -> None:
    model = models.ExchangeInformationResponse.from_json(
        json.dumps(exchange_info(1767225600000, 2400))
    )
    assert unknown_fields(model) == missing_fields(model) == []
    assert model.server_time == 1767225600000
    assert [symbol.symbol for symbol in model.option_symbols][:2] == [
        "BTC-260925-50000-C",
        "BTC-260925-50000-P",
    ]
    assert {symbol.underlying for symbol in model.option_symbols} == {
        c.underlying for c in model.option_contracts
    }
    assert (model.rate_limits[0].rate_limit_type, model.rate_limits[0].limit) == (
        "REQUEST_WEIGHT",
        2400,
    )


def test_what_the_sdk_has_since_7_0_0_is_there() -> None:
    """The official SDK 7.0.0 (2026-07-14) has the names and types; the values are ours."""
    (symbol, *_) = exchange_info(1767225600000, 2400)["optionSymbols"]
    assert (symbol["contractType"], symbol["underlyingType"], symbol["nakedSell"]) == (
        "CRYPTO_OPTIONS",
        "CRYPTO",
        False,
    )
    assert margin_account(1767225600000)["tradeGroupId"] == -1


def test_the_margin_account_fits_the_sdk_s_model() -> None:
    model = models.OptionMarginAccountInformationResponse.from_json(
        json.dumps(margin_account(1767225600000))
    )
    assert unknown_fields(model) == missing_fields(model) == []
    assert (model.time, model.can_trade, model.asset[0].margin_balance) == (
        1767225600000,
        True,
        "10000.00000000",
    )
