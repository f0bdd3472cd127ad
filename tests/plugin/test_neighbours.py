"""Other plugins that are installed for the tests: all at work at once, beside ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.environments import neighbours

SUITE = Path(neighbours.__file__).with_name("neighbours_suite.py")
LOADED = {
    "anyio": "anyio.pytest_plugin",
    "pytest-asyncio": "pytest_asyncio.plugin",
    "pytest-httpx": "pytest_httpx",
    "pytest-randomly": "pytest_randomly",
    "pytest-recording": "pytest_recording.plugin",
    "pytest-timeout": "pytest_timeout",
}


def test_popular_plugins_are_no_trouble(pytester: pytest.Pytester) -> None:
    """`make neighbours` has more of them, and more than one order."""
    shutil.copy(SUITE, pytester.path / "test_neighbours.py")
    pytester.makeini(neighbours.SETTINGS)
    asked = [option for name in LOADED for option in neighbours.PLUGINS[name]]
    plugins = [option for module in LOADED.values() for option in ("-p", module)]

    result = pytester.runpytest(*plugins, *asked, "--randomly-seed=7")

    result.assert_outcomes(passed=13)
