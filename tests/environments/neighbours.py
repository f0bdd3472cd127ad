"""Popular plugins side by side with ours, in a random order, many times: `make neighbours`.

In an environment of its own, as some of them are in nobody's way only where they are not installed.
The suite is neighbours_suite.py; with every plugin at work it has to pass each time, alone and in
pytest-xdist's workers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["OPTIONS", "PLUGINS", "SETTINGS", "main"]

#: What each is asked to do, beside being there.
PLUGINS: dict[str, tuple[str, ...]] = {
    "anyio": (),
    "pytest-asyncio": (),
    "pytest-cov": ("--cov=neighbours_suite", "--cov-report="),
    "pytest-django": (),
    "pytest-httpx": (),
    "pytest-mock": (),
    "pytest-randomly": (),
    "pytest-recording": ("--block-network",),
    "pytest-rerunfailures": ("--reruns=1",),
    "pytest-socket": ("--disable-socket", "--allow-unix-socket"),
    "pytest-timeout": ("--timeout=60",),
    "pytest-xdist": (),
}
OPTIONS = tuple(option for options in PLUGINS.values() for option in options)
SETTINGS = """
[pytest]
addopts = --strict-markers --strict-config -ra
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
_TIMES = 20


def main(argv: Sequence[str]) -> int:
    """Exit status 0: every run has passed. The first argument says how many there are."""
    times = int(argv[0]) if argv else _TIMES
    suite = Path(__file__).with_name("neighbours_suite.py")
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(suite, Path(directory) / "test_neighbours.py")
        (Path(directory) / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
        for turn in range(times):
            workers = ("-n", "2") if turn % 2 else ("-n", "0")
            ran = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    *OPTIONS,
                    *workers,
                    f"--randomly-seed={turn}",
                ],
                cwd=directory,
                env={**os.environ, "COVERAGE_FILE": ".coverage"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            last = ran.stdout.strip().splitlines()[-1]
            sys.stdout.write(f"{turn + 1:3} of {times}, {' '.join(workers)}: {last}\n")
            sys.stdout.flush()
            if ran.returncode or re.search("rerun|failed|error", last):
                sys.stdout.write(ran.stdout)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
