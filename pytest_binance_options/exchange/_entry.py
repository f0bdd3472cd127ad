"""One request in the journal, with what came of it: kept as it was sent, masked when shown."""

from __future__ import annotations

from datetime import datetime

from .._masking import mask
from .._messages import FailureKind
from ._clock import instant

__all__ = ["Entry"]

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
