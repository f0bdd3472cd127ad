"""What ``serve``'s control interface does, and the table of it: how it is asked, and by which words
it is explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from .._checks import flag, number, text, whole, wrong
from ..errors import UsageError
from ..exchange import Exchange, events
from ..exchange._stream_settings import StreamSettings, takes
from ..exchange.fault import KINDS
from .order_routes import order_routes
from .routes import Body, Route, Routes
from .scenario_requests import described, listing, play
from .symbol_routes import symbol_routes

__all__ = ["Pace", "control_routes"]

T = TypeVar("T")

_LONGEST = 10**12  # s; the clock's last year is nearer
_SETTINGS = tuple(StreamSettings.__annotations__)
_EVENT = (
    "an event under the exchange's own field names, as in"
    ' {"e": "RISK_LEVEL_CHANGE", "s": "NORMAL"}: one of the known kinds is completed; the object in'
    ' {"raw": {...}} is sent as it is'
)


class Pace(Protocol):
    """How the exchange's clock goes by itself."""

    name: str

    def catch_up(self) -> None:
        """Have the clock at the time at which it ought to be."""

    def reset(self) -> None:
        """Start the exchange over, its clock included."""


def control_routes(exchange: Exchange, pace: Pace) -> Routes:
    """The routes of a control interface of ``exchange``; ``pace`` is how its clock goes."""
    return _Control(exchange, pace).routes


