"""The simulated exchange: requests in, answers out, one clock, one lock, no I/O.

The rules live beside this module (accounts, limits, signing, faults, ...); here is the order in
which a request meets them.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from .. import _urls
from .._messages import Answer, Later, Request, Response
from .._products import PRODUCTS, Product
from ..errors import UsageError
from ._accounts import Account, Accounts
from ._clock import DEFAULT_START, Clock
from ._event_values import Event
from ._fault_chain import Passage, take_steps
from ._faults import Faults
from ._fills import Fills
from ._journal import Entry, Journal
from ._key_record import KeyRecord
from ._limits import Limits
from ._order_calls import OrderCalls
from ._service import Service
from ._symbols import Symbols

if TYPE_CHECKING:
    from ._effects import Steps
    from ._event_fields import Amount
    from ._stream_hub import StreamConnection, StreamHub

__all__ = ["Exchange"]


class Exchange(OrderCalls):
    """Binance's Options REST API and user data streams as a state machine.

    The same ``seed``, ``start`` (an aware datetime) and calls give the same bytes. Any thread may
    call: :attr:`lock` is held while anything happens, and whoever looks at several things at once
    takes it too.

    ``standstill_ms`` tells how much real time, in ms, has gone by while the clock stood still:
    where clients that sign with the real clock ask an exchange whose clock is turned by hand, they
    are ahead by as much, and believed.

    ``products`` are rows of the table of products: what there are endpoints, listen keys and
    streams for.
    """

    def __init__(
        self,
        seed: int = 0,
        start: datetime = DEFAULT_START,
        *,
        standstill_ms: Callable[[], int] = lambda: 0,
        products: Iterable[Product] = PRODUCTS,
    ) -> None:
        super().__init__(seed)
        self.products = tuple(products)
        #: Held while anything happens; who looks at several things at once takes it.
        self.lock = threading.RLock()
        #: Time, which stands still until it is moved.
        self.clock = Clock(start, lock=self.lock)
        #: Who there is, by name and in order.
        self.accounts = Accounts(self.clock, seed, self.products)
        #: Request weight and bans; each limit can be set.
        self.limits = Limits(self.clock)
        #: What is going to go wrong.
        self.faults = Faults(self.clock)
        #: What has happened.
        self.journal = Journal()
        #: The options that there are.
        self.symbols = Symbols(self.clock)
        self._emitted = Fills()
        self._service = Service(
            self.clock,
            self.accounts,
            self.limits,
            self.symbols,
            self.products,
            standstill_ms,
            lambda: self.orders,
        )
        KeyRecord(self.journal, self.clock).follow(self.accounts)
        self.clock.on_advance = self._note_advance
        #: Called with each request as it arrives, before anything becomes of it, and whenever an
        #: event is about to be sent; with the lock held.
        self.on_request: Callable[[Request], object] | None = None
        self.on_event: Callable[[], object] | None = None
        self._streams: StreamHub | None = None

    # What tests do to it

    def open_account(
        self,
        name: str | None = None,
        *,
        api_key: str | None = None,
        secret_key: str | None = None,
        public_key: str | None = None,
        balance: Amount = "10000",
    ) -> Account:
        """Open an account with one API key, and ``balance`` USDT in it.

        What is left out is made up, the same for the same seed and calls. ``public_key`` is PEM
        text, RSA or Ed25519, and takes the place of ``secret_key``. Raises KeyMaterialError for
        keys that can't be used, and UsageError for a name or an API key that is taken, and for a
        balance that is no decimal.
        """
        with self.lock:
            return self.accounts.open(
                name,
                api_key=api_key,
                secret_key=secret_key,
                public_key=public_key,
                balance=balance,
            )

    @property
    def account(self) -> Account:
        """The only account. Raises UsageError, which names them, where there is none or several."""
        with self.lock:
            return self.accounts.resolve()

    @property
    def streams(self) -> StreamHub:
        """The user data streams."""
        with self.lock:
            if self._streams is None:
                # Most tests have no stream, and need not wait until all this is loaded.
                from ._stream_hub import StreamHub

                self._streams = StreamHub(
                    self.clock,
                    self.accounts,
                    lock=self.lock,
                    journal=self.journal,
                    server_time_ms=lambda: self._service.server_time_ms,
                )
                self.accounts.on_expired.append(self._streams.key_expired)
                self.accounts.on_closed.append(self._streams.key_closed)
            return self._streams

    def connect(self, target: str, client: str = "127.0.0.1") -> StreamConnection | Answer:
        """Open a stream at ``target`` (path with query, as in "/private/ws/..."); a Response means
        refused, a Failure that the handshake gets no answer; the journal says which and why."""
        with self.lock:
            return self.streams.connect(target, client)

    def emit(
        self,
        event: Event,
        account: Account | str | None = None,
        *,
        product: Product | None = None,
    ) -> int:
        """Send ``event`` to all streams of ``account`` (itself or its name; the only one where left
        out), that of ``product`` where it isn't the first of the exchange's.

        Times that it leaves out are now; a trade id and filled quantities follow from the fills
        that were emitted before. Returns how many connections got it. Raises UsageError for what is
        no event, and where it isn't clear which account is meant.
        """
        if not isinstance(event, Event):
            raise UsageError(
                f"emit takes an event, and this is of type {type(event).__name__}. Make one with a"
                " builder of the events module, with events.from_json({...}) from the exchange's"
                " field names, or with events.raw({...}) to send an object as it is."
            )
        with self.lock:
            owner = self.accounts.resolve(account)
            if self.on_event is not None:
                self.on_event()
            streams = self._streams or self.streams
            return streams.emit(event.after(self._emitted, owner.name), owner, product=product)

    def reset(self) -> None:
        """Back to the start: clock, listen keys, limits, faults, orders, fills, positions, symbols
        and journal. Accounts and their API keys stay."""
        with self.lock:
            if self._positions is not None:
                self._positions.reset()
            if self._streams is not None:
                self._streams.reset()
            if self._orders is not None:
                self._orders.reset()
            self.clock.reset()
            self.accounts.reset()
            self.limits.reset()
            self.journal.clear()
            self.faults.clear()
            self._emitted.reset()
            self.symbols.reset()

    def state(self) -> dict[str, object]:
        """What is the case now, as JSON, without secrets. Times are milliseconds since the
        epoch."""
        with self.lock:
            return {
                "now": self.clock.now_ms,
                "accounts": [account.state() for account in self.accounts],
                "limits": self.limits.state(),
                "faults": [{"fault": str(fault), "fired": fault.fired} for fault in self.faults],
                "streams": [] if self._streams is None else self._streams.state(),
                "orders": [] if self._orders is None else self._orders.state(),
                "requests": self.journal.asked,
            }

    @property
    def server_time_ms(self) -> int:
        """What the exchange believes the time to be, in ms since the epoch: the clock's, plus the
        skew of a request at hand."""
        return self._service.server_time_ms

    def handle(self, request: Request) -> Answer:
        """Answer ``request``. Nothing a client can send makes this raise.

        Where a fault makes it take its time, the clock moves on by as much.
        """
        with self.lock:
            if self.on_request is not None:
                self.on_request(request)
            if not self.faults:
                return self._at_once(request)
            steps = self._steps(request)
            while True:
                try:
                    ms = next(steps)
                except StopIteration as end:
                    answer: Answer = end.value
                    return answer
                if math.isfinite(ms):
                    self.clock.skip(round(ms))

    def begin(self, request: Request) -> Answer | Later:
        """As :meth:`handle`, for who has other things to do meanwhile: what takes its time is
        answered :class:`Later`, when the clock has come to it. Where there is no answer, never."""
        with self.lock:
            if self.on_request is not None:
                self.on_request(request)
            if not self.faults:
                return self._at_once(request)
            later = Later()
            take_steps(self._steps(request), self.clock, later.give)
            return later.answer or later

    def _at_once(self, request: Request) -> Answer:
        path, query = _urls.target(request.url)
        entry = self._entry(request, path)
        endpoint = self._service.route(request.method, path, query)
        usage = self.limits.charge(request.client, endpoint)
        answer = self._service.execute(request, endpoint, query, usage, entry)
        entry.outcome = answer.status
        if answer.status == 200:
            self.journal.answered(entry, answer.body)
        return answer

    def _steps(self, request: Request) -> Steps:
        path, query = _urls.target(request.url)
        entry = self._entry(request, path)
        passage = Passage(self._service, self.emit, request, path, query, entry)
        answer = yield from passage.run(list(self.faults))
        entry.outcome = answer.status if isinstance(answer, Response) else answer.kind
        if isinstance(answer, Response) and answer.status == 200:
            self.journal.answered(entry, answer.body)
        return answer

    def _entry(self, request: Request, path: str) -> Entry:
        entry = Entry(self.clock.now_ms, request.client, request.method, path)
        self.journal.add(entry)
        return entry

    def _note_advance(self, by_ms: int) -> None:
        with self.lock:
            self.journal.moved(self.clock.now_ms, by_ms)

    def __repr__(self) -> str:
        return f"<Exchange at {self.clock.now.isoformat()}, {self.accounts!r}>"
