"""The control interface of ``serve``: what a test in Python does to its exchange, as JSON over
HTTP.

A backend like any other, so that the loopback server can serve it. It is for this machine's tests:
a web page that a browser shows, from wherever it comes, is turned away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from .._backends.base import ForwardStream
from .._checks import flag, number, text, whole, wrong
from .._frames import Direction, Frame
from .._hosts import is_loopback
from .._messages import Answer, Headers, Request, Response
from ..errors import UsageError
from ..exchange import Exchange, events
from ..exchange._stream_settings import StreamSettings
from .scenario_requests import play

__all__ = ["Control", "Pace"]

T = TypeVar("T")

_LONGEST = 10**12  # s; the clock's last year is nearer
_SETTINGS = tuple(StreamSettings.__annotations__)


class Pace(Protocol):
    """How the exchange's clock goes by itself."""

    name: str

    def catch_up(self) -> None:
        """Have the clock at the time at which it ought to be."""

    def reset(self) -> None:
        """Start the exchange over, its clock included."""


class Control:
    """Answers control requests for ``exchange``; ``pace`` is how its clock goes."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self._pace = pace
        self._endpoints: dict[str, dict[str, Callable[[dict[str, object]], object]]] = {
            "/": {"GET": self._index},
            "/clock/advance": {"POST": self._advance},
            "/state": {"GET": self._state},
            "/events": {"POST": self._emit},
            "/faults": {"POST": self._add_fault, "DELETE": self._clear_faults},
            "/journal": {"GET": lambda body: exchange.journal.to_json()},
            "/streams": {"POST": self._set_streams},
            "/streams/close": {"POST": self._close_streams},
            "/streams/drop": {"POST": lambda body: {"streams": exchange.streams.drop()}},
            "/streams/zombie": {"POST": lambda body: {"streams": exchange.streams.zombie()}},
            "/streams/refuse": {
                "POST": self._refuse_streams,
                "DELETE": lambda body: {"removed": exchange.streams.accept_handshakes()},
            },
            "/positions": {"POST": self._hold_position},
            "/scenarios": {"POST": lambda body: {"played": play(exchange, body)}},
            "/reset": {"POST": self._reset},
        }

    def respond(self, request: Request) -> Answer:
        """Do what ``request`` asks for. What is wrong with it is said in ``{"error": ...}``."""
        refusal = _foreign(request)
        if refusal:
            return _answer(403, {"error": refusal})
        methods = self._endpoints.get(request.path)
        if methods is None:
            known = ", ".join(
                f"{'|'.join(methods)} {path}" for path, methods in self._endpoints.items()
            )
            return _answer(
                404, {"error": f"There is no {request.path!r} here. There are: {known}."}
            )
        do = methods.get(request.method)
        if do is None:
            allowed = ", ".join(methods)
            error = f"{request.path} does not take {request.method}. It takes: {allowed}."
            return _answer(405, {"error": error}, ("Allow", allowed))
        try:
            with self._exchange.lock:
                self._pace.catch_up()
                return _answer(200, do(_body(request)))
        except UsageError as error:
            return _answer(400, {"error": str(error)})

    def observe(self, request: Request, answer: Answer) -> None:
        """Never called: nothing is forwarded."""
        raise AssertionError(
            f"{request!r} was forwarded, though the control interface has no network"
        )

    def connect(self, handshake: Request) -> Response:
        """There is nothing to listen to here."""
        return _answer(404, {"error": "The control interface has no streams."})

    def observe_frame(self, stream: ForwardStream, direction: Direction, frame: Frame) -> None:
        """Never called, as :meth:`observe`."""
        raise AssertionError("a stream was forwarded, though the control interface has none")

    def _index(self, body: dict[str, object]) -> object:
        return {
            "endpoints": [
                f"{method} {path}"
                for path, methods in self._endpoints.items()
                for method in methods
            ]
        }

    def _advance(self, body: dict[str, object]) -> object:
        given = _only(body, "seconds").get("seconds")
        seconds = number("seconds", given, 0, _LONGEST, hint='As in {"seconds": 1800}.')
        self._exchange.clock.advance(seconds=seconds)
        return {"now": self._exchange.clock.now_ms}

    def _state(self, body: dict[str, object]) -> object:
        return {"clock": self._pace.name, **self._exchange.state()}

    def _emit(self, body: dict[str, object]) -> object:
        return {"streams": self._exchange.emit(events.from_json(body))}

    def _add_fault(self, body: dict[str, object]) -> object:
        return {"added": str(self._exchange.faults.add_json(body))}

    def _clear_faults(self, body: dict[str, object]) -> object:
        faults = self._exchange.faults
        removed = [{"fault": str(fault), "fired": fault.fired} for fault in faults]
        faults.clear()
        return {"removed": removed}

    def _set_streams(self, body: dict[str, object]) -> object:
        settings = _only(body, *_SETTINGS)
        streams = self._exchange.streams
        before = {name: getattr(streams, name) for name in settings}
        try:
            for name, value in settings.items():
                setattr(streams, name, value)
        except UsageError:
            # All of them or none.
            for name, value in before.items():
                setattr(streams, name, value)
            raise
        return {name: getattr(streams, name) for name in _SETTINGS}

    def _close_streams(self, body: dict[str, object]) -> object:
        given = _only(body, "code", "reason")
        code = whole("code", given.get("code", 1001), 1000, 4999)
        if 1014 < code < 3000 or code in (1004, 1005, 1006):
            raise wrong("code", code, "one that a close frame may have, such as 1001")
        reason = text("reason", given.get("reason", ""))
        sent = reason.encode("utf-8", "replace")
        if len(sent) > 123 or sent.decode() != reason:  # half a surrogate pair can't be sent
            raise wrong("reason", reason, "text of at most 123 bytes in UTF-8")
        return {"streams": self._exchange.streams.close(code=code, reason=reason)}

    def _refuse_streams(self, body: dict[str, object]) -> object:
        given = _only(body, "how", "times", "seconds")
        how = given.get("how", 503)
        refusal = self._exchange.streams.refuse_handshakes(
            how if isinstance(how, str) else whole("how", how),
            times=_if_given(whole, given, "times"),
            seconds=_if_given(_number, given, "seconds"),
        )
        return {"added": str(refusal)}

    def _hold_position(self, body: dict[str, object]) -> object:
        given = _only(body, "account", "held", "update")
        held = flag("held", given.get("held", True))
        self._exchange.hold_position(
            _if_given(text, given, "account"),
            held=held,
            update=_if_given(lambda _name, value: events.from_json(value), given, "update"),
        )
        return {"held": held}

    def _reset(self, body: dict[str, object]) -> object:
        self._pace.reset()
        return {"now": self._exchange.clock.now_ms}


def _foreign(request: Request) -> str:
    # A page from elsewhere can have a browser send requests here, and a name of its own that
    # resolves to 127.0.0.1 makes them look local. Neither can hide what it is in these two headers.
    if not _is_local(f"//{request.headers.get('host', '')}"):
        return (
            "The control interface is asked for as 127.0.0.1 or localhost, and this request's Host"
            " is neither."
        )
    origin = request.headers.get("origin")
    if origin is not None and not _is_local(origin):
        return "The control interface takes no requests from web pages of other origins."
    return ""


def _is_local(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _body(request: Request) -> dict[str, object]:
    if not request.body.strip():
        return {}
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        raise UsageError("The request's body is no JSON. Send an object, or nothing.") from None
    if not isinstance(value, dict):
        raise UsageError(
            f"The request's body is JSON, but a {type(value).__name__}. Send an object, or nothing."
        )
    return value


def _number(name: str, value: object) -> float:
    return number(name, value, 0, _LONGEST)


def _if_given(read: Callable[[str, object], T], body: dict[str, object], name: str) -> T | None:
    # JSON's null stands for what is left out.
    return None if body.get(name) is None else read(name, body[name])


def _only(body: dict[str, object], *names: str) -> dict[str, object]:
    unknown = [name for name in body if name not in names]
    if unknown:
        raise UsageError(
            f"There is no {', '.join(map(repr, unknown))} here. There is: {', '.join(names)}."
        )
    return body


def _answer(status: int, value: object, *headers: tuple[str, str]) -> Response:
    return Response(
        status,
        Headers([("Content-Type", "application/json"), *headers]),
        json.dumps(value).encode(),
    )
