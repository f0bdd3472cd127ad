from __future__ import annotations

import warnings

# What these libraries import is deprecated by others; that is not for our suite to fail on.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import binance  # noqa: F401
    import binance_sdk_derivatives_trading_options.derivatives_trading_options  # noqa: F401
