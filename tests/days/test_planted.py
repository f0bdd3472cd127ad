"""A bug is planted in an example's bot, and the search finds the day that brings it out.

Here are some, so that this is quick; all of them under the nightly profile, and as a table by
``make days``.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from pytest_binance_options.bad_days import BadDay, RequestFault, Scenario
from pytest_binance_options.exchange import scenarios

from .lives import listening
from .planted_bots import DropsWhatComesMeanwhile
from .promises import OF_A_BOT
from .table import GOOD, Planted, all_planted, replays

#: Those whose lives are short, or that are found at once.
QUICK = {"api_key_revoked", "old_address_falls_silent"}
NIGHTLY = settings().max_examples > 100
SEARCHED = [each for each in all_planted() if NIGHTLY or each.scenario in QUICK]


def test_there_is_a_bug_for_each_scenario() -> None:
    assert {each.scenario for each in all_planted()} == {*scenarios.__all__}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("planted", SEARCHED, ids=lambda each: f"{each.scenario}-{each.bug}")
def test_the_day_that_brings_it_out_is_found_and_short_and_the_same_again(
    planted: Planted,
) -> None:
    found = planted.find(3, shrink=True)

    assert found is not None, "not found among 200 days"
    assert found.shortest is not None
    assert len(found.shortest.troubles) <= 3
    times = 100 if NIGHTLY else 2
    assert replays(planted, found.shortest, times) == times


def test_an_event_before_the_reply_is_heard_before_the_reply() -> None:
    day = BadDay(RequestFault("00:10", "event_before_reply", method="PUT"), hours=1, orders_every=0)
    bug = Planted("", "", listening(DropsWhatComesMeanwhile), OF_A_BOT, 1)

    assert [each.name for each in bug.live(day).broken] == ["handles_what_it_hears"]


def test_a_keepalive_whose_answer_comes_too_late_to_be_heard_is_no_fault_of_the_bot_s() -> None:
    """Found by ``make days`` among 2,000 days: each answer is -1125, after the bot's ten seconds."""
    day = BadDay(
        Scenario("10:24", "keepalive_at_the_boundary", seconds=60),
        Scenario("15:00", "one_event_lost", times=3),
        Scenario("16:54", "silenced_by_another_consumer"),
        orders_every=120,
    )

    assert GOOD[0].live(day).broken == ()
