"""What the backend of a mode is given for one test, and what it gives: see each backend's
``opened``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from .._modes import Mode
from ..client import BinanceAuth
from ..exchange import Exchange
from ..settings import Config
from .base import Backend
from .remarks import Remarks

__all__ = ["Opened", "Setup", "open_backend"]


@dataclass(frozen=True, slots=True)
class Setup:
    """One test, as the backends see it.

    ``test`` is its node id, ``cassette`` where its cassette is or would be, and ``shared`` whether
    other tests' recordings are in that. ``record_command`` is for errors. ``auth`` signs for the
    test, with a real account's keys where the mode needs one. ``passed`` says whether the test has
    passed, once it is over, and ``warn`` warns at its place. ``unanswered`` and ``unplayed`` say
    what becomes of a replay's test, as in :class:`~pytest_binance_options.settings.Config`.
    ``remarks`` takes what the terminal is told.
    """

    config: Config
    auth: BinanceAuth
    test: str
    cassette: Path
    shared: bool
    record_command: str
    passed: Callable[[], bool]
    warn: Callable[[Warning], None]
    one_time: bool = False
    unanswered: str = "fail"
    unplayed: str = "warn"
    remarks: Remarks = field(default_factory=Remarks)


@dataclass(frozen=True, slots=True)
class Opened:
    """Who answers, and the simulated exchange where it does. ``unanswered`` gives what was asked in
    vain so far, a line each, without secrets."""

    backend: Backend
    exchange: Exchange | None = None
    unanswered: Callable[[], list[str]] = list


class _BackendModule(Protocol):
    def opened(self, setup: Setup) -> AbstractContextManager[Opened]: ...


def open_backend(mode: Mode, setup: Setup) -> AbstractContextManager[Opened]:
    """Who answers in ``mode``, until the block is left; that is when a recording is written, or
    verified. ``mode`` is one that answers by itself: not offline."""
    module = cast("_BackendModule", import_module(f".{mode.backend}", __package__))
    return module.opened(setup)
