"""The same day gives the same life, byte for byte, in whatever process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from pytest_binance_options.bad_days import BadDay, EventTrouble, RequestFault, Scenario, live

from .bots import sound

ROOT = Path(__file__).parents[2]
DAY = BadDay(
    Scenario("00:40:12.345", "zombie_socket"),
    EventTrouble("01:50", "reorder"),
    RequestFault("02:00", "timeout", method="POST", path="/eapi/v1/listenKey"),
    Scenario("02:00:00.001", "network_gone", minutes=7),
    hours=6,
    orders_every=20,
)


def digest() -> str:
    """All that there is to tell of the life."""
    life = live(DAY, sound, invariants=[])
    told = f"{life.journal}\n{life.timeline}\n{life.struck}\n{life.exchange.state()}"
    return hashlib.sha256(told.encode()).hexdigest()


def test_the_same_day_gives_the_same_life_in_another_process() -> None:
    code = "from tests.days.test_same_life import digest; print(digest(), digest())"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(done.stdout.split()) == {digest()}
