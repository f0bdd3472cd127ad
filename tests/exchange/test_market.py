"""What clients read of the market has the shape that the official SDK's models have, every field of
it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from binance_sdk_derivatives_trading_options.rest_api import models

from pytest_binance_options._messages import Request, Response
from pytest_binance_options.exchange import Exchange
from tests.support.sdk_models import whole

NAME = "BTC-260925-50000-C"


def get(exchange: Exchange, path: str) -> Response:
    answer = exchange.handle(Request("GET", f"/eapi/v1/{path}"))
    assert isinstance(answer, Response)
    return answer


def exchange_info(exchange: Exchange) -> Any:
    answer = get(exchange, "exchangeInfo")
    return whole(models.ExchangeInformationResponse.from_json(answer.body.decode()))


def test_exchange_info_fits_the_sdk_s_model(exchange: Exchange) -> None:
    model = exchange_info(exchange)
    assert (model.timezone, model.server_time) == ("UTC", 1767225600000)
    assert {symbol.underlying for symbol in model.option_symbols} == {
        c.underlying for c in model.option_contracts
    }
    assert [asset.name for asset in model.option_assets] == ["USDT"]
    # Binance: Options, "Exchange Information", the example's rateLimits.
    assert [tuple(vars(limit).values())[:4] for limit in model.rate_limits] == [
        ("REQUEST_WEIGHT", "MINUTE", 1, 2400),
        ("ORDERS", "MINUTE", 1, 1200),
        ("ORDERS", "SECOND", 10, 300),
    ]


def test_it_is_cheap_to_ask_for(exchange: Exchange) -> None:
    assert get(exchange, "exchangeInfo").headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_its_symbols_are_those_of_the_exchange(exchange: Exchange) -> None:
    def listed() -> list[str]:
        return [symbol.symbol for symbol in exchange_info(exchange).option_symbols]

    assert listed() == [symbol.name for symbol in exchange.symbols]
    exchange.symbols.add("SOL-260731-187.5-P", tick_size="0.05", step_size="0.1", unit=10)
    assert listed() == [symbol.name for symbol in exchange.symbols]
    (own,) = (s for s in exchange_info(exchange).option_symbols if s.underlying == "SOLUSDT")
    assert (own.symbol, own.side, own.strike_price) == ("SOL-260731-187.5-P", "PUT", "187.5")
    assert (own.unit, own.price_scale, own.quantity_scale) == (10, 2, 1)
    assert (own.filters[0].tick_size, own.filters[1].step_size, own.min_qty) == (
        "0.05",
        "0.1",
        "0.1",
    )
    assert exchange_info(exchange).option_contracts[-1].base_asset == "SOL"
    exchange.clock.advance(days=1)
    assert listed() == [symbol.name for symbol in exchange.symbols]
    assert "BTC-260101-50000-C" not in listed()


def test_what_the_sdk_has_since_7_0_0_is_there(exchange: Exchange) -> None:
    """The official SDK 7.0.0 (2026-07-14) has the names and types; the values are ours."""
    (symbol, *_) = exchange_info(exchange).option_symbols
    assert (symbol.contract_type, symbol.underlying_type, symbol.naked_sell) == (
        "CRYPTO_OPTIONS",
        "CRYPTO",
        False,
    )


def test_marks_fit_the_sdk_s_model_and_are_as_a_test_sets_them(exchange: Exchange) -> None:
    exchange.symbols.set_mark_price(NAME, "2105")
    answer = get(exchange, f"mark?symbol={NAME}")
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "5"
    (mark,) = whole(models.OptionMarkPriceResponse.from_json(answer.body.decode()))
    assert (mark.symbol, mark.mark_price) == (NAME, "2105")
    assert (mark.low_price_limit, mark.high_price_limit) == ("5", "300000")
    everything = json.loads(get(exchange, "mark").body)
    assert [mark["symbol"] for mark in everything] == [each.name for each in exchange.symbols]


def test_an_index_fits_the_sdk_s_model_and_is_as_a_test_sets_it(exchange: Exchange) -> None:
    exchange.symbols.set_index_price("BTCUSDT", "61000.5")
    answer = get(exchange, "index?underlying=BTCUSDT")
    index = whole(models.IndexPriceResponse.from_json(answer.body.decode()))
    assert (index.time, index.index_price) == (exchange.clock.now_ms, "61000.5")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("mark?symbol=BTC-260925-50000-X", {"code": -1121, "msg": "Invalid symbol."}),
        ("index?underlying=BTC", {"code": -1128, "msg": "Invalid underlying"}),
        (
            "index",
            {
                "code": -1102,
                "msg": "Mandatory parameter 'underlying' was not sent, was empty/null, or malformed.",
            },
        ),
    ],
)
def test_what_there_is_not_is_refused(
    exchange: Exchange, path: str, error: dict[str, object]
) -> None:
    answer = get(exchange, path)
    assert (answer.status, json.loads(answer.body)) == (400, error)
