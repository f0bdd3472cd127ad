"""Client order ids, which a client makes up anew in each run: those that it sends stand for those
of the recording, and come back to it in their place.

Source: Binance, Options, Trade: the parameters ``clientOrderId`` and ``clientOrderIds``, and those
of the orders of a batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .matching import MatchKey

__all__ = ["ClientOrderIds", "sent_ids"]

#: What stands for an id that has not been seen yet, and is none itself.
_NEW = "*"
_IN_JSON = re.compile(r'("clientOrderId"\s*:\s*")([^"\\]*)(")')
_IN_A_LIST = re.compile(r'(")([^"\\]*)(")')
#: The parameters that hold such ids, and where in the value.
_WHERE = {
    "clientOrderId": re.compile(r"()(.+)()", re.DOTALL),
    "clientOrderIds": _IN_A_LIST,
    "orders": _IN_JSON,
}


def _each(key: MatchKey, replace: Callable[[str], str]) -> MatchKey:
    method, host, path, params = key
    changed = []
    for name, value in params:
        pattern = _WHERE.get(name)
        if pattern is not None:
            value = pattern.sub(lambda m: f"{m[1]}{replace(m[2])}{m[3]}", value)
        changed.append((name, value))
    return method, host, path, tuple(changed)


def sent_ids(key: MatchKey) -> list[str]:
    """The client order ids in a request's parameters, in order."""
    if not any(name in _WHERE for name, _ in key[3]):
        return []
    found: list[str] = []

    def keep(value: str) -> str:
        found.append(value)
        return value

    _each(key, keep)
    return found


class ClientOrderIds:
    """Which recorded id each one stands for that the client has sent."""

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}
        self._sent: dict[str, str] = {}

    def as_recorded(self, key: MatchKey) -> MatchKey:
        """``key`` with the ids of the recording, where they are known."""
        return _each(key, lambda value: self._recorded.get(value, value))

    def alike(self, key: MatchKey, recorded: MatchKey) -> bool:
        """Whether the two differ in no more than ids that have not been seen yet."""
        return _each(key, lambda value: self._recorded.get(value, _NEW)) == _each(
            recorded, lambda value: value if value in self._sent else _NEW
        )

    def learn(self, key: MatchKey, recorded: MatchKey) -> None:
        """The ids in ``key`` stand for those in ``recorded``, place by place."""
        for sent, old in zip(sent_ids(key), sent_ids(recorded), strict=True):
            self._recorded[sent] = old
            self._sent[old] = sent

    def as_sent(self, text: str) -> str:
        """JSON that was recorded, with the client's own ids."""
        if not self._sent:
            return text
        names = "|".join(map(re.escape, self._sent))
        return re.sub(f'"({names})"', lambda m: f'"{self._sent[m[1]]}"', text)
