"""The control interface of ``serve``: what a test in Python does to its exchange, as JSON over
HTTP. What there is to ask for is :mod:`.control_routes`'s.

A backend like any other, so that the loopback server can serve it. It is for this machine's tests:
a web page that a browser shows, from wherever it comes, is turned away. Where others may reach it,
it demands a token.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from .._backends.base import ForwardStream
from .._frames import Direction, Frame
from .._hosts import is_loopback
from .._messages import Answer, Headers, Request, Response
from ..errors import UsageError
from ..exchange import Exchange
from . import access
from .control_routes import Pace, control_routes

__all__ = ["Control"]


class Control:
    """Answers control requests for ``exchange``; ``pace`` is how its clock goes. With a ``token``,
    those alone that bear it, from wherever they come."""

    def __init__(self, exchange: Exchange, pace: Pace, token: str | None = None) -> None:
        self._exchange = exchange
        self._pace = pace
        self._token = token
        self._routes = control_routes(exchange, pace)

    def respond(self, request: Request) -> Answer:
        """Do what ``request`` asks for. What is wrong with it is said in ``{"error": ...}``."""
        if self._token is not None:
            # No page from elsewhere has it, and the machine's other names are as good as any.
            refusal = access.refusal(request, self._token)
            if refusal:
                return _answer(401, {"error": refusal}, ("WWW-Authenticate", "Bearer"))
        else:
            refusal = _foreign(request)
            if refusal:
                return _answer(403, {"error": refusal})
        route = self._routes.find(request.method, request.path)
        if route is None:
            methods = self._routes.methods(request.path)
            if not methods:
                return _answer(404, {"error": self._routes.missing(request.path)})
            allowed = ", ".join(methods)
            error = f"{request.path} does not take {request.method}. It takes: {allowed}."
            return _answer(405, {"error": error}, ("Allow", allowed))
        try:
            with self._exchange.lock:
                self._pace.catch_up()
                return _answer(200, route.ask(_body(request)))
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


def _answer(status: int, value: object, *headers: tuple[str, str]) -> Response:
    return Response(
        status,
        Headers([("Content-Type", "application/json"), *headers]),
        json.dumps(value).encode(),
    )
