"""A day is a value: made from what its repr says, and refused where it can't be."""

from __future__ import annotations

import pickle
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import Phase, given, settings

from pytest_binance_options import bad_days as module
from pytest_binance_options.bad_days import (
    EXCLUDED,
    KINDS,
    BadDay,
    Ban,
    EventTrouble,
    HandshakesRefused,
    OrderFilled,
    RequestFault,
    Scenario,
    bad_days,
)
from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import fault, scenarios


def test_orders_come_every_hour_and_on_a_long_day_every_two() -> None:
    assert [BadDay(hours=hours).orders_every for hours in (1, 12, 12.5, 24)] == [60, 60, 120, 120]
    assert repr(BadDay(orders_every=60)) == "BadDay(orders_every=60)"
    assert repr(BadDay(hours=8, orders_every=60)) == "BadDay(hours=8)"


@given(bad_days())
@settings(max_examples=50, deadline=None)
def test_what_a_day_says_of_itself_makes_an_equal_one(day: BadDay) -> None:
    assert eval(repr(day), vars(module)) == day  # noqa: S307  that is what it is for
    assert BadDay.from_json(day.to_json()) == day
    assert pickle.loads(pickle.dumps(day)) == day  # noqa: S301  made right here
    assert hash(BadDay.from_json(day.to_json())) == hash(day)
    assert max(map(len, repr(day).splitlines())) <= 160


def test_a_day_reads_as_it_would_be_written() -> None:
    day = BadDay(
        OrderFilled("14:00", when="now"),
        RequestFault("12:30:00", "timeout", method="put", executed=True),
        Scenario("3:14:15.926", "key_lost"),
        EventTrouble("04:00", "reorder", seconds=5),
        orders_every=20,
    )

    assert repr(day).splitlines() == [
        "BadDay(",
        "    Scenario('03:14:15.926', 'key_lost'),",
        "    EventTrouble('04:00', 'reorder', seconds=5),",
        "    RequestFault('12:30', 'timeout', method='PUT', executed=True),",
        "    OrderFilled('14:00', when='now'),",
        "    orders_every=20,",
        ")",
    ]


def test_every_scenario_and_every_fault_is_in_the_search_or_left_out_with_a_reason() -> None:
    names = {*scenarios.__all__, *(f"request {name}" for name in fault.KINDS)}

    assert names <= {*KINDS, *EXCLUDED}
    assert all(EXCLUDED.values())


class AllHaveComeError(Exception):
    pass


def test_every_kind_that_is_not_left_out_comes() -> None:
    wanted, met = {*KINDS} - {*EXCLUDED}, set[str]()

    # Until all have come: after how many days is another number on each Python.
    @given(bad_days(most=20))
    @settings(max_examples=3000, deadline=None, database=None, phases=[Phase.generate])
    def search(day: BadDay) -> None:
        met.update(each.kind for each in day.troubles)
        if met >= wanted:
            raise AllHaveComeError

    with suppress(AllHaveComeError):
        search()

    assert met == wanted


def test_only_the_kinds_that_were_asked_for_come() -> None:
    @given(bad_days(hours=2, most=2, kinds=["api_key_revoked", "ban"]))
    @settings(max_examples=30, deadline=None, database=None)
    def search(day: BadDay) -> None:
        assert {each.kind for each in day.troubles} <= {"api_key_revoked", "ban"}
        assert len(day.troubles) <= 2
        assert day.hours == 2
        assert all(each.at_ms <= 3_600_000 for each in day.troubles)

    search()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Scenario("25", "key_lost"), 'at is \'25\'. Give a moment of the day, hours first, as in "03:14" or "03:14:15.926".'),
        (lambda: Scenario("01:00", "key_lost", minutes=3), "The scenario key_lost has no 'minutes'. It takes: account, after_minutes."),
        (lambda: Scenario("01:00", "key_lost", before="PUT"), "before is 'PUT'. Give a method and a path, as in \"PUT *\"."),
        (lambda: EventTrouble("01:00", "lose"), "what is 'lose'. Give one of: drop, duplicate, reorder, delay, cut."),
        (lambda: HandshakesRefused("01:00", 200), "how is 200. Give a whole number from 400 to 599. Or give \"reset\" or \"timeout\"."),
        (lambda: Ban("01:00", 0), "seconds is 0. Give a number above 0, up to 259200."),
        (lambda: OrderFilled("01:00", "later"), "when is 'later'. Give one of: now, disconnected, request."),
        (lambda: BadDay("key_lost"), "A trouble of the day is 'key_lost'. Give troubles, as in BadDay(Scenario(\"03:14\", \"key_lost\"))."),
        (lambda: BadDay.from_json({"minutes": 3}), "A day has no 'minutes'. It has: hours, orders_every, troubles."),
        (lambda: BadDay.from_json({"troubles": [{"trouble": "Ban", "until": 3}]}), "A Ban can't be made of: 'until'. It takes: at, seconds."),
        (lambda: bad_days(kinds=["rain"]), f"kinds is 'rain'. Give one of: {', '.join(KINDS)}."),
        (lambda: bad_days(kinds=[]), "kinds is empty. Name some, or leave it out: all are taken then."),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(make: object, says: str) -> None:
    with pytest.raises(UsageError) as error:
        make()  # type: ignore[operator]

    assert str(error.value) == says


def test_a_day_that_is_written_down_needs_no_hypothesis() -> None:
    code = """
import sys
sys.modules["hypothesis"] = None
from pytest_binance_options.bad_days import *
assert live(BadDay(Scenario("00:10", "key_lost"), hours=1), lambda world: world.client, invariants=[])
try:
    bad_days()
except Exception as error:
    print(error)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == (
        "bad_days() needs Hypothesis, which isn't installed: pip install"
        " 'pytest-binance-options[explore]'. A day that is written down needs none.\n"
    )
