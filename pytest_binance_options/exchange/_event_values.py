"""What is emitted: the frozen :class:`Event`, made as its row in the table says, or sent as it is.

The builders a test calls are in :mod:`pytest_binance_options.exchange.events`; nothing here knows
an account, a connection or the time.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .._masking import mask
from ._event_fields import known
from ._event_table import TABLE
from ._fills import Fills, lacking

__all__ = ["Event", "filled", "sent", "stated"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the user data stream.

    ``payload`` has the exchange's own field names, ready for JSON; a time that was left out is
    missing from it and is filled in when the exchange emits the event, as is what depends on the
    fills before it. A ``verbatim`` event is sent as it is. Raises UsageError for any other of a
    type, or with a field, that the exchange does not have.
    """

    type: str
    payload: dict[str, object]
    verbatim: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.verbatim:
            # The caller's dict may change later; an event may not.
            payload = copy.deepcopy(self.payload)
        else:
            row = TABLE[known("type", self.type, TABLE)]
            payload = row.payload(row.arguments(self.payload))
        object.__setattr__(self, "payload", payload)

    def at(self, now_ms: int, listen_key: str = "") -> dict[str, object]:
        """The payload as it is sent at ``now_ms`` (ms since the epoch) to who listens with
        ``listen_key``: a copy with what was left out filled in, as if it were the first event of
        all."""
        return copy.deepcopy(sent(self, now_ms, listen_key))

    def after(self, fills: Fills, account: str) -> Event:
        """The event as ``account`` gets it after those ``fills``, to which it is added."""
        if self.verbatim or self.type != "ORDER_TRADE_UPDATE":
            return self
        update = _order(self)
        order = fills.complete(update, account)
        return self if order is update else _checked(self.type, {**self.payload, "o": order})

    def __repr__(self) -> str:
        verbatim = ", verbatim=True" if self.verbatim else ""
        return mask(f"Event(type={self.type!r}, payload={self.payload!r}{verbatim})")

    def to_json(self) -> dict[str, object]:
        """The JSON form, that ``events.from_json`` reads."""
        payload = copy.deepcopy(self.payload)
        return {"raw": payload} if self.verbatim else payload


def filled(name: str, arguments: Mapping[str, object]) -> Event:
    """The event ``name`` with these arguments of its builder's: its ``locals()``, of which the row
    takes what it has a word for."""
    return _checked(name, TABLE[name].payload(arguments))


def stated(payload: dict[str, object]) -> Event:
    """An event as the exchange itself says it: with all fields but the times, each as it is sent.
    That is not checked."""
    return _checked(cast("str", payload["e"]), payload)


def sent(event: Event, now_ms: int, listen_key: str) -> dict[str, object]:
    """What :meth:`Event.at` gives, for who only reads it: what is in it is the event's own."""
    if event.verbatim:
        return event.payload
    # What the exchange emits lacks nothing by then.
    if event.type == "ORDER_TRADE_UPDATE" and lacking(_order(event)):
        event = event.after(Fills(), account="")
    return TABLE[event.type].at(event.payload, now_ms, listen_key)


def _order(update: Event) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", update.payload["o"])


def _checked(name: str, payload: dict[str, object]) -> Event:
    # What a row has written need not be read and written once more.
    event = object.__new__(Event)
    object.__setattr__(event, "type", name)
    object.__setattr__(event, "payload", payload)
    object.__setattr__(event, "verbatim", False)
    return event
