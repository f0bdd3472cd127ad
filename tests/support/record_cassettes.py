"""Records the repository's cassettes: `make cassettes`.

There is no testnet where this project is built, so its recordings are of the simulated exchange,
through a real HTTP connection on loopback. The run that makes them has this module for a plugin,
which has every cassette say so.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from pytest_binance_options.settings import Config

from . import testnet

_SUITE = (
    "-p",
    "tests.support.record_cassettes",
    "-c",
    "examples/pyproject.toml",
    "--rootdir",
    "examples",
    "examples",
)


class _Source:
    @pytest.fixture(scope="session")
    @classmethod
    def binance_options_config(cls, binance_options_config: Config) -> Config:
        return dataclasses.replace(binance_options_config, recorded_from="simulated exchange")


def pytest_configure(config: pytest.Config) -> None:
    # Not at once: of two plugins' fixtures of one name the later plugin's counts, and what the
    # command line names is early.
    config.pluginmanager.register(_Source())


def main(arguments: Sequence[str] = ()) -> int:
    """Run the examples in record mode; exit status as pytest's."""
    with testnet.running() as exchange:
        arguments = [
            *_SUITE,
            "--binance-options=record",
            f"--binance-options-host={exchange.url}",
            *arguments,
        ]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env={**os.environ, **exchange.environ},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
