"""Records the repository's cassettes: `make cassettes`.

There is no testnet where this project is built, so its recordings are of the simulated exchange,
through a real HTTP connection on loopback. The answers' Server header says so, and record mode
writes it into the cassettes.
"""

from __future__ import annotations

import os
import subprocess
import sys

from . import testnet

_SUITE = ("-c", "examples/pyproject.toml", "--rootdir", "examples", "examples")


def main() -> int:
    """Run the examples in record mode; exit status as pytest's."""
    with testnet.running() as exchange:
        arguments = [*_SUITE, "--binance-options=record", f"--binance-options-host={exchange.url}"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env={**os.environ, **exchange.environ},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
