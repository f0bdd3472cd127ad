"""Whether this process is a forked copy of the one that something was made in: what happens to a
copy, the original never sees."""

from __future__ import annotations

import os
from collections.abc import Callable

from .errors import ForkedProcessError

__all__ = ["Home"]

_forks = 0


def _forked() -> None:
    global _forks
    _forks += 1


# An attribute is compared, since a system call for each request would cost more than that.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Home:
    """The process that this is made in."""

    def __init__(self) -> None:
        self._forks = _forks

    def check(self, asked_for: Callable[[], str]) -> None:
        """Raise ForkedProcessError, which names what was ``asked_for``, in a process that has been
        forked from it since."""
        if self._forks != _forks:
            raise ForkedProcessError(
                f"{asked_for()} was asked for in a process that was forked from the test's: it"
                " would be answered by a copy that the test never sees. Have the test ask for the"
                " fixture binance_options_server, and give the other process that server's address:"
                " the test's own process answers there."
            )
