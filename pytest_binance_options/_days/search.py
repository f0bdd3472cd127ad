"""The search: days drawn by Hypothesis, whose own shrinking makes them short.

Hypothesis is imported where a strategy is asked for: a day that is written down needs none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, cast

from .._checks import number, one_of, whole
from ..errors import UsageError
from ..exchange import fault, scenarios
from .day import BadDay
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
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["EXCLUDED", "KINDS", "bad_days"]

_KEY = "/eapi/v1/listenKey"

#: What no search brings by itself, and why; named in ``kinds`` it does.
EXCLUDED: Mapping[str, str] = {
    "api_key_revoked": "a sound bot may stop for it",
    "endpoint_moved": "a sound bot may stop for it",
    "key_of_the_other_environment": "a sound bot may stop for it",
    "options_not_enabled": "a sound bot may stop for it",
    "request json": "an answer of another shape than promised: a sound bot may fail at it",
    "request html": "a sound bot may stop for a 404",
    "old_address_falls_silent": "the exchange does so to begin with",
}

#: What shows only where something else happens on the same day.
_SHOWS_WITH: Mapping[str, str] = {"expired_twice": "expires_early"}

#: Values that arguments of scenarios get, simplest first, by the scenario and the argument; what is
#: not here keeps its default.
_ARGUMENTS: Mapping[tuple[str, str], tuple[object, ...]] = {
    ("network_gone", "minutes"): (5, 1, 20),
    ("network_gone", "form"): ("reset", "timeout"),
    ("server_shutdown", "minutes"): (10, 1),
    ("keepalive_error_swallowed", "times"): (3, 1),
    ("keepalive_at_the_boundary", "seconds"): (1, 5, 60),
    ("unknown_outcome_on_keepalive", "executed"): (True, False),
    ("unknown_outcome_on_close", "executed"): (True, False),
    ("order_of_unknown_outcome", "executed"): (True, False),
    ("clock_skew", "seconds"): (-2, 2, -10, 10),
    ("duplicate_events", "copies"): (2, 3),
    ("one_event_lost", "times"): (1, 3),
    ("out_of_order", "seconds"): (60, 5),
    ("born_a_zombie", "times"): (1, 2),
    ("frame_that_is_no_json", "text"): ("", "{"),
    ("fill_before_reply", "seconds"): (1, 5),
}
_FAULT_ARGUMENTS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "status": {"status": (500, 502, 504, 429)},
    "delay": {"seconds": (5, 15, 60), "executed": (False, True)},
    "unknown_outcome": {"executed": (True, False)},
    "reset": {"executed": (True, False)},
    "timeout": {"executed": (True, False)},
    "skew": {"seconds": (-10, 10)},
}
"""The same of faults."""


def _scenario_kinds() -> list[str]:
    return [name for name in scenarios.__all__ if name not in EXCLUDED]


def _kinds() -> dict[str, str]:
    """Every kind by its name, and what makes it."""
    found = dict.fromkeys(scenarios.__all__, "scenario")
    found |= {f"event {name}": "event" for name in EVENT_TROUBLES}
    found |= {"ban": "ban", "handshakes refused": "handshakes", "order filled": "order"}
    found |= {f"request {name}": "fault" for name in fault.KINDS}
    return found


#: Every kind of trouble that there is, by its name: what ``kinds`` takes.
KINDS: Collection[str] = tuple(_kinds())


def bad_days(
    hours: float = 24, most: int = 3, *, kinds: Collection[str] | None = None
) -> SearchStrategy[BadDay]:
    """A Hypothesis strategy of days of so many ``hours``, on which up to ``most`` things go wrong.

    ``kinds``: of which kinds, as in ``KINDS``; None: of all but those that a sound bot may stop
    for. Needs the extra ``explore``. Raises UsageError for what can't be.
    """
    number("hours", hours, 0, 24 * 366, above=True)
    whole("most", most, 0, 100)
    if isinstance(kinds, str):
        kinds = [kinds]
    chosen = [name for name in KINDS if name not in EXCLUDED] if kinds is None else list(kinds)
    for each in chosen:
        one_of("kinds", each, KINDS)
    if not chosen:
        raise UsageError("kinds is empty. Name some, or leave it out: all are taken then.")
    try:
        from hypothesis import strategies
    except ModuleNotFoundError:
        raise UsageError(
            "bad_days() needs Hypothesis, which isn't installed: pip install"
            " 'pytest-binance-options[explore]'. A day that is written down needs none."
        ) from None
    makers = _kinds()
    troubles_of = {
        kind: cast(
            "Callable[..., SearchStrategy[Trouble]]", strategies.composite(_MAKERS[makers[kind]])
        )(kind.split(" ", 1)[-1], hours)
        for kind in set(chosen)
    }

    # What users of many clients have reported comes twice as often as any single fault.
    drawn = [each for each in chosen for _ in range(2 if makers[each] == "scenario" else 1)]

    def draw_day(draw: DrawFn) -> BadDay:
        # So rarely a day without any: that is for the bot that gets over none.
        if not most or not draw(strategies.integers(0, 24)):
            troubles = []
        else:
            # Unique: Hypothesis copies parts of what it has drawn to other places of it, and the
            # same things would go wrong again and again, others never.
            troubles = draw(
                strategies.lists(
                    strategies.sampled_from(drawn).flatmap(troubles_of.__getitem__),
                    min_size=1,
                    max_size=most,
                    unique_by=lambda each: (each.kind, each.at),
                )
            )
            troubles += _company(draw, troubles, chosen, most)
        every = draw(strategies.sampled_from((60, 20, 120)))
        return BadDay(*troubles, hours=hours, orders_every=every)

    return cast("Callable[[], SearchStrategy[BadDay]]", strategies.composite(draw_day))()


def _company(
    draw: DrawFn, troubles: Collection[Trouble], chosen: Collection[str], most: int
) -> list[Trouble]:
    """What has to go wrong, too, for one of ``troubles`` to show: a little later."""
    from hypothesis import strategies

    kinds = {each.kind for each in troubles}
    found: list[Trouble] = []
    for each in troubles:
        other = _SHOWS_WITH.get(each.kind, "")
        if other in chosen and other not in kinds and len(troubles) + len(found) < most:
            minutes = draw(strategies.sampled_from((60, 10, 1)))
            found.append(Scenario(moment(each.at_ms + minutes * 60_000), other))
    return found


def _moment(draw: DrawFn, hours: float) -> str:
    from hypothesis import strategies

    minutes = int(hours * 60)
    # What happens in the last hours can't be judged any more.
    last = max(0, minutes - 150 if minutes > 300 else minutes // 2)
    # In parts: a day of whole hours is the shortest to say, and the shrinker finds it in few steps.
    ms = draw(strategies.integers(0, last // 60)) * 3_600_000
    fine = draw(strategies.integers(0, 2))
    if fine:
        ms += draw(strategies.integers(0, 59)) * 60_000
    if fine > 1:
        ms += draw(strategies.integers(0, 59_999))
    return moment(min(ms, last * 60_000))


def _of(draw: DrawFn, values: tuple[object, ...]) -> object:
    from hypothesis import strategies

    return draw(strategies.sampled_from(values))


def _draw_scenario(draw: DrawFn, name: str, hours: float) -> Trouble:
    parameters = inspect.signature(getattr(scenarios, name)).parameters
    arguments = {
        argument: _of(draw, values)
        for (scenario, argument), values in _ARGUMENTS.items()
        if scenario == name and argument in parameters
    }
    if name == "rate_limited_then_banned":
        # It is over with the minute: so it begins when there is a request.
        arguments["before"] = "* *"
    if name == "event_before_reply":
        arguments |= {"method": _of(draw, ("PUT", "POST")), "path": _KEY}
    make = cast("Callable[..., Trouble]", Scenario)
    return make(_moment(draw, hours), name, **arguments)


def _draw_fault(draw: DrawFn, name: str, hours: float) -> Trouble:
    given = {
        argument: _of(draw, values) for argument, values in _FAULT_ARGUMENTS.get(name, {}).items()
    }
    method = cast(str, _of(draw, ("PUT", "POST", "GET", "*")))
    make = cast("Callable[..., Trouble]", RequestFault)
    return make(
        _moment(draw, hours),
        name,
        method=None if method == "*" else method,
        path=None if method in ("*", "GET") else _KEY,
        nth=_of(draw, (1, 2)),
        times=_of(draw, (1, 2, 5)),
        **given,
    )


def _draw_event(draw: DrawFn, what: str, hours: float) -> Trouble:
    nth, seconds = _of(draw, (1, 2, 3)), _of(draw, (60, 5, 600))
    return EventTrouble(_moment(draw, hours), what, cast(int, nth), cast(float, seconds))


def _draw_ban(draw: DrawFn, _what: str, hours: float) -> Trouble:
    return Ban(_moment(draw, hours), cast(int, _of(draw, (120, 600, 3600))))


def _draw_handshakes(draw: DrawFn, _what: str, hours: float) -> Trouble:
    how, times = _of(draw, (503, 429, "reset", "timeout")), _of(draw, (1, 2, 5))
    return HandshakesRefused(_moment(draw, hours), cast(str, how), cast(int, times))


def _draw_order(draw: DrawFn, _what: str, hours: float) -> Trouble:
    return OrderFilled(
        _moment(draw, hours), cast(str, _of(draw, ("disconnected", "now", "request")))
    )


_MAKERS: Mapping[str, Callable[[DrawFn, str, float], Trouble]] = {
    "scenario": _draw_scenario,
    "fault": _draw_fault,
    "event": _draw_event,
    "ban": _draw_ban,
    "handshakes": _draw_handshakes,
    "order": _draw_order,
}
