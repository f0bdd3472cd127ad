"""The search: days drawn by Hypothesis, whose own shrinking makes them short.

Hypothesis is imported where a strategy is asked for: a day that is written down needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, cast

from .._checks import number, one_of, whole
from ..errors import UsageError
from ..exchange import fault, scenarios
from .day import BadDay
from .draws import MAKERS, Hours
from .moments import moment
from .trouble import Trouble
from .troubles import EVENT_TROUBLES, Scenario

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

#: What shows only where something else happens on the same day.
_SHOWS_WITH: Mapping[str, str] = {"expired_twice": "expires_early"}

#: How many minutes pass between two orders of another hand.
_ORDERS_EVERY = (60, 20, 120)


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
    # What users of many clients have reported comes twice as often as any single fault, and so does
    # what becomes of events.
    often = ("scenario", "event")
    drawn = [each for each in chosen for _ in range(2 if makers[each] in often else 1)]
    of_days = {
        every: strategies.sampled_from(drawn).flatmap(
            _troubles_of(chosen, Hours(hours, every)).__getitem__
        )
        for every in _ORDERS_EVERY
    }

    def draw_day(draw: DrawFn) -> BadDay:
        every = draw(strategies.sampled_from(_ORDERS_EVERY))
        # So rarely a day without any: that is for the bot that gets over none.
        if not most or not draw(strategies.integers(0, 24)):
            troubles = []
        else:
            # Unique: Hypothesis copies parts of what it has drawn to other places of it, and the
            # same things would go wrong again and again, others never.
            troubles = draw(
                strategies.lists(
                    of_days[every],
                    min_size=1,
                    max_size=most,
                    unique_by=lambda each: (each.kind, each.at),
                )
            )
            troubles += _company(draw, troubles, chosen, most)
        return BadDay(*troubles, hours=hours, orders_every=every)

    return cast("Callable[[], SearchStrategy[BadDay]]", strategies.composite(draw_day))()


def _troubles_of(kinds: Collection[str], hours: Hours) -> dict[str, SearchStrategy[Trouble]]:
    from hypothesis import strategies

    makers = _kinds()
    return {
        kind: cast(
            "Callable[..., SearchStrategy[Trouble]]", strategies.composite(MAKERS[makers[kind]])
        )(kind.split(" ", 1)[-1], hours)
        for kind in set(kinds)
    }


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
