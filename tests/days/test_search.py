"""The search: it finds the day that breaks a bot, makes it short, and says it so that it can be
lived again."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import Phase, given, settings

from pytest_binance_options.bad_days import EXCLUDED, BadDay, RequestFault, bad_days

#: What ends a connection, at once.
ENDS = (
    "closed_by_another_consumer",
    "day_is_over",
    "expires_early",
    "idle_drop",
    "stale_key_on_reconnect",
)


@pytest.fixture
def in_a_file(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(
        bots='''
        import time

        import requests

        REST = "https://eapi.binance.com/eapi/v1/listenKey"

        def bot(world):
            """Renews its key for ever, and never asks for another one."""
            headers = {"X-MBX-APIKEY": world.auth.api_key}
            requests.post(REST, headers=headers, timeout=10)
            while True:
                time.sleep(1800)
                try:
                    requests.put(REST, headers=headers, timeout=10)
                except requests.RequestException:
                    pass
        '''
    )
    return pytester


def test_the_day_that_breaks_a_bot_is_found_and_told_as_a_test(
    in_a_file: pytest.Pytester,
) -> None:
    in_a_file.makepyfile(
        """
        import pytest
        from bots import bot
        from hypothesis import given, seed, settings

        from pytest_binance_options.bad_days import LiveKey, bad_days

        @pytest.fixture
        def other():
            pass

        @given(day=bad_days())
        def test_with_another_fixture_of_its_own(binance_options, other, day):
            pass

        @seed(1)
        @settings(max_examples=20, database=None)
        @given(day=bad_days(hours=4, kinds=["key_lost", "ban", "idle_drop"]))
        def test_it(binance_options, day):
            binance_options.live(day, bot, invariants=[LiveKey()]).check()
        """
    )

    result = in_a_file.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*FailedHealthCheck: *unction-scoped fixture*"])
    text = result.stdout.str()
    told = [line.removeprefix("E").strip() for line in text.splitlines() if line.startswith("E ")]
    start = next(n for n, line in enumerate(told) if "LiveKey: for 1 h 5 min" in line)
    assert re.fullmatch(r"\d+ days tried in this test\.", told[start + 2])
    assert told[start + 3 : start + 10] == [
        "The day, as a test:",
        "",
        "from pytest_binance_options.bad_days import *",
        "",
        "def test_a_bad_day(binance_options):",
        "day = BadDay(Scenario('00:00', 'key_lost'), hours=4)",
        "binance_options.live(day, bot, invariants=[LiveKey()]).check()",
    ]
    assert "HERE: LiveKey" in text
    assert "Explanation:" not in text
    # What the fixture's own exchange has seen is nothing, and is not shown.
    assert "Nothing was asked" not in text.partition("_ test_it _")[2]


@settings(max_examples=50, deadline=None, database=None)
@given(day=bad_days(most=2, kinds=["expired_twice", "expires_early", "ban"]))
def test_what_shows_only_where_a_key_expires_comes_with_an_expiry(day: BadDay) -> None:
    kinds = [each.kind for each in day.troubles]

    assert len(kinds) <= 2
    if kinds.count("expired_twice") == 1 and "ban" not in kinds:
        assert "expires_early" in kinds


def test_what_waits_for_a_bot_that_comes_back_comes_with_the_end_of_a_connection() -> None:
    """Else it would wait all day, where a connection lasts."""
    met = []

    @settings(max_examples=300, deadline=None, database=None, phases=[Phase.generate])
    @given(day=bad_days())
    def draw(day: BadDay) -> None:
        for each in day.troubles:
            if each.kind == "born_a_zombie":
                later = [other for other in day.troubles if other.at_ms >= each.at_ms]
                met.append(any(other.kind in ENDS for other in later))

    draw()

    assert sum(met) > len(met) / 2


@settings(max_examples=50, deadline=None, database=None)
@given(day=bad_days(kinds=["request skew"]))
def test_a_clock_is_wrong_for_one_request_or_for_good(day: BadDay) -> None:
    """Where it changes twice in a moment, a bot that asks for the time and tries again is wrong."""
    for each in day.troubles:
        assert isinstance(each, RequestFault)
        assert each.times == 1


def test_days_are_full_and_one_has_nothing() -> None:
    sizes = Counter[int]()

    @settings(max_examples=100, deadline=None, database=None, phases=[Phase.generate])
    @given(day=bad_days(most=3))
    def draw(day: BadDay) -> None:
        sizes[len(day.troubles)] += 1

    draw()

    assert sizes[0] <= 5
    assert sizes[3] > 80
    assert sum(sizes.values()) == 100


def test_a_bot_at_the_documented_address_is_not_searched_for_another() -> None:
    """One that has its key in the path hears nothing on such a day, and is sound."""
    met: set[str] = set()

    @settings(max_examples=200, deadline=None, database=None, phases=[Phase.generate])
    @given(day=bad_days())
    def draw(day: BadDay) -> None:
        met.update(each.kind for each in day.troubles)

    draw()

    assert "path_form_falls_silent" in EXCLUDED
    assert "path_form_falls_silent" not in met


@settings(max_examples=20, deadline=None, database=None)
@given(day=bad_days(kinds=["expired_twice"]))
def test_what_was_not_asked_for_does_not_come_along(day: BadDay) -> None:
    assert {each.kind for each in day.troubles} <= {"expired_twice"}


def test_what_becomes_of_events_begins_where_there_are_some() -> None:
    """Elsewhere the next event is any, and a bot's bug shows with few of them."""
    before = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(day=bad_days(8, most=1, kinds=["out_of_order", "event reorder"]))
    def draw(day: BadDay) -> None:
        for each in day.troubles:
            since = each.at_ms - day.first_order_ms
            before.append(-since % (day.orders_every * 60_000) == 1000 and since >= -1000)

    draw()

    assert sum(before) >= len(before) // 4
