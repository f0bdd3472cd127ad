"""The REST service itself: what happens to a request that has arrived, when nothing goes wrong on
the way.

The order is: limits, endpoint, API key, signature, and then the endpoint's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from .._key_material import is_key
from .._messages import Headers, Request, Response
from .._products import Product
from ._accounts import Account, Accounts
from ._call import Call, Reply, Said
from ._clock import Clock, instant
from ._clues import key_clue, signature_clue
from ._endpoints import Endpoint, Keyed, Public, Signed, endpoints, not_here
from ._journal import Entry
from ._limits import Limits, Usage
from ._rejections import BAD_API_KEY_FORMAT, OPTIONS_NOT_ENABLED, Rejection, unknown_key
from ._signatures import ApiKey, Parameters, verify
from ._symbols import Symbols

if TYPE_CHECKING:
    from ._orders.orders import Orders

__all__ = ["USED_WEIGHT", "Service"]

USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"
_NO_PARAMETERS = Parameters("", b"")
_CONTENT_TYPE = ("Content-Type", "application/json;charset=UTF-8")


@lru_cache
def _routes(products: tuple[Product, ...]) -> Mapping[tuple[str, str], Endpoint]:
    return {
        (method, path): endpoint
        for path, methods in endpoints(products).items()
        for method, endpoint in methods.items()
    }


class Service:
    """Carries out requests that have arrived and are paid for.

    ``standstill_ms`` is the exchange's: see there. ``orders`` gives its orders.
    """

    def __init__(
        self,
        clock: Clock,
        accounts: Accounts,
        limits: Limits,
        symbols: Symbols,
        products: tuple[Product, ...],
        standstill_ms: Callable[[], int],
        orders: Callable[[], Orders],
    ) -> None:
        self.clock = clock
        self.accounts = accounts
        self.limits = limits
        self.symbols = symbols
        #: How far the exchange's idea of the time is ahead of the clock, in ms, for the request at
        #: hand.
        self.skew_ms = 0
        self._standstill_ms = standstill_ms
        self._orders = orders
        self._endpoints = endpoints(products)
        self._routes = _routes(products)
        self._second = -1
        self._date = ("Date", "")

    @property
    def server_time_ms(self) -> int:
        """What the exchange believes the time to be, in ms since the epoch: the clock's, plus any
        skew."""
        return self.clock.now_ms + self.skew_ms

    @property
    def weight_per_minute(self) -> int:
        """The request weight that a client may use in a minute."""
        return self.limits.weight_per_minute

    def route(self, method: str, path: str, query: str) -> Endpoint | None:
        """The endpoint that takes ``method`` at ``path``, if there is one."""
        endpoint = self._routes.get((method, path))
        if type(endpoint) is Signed and endpoint.at_large is not None and "symbol=" not in query:
            return endpoint.at_large
        return endpoint

    def execute(
        self, request: Request, endpoint: Endpoint | None, query: str, usage: Usage, entry: Entry
    ) -> Response:
        """Do what ``request`` asks for, unless it was refused, and write into ``entry`` what came
        of it."""
        reply = usage.refusal or self._reply(request, endpoint, query, entry)
        if isinstance(reply, bytes):
            return self._response(200, reply, usage.used)
        if isinstance(reply, Said):
            return self._response(200, reply.body, usage.used, reply.headers)
        entry.code, entry.msg = reply.code, reply.msg
        return self._response(reply.status, reply.body, usage.used, reply.headers)

    def caller(self, request: Request) -> tuple[Account, ApiKey] | None:
        """Whose API key came along, and which it is; None where there is none, or it is unknown."""
        return self.accounts.by_api_key(request.headers.get("x-mbx-apikey", ""))

    def complete(self, response: Response, used: int) -> Response:
        """``response``, which isn't the service's own, with the headers that the exchange puts on
        everything."""
        self._set_date()
        own = ((USED_WEIGHT, str(used)), self._date)
        missing = [header for header in own if header[0] not in response.headers]
        return Response(
            response.status, Headers((*response.headers.pairs, *missing)), response.body
        )

    def _reply(
        self, request: Request, endpoint: Endpoint | None, query: str, entry: Entry
    ) -> Reply:
        parameters, must_verify = _NO_PARAMETERS, False
        if query or request.body:
            parameters = Parameters(query, request.body)
            entry.name_parameters(parameters.names)
            must_verify = "signature" in parameters
        if endpoint is None:
            return not_here(entry.method, entry.path, self._endpoints)
        if isinstance(endpoint, Signed):
            must_verify = True
        elif isinstance(endpoint, Public) and not must_verify:
            return endpoint.reply(self, parameters)
        caller = self.caller(request)
        if caller is None:
            return self._refuse_key(request, entry)
        account, key = caller
        entry.account = account.name
        if must_verify:
            rejection = verify(parameters, key, self.server_time_ms, self._standstill_ms())
            if rejection is not None:
                entry.clue = signature_clue(rejection, parameters, self.server_time_ms)
                return rejection
            if not account.options_enabled:
                return OPTIONS_NOT_ENABLED
        if isinstance(endpoint, Keyed):
            return endpoint.reply(self, account)
        if isinstance(endpoint, Signed):
            call = Call(account, parameters, entry, self.server_time_ms, self._orders)
            return endpoint.reply(call)
        return endpoint.reply(self, parameters)

    def _refuse_key(self, request: Request, entry: Entry) -> Rejection:
        api_key = request.headers.get("x-mbx-apikey", "")
        code = self.accounts.revoked(api_key)
        if code is not None:
            return unknown_key(code, request.client)
        entry.clue = key_clue(request.headers)
        # Binance's page doesn't say what the format is; every key of its has this one.
        if is_key(api_key):
            return unknown_key(self.accounts.unknown_key, request.client)
        return BAD_API_KEY_FORMAT

    def _response(
        self, status: int, body: bytes, used: int, more: tuple[tuple[str, str], ...] = ()
    ) -> Response:
        if (self.clock.now_ms + self.skew_ms) // 1000 != self._second:
            self._set_date()
        headers = (
            _CONTENT_TYPE,
            (USED_WEIGHT, str(used)),
            self._date,
            ("Content-Length", str(len(body))),
        )
        return Response(status, Headers(headers + more if more else headers), body)

    def _set_date(self) -> None:
        self._second = (self.clock.now_ms + self.skew_ms) // 1000
        self._date = ("Date", format_datetime(instant(self._second * 1000), usegmt=True))
