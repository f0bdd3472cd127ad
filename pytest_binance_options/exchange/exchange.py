"""The simulated exchange: requests in, answers out, one clock, one lock, no I/O.

The rules live beside this module (accounts, limits, signing, faults, ...); here is the order in which a
request meets them.
"""

from __future__ import annotations

import threading
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ..wire import Answer, Headers, Request, Response
from .accounts import Account, Accounts, ApiKey
from .clock import DEFAULT_START, Clock, instant
from .endpoints import ENDPOINTS, Endpoint, Keyed, not_here
from .journal import Entry, Journal
from .limits import Limits
from .rejections import BAD_API_KEY_FORMAT, INVALID_API_KEY, Rejection
from .signing import Parameters, verify

if TYPE_CHECKING:
    from .event_values import Event
    from .stream import StreamConnection, StreamHub

__all__ = ["Exchange"]

_CONTENT_TYPE = ("Content-Type", "application/json;charset=UTF-8")
_ROUTES: dict[tuple[str, str], Endpoint] = {
    (method, path): endpoint for path, methods in ENDPOINTS.items() for method, endpoint in methods.items()
}


def _split_target(url: str) -> tuple[str, str]:
    """Path and query of ``url``, absolute or not, as sent. Not urlsplit: it raises, and strips what it dislikes."""
    if not url.startswith("/"):
        scheme = url.find("://")
        if scheme >= 0:
            start = scheme + 3
            end = min((i for i in (url.find("/", start), url.find("?", start), url.find("#", start)) if i >= 0), default=-1)
            url = url[end:] if end >= 0 else "/"
    url, _, _ = url.partition("#")
    path, _, query = url.partition("?")
    return path or "/", query


