"""Who is let in: what a handshake's address leads to, why it is refused, and which handshakes fail
because a test says so.

What becomes of those who are in is :mod:`pytest_binance_options.exchange._stream_hub`'s.
"""

from __future__ import annotations

from .._checks import number, one_of, whole, wrong
from .._messages import Answer, Failure, FailureKind, Headers, Response, reason_phrase
from ._accounts import Accounts
from ._clock import Clock, instant
from ._rejections import NO_LISTEN_KEY, Rejection
from ._stream_items import item
from ._stream_routes import Route, StreamAddresses
from ._stream_settings import StreamSettings

__all__ = ["Handshakes", "Refusal"]

_FAILURES = {"reset": FailureKind.RESET, "timeout": FailureKind.TIMEOUT}
_FOREVER = 2**53
_LONGEST = 10**9  # s; some thirty years
_OR_A_STATUS = "Or an HTTP status from 400 to 599, as a number."


class Refusal:
    """Handshakes that fail because a test says so: what ``streams.refuse_handshakes`` gives."""

    def __init__(self, how: int | FailureKind, *, times: int | None, until_ms: int | None) -> None:
        self.how = how
        self.times = times
        #: The first millisecond, since the epoch, at which this is over; None: it doesn't end.
        self.until_ms = until_ms
        #: How often this has happened.
        self.fired = 0

    def strikes(self, now_ms: int) -> bool:
        """Whether a handshake at ``now_ms`` fails; counts that it did."""
        over = self.until_ms is not None and now_ms >= self.until_ms
        if over or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True

    def answer(self) -> Answer:
        """What the client gets: for a status, the page that a server in front of the exchange
        has."""
        if isinstance(self.how, FailureKind):
            return Failure(self.how)
        title = f"{self.how} {reason_phrase(self.how)}".rstrip()
        page = (
            f"<html><head><title>{title}</title></head>"
            f"<body><center><h1>{title}</h1></center></body></html>"
        ).encode()
        headers = (("Content-Type", "text/html"), ("Content-Length", str(len(page))))
        return Response(self.how, Headers(headers), page)

    def __str__(self) -> str:
        what = self.how.value if isinstance(self.how, FailureKind) else f"{self.how}"
        often = (
            "" if self.times is None else ", once" if self.times == 1 else f", {self.times} times"
        )
        until = ""
        if self.until_ms is not None:
            end = instant(self.until_ms).replace(tzinfo=None)
            until = f", until {end.isoformat(sep=' ', timespec='milliseconds')}"
        return f"{what}; handshakes{often}{until}"

    def __repr__(self) -> str:
        return f"<Refusal {self}; fired: {self.fired}>"


class Handshakes:
    """The handshakes at the addresses of the products that ``accounts`` have."""

    def __init__(self, clock: Clock, accounts: Accounts, settings: StreamSettings) -> None:
        self._clock = clock
        self._refusals: list[Refusal] = []
        self._accounts = accounts
        self._settings = settings
        self._addresses = StreamAddresses(accounts.products)

    def refuse(self, how: int | str, times: int | None, seconds: float | None) -> Refusal:
        """Have handshakes fail: see ``StreamHub.refuse_handshakes``."""
        kind: int | FailureKind
        if isinstance(how, str):
            kind = _FAILURES[one_of("how", how, _FAILURES, hint=_OR_A_STATUS)]
        elif isinstance(how, bool) or not isinstance(how, int) or not 400 <= how <= 599:
            raise wrong("how", how, 'an HTTP status from 400 to 599, "reset" or "timeout"')
        else:
            kind = how
        if times is not None:
            whole("times", times, 1, _FOREVER)
        until_ms = None
        if seconds is not None:
            span = number("seconds", seconds, 0, _LONGEST, above=True)
            until_ms = self._clock.now_ms + round(span * 1000)
        refusal = Refusal(kind, times=times, until_ms=until_ms)
        self._refusals.append(refusal)
        return refusal

    def restore(self) -> int:
        """Let in again whom the exchange itself lets in; gives how many refusals there were."""
        count = len(self._refusals)
        self._refusals.clear()
        return count

    def judge(self, target: str) -> Route | Answer:
        """Where ``target``, a path with its query, leads to; anything else is a handshake that is
        refused, or fails."""
        now_ms = self._clock.now_ms
        refusal = next((one for one in self._refusals if one.strikes(now_ms)), None)
        if refusal is not None:
            return refusal.answer()
        route = self._addresses.route_of(target)
        if route is None:
            return _refused(Rejection(404, -1020, self._addresses.unknown(target)))
        rejection = self._rejection(target, route)
        return route if rejection is None else _refused(rejection)

    def _rejection(self, target: str, route: Route) -> Rejection | None:
        legacy = self._settings.legacy
        if route.legacy and (legacy == "refuse" or (legacy == "silent" and route.gone)):
            # First of all: a report may cut what is long.
            how = 'now (exchange.streams.legacy = "accept" has it as it was)'
            return Rejection(404, -1020, self._addresses.unknown(target, how))
        most = self._settings.max_streams
        if len(route.names) > most:
            return Rejection(
                400, -1101, f"{len(route.names)} streams in the address; {most} may be."
            )
        refused = self._settings.dead_key == "refuse" and self._dead(route)
        return NO_LISTEN_KEY if refused else None

    def _dead(self, route: Route) -> bool:
        return route.private and any(
            self._accounts.by_listen_key(item(name).key) is None for name in route.names
        )


def _refused(rejection: Rejection) -> Response:
    headers = (
        ("Content-Type", "application/json;charset=UTF-8"),
        ("Content-Length", str(len(rejection.body))),
    )
    return Response(rejection.status, Headers(headers), rejection.body)
