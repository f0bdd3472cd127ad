"""Bad days of an account, one line each, as users of many clients have reported them: API keys that
are refused, and Options not enabled.

Each takes the exchange, and ends with ``exchange.reset()``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ._accounts import Account
from ._begun import scenario
from ._rejections import key_code

if TYPE_CHECKING:
    from ._exchange import Exchange

__all__ = ["api_key_revoked", "key_of_the_other_environment", "options_not_enabled"]


@scenario
def api_key_revoked(
    exchange: Exchange,
    account: Account | str | None = None,
    *,
    after_minutes: float = 0,
    code: int = -2008,
) -> Account:
    """Now, or after so many minutes on the exchange's clock, the account's API keys are no more:
    each call that needs one gets ``code``, -2008 or -2015. The listen key lives on until its time
    is over, and its stream with it. A key that is added later is good.

    What users see: a bot that worked for months, and from one moment on an error for each call,
    repeated for ever, while the stream still speaks.

    https://github.com/ccxt/ccxt/issues/16777,
    https://github.com/freqtrade/freqtrade/issues/11401
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        revoke = partial(owner.revoke_api_keys, key_code("code", code))
        if after_minutes > 0:
            exchange.clock.call_at(exchange.clock.now_ms + round(after_minutes * 60_000), revoke)
        else:
            revoke()
        return owner


@scenario
def key_of_the_other_environment(
    exchange: Exchange, account: Account | str | None = None
) -> Account:
    """The account's API keys are those of another environment, the testnet's at production or the
    other way round: each call that needs one gets -2008, from the first on.

    What users see: market data works, and the key, copied with all care, is "invalid". No retry
    helps, and no new secret.

    https://github.com/ccxt/ccxt/issues/29099,
    https://github.com/sammchardy/python-binance/issues/1155
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        owner.revoke_api_keys(-2008)
        return owner


@scenario
def options_not_enabled(exchange: Exchange, account: Account | str | None = None) -> Account:
    """The account may not trade Options: each signed call gets -1130. The listen key calls aren't
    signed, and go on.

    What users see: "Invalid data sent for a parameter.", and a long search for the parameter: the
    same call is fine for spot and futures. The listener starts without an error, and hears nothing.

    https://github.com/ccxt/ccxt/issues/15659, https://github.com/ccxt/ccxt/pull/17674
    """
    with exchange.lock:
        owner = exchange.accounts.resolve(account)
        owner.options_enabled = False
        return owner
