"""The things that go wrong, each wrapped around what the exchange would have done.

Tests make them with the builders of :mod:`pytest_binance_options.exchange.fault`; when they happen
is decided in :mod:`pytest_binance_options.exchange._faults`.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .._messages import Answer, Failure, FailureKind, Headers, Request, Response
from ._event_values import Event

__all__ = [
    "BrokenGzip",
    "CutBody",
    "Delay",
    "Disconnect",
    "Effect",
    "EventFirst",
    "Reply",
    "Skew",
    "Steps",
    "Visit",
]

Steps = Generator[float, None, Answer]
"""What a request goes through: each step is how long it takes, in ms on the exchange's clock (for
ever: infinity), and at the end is the answer. Who takes the steps decides how that time passes."""


class Visit(Protocol):
    """A request on its way to the exchange, as a fault meets it."""

    @property
    def request(self) -> Request:
        """The request."""

    @property
    def armed_for_ms(self) -> int:
        """How long the fault has been there, on the exchange's clock."""

    def proceed(self) -> Steps:
        """What the exchange, or the next fault, makes of the request. Once at most."""

    def proceed_unseen(self, when: str = "") -> Generator[float, None, None]:
        """The same, but the client never learns of it; the journal does. Faults that change the
        answer are passed by."""

    def proceed_later(self, delay_ms: int) -> None:
        """The same as unseen, when the clock has gone on by so much."""

    def proceed_skewed(self, skew_ms: int) -> Steps:
        """Like :meth:`proceed`, while the exchange believes that it is later by ``skew_ms``."""

    def emit(self, event: Event, account: str | None) -> None:
        """Send ``event`` to the streams of the account of that name; None: of the one that asks
        or, where that is not known, of the only one there is."""

    def complete(self, response: Response) -> Response:
        """``response`` with the headers that the exchange puts on everything."""


@dataclass(frozen=True, slots=True, repr=False)
class Effect(ABC):
    """One kind of thing that goes wrong.

    What a builder has made knows its ``kind``, which is the builder's name, and the ``arguments``
    it was given, as JSON has them. Made from these again, it is the same.
    """

    kind: str = field(default="", kw_only=True)
    arguments: Mapping[str, object] = field(default_factory=dict, kw_only=True, hash=False)

    @property
    def reaches_exchange(self) -> bool:
        """Whether the request gets as far as the exchange, where it counts towards the limits."""
        return True

    @property
    def changes_answer(self) -> bool:
        """Whether this is about what the client gets. Such a fault keeps out of what goes on behind
        another one."""
        return True

    @abstractmethod
    def apply(self, visit: Visit) -> Steps:
        """What the client gets, and how long that takes."""

    def to_json(self) -> dict[str, object]:
        """The JSON form: ``fault`` is the kind, the rest are the arguments."""
        return {"fault": self.kind, **copy.deepcopy(dict(self.arguments))}


@dataclass(frozen=True, slots=True, repr=False)
class Reply(Effect):
    """An answer that is not the exchange's, whether it was ``executed`` or not."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    executed: bool

    def apply(self, visit: Visit) -> Steps:
        if self.executed:
            yield from visit.proceed_unseen()
        return visit.complete(Response(self.status, Headers(self.headers), self.body))

    def __str__(self) -> str:
        return f"{self.status} instead of the answer" + (
            ", executed" if self.executed else ", not executed"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Disconnect(Effect):
    """No answer: the connection fails."""

    failure: FailureKind
    executed: bool

    @property
    def reaches_exchange(self) -> bool:
        return self.executed

    def apply(self, visit: Visit) -> Steps:
        if self.executed:
            yield from visit.proceed_unseen()
        if self.failure is FailureKind.TIMEOUT:
            # That is how long the client stands there.
            patience = visit.request.timeout
            yield math.inf if patience is None else round(patience * 1000)
        return Failure(self.failure)

    def __str__(self) -> str:
        return self.failure.value + (", executed" if self.executed else ", not executed")


@dataclass(frozen=True, slots=True, repr=False)
class CutBody(Effect):
    """The answer's body breaks off after ``keep`` bytes; None: in the middle."""

    keep: int | None

    def apply(self, visit: Visit) -> Steps:
        answer = yield from visit.proceed()
        if not isinstance(answer, Response):
            return answer
        promised = max(len(answer.body), 1)
        kept = promised // 2 if self.keep is None else min(self.keep, promised - 1)
        return Response(
            answer.status,
            answer.headers.replacing("Content-Length", str(promised)),
            answer.body[:kept],
        )

    def __str__(self) -> str:
        return "body cut off " + (
            "in the middle" if self.keep is None else f"after {self.keep} bytes"
        )


@dataclass(frozen=True, slots=True, repr=False)
class BrokenGzip(Effect):
    """The answer says that it is gzip, and isn't."""

    def apply(self, visit: Visit) -> Steps:
        answer = yield from visit.proceed()
        if not isinstance(answer, Response):
            return answer
        return Response(
            answer.status, answer.headers.replacing("Content-Encoding", "gzip"), answer.body
        )

    def __str__(self) -> str:
        return "a body that is said to be gzip and is not"


@dataclass(frozen=True, slots=True, repr=False)
class Delay(Effect):
    """The request takes its time: its way to the exchange, or back where it is ``executed``."""

    ms: int
    executed: bool = False
    changes_answer = False

    def apply(self, visit: Visit) -> Steps:
        patience = visit.request.timeout
        if self.executed:
            answer = yield from visit.proceed()
            if patience is None or self.ms <= patience * 1000:
                yield self.ms
                return answer
            yield round(patience * 1000)
            return Failure(FailureKind.TIMEOUT)
        if patience is None or self.ms <= patience * 1000:
            yield self.ms
            return (yield from visit.proceed())
        # The client has gone by then. The exchange doesn't know, and does what it was asked to.
        visit.proceed_later(self.ms)
        yield round(patience * 1000)
        return Failure(FailureKind.TIMEOUT)

    def __str__(self) -> str:
        return f"delay of {self.ms / 1000:g} s" + (
            " after it was executed" if self.executed else ""
        )


@dataclass(frozen=True, slots=True, repr=False)
class Skew(Effect):
    """The exchange's time is not the clock's."""

    ms: int
    drift_ms_per_hour: int
    changes_answer = False

    def apply(self, visit: Visit) -> Steps:
        return (
            yield from visit.proceed_skewed(
                self.ms + self.drift_ms_per_hour * visit.armed_for_ms // 3_600_000
            )
        )

    def __str__(self) -> str:
        drift = (
            f", drifting by {self.drift_ms_per_hour / 1000:+g} s an hour"
            if self.drift_ms_per_hour
            else ""
        )
        return f"the exchange's time is {self.ms / 1000:+g} s off{drift}"


@dataclass(frozen=True, slots=True, repr=False)
class EventFirst(Effect):
    """An event is on its way before the answer is."""

    event: Event
    to: str | None
    changes_answer = False

    def apply(self, visit: Visit) -> Steps:
        answer = yield from visit.proceed()
        visit.emit(self.event, self.to)
        # A moment later, or it would depend on the client which of the two it finds first.
        yield 1
        return answer

    def __str__(self) -> str:
        return f"{self.event.type or 'an event'} before the reply"
