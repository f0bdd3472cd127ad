"""The user data streams: who is connected, and which event goes where.

A state machine on the exchange's clock and under its lock; one connection's own rules are in
:mod:`pytest_binance_options.exchange._stream_connection`, and sockets are somebody else's.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable

from .._checks import number, text, whole, wrong
from .._frames import Text
from .._messages import Answer, Failure, Response
from .._products import Product
from ._accounts import Account, Accounts
from ._clock import Clock
from ._event_values import Event, sent
from ._journal import Journal
from ._listen_key import ListenKey
from ._stream_connection import StreamConnection
from ._stream_handshakes import Handshakes, Refusal
from ._stream_record import StreamRecord
from ._stream_settings import StreamSettings
from ._stream_subscribers import Subscribers
from ._stream_transit import Transit
from .events import listen_key_expired

__all__ = ["StreamConnection", "StreamHub"]

_LONGEST = 10**9  # s; some thirty years
_JSON = json.JSONEncoder(separators=(",", ":"))


class StreamHub(StreamSettings):
    """All stream connections of an exchange, as ``exchange.streams``. Its settings are
    :class:`StreamSettings`.

    An event goes to every connection that is subscribed to its account's listen key, once, in the
    order in which events were emitted. An event that is emitted while nobody is connected is lost,
    as on the exchange.
    """

    def __init__(
        self,
        clock: Clock,
        accounts: Accounts,
        *,
        lock: threading.RLock,
        journal: Journal,
        server_time_ms: Callable[[], int],
    ) -> None:
        self._lock = lock
        self._clock = clock
        self._accounts = accounts
        self._server_time_ms = server_time_ms
        self._handshakes = Handshakes(clock, accounts, self)
        # Ordered, as those who subscribe are: the same calls give the same order of frames.
        self._open: dict[StreamConnection, None] = {}
        self._subscribers = Subscribers(accounts, self)
        self._record = StreamRecord(journal, clock)
        self._transit = Transit(clock, self._record.lost)
        self._zombies_due = 0

    @property
    def lock(self) -> threading.RLock:
        """The exchange's lock."""
        return self._lock

    @property
    def clock(self) -> Clock:
        """The exchange's clock."""
        return self._clock

    @property
    def connections(self) -> list[StreamConnection]:
        """The connections that are open, oldest first."""
        with self.lock:
            return list(self._open)

    def connect(self, target: str, client: str = "127.0.0.1") -> StreamConnection | Answer:
        """Connect to ``target``, a path with its query; a Response is a handshake refused, a
        Failure one that gets no answer.

        404: there is no stream at this address. 400: more streams than a connection may have, or,
        where ``dead_key`` says so, a listen key that is dead or never was.
        """
        with self.lock:
            route = self._handshakes.judge(target)
            if isinstance(route, Response | Failure):
                self._record.refused(target, route)
                return route
            connection = StreamConnection(self, self, route, client, self._record.next_number)
            self._open[connection] = None
            self._record.connected(connection, target)
            if route.private and self._zombies_due:
                self._zombies_due -= 1
                connection.zombie = True
            return connection

    def refuse_handshakes(
        self, how: int | str = 503, *, times: int | None = None, seconds: float | None = None
    ) -> Refusal:
        """Have handshakes fail from now on, at all addresses: the next ``times`` (None: without
        end), and for so many ``seconds`` on the exchange's clock (None: until there is a reset).

        ``how`` is an HTTP status (400 to 599), which comes with an HTML page, or "reset" (the
        connection breaks off), or "timeout" (no answer). Returns what knows how often it has
        ``fired``. Of several, the first one that isn't over counts. Raises UsageError for a value
        out of range.
        """
        with self.lock:
            return self._handshakes.refuse(how, times, seconds)

    def accept_handshakes(self) -> int:
        """Take back all that :meth:`refuse_handshakes` has set up; gives how many these were."""
        with self.lock:
            return self._handshakes.restore()

    def emit(
        self,
        event: Event,
        account: Account | str | None = None,
        *,
        product: Product | None = None,
    ) -> int:
        """Send ``event`` to the connections that have the live listen key of ``account`` (an
        account, its name, or None where there is only one); gives how many these were.

        Times that the event leaves out are now. ``product`` says which of the account's listen
        keys, where it isn't the first. Raises UsageError where it is not clear which account is
        meant.
        """
        with self._lock:
            listen_keys = self._accounts.resolve(account).listen_keys
            listen_key = listen_keys[product or self._accounts.products[0]]
            value = listen_key.value
            bound_for = 0 if value is None else self._subscribers.count(value)
            if value is None or not bound_for:
                self._record.unheard(event, listen_key, connected=len(self._open))
                return 0
            return self._transit.carry(
                event,
                listen_key.account,
                self.now_ms(),
                value,
                bound_for,
                lambda event: self._deliver(event, listen_key, value, self.copies),
            )

    def send_text(self, data: str, account: Account | str | None = None) -> int:
        """Send ``data`` as it is, JSON or not, in a text frame to the account's connections (None:
        to all that are open), zombies left out; gives how many got it. Raises UsageError for what
        no text frame can hold."""
        try:
            text("data", data).encode()
        except UnicodeEncodeError:  # half a surrogate pair
            raise wrong("data", data, "text that UTF-8 has") from None
        with self.lock:
            return sum(
                connection.queue(Text(data))
                for connection in self._of(account)
                if not connection.zombie
            )

    def drop(self, account: Account | str | None = None) -> int:
        """End the account's connections (None: all of them) without a close frame; gives how many
        these were."""
        with self.lock:
            chosen = self._of(account)
            for connection in chosen:
                connection.drop()
            return len(chosen)

    def close(
        self, account: Account | str | None = None, code: int = 1001, reason: str = ""
    ) -> int:
        """End the account's connections (None: all of them) with a close frame; gives how many
        these were."""
        with self.lock:
            chosen = self._of(account)
            for connection in chosen:
                connection.close(code, reason)
            return len(chosen)

    def zombie(self, account: Account | str | None = None) -> int:
        """Make zombies of the account's connections (None: of all that are open): pings and answers
        go on, events are lost on the way. Connections made later are sound. Gives how many these
        were."""
        with self.lock:
            chosen = self._of(account)
            for connection in chosen:
                connection.zombie = True
            return len(chosen)

    def zombie_next(self, *, times: int = 1) -> None:
        """Make zombies of the next ``times`` connections at user data's addresses, from the
        beginning; those after them are sound. Raises UsageError for less than one."""
        with self.lock:
            self._zombies_due = whole("times", times, 1)

    def lose_next(self, account: Account | str | None = None, *, times: int = 1) -> None:
        """Lose the account's next ``times`` events on the way, of those that somebody would have
        heard. listenKeyExpired is never among them. Raises UsageError for less than one."""
        with self.lock:
            owner = self._accounts.resolve(account)
            self._transit.lose(owner.name, whole("times", times, 1))

    def hold_next(self, account: Account | str | None = None, *, seconds: float = 60) -> None:
        """Have the account's next event arrive after the one that follows it, which has the later
        event time; where none follows within ``seconds`` on the exchange's clock, when these are
        over. Raises UsageError for a time that isn't above 0."""
        with self.lock:
            owner = self._accounts.resolve(account)
            longest = number("seconds", seconds, 0, _LONGEST, above=True)
            self._transit.hold(owner.name, round(longest * 1000))

    def delay_next(self, account: Account | str | None = None, *, seconds: float = 60) -> None:
        """Have the account's next event, and those that follow it within ``seconds`` on the
        exchange's clock, arrive when these are over, in order. Raises UsageError for a time that
        isn't above 0."""
        with self.lock:
            owner = self._accounts.resolve(account)
            late = number("seconds", seconds, 0, _LONGEST, above=True)
            self._transit.delay(owner.name, round(late * 1000))

    def reset(self) -> None:
        """Drop every connection and restore every setting."""
        with self.lock:
            self.drop()
            self.restore_settings()
            self._handshakes.restore()
            self._transit.reset()
            self._record.reset()
            self._zombies_due = 0

    def state(self) -> list[dict[str, object]]:
        """The open connections as JSON, without secrets, times in ms since the epoch."""
        with self.lock:
            return [
                {
                    "route": connection.route.kind,
                    "combined": connection.combined,
                    "since": connection.since_ms,
                    "streams": len(connection.subscriptions),
                    "accounts": sorted(connection.account_names),
                    "zombie": connection.zombie,
                }
                for connection in self._open
            ]

    # What the accounts tell

    def key_expired(self, listen_key: ListenKey, value: str) -> None:
        """Send listenKeyExpired, the last event for ``value``."""
        with self.lock:
            self._deliver(listen_key_expired(), listen_key, value, self.expired_notices)
            bereft = self._subscribers.forget(value)
            if self.on_expiry == "close":
                _close(bereft, "its listen key has expired")

    def key_closed(self, _listen_key: ListenKey, value: str) -> None:
        """A DELETE closes the stream (Binance: Options, User Data Streams, "Close User Data
        Stream"), or leaves it open and silent, as ``on_close`` says."""
        with self.lock:
            bereft = self._subscribers.forget(value)
            if self.on_close == "close":
                _close(bereft, "its listen key was closed")

    # What the connections tell

    def subscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has subscribed to ``name``."""
        self._subscribers.add(connection, name)
        if connection in self._open:  # else it is its address that says so
            self._record.subscribed(connection, name, on=True)

    def unsubscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has unsubscribed from ``name``."""
        self._subscribers.remove(connection, name)
        self._record.subscribed(connection, name, on=False)

    def ended(self, connection: StreamConnection) -> None:
        """``connection`` has ended."""
        self._open.pop(connection, None)
        self._record.ended(connection)
        for name in connection.subscriptions:
            self._subscribers.remove(connection, name)

    def now_ms(self) -> int:
        """What the exchange believes the time to be."""
        return self._server_time_ms()

    def _of(self, account: Account | str | None) -> list[StreamConnection]:
        if account is None:
            return list(self._open)
        name = self._accounts.resolve(account).name
        return [connection for connection in self._open if name in connection.account_names]

    def _deliver(self, event: Event, listen_key: ListenKey, key: str, copies: int) -> int:
        if not self._subscribers.count(key):
            return 0
        payload = sent(event, self.now_ms(), key)
        raw = _JSON.encode(payload)
        reached: list[int] = []
        # Before it is queued: what is sent may end a connection, and that comes after it.
        note = self._record.heard(event, listen_key.account, payload, reached)
        for connection in self._subscribers.hearing(key, listen_key.product, event.type):
            wrapped = connection.combined or self.envelope == "always"
            frame = Text(f'{{"stream":"{key}","data":{raw}}}' if wrapped else raw)
            for _ in range(copies):
                if not connection.queue(frame):
                    break
            else:
                reached.append(connection.number)
        if not reached:
            note.why = self._subscribers.why_unheard(key, listen_key.product)
        return len(reached)

    def __repr__(self) -> str:
        return f"<StreamHub, {len(self._open)} connections>"


def _close(connections: Iterable[StreamConnection], because: str) -> None:
    for connection in connections:
        connection.close(1000, because=because)
