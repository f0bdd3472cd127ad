"""One request's way through the faults it meets, to the service and back.

First come those that break the connection before anything was read, then the limits, then all
others, each wrapped around the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial

from .._masking import mask
from .._messages import Answer, Request, Response
from ..errors import UsageError
from ._event_values import Event
from ._faults import Fault
from ._journal import Entry
from ._service import Service

__all__ = ["Passage"]


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

    def run(self, faults: Sequence[Fault]) -> Answer:
        """What the client gets."""
        outside = [fault for fault in faults if not fault.effect.reaches_exchange]
        inside = [fault for fault in faults if fault.effect.reaches_exchange]
        self.entry.account = self._account
        answer = self._walk(outside, partial(self._enter, inside))
        self.entry.code, self.entry.msg = _error_in(answer)
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
        self, faults: Sequence[Fault], end: Callable[[], Answer], *, unseen: bool = False
    ) -> Answer:
        for position, fault in enumerate(faults, 1):
            if unseen and fault.effect.changes_answer:
                continue
            if fault.strikes(self.request, self._path, self._account):
                self.entry.notes += (f"fault: {fault.effect}",)
                onward = partial(self._walk, faults[position:], end)
                return fault.effect.apply(
                    _Visit(
                        self, fault, partial(onward, unseen=unseen), partial(onward, unseen=True)
                    )
                )
        return end()

    def _enter(self, faults: Sequence[Fault]) -> Answer:
        endpoint = self.service.route(self.request.method, self._path)
        usage = self.service.limits.charge(self.request.client, endpoint)
        self._used = usage.used
        execute = partial(
            self.service.execute, self.request, endpoint, self._query, usage, self.entry
        )
        return execute() if usage.refusal is not None else self._walk(faults, execute)


class _Visit:
    """What an effect sees of the passage."""

    def __init__(
        self,
        passage: Passage,
        fault: Fault,
        proceed: Callable[[], Answer],
        proceed_unseen: Callable[[], Answer],
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

    def proceed_unseen(self, when: str = "") -> None:
        entry = self._passage.entry
        code, msg = entry.code, entry.msg
        answer = self._proceed_unseen()
        entry.code, entry.msg = code, msg
        entry.notes += (
            f"executed{when}: {answer.status if isinstance(answer, Response) else answer}",
        )

    def proceed_later(self, delay_ms: int) -> None:
        clock = self._service.clock
        clock.call_at(
            clock.now_ms + delay_ms,
            partial(self.proceed_unseen, f" {delay_ms / 1000:g} s after it was sent"),
        )

    def proceed_skewed(self, skew_ms: int) -> Answer:
        service = self._service
        service.skew_ms += skew_ms
        try:
            return self.proceed()
        finally:
            service.skew_ms -= skew_ms

    def wait(self, ms: int) -> None:
        self._service.clock.advance(milliseconds=ms)


def _error_in(answer: Answer) -> tuple[int | None, str]:
    """The exchange's error code and message, where ``answer`` has them."""
    if not isinstance(answer, Response) or answer.status < 400:
        return None, ""
    try:
        error = json.loads(answer.body)
        code, msg = error["code"], error["msg"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, ""
    return (code, mask(msg)) if isinstance(code, int) and isinstance(msg, str) else (None, "")
