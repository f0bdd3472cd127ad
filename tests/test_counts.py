"""So many of something, in words."""

from __future__ import annotations

import pytest

from pytest_binance_options._counts import many


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (12_345, "12,345 days")]
)
def test_one_is_one_and_thousands_are_set_apart(count: int, said: str) -> None:
    assert many(count, "day") == said


def test_none_can_have_a_word_of_its_own() -> None:
    assert many(0, "cassette", none="no") == "no cassettes"
