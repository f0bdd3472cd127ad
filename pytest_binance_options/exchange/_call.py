"""A signed request as its endpoint gets it, and what an endpoint can answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._accounts import Account
from ._journal import Entry
from ._rejections import Rejection
from ._signatures import Parameters

if TYPE_CHECKING:
    from ._orders.orders import Orders

__all__ = ["Call", "Reply", "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """A body, and the headers that come with it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


Reply = bytes | Rejection | Said


@dataclass(frozen=True, slots=True)
class Call:
    """A request of ``account``, whose signature has been verified."""

    account: Account
    parameters: Parameters
    entry: Entry
    #: What the exchange believes the time to be, in ms since the epoch.
    server_time_ms: int
    get_orders: Callable[[], Orders]

    @property
    def orders(self) -> Orders:
        """The exchange's orders."""
        return self.get_orders()
