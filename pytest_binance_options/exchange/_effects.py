"""The things that go wrong, each wrapped around what the exchange would have done.

Tests make them with the builders of :mod:`pytest_binance_options.exchange.fault`; when they happen
is decided in :mod:`pytest_binance_options.exchange._faults`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Protocol

from .._messages import Answer, Failure, FailureKind, Headers, Request, Response

__all__ = ["BrokenGzip", "CutBody", "Delay", "Disconnect", "Effect", "Reply", "Skew", "Visit"]


class Visit(Protocol):
    """A request on its way to the exchange, as a fault meets it."""

    @property
    def request(self) -> Request:
        """The request."""

    @property
    def armed_for_ms(self) -> int:
        """How long the fault has been there, on the exchange's clock."""

    def proceed(self) -> Answer:
        """What the exchange, or the next fault, makes of the request. Once at most."""

    def proceed_unseen(self, when: str = "") -> None:
        """The same, but the client never learns of it; the journal does. Faults that change the
        answer are passed by."""

    def proceed_later(self, delay_ms: int) -> None:
        """The same as unseen, when the clock has gone on by so much."""

    def proceed_skewed(self, skew_ms: int) -> Answer:
        """Like :meth:`proceed`, while the exchange believes that it is later by ``skew_ms``."""

    def wait(self, ms: int) -> None:
        """Let the exchange's clock go on."""

    def complete(self, response: Response) -> Response:
        """``response`` with the headers that the exchange puts on everything."""


class Effect(Protocol):
    """One kind of thing that goes wrong."""

    @property
    def reaches_exchange(self) -> bool:
        """Whether the request gets as far as the exchange, where it counts towards the limits."""

    @property
    def changes_answer(self) -> bool:
        """Whether this is about what the client gets. Such a fault keeps out of what goes on behind
        another one."""

    def apply(self, visit: Visit) -> Answer:
        """What the client gets."""

    def to_json(self) -> dict[str, object]:
        """The JSON form: ``fault`` is the builder's name, the rest its arguments."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer that is not the exchange's, whether it was ``executed`` or not."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    executed: bool
    reaches_exchange = True
    changes_answer = True

    def apply(self, visit: Visit) -> Answer:
        if self.executed:
            visit.proceed_unseen()
        return visit.complete(Response(self.status, Headers(self.headers), self.body))

    def to_json(self) -> dict[str, object]:
        headers = {name: value for name, value in self.headers if name.lower() != "content-length"}
        form: dict[str, object] = {
            "fault": "status",
            "status": self.status,
            "headers": headers,
            "executed": self.executed,
        }
        try:
            form["body"] = self.body.decode()
        except UnicodeDecodeError:
            form["body_base64"] = base64.b64encode(self.body).decode()
        return form

    def __str__(self) -> str:
        return f"{self.status} instead of the answer" + (
            ", executed" if self.executed else ", not executed"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Disconnect:
    """No answer: the connection fails."""

    kind: FailureKind
    executed: bool
    changes_answer = True

    @property
    def reaches_exchange(self) -> bool:
        return self.executed

    def apply(self, visit: Visit) -> Answer:
        if self.executed:
            visit.proceed_unseen()
        if self.kind is FailureKind.TIMEOUT and visit.request.timeout is not None:
            # That is how long the client stood there.
            visit.wait(round(visit.request.timeout * 1000))
        return Failure(self.kind)

    def to_json(self) -> dict[str, object]:
        form: dict[str, object] = {"fault": self.kind.name.lower()}
        if self.kind is not FailureKind.REFUSED:
            form["executed"] = self.executed
        return form

    def __str__(self) -> str:
        return self.kind.value + (", executed" if self.executed else ", not executed")


@dataclass(frozen=True, slots=True, repr=False)
class CutBody:
    """The answer's body breaks off after ``keep`` bytes; None: in the middle."""

    keep: int | None
    reaches_exchange = True
    changes_answer = True

    def apply(self, visit: Visit) -> Answer:
        answer = visit.proceed()
        if not isinstance(answer, Response):
            return answer
        promised = max(len(answer.body), 1)
        kept = promised // 2 if self.keep is None else min(self.keep, promised - 1)
        return Response(
            answer.status,
            answer.headers.replacing("Content-Length", str(promised)),
            answer.body[:kept],
        )

    def to_json(self) -> dict[str, object]:
        return {"fault": "cut_body", "keep": self.keep}

    def __str__(self) -> str:
        return "body cut off " + (
            "in the middle" if self.keep is None else f"after {self.keep} bytes"
        )


@dataclass(frozen=True, slots=True, repr=False)
class BrokenGzip:
    """The answer says that it is gzip, and isn't."""

    reaches_exchange = True
    changes_answer = True

    def apply(self, visit: Visit) -> Answer:
        answer = visit.proceed()
        if not isinstance(answer, Response):
            return answer
        return Response(
            answer.status, answer.headers.replacing("Content-Encoding", "gzip"), answer.body
        )

    def to_json(self) -> dict[str, object]:
        return {"fault": "broken_gzip"}

    def __str__(self) -> str:
        return "a body that is said to be gzip and is not"


@dataclass(frozen=True, slots=True, repr=False)
class Delay:
    """The request takes its time."""

    ms: int
    reaches_exchange = True
    changes_answer = False

    def apply(self, visit: Visit) -> Answer:
        patience = visit.request.timeout
        if patience is None or self.ms <= patience * 1000:
            visit.wait(self.ms)
            return visit.proceed()
        # The client has gone by then. The exchange doesn't know, and does what it was asked to.
        visit.proceed_later(self.ms)
        visit.wait(round(patience * 1000))
        return Failure(FailureKind.TIMEOUT)

    def to_json(self) -> dict[str, object]:
        return {"fault": "delay", "seconds": self.ms / 1000}

    def __str__(self) -> str:
        return f"delay of {self.ms / 1000:g} s"


@dataclass(frozen=True, slots=True, repr=False)
class Skew:
    """The exchange's time is not the clock's."""

    ms: int
    drift_ms_per_hour: int
    reaches_exchange = True
    changes_answer = False

    def apply(self, visit: Visit) -> Answer:
        return visit.proceed_skewed(
            self.ms + self.drift_ms_per_hour * visit.armed_for_ms // 3_600_000
        )

    def to_json(self) -> dict[str, object]:
        return {
            "fault": "skew",
            "seconds": self.ms / 1000,
            "drift_per_hour": self.drift_ms_per_hour / 1000,
        }

    def __str__(self) -> str:
        drift = (
            f", drifting by {self.drift_ms_per_hour / 1000:+g} s an hour"
            if self.drift_ms_per_hour
            else ""
        )
        return f"the exchange's time is {self.ms / 1000:+g} s off{drift}"
