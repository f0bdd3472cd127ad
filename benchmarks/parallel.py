"""1,000 tests that replay, in one process and by pytest-xdist in two: `make bench`. In real time:
on fewer than two free cores the figure says nothing.

So many empty tests, without this package, show what pytest-xdist itself gains or loses on tests
that take no time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import Measure, Table, main
from per_test import CASSETTE, OUR_CLIENT, SHARED

TESTS = 1000
REPLAYED = OUR_CLIENT.format(mark=SHARED)
EMPTY = """
@each
def test_nothing(n):
    pass
"""
OURS = ("-p", "pytest_binance_options.plugin")


def _run(tests: str, *arguments: str) -> Callable[[], float]:
    def measure() -> float:
        with tempfile.TemporaryDirectory() as root:
            place = Path(root)
            head = f"import pytest\neach = pytest.mark.parametrize('n', range({TESTS}))\n"
            (place / "test_it.py").write_text(head + tests, encoding="utf-8")
            (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
            (place / "cassettes").mkdir()
            (place / "cassettes" / "flow.yaml").write_text(CASSETTE, encoding="utf-8")
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "xdist",
            ]
            began = time.perf_counter()
            subprocess.run([*command, *arguments], cwd=place, stdout=subprocess.DEVNULL, check=True)
            return time.perf_counter() - began

    return measure


TABLES = {
    "parallel": Table(
        f"{TESTS} replayed tests",
        "in one process",
        {
            "in one process": Measure(_run(REPLAYED, *OURS)),
            "-n 2": Measure(_run(REPLAYED, *OURS, "-n", "2")),
            "empty ones, in one process": Measure(_run(EMPTY)),
            "empty ones, -n 2": Measure(_run(EMPTY, "-n", "2")),
        },
        unit="s of real time",
        scale=1,
        rounds=3,
    )
}

if __name__ == "__main__":
    sys.exit(main(__doc__, TABLES))
