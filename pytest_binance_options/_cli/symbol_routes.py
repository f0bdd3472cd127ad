"""What ``serve``'s control interface does with symbols: the part of its table about them."""

from __future__ import annotations

from .._checks import text, whole
from ..exchange import Exchange
from .amounts import amount_if_given, needed_amount
from .routes import Body, Route

__all__ = ["symbol_routes"]

_GRIDS = ("tick_size", "min_price", "max_price", "step_size", "min_quantity", "max_quantity")


def symbol_routes(exchange: Exchange) -> list[Route]:
    """The routes about symbols of a control interface of ``exchange``."""
    symbols = exchange.symbols

    def described(name: str) -> dict[str, object]:
        symbol = symbols[name]
        return {**symbol.to_json(), "markPrice": format(symbols.mark_price(symbol), "f")}

    def add(body: Body) -> object:
        grids = {word: amount_if_given(word, body) for word in _GRIDS}
        unit = whole("unit", body.get("unit", 1))
        return described(symbols.add(text("name", body.get("name")), unit=unit, **grids).name)

    def set_mark(body: Body) -> object:
        name = text("symbol", body.get("symbol"))
        symbols.set_mark_price(name, needed_amount("price", body))
        return described(name)

    def set_index(body: Body) -> object:
        underlying = text("underlying", body.get("underlying"))
        symbols.set_index_price(underlying, needed_amount("price", body))
        return {
            "underlying": underlying,
            "indexPrice": format(symbols.index_price(underlying), "f"),
        }

    price = 'a decimal in USDT, as in "2105"; needed'
    return [
        Route(
            "GET",
            "/symbols",
            "the options that are traded now, and what they are worth",
            lambda _: {"symbols": [described(symbol.name) for symbol in symbols]},
        ),
        Route(
            "POST",
            "/symbols",
            "lists another option",
            add,
            {
                "name": 'as in "BTC-301227-100000-C"; needed',
                **dict.fromkeys(_GRIDS, "a decimal; as the asset's other options where left out"),
                "unit": "a whole number from 1 up: how much one contract is; 1 where left out",
            },
            example={"name": "BTC-301227-100000-C", "tick_size": "0.1"},
        ),
        Route(
            "POST",
            "/symbols/mark",
            "says what an option is worth",
            set_mark,
            {"symbol": "its name; needed", "price": price},
            example={"symbol": "BTC-301227-100000-C", "price": "2105"},
        ),
        Route(
            "POST",
            "/symbols/index",
            "says where an underlying stands; options that expire are settled at it",
            set_index,
            {"underlying": 'as in "BTCUSDT"; needed', "price": price},
            example={"underlying": "BTCUSDT", "price": "61000"},
        ),
    ]
