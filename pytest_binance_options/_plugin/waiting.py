"""Who waits for the account is told whom for, on the terminal and past pytest's capture: it can
take minutes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from .._locking import Holder
from .._masking import mask

__all__ = ["name_of", "teller"]

# All of pytest-xdist's workers have the run's.
_RUN = "PYTEST_XDIST_TESTRUNUID"


def name_of(item: pytest.Item) -> tuple[str, str]:
    """The run of ``item`` and its name there, for others who wait; no secrets."""
    return os.environ.get(_RUN, str(os.getpid())), mask(item.nodeid)


def teller(item: pytest.Item) -> Callable[[Holder | None, float], None]:
    """What tells that ``item`` waits."""

    def tell(holder: Holder | None, waited: float) -> None:
        run, name = name_of(item)
        # That the workers of one run take turns stands in its header.
        if holder is None or holder.run != run:
            _say(
                item.config,
                f"binance_options: {name} has waited for {waited:.0f} s for the account:"
                f" {holder or 'another process'} has it. A test waits up to 10 min.",
            )

    return tell


def _say(config: pytest.Config, text: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    terminal = config.pluginmanager.getplugin("terminalreporter")
    with nullcontext() if capture is None else capture.global_and_fixture_disabled():
        if hasattr(config, "workerinput"):
            # A worker's output is its line to the controller.
            print(f"\n{text}", file=sys.stderr, flush=True)  # noqa: T201
        elif terminal is not None:
            terminal.write_line(text)
            terminal.flush()
