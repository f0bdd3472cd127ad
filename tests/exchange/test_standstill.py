"""The clock stands still while real time goes by: clients that sign with the real clock are
believed all the same."""

from __future__ import annotations

import pytest

from pytest_binance_options.exchange import Exchange

from .asking import Asking, code

MARGIN = "/eapi/v1/marginAccount"


@pytest.mark.parametrize(
    ("offset", "outcome"),
    [
        (-5001, (400, -1021)),
        (-5000, (200, None)),
        (0, (200, None)),
        (30_999, (200, None)),
        (31_000, (400, -1021)),
    ],
)
def test_a_client_is_ahead_by_as_much_as_the_clock_stood_still(
    offset: int, outcome: tuple[int, int | None]
) -> None:
    exchange = Exchange(standstill_ms=lambda: 30_000)
    client = Asking(exchange, exchange.open_account())

    assert (
        code(client.signed("GET", MARGIN, f"timestamp={exchange.clock.now_ms + offset}")) == outcome
    )
