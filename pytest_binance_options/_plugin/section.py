"""What a failing test shows of its simulated exchange: hints, and the timeline of what happened."""

from __future__ import annotations

from collections.abc import Sequence

from ..exchange._code_notes import Raised
from ..exchange._hints import hints
from ..exchange._journal import Journal
from ..exchange._timeline import draw

__all__ = ["LONGEST", "section"]

#: Lines.
LONGEST = 200


def section(journal: Journal, failure: Sequence[Raised] = ()) -> str:
    """The section's text, without secrets: 80 columns, and so many lines at most. ``failure`` is
    what the test has failed with."""
    lines = journal.lines
    found = hints(lines, fields=journal.fields, failure=failure)
    above = [*found, ""] if found else []
    return "\n".join([*above, *draw(lines, LONGEST - len(above)).lines])
