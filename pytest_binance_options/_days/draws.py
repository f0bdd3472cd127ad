"""How a trouble of each kind is drawn: when it begins, and with which of its arguments.

Moments that matter are drawn oftener than others: what becomes of an event tells nothing where the
account has none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ..exchange import scenarios
from .day import first_order_ms
from .moments import moment
from .trouble import Trouble
from .troubles import (
    EVENT_TROUBLES,
    Ban,
    EventTrouble,
    HandshakesRefused,
    OrderFilled,
    RequestFault,
    Scenario,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

__all__ = ["MAKERS", "Hours", "company_of", "draw_later", "draw_moment"]

_KEY = "/eapi/v1/listenKey"
_ORDER = "/eapi/v1/order"

#: Done, and reported as failed, is what punishes; now and then it isn't done.
_MOSTLY = (True, True, True, False)
#: Values that arguments of scenarios get, simplest first, by the scenario and the argument; what is
#: not here, and what is None, keeps its default.
_ARGUMENTS: Mapping[tuple[str, str], tuple[object, ...]] = {
    ("network_gone", "minutes"): (5, 1, 20),
    ("network_gone", "form"): ("reset", "timeout"),
    ("server_shutdown", "minutes"): (10, 1),
    ("keepalive_error_swallowed", "times"): (3, 1),
    ("keepalive_at_the_boundary", "seconds"): (1, 5, 60),
    ("unknown_outcome_on_keepalive", "executed"): _MOSTLY,
    ("unknown_outcome_on_close", "executed"): _MOSTLY,
    ("order_of_unknown_outcome", "executed"): _MOSTLY,
    ("clock_skew", "seconds"): (-2, 2, -10, 10),
    ("duplicate_events", "copies"): (2, 3),
    ("one_event_lost", "times"): (1, 3),
    ("out_of_order", "seconds"): (60, 5),
    ("born_a_zombie", "times"): (1, 2),
    ("frame_that_is_no_json", "text"): ("", "{"),
    ("fill_before_reply", "seconds"): (1, 5),
}
_FAULT_ARGUMENTS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "status": {"status": (500, 502, 504, 429), "body": (None, "<html>Bad Gateway</html>")},
    "delay": {"seconds": (5, 15, 60), "executed": (False, True)},
    "unknown_outcome": {"executed": (True, False)},
    "reset": {"executed": (True, False)},
    "timeout": {"executed": (True, False)},
    "skew": {"seconds": (-10, 10)},
}
"""The same of faults."""


#: What becomes of events.
_OF_EVENTS = (
    "disconnect_between_fills",
    "duplicate_events",
    "one_event_lost",
    "out_of_order",
    *(f"event {name}" for name in EVENT_TROUBLES),
)
#: Which requests a fault hits: method and path. Not each bot asks each of these.
_TARGETS: Sequence[tuple[str | None, str | None]] = (
    ("PUT", _KEY),
    ("POST", _KEY),
    ("POST", None),
    (None, None),
    ("GET", None),
    ("DELETE", None),
)
#: What begins with a request: this is over with the minute, and that happens to the next order,
#: which may be another hand's.
_BEFORE = {"rate_limited_then_banned": "* *", "fill_before_reply": f"POST {_ORDER}"}
#: What ends a connection at once: whoever comes back asks for a key and makes a new one.
_ENDS = (
    "idle_drop",
    "day_is_over",
    "expires_early",
    "closed_by_another_consumer",
    "stale_key_on_reconnect",
)
#: How many seconds later comes what comes with another trouble.
_LATER = (0, 60, 5, 600)
#: So many times as often a trouble comes by itself as with another one.
_ALONE = 5
#: How a moment is drawn: in the middle of an order.
_AIMED = 3
#: The same: at a whole hour, at which a bot may just be renewing its key, and so seldom; at a whole
#: minute; at any moment; or so.
_HOW = (0, 1, 2, _AIMED, 1, _AIMED)
#: The same of what becomes of events.
_HOW_OF_EVENTS = (0, _AIMED, _AIMED, _AIMED)
#: Seconds from an order on: before it is placed, and before its position is sold. What becomes of
#: the next events, becomes of theirs.
_BEFORE_ORDERS = (-1, 3)
#: The same, and before it is filled.
_AROUND_ORDERS = (*_BEFORE_ORDERS, 1)


@dataclass(frozen=True, slots=True)
class Hours:
    """A day of ``length`` hours on which another hand places an order every ``orders_every``
    minutes."""

    length: float
    orders_every: int

    @property
    def last_minute(self) -> int:
        """What happens after it, in the last hours, can't be judged any more."""
        minutes = int(self.length * 60)
        return max(0, minutes - 150 if minutes > 300 else minutes // 2)

    @property
    def orders_ms(self) -> range:
        """When the other hand places an order by then, in ms since the day has begun."""
        return range(
            first_order_ms(self.orders_every), self.last_minute * 60_000, self.orders_every * 60_000
        )


def draw_moment(draw: DrawFn, hours: Hours, kind: str) -> str:
    """When a trouble of that kind begins."""
    # In parts: a day of whole hours is the shortest to say, and the shrinker finds it in few steps.
    of_events = kind in _OF_EVENTS
    orders = hours.orders_ms
    how = cast(int, _of(draw, _HOW_OF_EVENTS if of_events else _HOW))
    if how == _AIMED and orders:
        around = _BEFORE_ORDERS if of_events else _AROUND_ORDERS
        ms = cast(int, _of(draw, orders)) + cast(int, _of(draw, around)) * 1000
    else:
        ms = _whole(draw, 0, hours.last_minute // 60) * 3_600_000
        if how:
            ms += _whole(draw, 0, 59) * 60_000
        if how > 1:
            ms += _whole(draw, 0, 59_999)
    return moment(ms % (hours.last_minute * 60_000 + 1))


def draw_later(draw: DrawFn, hours: Hours, first: Trouble) -> str:
    """When what comes with ``first`` begins."""
    ms = first.at_ms + cast(int, _of(draw, _LATER)) * 1000
    return moment(max(first.at_ms, min(ms, hours.last_minute * 60_000)))


def company_of(trouble: Trouble, kinds: Sequence[str]) -> Sequence[str]:
    """Of ``kinds``, those of which one comes with ``trouble``, as often as it is here; "" is
    none."""
    if trouble.kind == "expired_twice":
        return [each for each in kinds if each == "expires_early"] or [""]
    if _waits(trouble):
        return ["", *(each for each in _ENDS if each in kinds)]
    return [*[""] * len(kinds) * _ALONE, *kinds]


def _waits(trouble: Trouble) -> bool:
    """Whether it shows when a bot comes back, and on a day on which its connection lasts it
    doesn't."""
    if isinstance(trouble, RequestFault):
        return trouble.method == "POST"
    if isinstance(trouble, Scenario):
        return trouble.name == "born_a_zombie" or ("method", "POST") in trouble.arguments
    return isinstance(trouble, Ban)


def _of(draw: DrawFn, values: Sequence[object]) -> object:
    from hypothesis import strategies

    return draw(strategies.sampled_from(values))


def _whole(draw: DrawFn, low: int, high: int) -> int:
    from hypothesis import strategies

    return draw(strategies.integers(low, high))


def _draw_scenario(draw: DrawFn, name: str, at: str) -> Trouble:
    parameters = inspect.signature(getattr(scenarios, name)).parameters
    arguments = {
        argument: _of(draw, values)
        for (scenario, argument), values in _ARGUMENTS.items()
        if scenario == name and argument in parameters
    }
    if name in _BEFORE:
        arguments["before"] = _BEFORE[name]
    if name == "event_before_reply":
        arguments |= {"method": _of(draw, ("PUT", "POST")), "path": _KEY}
    make = cast("Callable[..., Trouble]", Scenario)
    return make(at, name, **arguments)


def _draw_fault(draw: DrawFn, name: str, at: str) -> Trouble:
    drawn = {
        argument: _of(draw, values) for argument, values in _FAULT_ARGUMENTS.get(name, {}).items()
    }
    given = {argument: value for argument, value in drawn.items() if value is not None}
    method, path = cast("tuple[str | None, str | None]", _of(draw, _TARGETS))
    make = cast("Callable[..., Trouble]", RequestFault)
    return make(
        at,
        name,
        method=method,
        path=path,
        nth=_of(draw, (1, 1, 2)),
        # A clock that is wrong for a while, and then another way, is no bot's fault.
        times=1 if name == "skew" else _of(draw, (1, 2, 5)),
        **given,
    )


def _draw_event(draw: DrawFn, what: str, at: str) -> Trouble:
    nth, seconds = _of(draw, (1, 1, 2, 3)), _of(draw, (60, 5, 600))
    return EventTrouble(at, what, cast(int, nth), cast(float, seconds))


def _draw_ban(draw: DrawFn, _what: str, at: str) -> Trouble:
    return Ban(at, cast(int, _of(draw, (120, 600, 3600))))


def _draw_handshakes(draw: DrawFn, _what: str, at: str) -> Trouble:
    how, times = _of(draw, (503, 429, "reset", "timeout")), _of(draw, (1, 2, 5))
    return HandshakesRefused(at, cast(str, how), cast(int, times))


def _draw_order(draw: DrawFn, _what: str, at: str) -> Trouble:
    return OrderFilled(at, cast(str, _of(draw, ("disconnected", "now", "request"))))


MAKERS: Mapping[str, Callable[[DrawFn, str, str], Trouble]] = {
    "scenario": _draw_scenario,
    "fault": _draw_fault,
    "event": _draw_event,
    "ban": _draw_ban,
    "handshakes": _draw_handshakes,
    "order": _draw_order,
}
