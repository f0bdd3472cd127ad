"""What a client asks to hear, one item at a time: a stream's name, or a listen key together with
the types of events that shall come.

Source: Binance's "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05), which names the
form ``listenKey=K&events=A/B``. Options' pages know the listen key alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

__all__ = ["Item", "in_query", "item"]


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """An item taken apart. ``key`` is the listen key, or the name of what is none."""

    key: str
    #: The types of the events that come; None: all of them.
    events: frozenset[str] | None = None

    def has(self, event_type: str) -> bool:
        """Whether such events come. The list counts for listenKeyExpired as well."""
        return self.events is None or event_type in self.events


def item(name: str) -> Item:
    """The item called ``name``: ``<listenKey>``, ``listenKey=<listenKey>``, or that with
    ``&events=<type>/<type>`` behind it."""
    if not name.startswith("listenKey="):
        return Item(name)
    pairs = dict(parse_qsl(name))
    events = frozenset(filter(None, pairs.get("events", "").split("/")))
    return Item(pairs.get("listenKey", ""), events or None)


def in_query(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The names of the items in an address's query. An ``events`` belongs to the ``listenKey``
    before it, and where it comes first of all to the first one."""
    key, events = "", ""
    for name, value in pairs:
        if name == "streams":
            yield from value.split("/")
        elif name == "events":
            events = value
        elif name == "listenKey":
            if key:
                yield _name(key, events)
                events = ""
            key = value
    if key:
        yield _name(key, events)


def _name(key: str, events: str) -> str:
    return f"listenKey={key}&events={events}" if events else key
