"""What was seen of the code under test goes into the journal, on the exchange's clock."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from .._places import raised_at
from ..errors import NetworkRefusedError
from ..exchange import Exchange
from ..exchange._code_notes import Raised, Strayed

__all__ = ["InTheJournal", "tidy_up"]

_untidy = False


class InTheJournal:
    """Writes what is seen into the journal of ``exchange``."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._raised: list[Raised] = []

    def raised(
        self, error: BaseException, what: str, unseen: Callable[[], bool] = lambda: True
    ) -> None:
        """As a note. Without the exchange's lock: whoever logs may hold others."""
        global _untidy
        _untidy = True
        if isinstance(error, NetworkRefusedError):
            return  # there is a note of it already
        inner = getattr(error, "exceptions", ())
        if inner:
            # A group says nothing but that there are some.
            for each in inner:
                self.raised(each, what, unseen)
            return
        where, users = raised_at(error)
        now = self._exchange.clock.now_ms
        note = Raised(now, error, where, what, users=users, unseen=unseen)
        self._raised.append(note)
        self._exchange.journal.write(note)

    def forgotten(self, error: BaseException) -> None:
        """Is told of one that was noted: what is of an earlier test is none of this one's."""
        for note in self._raised:
            if note.is_of(error):
                note.unseen = lambda: True

    def strayed(self, where: str, advice: str) -> None:
        """As a note."""
        self._exchange.journal.write(Strayed(self._exchange.clock.now_ms, where, advice))


def tidy_up() -> None:
    """Have tasks end that nobody can ask any more, before a traceback is made of anything.

    asyncio logs with a traceback what they had ended with, whenever they are collected. Where that
    is while pytest parses a source, Python 3.11 and 3.12.1 raise SystemError, and pytest's run is
    over (python/cpython#106905).
    """
    global _untidy
    if _untidy and sys.version_info < (3, 12, 2):
        gc.collect()
    _untidy = False
