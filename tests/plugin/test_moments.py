"""Moments in one time are the same in each run: nothing of the machine's own clock is in them."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest
from aiohttp.helpers import calculate_timeout_when

from pytest_binance_options import OneTime


@pytest.fixture
def machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never at a whole second."""
    real = time.monotonic
    monkeypatch.setattr(
        "pytest_binance_options._time.world._real_monotonic", lambda: int(real()) + 0.7
    )


@pytest.fixture
def moments(machines_clock: None, binance_options_time: OneTime) -> OneTime:
    del machines_clock
    return binance_options_time


def test_a_time_out_that_is_rounded_up_to_a_second_is_as_long_in_each_run(moments: OneTime) -> None:
    # As aiohttp does with those of more than 5 s.
    began = time.monotonic()
    time.sleep(calculate_timeout_when(began, 10, 5) - began)

    assert moments.now == datetime(2026, 1, 1, 0, 0, 10, tzinfo=timezone.utc)
