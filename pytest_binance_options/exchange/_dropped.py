"""How much a journal keeps, and what it says of what it has dropped: the note that stands first in
it then, and the warning for who counts its requests all the same.
"""

from __future__ import annotations

import warnings

from .._counts import many
from ..errors import IncompleteJournalWarning
from ._notes import Note

__all__ = ["KEPT", "Dropped"]

#: Lines that a journal keeps at the least, unless it is told otherwise: some 14 MB of requests. A
#: bot that sends one each second for a whole day has 86,400.
KEPT = 100_000


class Dropped(Note):
    """The journal's oldest lines are gone: so many ``requests`` and ``notes``, the last of them
    from ``at_ms``. ``kept``: how many lines stay at the least."""

    __slots__ = ("_said_so", "kept", "notes", "requests")

    def __init__(self) -> None:
        super().__init__(0, None)
        self.requests = 0
        self.notes = 0
        self.kept = 0
        self._said_so = False

    def _text(self) -> str:
        return (
            f"dropped, up to here: {many(self.requests, 'request')},"
            f" {many(self.notes, 'note')}; the journal keeps the last {many(self.kept, 'line')}"
            " (journal.limit; None keeps all)"
        )

    @property
    def key(self) -> object:
        """There is one in a journal."""
        return Dropped

    def warn(self) -> None:
        """Tell who reads requests, where no note can stand, that these aren't all; once."""
        if not self._said_so:
            warnings.warn(
                f"The journal keeps the last {many(self.kept, 'line')} and has dropped"
                f" {many(self.requests, 'request')}: what is read from it is not all that was"
                " asked. Set exchange.journal.limit before that, to a larger number, or to None to"
                " keep them all.",
                IncompleteJournalWarning,
                stacklevel=4,
            )
            self._said_so = True
