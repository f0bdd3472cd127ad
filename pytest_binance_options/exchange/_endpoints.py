"""The REST endpoints that the simulation has: what each needs, what it weighs and what it answers.

Who may call, how often and with which signature is checked before an endpoint is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._hosts import LISTEN_KEY_PATH
from ._accounts import Account
from ._market import exchange_info, margin_account
from ._rejections import NO_LISTEN_KEY, Rejection

if TYPE_CHECKING:
    from ._service import Service

__all__ = ["ENDPOINTS", "Endpoint", "Keyed", "Public", "not_here"]

Reply = bytes | Rejection

_DONE = b"{}"


@dataclass(frozen=True, slots=True)
class Public:
    """One method on one path, open to anybody (NONE). ``weight`` counts towards the limit."""

    weight: int
    reply: Callable[[Service], Reply]


@dataclass(frozen=True, slots=True)
class Keyed:
    """One method on one path that needs an API key (USER_STREAM), and a signature where ``signed``
    (USER_DATA)."""

    weight: int
    signed: bool
    reply: Callable[[Service, Account], Reply]


Endpoint = Public | Keyed


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _ping(_service: Service) -> Reply:
    return _DONE


def _time(service: Service) -> Reply:
    return b'{"serverTime":%d}' % service.server_time_ms


def _exchange_info(service: Service) -> Reply:
    return _json(exchange_info(service.server_time_ms, service.limits.weight_per_minute))


def _margin_account(service: Service, _account: Account) -> Reply:
    return _json(margin_account(service.server_time_ms))


# Binance: Options, User Data Streams. All three act on the account's key: the request names none.


def _start(service: Service, account: Account) -> Reply:
    key, expires_ms = account.start_listen_key()
    return b'{"listenKey":"%b","expiration":%d}' % (key.encode(), expires_ms + service.skew_ms)


def _keep_alive(_service: Service, account: Account) -> Reply:
    return _DONE if account.keep_alive() else NO_LISTEN_KEY


def _close(_service: Service, account: Account) -> Reply:
    return _DONE if account.close_listen_key() else NO_LISTEN_KEY


ENDPOINTS: dict[str, dict[str, Endpoint]] = {
    "/eapi/v1/ping": {"GET": Public(1, _ping)},
    "/eapi/v1/time": {"GET": Public(1, _time)},
    "/eapi/v1/exchangeInfo": {"GET": Public(1, _exchange_info)},
    "/eapi/v1/marginAccount": {"GET": Keyed(3, signed=True, reply=_margin_account)},
    LISTEN_KEY_PATH: {
        "POST": Keyed(1, signed=False, reply=_start),
        "PUT": Keyed(1, signed=False, reply=_keep_alive),
        "DELETE": Keyed(1, signed=False, reply=_close),
    },
}


def not_here(method: str, path: str) -> Rejection:
    """The answer where there is no such endpoint. ``method`` and ``path`` are fit to be shown."""
    methods = ENDPOINTS.get(path)
    if methods is not None:
        allowed = ", ".join(methods)
        return Rejection(
            405, -1020, f"{path} does not take {method}. It takes {allowed}.", {"Allow": allowed}
        )
    known = ", ".join(
        f"{method} {path}" for path, methods in ENDPOINTS.items() for method in methods
    )
    return Rejection(
        404, -1020, f"The simulated exchange does not have {method} {path}. It has: {known}."
    )
