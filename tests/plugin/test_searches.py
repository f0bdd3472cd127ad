"""A search with the handle for its fixture, whichever Hypothesis there is."""

from __future__ import annotations

import pytest


def test_an_older_hypothesis_takes_the_handle_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("hypothesis.is_hypothesis_test", raising=False)
    pytester.makepyfile(
        """
        from hypothesis import given, settings
        from pytest_binance_options.bad_days import bad_days

        def test_alone(binance_options):
            pass

        @settings(max_examples=2, database=None)
        @given(day=bad_days(hours=1))
        def test_searched(binance_options, day):
            assert binance_options.exchange is not None
        """
    )

    pytester.runpytest("-p", "pytest_binance_options.plugin").assert_outcomes(passed=2)
