"""The keys of an account that exists in this process alone."""

from __future__ import annotations

import random
import string
from functools import lru_cache

from ..client import BinanceAuth
from ..client._signers import Kind
from ..client.auth import generated_auth

__all__ = ["generated_keys"]


# No two tests need to differ in their keys, and making them costs more than a test should.
@lru_cache(maxsize=16)
def generated_keys(kind: Kind, seed: int) -> BinanceAuth:
    """Keys that mean nothing outside this process, the same for the same ``kind`` and ``seed``."""
    # Seeded apart from the exchange's own sequence, so that its listen keys don't depend on who
    # made the keys.
    alphabet = string.ascii_letters + string.digits
    rng = random.Random(f"pytest-binance-options keys {seed}")  # noqa: S311  nothing real hangs on these keys
    api_key, secret_key = ("".join(rng.choices(alphabet, k=64)) for _ in range(2))
    return generated_auth(kind, api_key, secret_key)
