from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_binance_options._transports.interception.between_tests import standing


@pytest.fixture(autouse=True)
def nothing_stands() -> Iterator[None]:
    """What other tests of this run have left in force is not what these are about."""
    before = standing.rules, standing.everything
    standing.rules, standing.everything = None, False
    yield
    standing.rules, standing.everything = before
