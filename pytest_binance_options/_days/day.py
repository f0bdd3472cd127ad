"""A day, as a value: what goes wrong in it, and what goes on all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from .._checks import number, shown, whole, wrong
from ..errors import UsageError
from .trouble import Trouble
from .troubles import trouble_from_json

__all__ = ["BadDay", "first_order_ms"]

_LONGEST_H = 24 * 366
#: On days of at most so many hours there is an order an hour, on others half as many: twelve a day
#: are enough to be missed, and with more of them a day takes longer.
_SHORT_H = 12
#: The first order comes at the half of its interval, and a little later: seldom is anything else
#: due then.
_FIRST_MS = 7_000
_WIDTH = 88


class BadDay:
    """A day of so many ``hours`` on which the ``troubles`` happen; of those at the same time the
    first comes first.

    Meanwhile the account is in use: every ``orders_every`` minutes (0: never; None: every 60, and
    every 120 on days of more than 12 hours) another hand places an order on it, which is filled two
    seconds later, every other one in halves; three seconds after that another one sells what it has
    bought. Whenever the exchange ends a connection, one is placed and filled at once, before
    anybody can be back.

    A value: ``repr`` is Python that makes an equal one. Raises UsageError for what can't be.
    """

    __slots__ = ("hours", "orders_every", "troubles")

    troubles: tuple[Trouble, ...]
    hours: float
    orders_every: int

    def __init__(
        self, *troubles: Trouble, hours: float = 24, orders_every: int | None = None
    ) -> None:
        for each in troubles:
            if not isinstance(each, Trouble):
                wanted = 'troubles, as in BadDay(Scenario("03:14", "key_lost"))'
                raise wrong("A trouble of the day", each, wanted)
        number("hours", hours, 0, _LONGEST_H, above=True)
        if orders_every is None:
            orders_every = _usual(hours)
        whole("orders_every", orders_every, 0, _LONGEST_H * 60)
        ordered = tuple(sorted(troubles, key=lambda each: each.at_ms))
        for name, value in (
            ("troubles", ordered),
            ("hours", hours),
            ("orders_every", orders_every),
        ):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A BadDay is a value: make another one, with {name}={shown(value)}.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("A BadDay is a value.")

    @property
    def first_order_ms(self) -> int:
        """When the first of those orders is placed, in ms since the day has begun."""
        return first_order_ms(self.orders_every)

    @property
    def ends_it(self) -> bool:
        """Whether a sound bot may stop on such a day: nothing that it could do would help."""
        return any(each.ends_it for each in self.troubles)

    def to_json(self) -> dict[str, object]:
        """This as a JSON object."""
        return {
            "hours": self.hours,
            "orders_every": self.orders_every,
            "troubles": [each.to_json() for each in self.troubles],
        }

    @classmethod
    def from_json(cls, form: object) -> BadDay:
        """The day that :meth:`to_json` has written. Raises UsageError for what is none."""
        if not isinstance(form, Mapping):
            raise wrong("A day", form, "a JSON object")
        unknown = [shown(name) for name in form if name not in cls.__slots__]
        if unknown:
            raise UsageError(
                f"A day has no {', '.join(unknown)}. It has: {', '.join(cls.__slots__)}."
            )
        troubles = form.get("troubles", [])
        if not isinstance(troubles, Iterable) or isinstance(troubles, str | Mapping):
            raise wrong("troubles", troubles, "a list of them")
        given = {name: form[name] for name in ("hours", "orders_every") if name in form}
        return cls(*map(trouble_from_json, troubles), **cast("dict[str, int]", given))

    def __reduce__(self) -> tuple[object, ...]:
        return (BadDay.from_json, (self.to_json(),))

    def _key(self) -> tuple[object, ...]:
        return (self.troubles, self.hours, self.orders_every)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, BadDay) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        parts = [repr(each) for each in self.troubles]
        if self.hours != 24:
            parts.append(f"hours={self.hours!r}")
        if self.orders_every != _usual(self.hours):
            parts.append(f"orders_every={self.orders_every!r}")
        line = f"BadDay({', '.join(parts)})"
        if len(line) <= _WIDTH - len("    day = "):
            return line
        return "\n".join(("BadDay(", *(f"    {part}," for part in parts), ")"))


def _usual(hours: float) -> int:
    return 60 if hours <= _SHORT_H else 120


def first_order_ms(orders_every: int) -> int:
    """When the first order of another hand is placed on a day with one every so many minutes, in ms
    since it has begun."""
    return orders_every * 30_000 + _FIRST_MS
