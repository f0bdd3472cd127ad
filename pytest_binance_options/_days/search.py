"""The search: days drawn by Hypothesis, whose own shrinking makes them short.

Hypothesis is imported where a strategy is asked for: a day that is written down needs none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from .._checks import number, one_of, whole
from ..errors import UsageError
from ..exchange import fault, scenarios
from .day import BadDay
from .draws import MAKERS, Hours, company_of, draw_later, draw_moment
from .trouble import Trouble
from .troubles import EVENT_TROUBLES

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["EXCLUDED", "KINDS", "bad_days"]

#: What no search brings by itself, and why; named in ``kinds`` it does.
EXCLUDED: Mapping[str, str] = {
    "api_key_revoked": "a sound bot may stop for it",
    "endpoint_moved": "a sound bot may stop for it",
    "key_of_the_other_environment": "a sound bot may stop for it",
    "options_not_enabled": "a sound bot may stop for it",
    "request json": "an answer of another shape than promised: a sound bot may fail at it",
    "request html": "a sound bot may stop for a 404",
    "old_address_falls_silent": "the exchange does so to begin with",
    "path_form_falls_silent": "a sound bot may use the address that is documented",
}

#: How many minutes may pass between two orders of another hand, the usual ones first, and how many
#: orders there are on a day at most: with more of them nothing is found earlier.
_ORDERS_EVERY, _ORDERS = (60, 20, 120, 240, 480), 12
#: Whether the first of two that come together comes at all: nearly always.
_BOTH = (False, True, True, True, True, True)
#: What happens to a bot's own orders comes half as often again as other kinds: a day of a bot that
#: trades takes several times as long, and mistakes are dear.
_OF_ORDERS = (
    "cancel_comes_too_late",
    "disconnect_between_fills",
    "fill_before_reply",
    "order_of_unknown_outcome",
)
#: Kinds to which another one is a twin: they come half as often as the others.
_TWINS = (
    "event cut",
    "event drop",
    "event duplicate",
    "event reorder",
    "order filled",
    "request event_before_reply",
    "request internal_error",
    "request service_unavailable",
    "request skew",
)


def _scenario_kinds() -> list[str]:
    return [name for name in scenarios.__all__ if name not in EXCLUDED]


def _weight(kind: str) -> int:
    if kind in _OF_ORDERS:
        return 3
    return 1 if kind in _TWINS else 2


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
    pauses = _pauses(hours)
    slots = {every: _slot(chosen, Hours(hours, every)) for every in pauses}

    def draw_day(draw: DrawFn) -> BadDay:
        # Of days without any trouble there is one, so that Hypothesis tries it once.
        if not most or not draw(strategies.booleans()):
            return BadDay(hours=hours)
        every = draw(strategies.sampled_from(pauses))
        # As many as there may be, nearly always: a day takes as long with fewer, and what doesn't
        # matter is left out when it is made short. Unique: Hypothesis copies parts of what it has
        # drawn to other places of it, and the same things would go wrong again and again, others
        # never.
        drawn = draw(strategies.lists(slots[every], min_size=most, max_size=most, unique_by=_which))
        troubles = _fitting(drawn, most)
        return BadDay(*troubles, hours=hours, orders_every=every)

    return cast("Callable[[], SearchStrategy[BadDay]]", strategies.composite(draw_day))()


def _pauses(hours: float) -> tuple[int, ...]:
    """How many minutes pass between two orders of another hand on days of so many ``hours``."""
    fitting = tuple(each for each in _ORDERS_EVERY if hours * 60 <= each * _ORDERS)
    return fitting[:3] or (math.ceil(hours * 60 / _ORDERS),)


def _slot(kinds: Sequence[str], hours: Hours) -> SearchStrategy[tuple[Trouble, ...]]:
    """What goes wrong at one place of a day: nothing, a trouble, or one and what comes with it."""
    from hypothesis import strategies

    makers = _kinds()
    weighted = [each for each in kinds for _ in range(_weight(each))]

    def draw_slot(draw: DrawFn) -> tuple[Trouble, ...]:
        def made(kind: str, at: str) -> Trouble:
            return MAKERS[makers[kind]](draw, kind.split(" ", 1)[-1], at)

        kind = draw(strategies.sampled_from(("", *weighted)))
        if not kind:
            return ()
        first = made(kind, draw_moment(draw, hours, kind))
        other = draw(strategies.sampled_from(company_of(first, weighted)))
        if not other:
            return (first,)
        second = made(other, draw_later(draw, hours, first))
        # Each can be left out when the day is made short.
        return (first, second) if draw(strategies.sampled_from(_BOTH)) else (second,)

    return cast(
        "Callable[[], SearchStrategy[tuple[Trouble, ...]]]", strategies.composite(draw_slot)
    )()


def _fitting(drawn: Collection[tuple[Trouble, ...]], most: int) -> list[Trouble]:
    """So many of them at most: those that come together first, and of the last ones where there is
    no room for both the one that shows by itself."""
    found: list[Trouble] = []
    for each in sorted(drawn, key=len, reverse=True):
        found += each[max(0, len(found) + len(each) - most) :]
    return found


def _which(troubles: tuple[Trouble, ...]) -> object:
    # What is nothing is no repetition.
    return (troubles[0].kind, troubles[0].at) if troubles else object()
