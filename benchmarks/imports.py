"""What pays who does not use it: the plugin installed and unused, and what the parts cost to
import: `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import Measure, Table, main

TESTS = 200
SUITE = f"""
import pytest

@pytest.mark.parametrize("n", range({TESTS}))
def test_it(n):
    pass
"""


def _suite(*arguments: str) -> Callable[[], float]:
    def measure() -> float:
        import pytest

        with tempfile.TemporaryDirectory() as root:
            (Path(root) / "test_it.py").write_text(SUITE, encoding="utf-8")
            (Path(root) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
            began = time.process_time()
            status = pytest.main(["-qq", "-p", "no:cacheprovider", *arguments, root])
            took = time.process_time() - began
        assert status == 0
        return took

    return measure


def _run(*arguments: str) -> Callable[[], float]:
    """The whole of it: Python's start, pytest's, the tests."""

    def measure() -> float:
        with tempfile.TemporaryDirectory() as root:
            (Path(root) / "test_it.py").write_text(SUITE, encoding="utf-8")
            (Path(root) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-qq", "-p", "no:cacheprovider", *arguments]
            before = os.times()
            subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, check=True)
            after = os.times()
        return (
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )

    return measure


def _import(modules: str) -> Callable[[], float]:
    code = f"import time; began = time.process_time(); import {modules}; print(time.process_time() - began)"

    def measure() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    return measure


TABLES = {
    "run": Table(
        f"A whole run of {TESTS} empty tests, the start of Python and pytest included",
        "without the plugin",
        {
            "without the plugin": Measure(_run()),
            "with the plugin, unused": Measure(_run("-p", "pytest_binance_options.plugin")),
        },
        unit="ms of CPU time",
        scale=1000,
        rounds=9,
    ),
    "unused": Table(
        f"{TESTS} empty tests by themselves",
        "without the plugin",
        {
            "without the plugin": Measure(_suite()),
            "with the plugin, unused": Measure(_suite("-p", "pytest_binance_options.plugin")),
        },
        unit="ms of CPU time",
        scale=1000,
        rounds=9,
    ),
    "imports": Table(
        "Importing it",
        "requests",
        {
            "requests": Measure(_import("requests")),
            "the plugin, and pytest": Measure(_import("pytest, pytest_binance_options.plugin")),
            "pytest alone": Measure(_import("pytest")),
            "the exchange": Measure(_import("pytest_binance_options.exchange")),
            "the client, and requests": Measure(_import("pytest_binance_options.client")),
        },
        unit="ms of CPU time",
        scale=1000,
        rounds=7,
    ),
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
