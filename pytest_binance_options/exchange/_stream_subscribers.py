"""Who listens to which listen key, and to which of its events.

Nothing is sent here: that is :mod:`pytest_binance_options.exchange._stream_hub`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from .._products import Product
from ._accounts import Accounts
from ._stream_connection import StreamConnection
from ._stream_items import Item, item
from ._stream_settings import StreamSettings

__all__ = ["Subscribers"]


class Subscribers:
    """The connections by listen key, in the order in which they subscribed."""

    def __init__(self, accounts: Accounts, settings: StreamSettings) -> None:
        self._accounts = accounts
        self._settings = settings
        # A connection can ask for a key several times, each time for other events.
        self._by_key: dict[str, dict[StreamConnection, dict[str, Item]]] = {}

    def add(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has subscribed to ``name``. Only a live listen key ever leads to an event,
        and only where its product has the connection's address."""
        wanted = item(name)
        listen_key = self._accounts.by_listen_key(wanted.key)
        if listen_key is not None and self._has(listen_key.product, connection.route.prefix):
            connection.account_names.add(listen_key.account)
            items = self._by_key.setdefault(wanted.key, {}).setdefault(connection, {})
            items[name] = wanted

    def remove(self, connection: StreamConnection, name: str) -> None:
        """``connection`` has unsubscribed from ``name``."""
        key = item(name).key
        subscribers = self._by_key.get(key, {})
        items = subscribers.get(connection)
        if items is None:
            return
        items.pop(name, None)
        if not items:
            del subscribers[connection]
        if not subscribers:
            del self._by_key[key]

    def forget(self, key: str) -> list[StreamConnection]:
        """The listen key ``key`` is no more; gives those who had it and have no other one."""
        return [one for one in self._by_key.pop(key, {}) if not self._has_a_key(one)]

    def count(self, key: str) -> int:
        """How many connections have subscribed to ``key``."""
        return len(self._by_key.get(key, ()))

    def hearing(self, key: str, product: Product, event_type: str) -> Iterator[StreamConnection]:
        """Those who get an event of this type from ``key``, a listen key for ``product``."""
        past_is_silent = self._settings.legacy == "silent"
        # Taking frames, ending connections: whoever is told may do anything, so this goes over a
        # copy.
        for connection, items in list(self._by_key.get(key, {}).items()):
            if connection.zombie or not self._wants(connection, items, event_type):
                continue
            if past_is_silent and _is_past(product, connection.route.prefix):
                continue
            yield connection

    def why_unheard(self, key: str, product: Product) -> str:
        """Why none of those who have subscribed to ``key`` gets an event, in a few words."""
        connections = self._by_key.get(key, {})
        if any(connection.zombie for connection in connections):
            return "the connection is a zombie, as the test set up"
        if any(_is_past(product, connection.route.prefix) for connection in connections):
            return "the connection's address is one of the past, and silent"
        if self._settings.path_form == "silent":
            return "with the key in the path it is silent, as the test set up"
        return "the connection asked for other events"

    def _wants(
        self, connection: StreamConnection, items: Mapping[str, Item], event_type: str
    ) -> bool:
        silent: Collection[str] = ()
        if self._settings.path_form == "silent":
            silent = connection.route.in_path
        return any(wanted.has(event_type) and name not in silent for name, wanted in items.items())

    def _has(self, product: Product, prefix: str) -> bool:
        # What is of the past for one product can be another one's address today.
        return prefix in product.private_streams or (
            self._settings.legacy != "refuse" and _is_past(product, prefix)
        )

    def _has_a_key(self, connection: StreamConnection) -> bool:
        return any(
            connection in self._by_key.get(item(name).key, ()) for name in connection.subscriptions
        )


def _is_past(product: Product, prefix: str) -> bool:
    return prefix in product.former_private_streams or prefix in product.gone_private_streams
