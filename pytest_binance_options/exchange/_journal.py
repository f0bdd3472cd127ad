"""The one record of what happened on the exchange, in order, on its clock, and without a secret in
it: requests and their answers, and the notes of everything else.

Entries are written while a request is handled and formatted only when somebody looks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import overload

from .._masking import mask
from .._messages import FailureKind
from ._clock import instant
from ._notes import Moved, Note

__all__ = ["Entry", "Journal", "Note"]

_LONGEST_TEXT = 120


def _time(ms: int) -> str:
    return instant(ms).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def _shown(text: str) -> str:
    """``text``, which came from outside, as it may be shown: masked, on one line, not endless."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in mask(text))
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."


class Entry:
    """One request and its outcome. Parameters are kept by name alone."""

    __slots__ = (
        "_client",
        "_method",
        "_names",
        "_path",
        "account",
        "at_ms",
        "clue",
        "code",
        "msg",
        "notes",
        "outcome",
    )

    def __init__(self, at_ms: int, client: str, method: str, path: str) -> None:
        #: When the request arrived, in ms since the epoch, on the exchange's clock.
        self.at_ms = at_ms
        self._client = client
        self._method = method
        self._path = path
        self._names: tuple[str, ...] = ()
        #: The name of the account whose API key came along; None where there was none, or it was
        #: unknown.
        self.account: str | None = None
        #: What came back: an HTTP status, or how the connection failed; None while there is no
        #: answer.
        self.outcome: int | FailureKind | None = None
        #: The exchange's error code (-1125, ...) and message, where it sent them.
        self.code: int | None = None
        self.msg = ""
        #: What lies behind a refusal, where only the exchange can know it.
        self.clue = ""
        #: Which faults had a hand in this, and what the exchange did all the same.
        self.notes: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When the request arrived."""
        return instant(self.at_ms)

    @property
    def client(self) -> str:
        """The address the request came from."""
        return _shown(self._client)

    @property
    def method(self) -> str:
        """The method, as sent."""
        return _shown(self._method)

    @property
    def path(self) -> str:
        """The path, without query."""
        return _shown(self._path)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters sent, query string first."""
        return tuple(map(_shown, self._names))

    def name_parameters(self, names: tuple[str, ...]) -> None:
        """Keep the names of the parameters sent."""
        self._names = names

    @property
    def status(self) -> int | None:
        """The HTTP status, or None where no response was sent."""
        return self.outcome if isinstance(self.outcome, int) else None

    @property
    def failure(self) -> FailureKind | None:
        """How the connection failed, or None where it did not."""
        return self.outcome if isinstance(self.outcome, FailureKind) else None

    def to_json(self) -> dict[str, object]:
        """This entry as a JSON object."""
        return {
            "at": self.at_ms,
            "client": self.client,
            "account": self.account,
            "method": self.method,
            "path": self.path,
            "parameters": list(self.parameters),
            "status": self.status,
            "failure": None if self.failure is None else self.failure.name.lower(),
            "code": self.code,
            "msg": self.msg,
            "notes": list(self.notes),
        }

    @property
    def key(self) -> object:
        """Equal for requests that differ in nothing but their time."""
        return (
            *(self.account, self._client, self._method, self._path, self._names),
            *(self.outcome, self.code, self.msg, self.notes),
        )

    @property
    def said(self) -> str:
        """What was asked and answered, on one line and without secrets."""
        asked = f"{self.method} {self.path}" + (
            f" ({', '.join(self.parameters)})" if self.parameters else ""
        )
        answered = (
            self.failure.value if self.failure is not None else str(self.status or "no answer yet")
        )
        if self.code is not None:
            answered += f" {self.code} {self.msg}"
        notes = "".join(f" [{note}]" for note in self.notes)
        return f"{asked} -> {answered}{notes}"

    def __str__(self) -> str:
        return f"{_time(self.at_ms)}  {self.account or '-'}@{self.client}  {self.said}"

    def __repr__(self) -> str:
        return f"<Entry {self}>"


class Journal(Sequence[Entry]):
    """All requests, oldest first. ``str(journal)`` is all that happened, one line each: requests,
    listen keys, connections and handshakes, events, scenarios, the clock.

    In an assertion, compare :attr:`calls`::

        assert exchange.journal.calls == [("POST", "/eapi/v1/listenKey", 200), ("PUT",
        "/eapi/v1/listenKey", 503)]
    """

    def __init__(self) -> None:
        self._lines: list[Entry | Note] = []
        self._entries: list[Entry] = []
        self._answers: dict[tuple[str, str], bytes] = {}
        #: Called with each note of something that was no request, when it has been written.
        self.on_note: Callable[[Note], object] | None = None

    def add(self, entry: Entry) -> None:
        """Write ``entry`` down. Its outcome may follow."""
        self._lines.append(entry)
        self._entries.append(entry)

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
        self._lines.append(Note(at_ms, account, text))

    def write(self, note: Note) -> None:
        """Write down a note that was made elsewhere."""
        self._lines.append(note)
        if self.on_note is not None:
            self.on_note(note)

    def moved(self, at_ms: int, by_ms: int) -> None:
        """The clock is about to move on. Moves with nothing in between are one."""
        last = self._lines[-1] if self._lines else None
        if isinstance(last, Moved) and last.at_ms + last.by_ms == at_ms:
            last.by_ms += by_ms
        elif by_ms:
            self._lines.append(Moved(at_ms, by_ms))

    @property
    def calls(self) -> list[tuple[str, str, int | FailureKind | None]]:
        """Method, path and outcome of each request; the outcome is an HTTP status, or a
        FailureKind."""
        return [(entry.method, entry.path, entry.outcome) for entry in self._entries]

    @property
    def notes(self) -> list[Note]:
        """What happened without a request, oldest first."""
        return [line for line in self._lines if isinstance(line, Note)]

    @property
    def lines(self) -> list[Entry | Note]:
        """Requests and notes, oldest first."""
        return list(self._lines)

    def clear(self) -> None:
        """An empty journal."""
        self._lines.clear()
        self._entries.clear()
        self._answers.clear()

    def to_json(self) -> list[dict[str, object]]:
        """The conversation as JSON objects; one without a ``method`` is a note."""
        return [line.to_json() for line in self._lines]

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self._lines)) or "nothing was asked"

    def __repr__(self) -> str:
        return f"<Journal, {len(self)} requests>"
