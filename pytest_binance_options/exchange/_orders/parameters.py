"""The parameters of a request about orders, read one by one: each is what it should be, or the
exchange's refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .._accounts import Account
from .._call import Call
from .._rejections import Rejection
from . import rejections
from .book import Book

if TYPE_CHECKING:
    from .orders import Orders

__all__ = ["Asked", "Range", "given", "id_list"]

T = TypeVar("T")

_SIGNED = ("timestamp", "signature", "recvWindow")
_WHOLE = re.compile(r"[0-9]{1,19}")
_LARGEST = 2**63 - 1
_DEFAULT_LIMIT = 100
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of a list was asked for: from an id on, between two times (ms since the epoch,
    both included), so many at most."""

    from_id: int | None
    start_ms: int | None
    end_ms: int | None
    limit: int

    def of(self, items: list[T], key: Callable[[T], tuple[int, int]]) -> list[T]:
        """Those of ``items``, which are in order, that were asked for; ``key`` gives the id of one
        and its time. The first ones from an id or a time on, else the latest."""
        chosen = []
        for item in items:
            number, at_ms = key(item)
            if self.from_id is not None and number < self.from_id:
                continue
            if self.start_ms is not None and at_ms < self.start_ms:
                continue
            if self.end_ms is not None and at_ms > self.end_ms:
                continue
            chosen.append(item)
        from_somewhere = self.from_id is not None or self.start_ms is not None
        return chosen[: self.limit] if from_somewhere else chosen[-self.limit :]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of ``account``, with the ``values`` of its own parameters."""

    call: Call
    values: Mapping[str, str]

    @property
    def account(self) -> Account:
        """Who asks."""
        return self.call.account

    @property
    def orders(self) -> Orders:
        """The exchange's orders."""
        return self.call.orders

    @property
    def book(self) -> Book:
        """The account's."""
        return self.orders.book(self.account)

    @property
    def now_ms(self) -> int:
        """The exchange's time."""
        return self.call.server_time_ms

    def symbol(self, *, mandatory: bool = True, known: bool = True) -> str | Rejection:
        """The parameter ``symbol``; empty where it may be left out and was. Where it need not be
        ``known``, the name of an option that may have expired will do."""
        name = self.values.get("symbol", "")
        if not name:
            return rejections.mandatory("symbol") if mandatory else ""
        symbols = self.orders.symbols
        if symbols.find(name) is None and (known or not symbols.may_be_past(name)):
            self.call.entry.clue = symbols.why_unknown(name)
            return rejections.BAD_SYMBOL
        return name

    def underlying(self) -> str | Rejection:
        """The parameter ``underlying``, which is mandatory."""
        name = self.values.get("underlying", "")
        if not name:
            return rejections.mandatory("underlying")
        return name if name in self.orders.symbols.underlyings else rejections.BAD_UNDERLYING

    def whole(self, name: str, *, mandatory: bool = False) -> int | Rejection | None:
        """The parameter ``name``, a whole number from 0 to 2**63 - 1; None where it was left
        out."""
        text = self.values.get(name, "")
        if not text:
            return rejections.mandatory(name) if mandatory else None
        if not _WHOLE.fullmatch(text) or int(text) > _LARGEST:
            return rejections.mandatory(name) if mandatory else rejections.invalid(name)
        return int(text)

    def range(self, from_id: str) -> Range | Rejection:
        """The parameters ``from_id``, startTime, endTime and limit (100 by default, 1000 at
        most)."""
        numbers: list[int | None] = []
        for name in (from_id, "startTime", "endTime", "limit"):
            number = self.whole(name)
            if isinstance(number, Rejection):
                return number
            numbers.append(number)
        first, start, end, limit = numbers
        if start is not None and end is not None and start > end:
            return rejections.START_AFTER_END
        if limit is None:
            limit = _DEFAULT_LIMIT
        if not 0 < limit <= _MOST:
            return rejections.INVALID_LIMIT
        return Range(first, start, end, limit)


def given(call: Call, names: Collection[str]) -> Asked | Rejection:
    """What ``call`` asks, where it has no other parameters than these ``names`` and those of
    signed requests."""
    sent = list(dict.fromkeys(call.parameters.names))
    unread = [name for name in sent if name not in names and name not in _SIGNED]
    if unread and names:
        known = ", ".join(names)
        call.entry.clue = (
            f"{call.entry.method} {call.entry.path} has no parameter {', '.join(unread)[:80]}. It"
            f" has: {known}."
        )
        return rejections.unread(len(sent) - len(unread), len(sent))
    return Asked(call, {name: call.parameters[name] for name in names if name in sent})


def id_list(text: str, kind: type[T]) -> list[T] | None:
    """The JSON list ``text`` of ids of that ``kind``, none of them twice; empty where nothing was
    sent, None for what is no such list."""
    if not text:
        return []
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(ids, list) or any(type(each) is not kind for each in ids):
        return None
    return list(dict.fromkeys(ids))