class Exchange:
    """Binance's Options REST API and user data streams as a state machine.

    The same ``seed``, ``start`` (an aware datetime) and calls give the same bytes. Any thread may call:
    :attr:`lock` is held while anything happens, and whoever looks at several things at once takes it too.
    """

    def __init__(self, seed: int = 0, start: datetime = DEFAULT_START) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(start, lock=self.lock)
        self.accounts = Accounts(self.clock, seed, on_expired=self._note_expiry)
        self.limits = Limits(self.clock)
        self.journal = Journal()
        #: How far the exchange's idea of the time is ahead of :attr:`clock`, in ms, for the request at hand.
        self.skew_ms = 0
        self._streams: StreamHub | None = None
        self._date = (-1, ("Date", ""))

    # What tests do to it

    def open_account(
        self,
        name: str | None = None,
        *,
        api_key: str | None = None,
        secret_key: str | None = None,
        public_key: str | None = None,
    ) -> Account:
        """Open an account with one API key.

        What is left out is made up, the same for the same seed and calls. ``public_key`` is PEM text, RSA
        or Ed25519, and takes the place of ``secret_key``. Raises KeyMaterialError for keys that can't be
        used, and UsageError for a name or an API key that is taken.
        """
        with self.lock:
            return self.accounts.open(name, api_key=api_key, secret_key=secret_key, public_key=public_key)

    @property
    def streams(self) -> StreamHub:
        """The user data streams."""
        with self.lock:
            if self._streams is None:
                from .stream import StreamHub

                self._streams = StreamHub(self)
                self.accounts.watcher = self._streams
            return self._streams

    def connect(self, target: str, client: str = "127.0.0.1") -> StreamConnection | Response:
        """Open a stream at ``target`` (path with query, as in "/private/ws/..."); a Response means refused."""
        with self.lock:
            return self.streams.connect(target, client)

    def emit(self, event: Event, account: Account | str | None = None) -> None:
        """Send ``event`` to all streams of ``account`` (itself or its name; the only one where left out)."""
        with self.lock:
            self.streams.emit(event, self.accounts.resolve(account))

    def reset(self) -> None:
        """Back to the start: clock, listen keys, limits, faults and journal. Accounts and their API keys stay."""
        with self.lock:
            if self._streams is not None:
                self._streams.reset()
            self.clock.reset()
            self.accounts.reset()
            self.limits.reset()
            self.journal.clear()
            self.skew_ms = 0

    def state(self) -> dict[str, object]:
        """What is the case now, as JSON, without secrets. Times are milliseconds since the epoch."""
        with self.lock:
            return {
                "now": self.clock.now_ms,
                "accounts": [
                    {
                        "name": account.name,
                        "apiKeys": len(account.api_keys),
                        "listenKey": {"expires": account.expires_ms} if account.listen_key else None,
                    }
                    for account in self.accounts
                ],
                "limits": self.limits.state(),
                "requests": len(self.journal),
            }

    # What clients ask of it

    @property
    def server_time_ms(self) -> int:
        """What the exchange believes the time to be, in ms since the epoch: the clock's, plus any skew."""
        return self.clock.now_ms + self.skew_ms

    def handle(self, request: Request) -> Answer:
        """Answer ``request``. Nothing a client can send makes this raise."""
        with self.lock:
            path, query = _split_target(request.url)
            entry = Entry(self.clock.now_ms, request.client, request.method, path)
            self.journal.add(entry)
            answer = self._answer(request, path, query, entry)
            entry.outcome = answer.status
            return answer

    def _answer(self, request: Request, path: str, query: str, entry: Entry) -> Response:
        endpoint = _ROUTES.get((request.method, path))
        usage = self.limits.charge(request.client, 1 if endpoint is None else endpoint.weight)
        reply = usage.refusal or self._reply(request, endpoint, query, entry)
        if isinstance(reply, Rejection):
            entry.code, entry.msg = reply.code, reply.msg
            return self._response(reply.status, reply.body, usage.used, reply.headers)
        return self._response(200, reply, usage.used)

    def _reply(self, request: Request, endpoint: Endpoint | None, query: str, entry: Entry) -> bytes | Rejection:
        parameters: Parameters | None = None
        if query or request.body:
            parameters = Parameters(query, request.body)
            entry.name_parameters(parameters.names)
        if endpoint is None:
            return not_here(entry.method, entry.path)
        must_verify = parameters is not None and "signature" in parameters
        if isinstance(endpoint, Keyed):
            must_verify = must_verify or endpoint.signed
        elif not must_verify:
            return endpoint.reply(self)
        caller = self._caller(request)
        if isinstance(caller, Rejection):
            return caller
        account, key = caller
        entry.account = account.name
        if must_verify:
            rejection = verify(parameters or Parameters("", b""), key, self.server_time_ms)
            if rejection is not None:
                return rejection
        return endpoint.reply(self, account) if isinstance(endpoint, Keyed) else endpoint.reply(self)

    def _caller(self, request: Request) -> tuple[Account, ApiKey] | Rejection:
        sent = request.headers.get("x-mbx-apikey", "")
        caller = self.accounts.by_api_key(sent)
        if caller is not None:
            return caller
        # Binance's page doesn't say what the format is; every key of its is 64 letters and digits.
        looks_right = len(sent) == 64 and sent.isascii() and sent.isalnum()
        return INVALID_API_KEY if looks_right else BAD_API_KEY_FORMAT

    def _response(self, status: int, body: bytes, used: int, more: tuple[tuple[str, str], ...] = ()) -> Response:
        headers = (
            _CONTENT_TYPE,
            ("X-MBX-USED-WEIGHT-1M", str(used)),
            self._date_header(),
            ("Content-Length", str(len(body))),
            *more,
        )
        return Response(status, Headers(headers), body)

    def _date_header(self) -> tuple[str, str]:
        second = self.server_time_ms // 1000
        if self._date[0] != second:
            self._date = (second, ("Date", format_datetime(instant(second * 1000), usegmt=True)))
        return self._date[1]

    def _note_expiry(self, account: Account) -> None:
        self.journal.note(self.clock.now_ms, account.name, "listen key expired")

    def __repr__(self) -> str:
        return f"<Exchange at {self.clock.now.isoformat()}, {self.accounts!r}>"
