"""Which mode a test runs in, and who answers it: the decisions, without the doing, which is
:mod:`.world`'s.

Knows nothing of pytest. The precedence of marker, fixtures and settings is written where it is
decided, in :func:`choose`.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ..errors import BinanceOptionsError, UsageError
from ..settings import Config, Mode
from .marker import MarkerArguments

__all__ = [
    "Choice",
    "CredentialsMissing",
    "ExchangeUnavailable",
    "Test",
    "cassette_of",
    "choose",
    "record_command",
]


class CredentialsMissing(BinanceOptionsError):
    """A network mode without an account: the test is skipped for this reason."""


class ExchangeUnavailable(BinanceOptionsError):
    """A test that asks for the simulated exchange, in a network mode: it is skipped for this
    reason."""


@dataclass(frozen=True, slots=True)
class Test:
    """What the modes need to know of a test. ``module`` is its file's path from the rootdir,
    without ``.py``."""

    __test__ = False  # pytest would try to collect the class by its name

    nodeid: str
    module: str
    name: str
    arguments: MarkerArguments
    wants_exchange: bool
    root: Path
    one_time: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Who answers one test: ``answering`` is the mode with offline resolved."""

    mode: Mode
    answering: Mode
    cassette: Path


def cassette_of(config: Config, test: Test) -> Path:
    """Where the test's cassette is, or would be."""
    from .._cassette.naming import cassette_path, named_cassette_path

    directory = test.root / config.cassette_dir
    if test.arguments.cassette is not None:
        return named_cassette_path(directory, test.arguments.cassette)
    return cassette_path(directory, test.module, test.name)


def choose(config: Config, test: Test) -> Choice:
    """The mode of ``test`` and who answers in it.

    The marker's mode comes before the run's. A test that asks for the simulated exchange gets it in
    every mode without network, unless its own marker says replay.
    """
    mode = test.arguments.mode or Mode.parse(config.mode, setting="mode")
    cassette = cassette_of(config, test)
    if mode.leaves_machine:
        if test.wants_exchange:
            raise ExchangeUnavailable(f"needs the simulated exchange; mode {mode} asks the testnet")
        return Choice(mode, mode, cassette)
    if test.wants_exchange:
        if test.arguments.mode is Mode.REPLAY:
            raise UsageError(
                f"{test.nodeid}: its marker says mode='replay', and it uses the simulated exchange."
                " A recording can't be steered: drop the marker's mode, or the fixture."
            )
        return Choice(Mode.SIMULATE, Mode.SIMULATE, cassette)
    if mode is Mode.OFFLINE:
        # A link that leads nowhere is a cassette that was not fetched.
        recorded = cassette.exists() or cassette.is_symlink()
        return Choice(mode, Mode.REPLAY if recorded else Mode.SIMULATE, cassette)
    return Choice(mode, mode, cassette)


def record_command(test: Test) -> str:
    """The command that records ``test``'s cassette."""
    return f"pytest {shlex.quote(test.nodeid)} --binance-options=record"
