"""The clock: it moves when told to, and what falls due on the way happens in order and on time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import DEFAULT_START, Clock, Exchange, fault

from .asking import Asking


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_stands_still_until_it_is_advanced(clock: Clock) -> None:
    assert (clock.now, clock.now) == (DEFAULT_START, DEFAULT_START)


@pytest.mark.parametrize(
    ("step", "length"),
    [
        ({"days": 1.5}, timedelta(days=1, hours=12)),
        ({"hours": 24}, timedelta(days=1)),
        ({"minutes": 30}, timedelta(minutes=30)),
        ({"seconds": 59.999}, timedelta(milliseconds=59_999)),
        ({"milliseconds": 1}, timedelta(milliseconds=1)),
        (
            {"days": 1, "hours": 1, "minutes": 1, "seconds": 1, "milliseconds": 1},
            timedelta(days=1, milliseconds=3_661_001),
        ),
        ({}, timedelta(0)),
    ],
)
def test_it_advances_by_the_sum_of_what_is_given(
    clock: Clock, step: dict[str, float], length: timedelta
) -> None:
    clock.advance(**step)
    assert clock.now - DEFAULT_START == length


def test_a_thousand_small_steps_make_one_large_step(clock: Clock) -> None:
    for _ in range(1_000):
        clock.advance(seconds=0.1)
    assert clock.now == DEFAULT_START + timedelta(seconds=100)


def test_it_starts_where_it_is_told_whatever_the_time_zone() -> None:
    start = datetime(2026, 3, 1, 13, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert Clock(start).now == start
    assert Clock(start).now.isoformat() == "2026-03-01T08:00:00+00:00"


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001
    assert (
        str(caught.value) == "start=datetime.datetime(2026, 1, 1, 0, 0) has no time zone. "
        "Give an aware datetime, as in datetime(2026, 1, 1, tzinfo=timezone.utc)."
    )


@pytest.mark.parametrize(
    ("given", "written", "example"),
    [
        ((60,), "60", "60"),
        ((0, 30.5), "0, 30.5", "0"),
        (
            (timedelta(minutes=1),),
            "datetime.timedelta(seconds=60)",
            "60",
        ),
    ],
)
def test_a_number_without_a_unit_is_refused(
    clock: Clock, given: tuple[object, ...], written: str, example: str
) -> None:
    with pytest.raises(UsageError) as caught:
        clock.advance(*given)  # type: ignore[arg-type]
    assert (
        str(caught.value) == f"advance({written}) doesn't say in which unit. Name it, as in"
        f" advance(seconds={example}): days, hours, minutes, seconds and milliseconds, which are"
        " added up."
    )
    assert clock.now == DEFAULT_START


@pytest.mark.parametrize(
    ("step", "shown"), [(-1, "-1"), (float("nan"), "nan"), (float("inf"), "inf")]
)
def test_it_never_goes_back(clock: Clock, step: float, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        clock.advance(milliseconds=step)
    assert (
        str(caught.value)
        == f"The clock can't be advanced by {shown} ms: it only moves forward, by a number from"
        " 0 up."
    )
    assert clock.now == DEFAULT_START


def test_what_is_no_number_is_named(clock: Clock) -> None:
    with pytest.raises(UsageError) as caught:
        clock.advance(days="1")  # type: ignore[arg-type]
    assert str(caught.value) == "days is '1'. Give a number from 0 up."


def test_it_stays_within_what_a_datetime_can_say(clock: Clock) -> None:
    with pytest.raises(UsageError) as caught:
        clock.advance(hours=24 * 366 * 8_000)
    assert str(caught.value) == "The clock can't be advanced past the year 9999."
    assert clock.now == DEFAULT_START


def test_a_start_before_the_epoch_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Clock(datetime(1969, 12, 31, tzinfo=timezone.utc))
    assert (
        str(caught.value)
        == "start=1969-12-31T00:00:00+00:00 is before 1970. The exchange counts the milliseconds"
        " since then."
    )


@pytest.mark.parametrize(
    ("start", "skew"),
    [
        (datetime(9999, 12, 31, 23, tzinfo=timezone.utc), 86_400),
        (datetime(1970, 1, 1, tzinfo=timezone.utc), -86_400),
    ],
)
def test_an_exchange_that_believes_to_be_out_of_time_answers_all_the_same(
    start: datetime, skew: int
) -> None:
    exchange = Exchange(start=start)
    exchange.faults.add(fault.skew(skew))
    assert Asking(exchange, exchange.open_account()).ask("POST").status == 200


def test_callbacks_run_in_order_of_time_and_see_their_own_time(clock: Clock) -> None:
    seen: list[tuple[str, int]] = []
    start = clock.now_ms
    for name, after in (
        ("late", 2_000),
        ("early", 1_000),
        ("same, asked later", 1_000),
        ("now", 0),
    ):
        clock.call_at(start + after, lambda name=name: seen.append((name, clock.now_ms - start)))
    clock.advance(seconds=2)
    assert seen == [("now", 0), ("early", 1_000), ("same, asked later", 1_000), ("late", 2_000)]


def test_a_callback_runs_once_and_at_its_millisecond(clock: Clock) -> None:
    seen: list[int] = []
    clock.call_at(clock.now_ms + 1_000, lambda: seen.append(clock.now_ms))
    clock.advance(milliseconds=999)
    assert seen == []
    clock.advance(milliseconds=1)
    clock.advance(hours=1)
    assert len(seen) == 1


def test_a_cancelled_callback_does_not_run(clock: Clock) -> None:
    seen: list[str] = []
    timer = clock.call_at(clock.now_ms + 1, lambda: seen.append("ran"))
    assert timer.active
    timer.cancel()
    assert not timer.active
    clock.advance(seconds=1)
    assert seen == []


def test_what_a_callback_schedules_still_happens_in_the_same_advance(clock: Clock) -> None:
    ticks: list[int] = []
    start = clock.now_ms

    def tick() -> None:
        ticks.append(clock.now_ms - start)
        clock.call_at(clock.now_ms + 180_000, tick)

    clock.call_at(start + 180_000, tick)
    clock.advance(minutes=10)
    assert ticks == [180_000, 360_000, 540_000]


def test_a_callback_that_moves_the_clock_does_not_make_it_go_back(clock: Clock) -> None:
    start = clock.now_ms
    seen: list[int] = []
    clock.call_at(start + 1_000, lambda: clock.advance(seconds=10))
    clock.call_at(start + 2_000, lambda: seen.append(clock.now_ms - start))
    clock.advance(seconds=5)
    assert (seen, clock.now_ms - start) == ([2_000], 11_000)


def test_reset_goes_back_to_the_start_with_nothing_to_come(clock: Clock) -> None:
    seen: list[str] = []
    timer = clock.call_at(clock.now_ms + 5_000, lambda: seen.append("ran"))
    clock.advance(seconds=1)
    clock.reset()
    assert (clock.now, timer.active) == (DEFAULT_START, False)
    clock.advance(minutes=1)
    assert seen == []


def test_its_repr_is_the_time(clock: Clock) -> None:
    assert repr(clock) == "<Clock 2026-01-01 00:00:00.000+00:00>"
