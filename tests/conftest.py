"""What the whole suite has in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
import pytest_recording.plugin  # noqa: F401  before vcrpy, of which it has pytest rewrite a part
from hypothesis import settings

from pytest_binance_options._transports.interception.between_tests import standing
from pytest_binance_options._transports.server.server import LoopbackServer

pytest_plugins = ["pytester"]

# How much the property tests do. The gate has to give the same verdict for the same code;
# HYPOTHESIS_PROFILE=nightly tries other examples each time, and more. A slow machine is no failure:
# nothing in this suite asserts on time that really passes.
settings.register_profile("gate", max_examples=30, deadline=None, derandomize=True)
settings.register_profile(
    "nightly",
    max_examples=int(os.environ.get("EXAMPLES", "600")),
    deadline=None,
    print_blob=True,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(autouse=True)
def nothing_stands() -> Iterator[None]:
    """What other tests of this run have left in force is not what a test is about."""
    before = standing.rules, standing.everything
    standing.rules, standing.everything = None, False
    yield
    standing.rules, standing.everything = before


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Inner runs keep no compiled files: a test file of the same length that is written in the same
    second would be taken for the one before it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return pytester


@pytest.fixture(scope="session")
def server() -> Iterator[LoopbackServer]:
    """One running server for all tests, as the plugin has it."""
    running = LoopbackServer()
    running.start()
    yield running
    running.stop()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Ids that are the same in every process: not the time in gzip's header, not a fresh key."""
    if isinstance(val, bytes | str) and len(val) > 80:
        return argname
    return f"{argname}-gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None
