"""The one record of what happened on the exchange, in order, on its clock, and without a secret in
it: requests and their answers, and the notes of everything else.

Entries are written while a request is handled and formatted only when somebody looks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import overload

from .._checks import whole
from .._messages import FailureKind
from ._dropped import KEPT, Dropped
from ._entry import Entry
from ._notes import Moved, Note

__all__ = ["Entry", "Journal", "Note"]


class Journal(Sequence[Entry]):
    """All requests, oldest first. ``str(journal)`` is all that happened, one line each: requests,
    listen keys, connections and handshakes, events, scenarios, the clock.

    In an assertion, compare :attr:`calls`::

        assert exchange.journal.calls == [("POST", "/eapi/v1/listenKey", 200), ("PUT",
        "/eapi/v1/listenKey", 503)]

    It keeps the last 100,000 lines at the least, or as many as :attr:`limit` says. Where older ones
    were dropped, its first line says how many, and whoever reads requests from it gets an
    IncompleteJournalWarning.
    """

    def __init__(self) -> None:
        self._lines: list[Entry | Note] = []
        self._entries: list[Entry] = []
        self._answers: dict[tuple[str, str], bytes] = {}
        self._dropped = Dropped()
        #: Called with each note of something that was no request, when it has been written.
        self.on_note: Callable[[Note], object] | None = None
        self._limit: int | None = KEPT
        self._full = _full(KEPT)

    @property
    def limit(self) -> int | None:
        """How many lines, requests and notes, are kept at the least: an int from 1 up, or None for
        all of them. A tenth more may be there: they are dropped together.

        It stays what it is when the exchange starts over. Raises UsageError for anything else.
        """
        return self._limit

    @limit.setter
    def limit(self, lines: int | None) -> None:
        if lines is not None:
            lines = whole("limit", lines, 1, hint="None keeps all.")
        self._limit = lines
        self._full = _full(lines)
        self._drop()

    @property
    def dropped(self) -> int:
        """How many lines, requests and notes, were dropped so far."""
        return self._dropped.requests + self._dropped.notes

    @property
    def asked(self) -> int:
        """How many requests there were, those included that were dropped."""
        return self._dropped.requests + len(self._entries)

    @property
    def written(self) -> int:
        """How many lines were written so far, those included that were dropped."""
        return self.dropped + len(self._lines)

    def add(self, entry: Entry) -> None:
        """Write ``entry`` down. Its outcome may follow."""
        self._lines.append(entry)
        self._entries.append(entry)
        if len(self._lines) > self._full:
            self._drop()

    def answered(self, entry: Entry, body: bytes) -> None:
        """``body`` is the answer to ``entry``: kept is the last of its kind."""
        self._answers[entry._method, entry._path] = body  # noqa: SLF001  as it was sent

    def fields(self, entry: Entry) -> list[str]:
        """The names of the fields in the last answer to a request as ``entry``, if it was not
        refused; of the first, where that is a list."""
        try:
            answer = json.loads(self._answers.get((entry._method, entry._path), b"{}"))  # noqa: SLF001
        except ValueError:
            return []
        first = answer[0] if isinstance(answer, list) and answer else answer
        return list(first) if isinstance(first, dict) else []

    def note(self, at_ms: int, account: str | None, text: str) -> None:
        """Write down something that was no request. ``text`` is masked when it is shown."""
        self._append(Note(at_ms, account, text))

    def write(self, note: Note) -> None:
        """Write down a note that was made elsewhere."""
        self._append(note)
        if self.on_note is not None:
            self.on_note(note)

    def moved(self, at_ms: int, by_ms: int) -> None:
        """The clock is about to move on. Moves with nothing in between are one."""
        last = self._lines[-1] if self._lines else None
        if isinstance(last, Moved) and last.at_ms + last.by_ms == at_ms:
            last.by_ms += by_ms
        elif by_ms:
            self._append(Moved(at_ms, by_ms))

    def _append(self, note: Note) -> None:
        self._lines.append(note)
        if len(self._lines) > self._full:
            self._drop()

    def _drop(self) -> None:
        if self._limit is None or len(self._lines) <= self._limit:
            return
        gone = self._lines[: -self._limit]
        requests = sum(isinstance(line, Entry) for line in gone)
        del self._lines[: len(gone)]
        del self._entries[:requests]
        dropped = self._dropped
        dropped.at_ms, dropped.kept = gone[-1].at_ms, self._limit
        dropped.requests += requests
        dropped.notes += len(gone) - requests

    @property
    def calls(self) -> list[tuple[str, str, int | FailureKind | None]]:
        """Method, path and outcome of each request; the outcome is an HTTP status, or a
        FailureKind."""
        return [(entry.method, entry.path, entry.outcome) for entry in self._read()]

    @property
    def notes(self) -> list[Note]:
        """What happened without a request, oldest first."""
        return [line for line in self.lines if isinstance(line, Note)]

    @property
    def lines(self) -> list[Entry | Note]:
        """Requests and notes, oldest first; before all, where older ones were dropped, a note that
        says so."""
        return [self._dropped, *self._lines] if self.dropped else list(self._lines)

    def clear(self) -> None:
        """An empty journal. Its :attr:`limit` stays."""
        self._lines.clear()
        self._entries.clear()
        self._answers.clear()
        self._dropped = Dropped()

    def to_json(self) -> list[dict[str, object]]:
        """The conversation as JSON objects; one without a ``method`` is a note."""
        return [line.to_json() for line in self.lines]

    def _read(self) -> list[Entry]:
        if self._dropped.requests:
            self._dropped.warn()
        return self._entries

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        # The last ones are what they are, whatever came before.
        last = isinstance(index, int) and index < 0
        return (self._entries if last else self._read())[index]

    def __len__(self) -> int:
        return len(self._read())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._read())

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines)) or "nothing was asked"

    def __repr__(self) -> str:
        gone = f", {self.dropped:,} lines dropped" if self.dropped else ""
        return f"<Journal, {self.asked} requests{gone}>"


def _full(limit: int | None) -> float:
    # A tenth at once: to take one from the front of a list moves all others.
    return math.inf if limit is None else limit + limit // 10
