"""One product more than there is: the row that a contributor would add to the table.

``tests/test_products.py`` adds the text from the row on to a copy of the table, and the tests of
one module pass the row itself.
"""

from __future__ import annotations

from pytest_binance_options._products import Environment, Product

__all__ = ["USD_M"]

# Binance: USDⓈ-M Futures, "User Data Streams".
USD_M = Product(
    name="USD-M",
    production=Environment(
        "production", "https://fapi.binance.com", "wss://fstream.binance.com", production=True
    ),
    testnet=Environment(
        "testnet", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"
    ),
    rest_prefix="/fapi/",
    listen_key_path="/fapi/v1/listenKey",
    keep_alive_fields=("listenKey",),
    private_streams=("/private", ""),
)
