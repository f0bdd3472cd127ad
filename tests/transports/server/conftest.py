"""A server with a doorman in front of it, whose connections are scripted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_binance_options._transports.server.server import LoopbackServer, Server

from .test_session import Doorman


@pytest.fixture
def doorman() -> Doorman:
    return Doorman()


@pytest.fixture
def attached(server: LoopbackServer, doorman: Doorman) -> Iterator[Server]:
    with server.attach(doorman) as served:
        yield served
