"""The REST endpoints that the simulation has: what each needs, what it weighs and what it answers.

Who may call, how often and with which signature is checked before an endpoint is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from .._products import OPTIONS, Product
from ._accounts import Account
from ._call import Call, Reply
from ._market import exchange_info, index_price, mark_prices
from ._rejections import NO_LISTEN_KEY, Rejection
from ._signatures import Parameters
from ._symbols import Symbols

__all__ = ["Conditions", "Endpoint", "Keyed", "Public", "Signed", "endpoints", "not_here"]

_DONE = b"{}"


class Conditions(Protocol):
    """What an answer depends on, beside the account."""

    @property
    def server_time_ms(self) -> int:
        """What the exchange believes the time to be, in ms since the epoch."""

    @property
    def skew_ms(self) -> int:
        """How far that is ahead of the clock."""

    @property
    def weight_per_minute(self) -> int:
        """The request weight that a client may use in a minute."""

    @property
    def symbols(self) -> Symbols:
        """The options that there are."""


@dataclass(frozen=True, slots=True)
class Public:
    """One method on one path, open to anybody (NONE). ``weight`` counts towards the limit."""

    weight: int
    reply: Callable[[Conditions, Parameters], Reply]


@dataclass(frozen=True, slots=True)
class Keyed:
    """One method on one path that needs an API key (USER_STREAM)."""

    weight: int
    reply: Callable[[Conditions, Account], Reply]


@dataclass(frozen=True, slots=True)
class Signed:
    """One method on one path that needs an API key and a signature (TRADE, USER_DATA), and has
    parameters. ``at_large`` is the endpoint in its place where no symbol is named."""

    weight: int
    reply: Callable[[Call], Reply]
    at_large: Signed | None = None


Endpoint = Public | Keyed | Signed


def _ping(_conditions: Conditions, _parameters: Parameters) -> Reply:
    return _DONE


def _time(conditions: Conditions, _parameters: Parameters) -> Reply:
    return b'{"serverTime":%d}' % conditions.server_time_ms


def _exchange_info(conditions: Conditions, _parameters: Parameters) -> Reply:
    return exchange_info(
        conditions.symbols, conditions.server_time_ms, conditions.weight_per_minute
    )


def _mark(conditions: Conditions, parameters: Parameters) -> Reply:
    return mark_prices(conditions.symbols, parameters["symbol"])


def _index(conditions: Conditions, parameters: Parameters) -> Reply:
    return index_price(conditions.symbols, parameters["underlying"], conditions.server_time_ms)


def _order(name: str, weight: int, *, at_large: int | None = None) -> Signed:
    """The endpoint ``name`` of those for orders; they are loaded when the first one is asked."""

    def reply(call: Call) -> Reply:
        from ._orders.endpoints import ENDPOINTS

        return ENDPOINTS[name](call)

    return Signed(weight, reply, None if at_large is None else Signed(at_large, reply))


# Binance: Options, Trade; Account; Market Maker Endpoints: the weights are those of the pages. That
# of /eapi/v1/account is from before it left them.
_ORDERS: Mapping[str, Mapping[str, Endpoint]] = {
    "/eapi/v1/order": {
        "POST": _order("place_order", 0),
        "GET": _order("query_order", 1),
        "DELETE": _order("cancel_order", 1),
    },
    "/eapi/v1/batchOrders": {
        "POST": _order("place_orders", 5),
        "DELETE": _order("cancel_orders", 5),
    },
    "/eapi/v1/openOrders": {"GET": _order("open_orders", 1, at_large=40)},
    "/eapi/v1/allOpenOrders": {"DELETE": _order("cancel_all", 1)},
    "/eapi/v1/allOpenOrdersByUnderlying": {"DELETE": _order("cancel_all_by_underlying", 5)},
    "/eapi/v1/historyOrders": {"GET": _order("past_orders", 3)},
    "/eapi/v1/userTrades": {"GET": _order("trades", 5)},
    "/eapi/v1/position": {"GET": _order("positions", 5)},
    "/eapi/v1/marginAccount": {"GET": _order("margin_account", 3)},
    "/eapi/v1/account": {"GET": _order("account", 3)},
    "/eapi/v1/countdownCancelAll": {
        "POST": _order("set_countdown", 1),
        "GET": _order("countdown", 1),
    },
    "/eapi/v1/countdownCancelAllHeartBeat": {"POST": _order("heartbeat", 10)},
}

_OF_ONE_PRODUCT: Mapping[Product, Mapping[str, Mapping[str, Endpoint]]] = {
    OPTIONS: {
        "/eapi/v1/ping": {"GET": Public(1, _ping)},
        "/eapi/v1/time": {"GET": Public(1, _time)},
        "/eapi/v1/exchangeInfo": {"GET": Public(1, _exchange_info)},
        "/eapi/v1/index": {"GET": Public(1, _index)},
        "/eapi/v1/mark": {"GET": Public(5, _mark)},
        **_ORDERS,
    }
}

_FIELDS = {"listenKey": b'"listenKey":"%(value)b"', "expiration": b'"expiration":%(expires)d'}


def _answer(fields: tuple[str, ...]) -> Callable[[Conditions, tuple[str, int]], bytes]:
    if not fields:
        return lambda _conditions, _key: _DONE
    form = b"{" + b",".join(_FIELDS[field] for field in fields) + b"}"

    def answer(conditions: Conditions, key: tuple[str, int]) -> bytes:
        value, expires_ms = key
        return form % {b"value": value.encode(), b"expires": expires_ms + conditions.skew_ms}

    return answer


def _listen_key_calls(product: Product) -> Mapping[str, Endpoint]:
    # Binance: Options, User Data Streams. All three act on the account's key: the request names
    # none.
    started, kept_alive = _answer(product.start_fields), _answer(product.keep_alive_fields)

    def start(conditions: Conditions, account: Account) -> Reply:
        return started(conditions, account.listen_keys[product].start())

    def keep_alive(conditions: Conditions, account: Account) -> Reply:
        key = account.listen_keys[product].keep_alive()
        return NO_LISTEN_KEY if key is None else kept_alive(conditions, key)

    def close(_conditions: Conditions, account: Account) -> Reply:
        return _DONE if account.listen_keys[product].close() else NO_LISTEN_KEY

    return {
        "POST": Keyed(1, start),
        "PUT": Keyed(1, keep_alive),
        "DELETE": Keyed(1, close),
    }


# The same for every exchange of these products: they know none.
@lru_cache
def endpoints(products: tuple[Product, ...]) -> Mapping[str, Mapping[str, Endpoint]]:
    """The endpoints of ``products``, by path and by method."""
    found: dict[str, Mapping[str, Endpoint]] = {}
    for product in products:
        found.update(_OF_ONE_PRODUCT.get(product, {}))
        found[product.listen_key_path] = _listen_key_calls(product)
    return found


def not_here(method: str, path: str, known: Mapping[str, Mapping[str, Endpoint]]) -> Rejection:
    """The answer where there is no such endpoint among ``known``. ``method`` and ``path`` are fit
    to be shown."""
    methods = known.get(path)
    if methods is not None:
        allowed = ", ".join(methods)
        return Rejection(
            405, -1020, f"{path} does not take {method}. It takes {allowed}.", {"Allow": allowed}
        )
    all_of_them = ", ".join(f"{'|'.join(methods)} {path}" for path, methods in known.items())
    return Rejection(
        404,
        -1020,
        f"The simulated exchange does not have {method} {path}. It has: {all_of_them}.",
    )
