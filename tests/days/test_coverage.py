"""What days have met is counted, so that "all passed" says whether anything went wrong."""

from __future__ import annotations

from collections import Counter

from hypothesis import Phase, given, settings

from pytest_binance_options._days.coverage import Coverage
from pytest_binance_options._picture.days import days_table
from pytest_binance_options.bad_days import (
    EXCLUDED,
    KINDS,
    BadDay,
    EventTrouble,
    HandshakesRefused,
    OrderFilled,
    RequestFault,
    Scenario,
    bad_days,
    live,
)

from .bots import sound


def test_counts_of_several_processes_are_one() -> None:
    whole = Coverage()
    whole.include(2, {"ban": {"no key": 1}})
    whole.include(3, {"ban": {"no key": 2, "listening": 1}, "key_lost": {"listening": 4}})

    assert whole.days == 5
    assert whole.met == {"ban": {"no key": 3, "listening": 1}, "key_lost": {"listening": 4}}
    assert whole.of_sessions()["listening"] == (2, 5)
    assert whole.take().days == 5
    assert (whole.days, whole.met) == (0, {})


def test_what_waited_in_vain_has_met_nobody() -> None:
    met = Coverage()
    day = BadDay(
        RequestFault("00:10", "reset", method="DELETE"),
        RequestFault("00:10", "reset", method="PUT"),
        EventTrouble("00:10", "drop", nth=90),
        EventTrouble("00:10", "cut"),
        Scenario("00:10", "network_gone", before="POST */order"),
        Scenario("00:10", "fill_before_reply"),
        OrderFilled("00:10", when="request"),
        HandshakesRefused("00:10"),
        hours=2,
    )

    met.add(live(day, sound, invariants=[]).struck)

    wanted = ("request reset", "event cut", "order filled", "handshakes refused")
    assert met.met == {kind: {"listening": 1} for kind in wanted}


def test_the_table_has_what_was_never_met_too() -> None:
    table = days_table(
        {"key_lost": {"listening": 1234}, "<b>": {"listening": 3}},
        kinds=["key_lost", "ban"],
        sessions=["listening", "no key"],
    )

    assert '<tr><th scope="row">ban</th><td class="met0"></td><td class="met0"></td></tr>' in table
    assert '<td class="met4">1,234</td>' in table
    assert '<tr><th scope="row">&lt;b&gt;</th><td class="met2">3</td>' in table


def test_a_hundred_days_meet_nearly_every_kind() -> None:
    """A bug that one kind brings out has to be found among 200."""
    met, begun = Coverage(), Counter[str]()

    @settings(
        max_examples=100, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
    )
    @given(day=bad_days(hours=2))
    def search(day: BadDay) -> None:
        struck = live(day, sound, invariants=[]).struck
        met.add(struck)
        begun.update(each.trouble.kind for each in struck)

    search()

    wanted = {*KINDS} - {*EXCLUDED}
    # How many exactly depends on the version of Hypothesis: 48 of 49 once, 42 three times.
    assert begun.keys() <= wanted
    assert len(begun) >= len(wanted) - 5
    assert sum(times >= 3 for times in begun.values()) >= len(wanted) * 3 // 4
    # What is about orders, and about closing the key, meets no bot that only listens.
    assert len(met.met) >= len(wanted) - 10
    listening, no_key = (met.of_sessions()[each] for each in ("listening", "no key"))
    assert listening[1] > no_key[1] > 0
