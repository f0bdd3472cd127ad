"""Processes that multiprocessing starts and that are no copies of this one (spawn, forkserver):
they take along what may not be reached between tests, before they import what they are to run.

Nobody answers there. Copies (fork) have the guard, and the exchange of the test, themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from . import guard
from .between_tests import Rules, standing
from .patching import call_on_import

__all__ = ["take_along"]

_MODULE, _KEY = "multiprocessing.process", "binance_options"


class _Luggage:
    """Pickled with a process, it is what stands at that moment; unpickled, that stands there."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Rules | None, bool]]:
        return _unpack, (standing.rules, standing.everything)


def _unpack(rules: Rules | None, everything: bool) -> None:  # noqa: FBT001
    standing.rules = None if rules is None else replace(rules, elsewhere=True)
    standing.everything = everything
    guard.arm()


def take_along() -> Callable[[], None]:
    """Give it to each process that is made from now on; returns what ends that.

    A process has a copy of its parent's ``_config``, and is sent it before its target.
    """
    pack = [(_MODULE, _pack)]
    if _MODULE in sys.modules:
        _pack()
        pack = []
    watched = call_on_import(pack)

    def end() -> None:
        watched()
        if _MODULE in sys.modules:
            _config().pop(_KEY, None)

    return end


def _pack() -> None:
    _config()[_KEY] = _Luggage()


def _config() -> dict[str, object]:
    # Where a Python to come has none, its processes are started as ever.
    process = sys.modules[_MODULE].current_process()
    config: dict[str, object] = getattr(process, "_config", {})
    return config