class _Control:
    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self._pace = pace
        self.routes = Routes(self._table())

    def _table(self) -> list[Route]:
        exchange, streams = self._exchange, self._exchange.streams
        return [
            Route(
                "GET",
                "/",
                "explains every request",
                lambda _: {"endpoints": self.routes.explained()},
            ),
            Route(
                "POST",
                "/clock/advance",
                "moves the exchange's clock on; all that falls due in between has happened when"
                " the answer comes",
                self._advance,
                {"seconds": f"a number from 0 to {_LONGEST}; needed"},
                example={"seconds": 1800},
            ),
            Route(
                "GET",
                "/state",
                "the clock, listen keys, limits, faults, streams and open orders, without secrets",
                lambda _: {"clock": self._pace.name, **exchange.state()},
            ),
            Route(
                "POST",
                "/events",
                "sends an event to whoever listens",
                lambda body: {"streams": exchange.emit(events.from_json(body))},
                fields=None,
                more=_EVENT,
                example={"e": "ORDER_TRADE_UPDATE", "o": {"i": 42, "X": "FILLED"}},
            ),
            Route(
                "GET",
                "/faults",
                "the faults that there are to choose from, with their arguments",
                lambda _: {"faults": described(KINDS.values())},
            ),
            Route(
                "POST",
                "/faults",
                "has something go wrong",
                lambda body: {"added": str(exchange.faults.add_json(body))},
                fields=None,
                more='"fault", one of those at GET /faults, with its arguments; and which requests'
                " it is for: method, path, client, account, times, after, every",
                example={"fault": "service_unavailable", "method": "PUT", "times": 1},
            ),
            Route("DELETE", "/faults", "takes all faults back", self._clear_faults),
            Route(
                "GET",
                "/journal",
                "what happened, in order",
                lambda _: exchange.journal.to_json(),
            ),
            Route(
                "POST",
                "/streams",
                "changes settings of the streams; the answer has all of them",
                self._set_streams,
                {name: takes(name) for name in _SETTINGS},
                example={"on_close": "close"},
            ),
            Route(
                "POST",
                "/streams/close",
                "ends all connections with a close frame",
                self._close_streams,
                {
                    "code": "a close frame's code, from 1000 to 4999; 1001 where left out",
                    "reason": "text of at most 123 bytes; none where left out",
                },
                example={"code": 1012, "reason": "restart"},
            ),
            Route(
                "POST",
                "/streams/drop",
                "ends all connections without a word",
                lambda _: {"streams": streams.drop()},
            ),
            Route(
                "POST",
                "/streams/zombie",
                "keeps all connections and loses their events",
                lambda _: {"streams": streams.zombie()},
            ),
            Route(
                "POST",
                "/streams/refuse",
                "has handshakes fail",
                self._refuse_streams,
                {
                    "how": 'an HTTP status from 400 to 599, "reset" or "timeout"; 503 where left'
                    " out",
                    "times": "how often, a whole number; without end where left out",
                    "seconds": "for how long on the exchange's clock; without end where left out",
                },
                example={"how": "reset", "times": 2},
            ),
            Route(
                "DELETE",
                "/streams/refuse",
                "accepts handshakes again",
                lambda _: {"removed": streams.accept_handshakes()},
            ),
            Route(
                "POST",
                "/positions",
                "has an account hold a position: ACCOUNT_UPDATE every ten seconds",
                self._hold_position,
                {
                    "account": "an account's name; the only one where left out",
                    "held": "true or false; true where left out",
                    "update": "an event of the kind ACCOUNT_UPDATE, as POST /events takes it; one"
                    " of 200 USDT where left out",
                },
                example={"held": True},
            ),
            *order_routes(exchange),
            *symbol_routes(exchange),
            Route(
                "GET",
                "/scenarios",
                "the scenarios that there are to choose from, with their arguments",
                lambda _: {"scenarios": listing()},
            ),
            Route(
                "POST",
                "/scenarios",
                "plays a scenario",
                lambda body: {"played": play(exchange, body)},
                fields=None,
                more='"name", one of those at GET /scenarios, with its arguments',
                example={"name": "keepalive_error_swallowed", "times": 2},
            ),
            Route(
                "POST",
                "/reset",
                "starts over: clock, listen keys, limits, faults, journal, streams, orders; the API"
                " keys stay",
                self._reset,
            ),
        ]

    def _advance(self, body: Body) -> object:
        given = body.get("seconds")
        seconds = number("seconds", given, 0, _LONGEST, hint='As in {"seconds": 1800}.')
        self._exchange.clock.advance(seconds=seconds)
        return {"now": self._exchange.clock.now_ms}

    def _clear_faults(self, _body: Body) -> object:
        faults = self._exchange.faults
        removed = [{"fault": str(fault), "fired": fault.fired} for fault in faults]
        faults.clear()
        return {"removed": removed}

    def _set_streams(self, body: Body) -> object:
        streams = self._exchange.streams
        before = {name: getattr(streams, name) for name in body}
        try:
            for name, value in body.items():
                setattr(streams, name, value)
        except UsageError:
            # All of them or none.
            for name, value in before.items():
                setattr(streams, name, value)
            raise
        return {name: getattr(streams, name) for name in _SETTINGS}

    def _close_streams(self, body: Body) -> object:
        code = whole("code", body.get("code", 1001), 1000, 4999)
        if 1014 < code < 3000 or code in (1004, 1005, 1006):
            raise wrong("code", code, "one that a close frame may have, such as 1001")
        reason = text("reason", body.get("reason", ""))
        sent = reason.encode("utf-8", "replace")
        if len(sent) > 123 or sent.decode() != reason:  # half a surrogate pair can't be sent
            raise wrong("reason", reason, "text of at most 123 bytes in UTF-8")
        return {"streams": self._exchange.streams.close(code=code, reason=reason)}

    def _refuse_streams(self, body: Body) -> object:
        how = body.get("how", 503)
        refusal = self._exchange.streams.refuse_handshakes(
            how if isinstance(how, str) else whole("how", how),
            times=_if_given(whole, body, "times"),
            seconds=_if_given(_number, body, "seconds"),
        )
        return {"added": str(refusal)}

    def _hold_position(self, body: Body) -> object:
        held = flag("held", body.get("held", True))
        self._exchange.hold_position(
            _if_given(text, body, "account"),
            held=held,
            update=_if_given(lambda _name, value: events.from_json(value), body, "update"),
        )
        return {"held": held}

    def _reset(self, _body: Body) -> object:
        self._pace.reset()
        return {"now": self._exchange.clock.now_ms}


def _number(name: str, value: object) -> float:
    return number(name, value, 0, _LONGEST)


def _if_given(read: Callable[[str, object], T], body: Body, name: str) -> T | None:
    # JSON's null stands for what is left out.
    return None if body.get(name) is None else read(name, body[name])
