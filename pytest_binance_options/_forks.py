"""Whether this process is a forked copy of the one that something was made in: what happens to a
copy, the original never sees."""

from __future__ import annotations

import os
from collections.abc import Callable
from mmap import mmap

from .errors import ForkedProcessError

__all__ = ["Home"]

_forks = 0
# The one thing that a copy and the original share: how often copies have asked in vain, in eight
# bytes.
_shared: mmap | None = None


def _forked() -> None:
    global _forks
    _forks += 1


# An attribute is compared, since a system call for each request would cost more than that.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _asked_in_vain() -> int:
    return 0 if _shared is None else int.from_bytes(_shared[:8], "big")


class Home:
    """The process that this is made in."""

    def __init__(self) -> None:
        global _shared
        if _shared is None:
            _shared = mmap(-1, 8)
        self._forks = _forks
        self._before = _asked_in_vain()

    @property
    def copies_have_asked(self) -> bool:
        """Whether any process has been told by :meth:`check` that it is a copy, since this was
        made; it may have told nobody."""
        return _asked_in_vain() != self._before

    def check(self, asked_for: Callable[[], str]) -> None:
        """Raise ForkedProcessError, which names what was ``asked_for``, in a process that has been
        forked from it since."""
        if self._forks != _forks:
            if _shared is not None:
                _shared[:8] = (_asked_in_vain() + 1).to_bytes(8, "big")
            raise ForkedProcessError(
                f"{asked_for()} was asked for in a process that was forked from the test's: it"
                " would be answered by a copy that the test never sees. Have the test ask for the"
                " fixture binance_options_server, and give the other process that server's address:"
                " the test's own process answers there."
            )
