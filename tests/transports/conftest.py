from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_binance_options.transports.server import LoopbackServer


@pytest.fixture(scope="session")
def server() -> Iterator[LoopbackServer]:
    """One running server for all tests, as the plugin has it."""
    running = LoopbackServer()
    running.start()
    yield running
    running.stop()
