"""One request's way through the faults it meets, to the service and back.

First come those that break the connection before anything was read, then the limits, then all
others, each wrapped around the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TypeVar

from .._masking import mask
from .._messages import Answer, Request, Response
from .._refusals import error_in
from ..errors import UsageError
from ._clock import Clock
from ._effects import Steps
from ._event_values import Event
from ._faults import Fault
from ._journal import Entry
from ._service import Service

__all__ = ["Passage", "take_steps"]

T = TypeVar("T")


def take_steps(steps: Generator[float, None, T], clock: Clock, done: Callable[[T], object]) -> None:
    """Take ``steps`` as the clock comes to each, and hand the end of them to ``done``: now, where
    nothing takes time. What takes for ever is given up."""
    try:
        ms = next(steps)
    except StopIteration as end:
        done(end.value)
        return
    if math.isfinite(ms):
        clock.call_at(clock.now_ms + round(ms), partial(take_steps, steps, clock, done))


class Passage:
    """The way of one request. ``path`` and ``query`` are those of its URL; ``emit`` sends an event
    to the account of that name."""

    def __init__(
        self,
        service: Service,
        emit: Callable[[Event, str | None], object],
        request: Request,
        path: str,
        query: str,
        entry: Entry,
    ) -> None:
        self.service = service
        self._emit = emit
        self.request = request
        self.entry = entry
        self._path = path
        self._query = query
        caller = service.caller(request)
        self._account = None if caller is None else caller[0].name
        self._used = 0

    def run(self, faults: Sequence[Fault]) -> Steps:
        """What the client gets, and how long that takes."""
        outside = [fault for fault in faults if not fault.effect.reaches_exchange]
        inside = [fault for fault in faults if fault.effect.reaches_exchange]
        self.entry.account = self._account
        answer = yield from self._walk(outside, partial(self._enter, inside))
        self.entry.code, self.entry.msg = error_in(answer)
        return answer

    def emit(self, event: Event, account: str | None) -> None:
        """Send ``event`` to the account of that name, or to the one that asks."""
        try:
            self._emit(event, self._account if account is None else account)
        except UsageError as error:
            # The fault is at fault, and not the client, to whom this must not be raised.
            self.entry.notes += (f"{event.type or 'an event'} went to nobody: {mask(str(error))}",)

    def complete(self, response: Response) -> Response:
        """``response`` with the headers that the exchange puts on everything."""
        return self.service.complete(response, self._used)

    def _walk(
        self, faults: Sequence[Fault], end: Callable[[], Steps], *, unseen: bool = False
    ) -> Steps:
        for position, fault in enumerate(faults, 1):
            if unseen and fault.effect.changes_answer:
                continue
            if fault.strikes(self.request, self._path, self._account):
                self.entry.notes += (f"fault: {fault.effect}",)
                onward = partial(self._walk, faults[position:], end)
                visit = _Visit(
                    self, fault, partial(onward, unseen=unseen), partial(onward, unseen=True)
                )
                return (yield from fault.effect.apply(visit))
        return (yield from end())

    def _enter(self, faults: Sequence[Fault]) -> Steps:
        endpoint = self.service.route(self.request.method, self._path, self._query)
        usage = self.service.limits.charge(self.request.client, endpoint)
        self._used = usage.used

        def execute() -> Steps:
            yield from ()
            return self.service.execute(self.request, endpoint, self._query, usage, self.entry)

        onward = execute() if usage.refusal is not None else self._walk(faults, execute)
        return (yield from onward)


class _Visit:
    """What an effect sees of the passage."""

    def __init__(
        self,
        passage: Passage,
        fault: Fault,
        proceed: Callable[[], Steps],
        proceed_unseen: Callable[[], Steps],
    ) -> None:
        self._passage = passage
        self._service = passage.service
        self._fault = fault
        self.request = passage.request
        self.proceed = proceed
        self._proceed_unseen = proceed_unseen
        self.complete = passage.complete
        self.emit = passage.emit

    @property
    def armed_for_ms(self) -> int:
        return self._service.clock.now_ms - self._fault.armed_at_ms

    def proceed_unseen(self, when: str = "") -> Generator[float, None, None]:
        entry = self._passage.entry
        code, msg = entry.code, entry.msg
        answer = yield from self._proceed_unseen()
        entry.code, entry.msg = code, msg
        entry.notes += (
            f"executed{when}: {answer.status if isinstance(answer, Response) else answer}",
        )

    def proceed_later(self, delay_ms: int) -> None:
        def later() -> Generator[float, None, None]:
            yield delay_ms
            yield from self.proceed_unseen(f" {delay_ms / 1000:g} s after it was sent")

        take_steps(later(), self._service.clock, lambda _: None)

    def proceed_skewed(self, skew_ms: int) -> Steps:
        service, steps = self._service, self.proceed()
        while True:
            # Others have their turn while this waits, and to them the time is what it is.
            service.skew_ms += skew_ms
            try:
                ms = next(steps)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            finally:
                service.skew_ms -= skew_ms
            yield ms
