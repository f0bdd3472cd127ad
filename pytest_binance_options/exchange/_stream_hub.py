"""The user data streams: who is connected, and which event goes where.

A state machine on the exchange's clock and under its lock; one connection's own rules are in
:mod:`pytest_binance_options.exchange._stream_connection`, and sockets are somebody else's.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping

from .._frames import Text
from .._messages import Headers, Response
from .._products import Product
from ._accounts import Account, Accounts
from ._clock import Clock
from ._event_values import Event
from ._listen_key import ListenKey
from ._rejections import NO_LISTEN_KEY, Rejection
from ._stream_connection import StreamConnection
from ._stream_items import Item, item
from ._stream_routes import Route, StreamAddresses
from ._stream_settings import StreamSettings
from .events import listen_key_expired

__all__ = ["StreamConnection", "StreamHub"]


def _refused(rejection: Rejection) -> Response:
    headers = (
        ("Content-Type", "application/json;charset=UTF-8"),
        ("Content-Length", str(len(rejection.body))),
    )
    return Response(rejection.status, Headers(headers), rejection.body)


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
        server_time_ms: Callable[[], int],
    ) -> None:
        self._lock = lock
        self._clock = clock
        self._accounts = accounts
        self._server_time_ms = server_time_ms
        self._addresses = StreamAddresses(accounts.products)
        # Ordered, both of them: the same calls give the same order of frames.
        self._open: dict[StreamConnection, None] = {}
        # By listen key; a connection can ask for one several times, each time for other events.
        self._subscribers: dict[str, dict[StreamConnection, dict[str, Item]]] = {}

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

    def connect(self, target: str, client: str = "127.0.0.1") -> StreamConnection | Response:
        """Connect to ``target``, a path with its query; a Response is a handshake refused.

        404: there is no stream at this address. 400: more streams than a connection may have, or,
        where ``dead_key`` says so, a listen key that is dead or never was.
        """
        with self.lock:
            route = self._addresses.route_of(target)
            if route is None:
                return _refused(Rejection(404, -1020, self._addresses.unknown(target)))
            rejection = self._rejection(target, route)
            if rejection is not None:
                return _refused(rejection)
            connection = StreamConnection(self, self, route, client)
            self._open[connection] = None
            return connection

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
        with self.lock:
            listen_keys = self._accounts.resolve(account).listen_keys
            listen_key = listen_keys[product or self._accounts.products[0]]
            value = listen_key.value
            return 0 if value is None else self._deliver(event, listen_key, value, self.copies)

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

    def reset(self) -> None:
        """Drop every connection and restore every setting."""
        with self.lock:
            self.drop()
            self.restore_settings()

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
            bereft = self._subscribers.pop(value, {})
            if self.on_expiry == "close":
                self._close_without_key(bereft, "its listen key has expired")

    def key_closed(self, _listen_key: ListenKey, value: str) -> None:
        """A DELETE closes the stream (Binance: Options, User Data Streams, "Close User Data
        Stream"), or leaves it open and silent, as ``on_close`` says."""
        with self.lock:
            bereft = self._subscribers.pop(value, {})
            if self.on_close == "close":
                self._close_without_key(bereft, "its listen key was closed")

    # What the connections tell

    def subscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has subscribed to ``name``. Only a live listen key ever leads to an event,
        and only where its product has the connection's address."""
        wanted = item(name)
        listen_key = self._accounts.by_listen_key(wanted.key)
        if listen_key is not None and self._has(listen_key.product, connection.route.prefix):
            connection.account_names.add(listen_key.account)
            items = self._subscribers.setdefault(wanted.key, {}).setdefault(connection, {})
            items[name] = wanted

    def unsubscribed(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has unsubscribed from ``name``."""
        key = item(name).key
        subscribers = self._subscribers.get(key, {})
        items = subscribers.get(connection)
        if items is None:
            return
        items.pop(name, None)
        if not items:
            del subscribers[connection]
        if not subscribers:
            del self._subscribers[key]

    def ended(self, connection: StreamConnection) -> None:
        """``connection`` has ended."""
        self._open.pop(connection, None)
        for name in connection.subscriptions:
            self.unsubscribed(connection, name)

    def now_ms(self) -> int:
        """What the exchange believes the time to be."""
        return self._server_time_ms()

    def _rejection(self, target: str, route: Route) -> Rejection | None:
        if route.legacy and (self.legacy == "refuse" or (self.legacy == "silent" and route.gone)):
            how = '(To have it: exchange.streams.legacy = "accept".)'
            return Rejection(404, -1020, f"{self._addresses.unknown(target)} {how}")
        if len(route.names) > self.max_streams:
            return Rejection(
                400,
                -1101,
                f"{len(route.names)} streams in the address; {self.max_streams} may be.",
            )
        return NO_LISTEN_KEY if self.dead_key == "refuse" and self._dead(route) else None

    def _dead(self, route: Route) -> bool:
        return route.private and any(
            self._accounts.by_listen_key(item(name).key) is None for name in route.names
        )

    def _has(self, product: Product, prefix: str) -> bool:
        # What is of the past for one product can be another one's address today.
        past = (*product.former_private_streams, *product.gone_private_streams)
        return prefix in product.private_streams or (prefix in past and self.legacy != "refuse")

    def _of(self, account: Account | str | None) -> list[StreamConnection]:
        if account is None:
            return list(self._open)
        name = self._accounts.resolve(account).name
        return [connection for connection in self._open if name in connection.account_names]

    def _deliver(self, event: Event, listen_key: ListenKey, key: str, copies: int) -> int:
        subscribers = self._subscribers.get(key)
        if not subscribers:
            return 0
        raw = json.dumps(event.at(self.now_ms(), key), separators=(",", ":"))
        # Taking frames, ending connections: a callback may do anything, so this goes over a copy.
        frames = {False: Text(raw), True: Text(f'{{"stream":"{key}","data":{raw}}}')}
        product = listen_key.product
        past = (*product.former_private_streams, *product.gone_private_streams)
        silent = past if self.legacy == "silent" else ()
        reached = 0
        for connection, items in list(subscribers.items()):
            if connection.zombie or connection.route.prefix in silent:
                continue
            if not self._wants(connection, items, event.type):
                continue
            frame = frames[connection.combined or self.envelope == "always"]
            reached += all(connection.queue(frame) for _ in range(copies))
        return reached

    def _wants(
        self, connection: StreamConnection, items: Mapping[str, Item], event_type: str
    ) -> bool:
        silent = connection.route.in_path if self.path_form == "silent" else ()
        return any(wanted.has(event_type) for name, wanted in items.items() if name not in silent)

    def _close_without_key(self, connections: Iterable[StreamConnection], because: str) -> None:
        for connection in list(connections):
            if not any(
                connection in self._subscribers.get(item(name).key, ())
                for name in connection.subscriptions
            ):
                connection.close(1000, because=because)

    def __repr__(self) -> str:
        return f"<StreamHub, {len(self._open)} connections>"
