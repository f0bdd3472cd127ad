"""What a run lets leave the machine where no test of ours runs: nothing, or all but the exchange's
hosts once a test of ours has begun."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from .._hosts import Scope
from .._transports.interception import children, guard, interception
from .._transports.interception.between_tests import Rules, standing
from . import swallowed
from .options import block_network

if TYPE_CHECKING:
    from .._modes import Mode
    from ..settings import Config

__all__ = ["block_everything", "stand"]

_STANDS = pytest.StashKey[bool]()


def stand(config: pytest.Config, settings: Config, mode: Mode) -> None:
    """The exchange's hosts are refused from now on as ``mode`` has it, until the run ends."""
    if block_network(config) == "none":
        return
    _until_the_end(config)
    standing.rules = Rules(
        str(mode),
        mode.leaves_machine,
        settings.allow_production,
        Scope.of(settings.host, settings.stream_host),
    )
    standing.refused = None if settings.unanswered == "ignore" else swallowed.teller(config)


def block_everything(config: pytest.Config) -> None:
    """Nothing leaves the machine from now on, but what a network mode's own tests ask."""
    _until_the_end(config)
    standing.everything = True
    # Some clients can be watched only by what they are given.
    interception.hold()
    config.add_cleanup(interception.release)


def _until_the_end(config: pytest.Config) -> None:
    if config.stash.get(_STANDS, False):
        return
    config.stash[_STANDS] = True
    guard.arm()
    before = standing.rules, standing.everything, standing.refused
    end_luggage = children.take_along()

    def end() -> None:
        # What the code under test has registered runs after what is registered last.
        atexit.register(_put, standing.rules, standing.everything, None)
        _put(*before)
        end_luggage()

    config.add_cleanup(end)


def _put(
    rules: Rules | None,
    everything: bool,  # noqa: FBT001
    refused: Callable[[str, str], object] | None,
) -> None:
    standing.rules, standing.everything, standing.refused = rules, everything, refused
