"""What can go wrong, as values: hand one to ``exchange.faults.add``, which says when it happens.

The builders below are the vocabulary, and their names and arguments are those of the JSON form too:
to add a kind of fault, add a builder, and enter it with ``_kind``. A fault is wrapped around what
the exchange would have done, so several of them compose, the first one added outermost.
"""

from __future__ import annotations

import base64
import inspect
import json as json_
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, cast

from .._checks import flag, number, text, whole
from .._messages import FailureKind, reason_phrase
from ..errors import UsageError
from ._effects import BrokenGzip, CutBody, Delay, Disconnect, Effect, EventFirst, Reply, Skew
from ._event_values import Event
from .events import from_json, raw

__all__ = [
    "KINDS",
    "broken_gzip",
    "cut_body",
    "delay",
    "event_before_reply",
    "html",
    "internal_error",
    "json",
    "refused",
    "reset",
    "service_unavailable",
    "skew",
    "status",
    "timeout",
    "unknown_outcome",
]

JSON_TYPE = "application/json;charset=UTF-8"
_DAY_S = 86_400

P = ParamSpec("P")

_kinds: dict[str, Callable[..., Effect]] = {}
#: Every builder, by its name: what a fault in JSON may name.
KINDS: Mapping[str, Callable[..., Effect]] = _kinds


def _kind(build: Callable[P, Effect]) -> Callable[P, Effect]:
    """Enter a builder. What it makes knows its kind and its arguments, and is made from these as
    JSON has them, so that a fault that was read back can't differ from the one that was written."""
    signature = inspect.signature(build)

    @wraps(build)
    def builder(*args: P.args, **kwargs: P.kwargs) -> Effect:
        build(*args, **kwargs)  # refuses what can't be, JSON or not
        arguments = _as_json(signature.bind(*args, **kwargs).arguments)
        return replace(
            cast(Callable[..., Effect], build)(**arguments),
            kind=build.__name__,
            arguments=arguments,
        )

    _kinds[build.__name__] = builder
    return builder


def _as_json(arguments: Mapping[str, object]) -> dict[str, object]:
    form: dict[str, object] = {}
    for name, value in arguments.items():
        if isinstance(value, bytes):
            form[f"{name}_base64"] = base64.b64encode(value).decode()
        elif isinstance(value, Event):
            form[name] = value.to_json()
        else:
            form[name] = dict(value) if isinstance(value, Mapping) else value
    copied: dict[str, object] = json_.loads(json_.dumps(form))
    return copied


@_kind
def status(
    status: int,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    executed: bool = False,
    body_base64: str | None = None,
) -> Effect:
    """Any HTTP status (100 to 599) with any body.

    ``body`` is sent as it is where it is text or bytes, else as JSON; left out, it is the
    exchange's error -1000. The content type follows from the body unless ``headers`` has one.
    ``executed``: the exchange does what it was asked to before this is sent. ``body_base64`` is for
    bytes in JSON.
    """
    if body_base64 is not None:
        try:
            body = base64.b64decode(text("body_base64", body_base64), validate=True)
        except ValueError:
            raise UsageError(
                "body_base64 is not base64. Give the body's bytes in base64, or text as body."
            ) from None
    if body is None:
        body = _error(-1000, "An unknown error occurred while processing the request.")
    return _reply(status, body, headers, executed=executed)


# The three messages are how 503s are told apart (Binance: Options, General Info, "HTTP Return
# Codes").


@_kind
def unknown_outcome(*, executed: bool = False) -> Effect:
    """503 that leaves open whether the request was executed. You decide; the client can't know."""
    return _reply(
        503,
        _error(-1000, "Unknown error, please check your request or try again later."),
        executed=executed,
    )


@_kind
def service_unavailable() -> Effect:
    """503 that says: it failed, retry later. Not executed."""
    return _reply(503, _error(-1000, "Service Unavailable."))


@_kind
def internal_error() -> Effect:
    """503 that says: it failed, send it again. Not executed."""
    return _reply(
        503, _error(-1001, "Internal error; unable to process your request. Please try again.")
    )


@_kind
def html(status: int = 404, page: str | None = None, *, executed: bool = False) -> Effect:
    """An HTML page where JSON is expected, as the testnet sends for what it lacks."""
    whole("status", status, 100, 599)
    if page is None:
        title = f"{status} {reason_phrase(status)}".rstrip()
        page = (
            f"<html><head><title>{title}</title></head>"
            f"<body><center><h1>{title}</h1></center></body></html>"
        )
    return _reply(status, text("page", page), {"Content-Type": "text/html"}, executed=executed)


@_kind
def json(value: object = None, status: int = 200, *, executed: bool = True) -> Effect:
    """JSON of another shape than asked for; by default ``{"success":true,"data":{}}``."""
    body = _encode({"success": True, "data": {}} if value is None else value)
    return _reply(status, body, {"Content-Type": JSON_TYPE}, executed=executed)


@_kind
def refused() -> Effect:
    """No connection. Not executed."""
    return Disconnect(FailureKind.REFUSED, executed=False)


@_kind
def reset(*, executed: bool = False) -> Effect:
    """The connection breaks off: before the request was read, or (``executed``) when it had been
    done."""
    return Disconnect(FailureKind.RESET, flag("executed", executed))


@_kind
def timeout(*, executed: bool = False) -> Effect:
    """No answer in time, whether it was ``executed`` or not. The clock goes on by the client's
    time-out, if that is known."""
    return Disconnect(FailureKind.TIMEOUT, flag("executed", executed))


@_kind
def cut_body(keep: int | None = None) -> Effect:
    """The answer's body breaks off after ``keep`` bytes (the middle, where left out), though
    Content-Length promises all."""
    return CutBody(None if keep is None else whole("keep", keep, 0, 2**31))


@_kind
def broken_gzip() -> Effect:
    """The answer says that its body is gzip, and it is not."""
    return BrokenGzip()


@_kind
def delay(seconds: float, *, executed: bool = False) -> Effect:
    """The request takes so long (up to a day) on the exchange's clock, and is executed at the end
    of it; where ``executed``, at its beginning: what it leads to overtakes its answer.

    A client with a shorter time-out gets a time-out when that is over, and the request is executed
    all the same.
    """
    ms = round(number("seconds", seconds, 0, _DAY_S) * 1000)
    return Delay(ms, flag("executed", executed))


@_kind
def skew(seconds: float = 0, *, drift_per_hour: float = 0) -> Effect:
    """The exchange's time is ahead of the clock by ``seconds`` (behind it, where negative; up to a
    day).

    ``drift_per_hour`` adds so many seconds (up to 3,600 either way) for each hour since the fault
    was added.
    """
    return Skew(
        round(number("seconds", seconds, -_DAY_S, _DAY_S) * 1000),
        round(number("drift_per_hour", drift_per_hour, -3600, 3600) * 1000),
    )


@_kind
def event_before_reply(event: Event | Mapping[str, object], to: str | None = None) -> Effect:
    """``event`` is sent as soon as the request has been executed, before its own answer.

    ``to`` is the name of the account whose streams get it. Left out, it is the account that asks
    or, where that is not known, the only one; where there are others, nobody, and the journal says
    so. An event in JSON is as ``events.from_json`` takes it.
    """
    chosen = event if isinstance(event, Event) else from_json(event)
    if chosen.verbatim:
        raw(chosen.payload)  # may have been made otherwise, of what JSON can't hold
    return EventFirst(chosen, None if to is None else text("to", to))


def _error(code: int, msg: str) -> dict[str, object]:
    return {"code": code, "msg": msg}


def _reply(
    status: object, body: object, headers: object = None, *, executed: object = False
) -> Effect:
    raw = (
        body
        if isinstance(body, bytes)
        else body.encode("utf-8", "replace")
        if isinstance(body, str)
        else _encode(body)
    )
    pairs = _headers(headers)
    names = {name.lower() for name, _ in pairs}
    if "content-type" not in names:
        pairs = (("Content-Type", _content_type(raw)), *pairs)
    if "content-length" not in names:
        pairs = (*pairs, ("Content-Length", str(len(raw))))
    return Reply(whole("status", status, 100, 599), raw, pairs, flag("executed", executed))


def _headers(headers: object) -> tuple[tuple[str, str], ...]:
    if headers is None:
        return ()
    if isinstance(headers, Mapping):
        pairs = tuple(headers.items())
        if all(isinstance(part, str) and part.isprintable() for pair in pairs for part in pair):
            return pairs
    raise UsageError(
        "headers can't be sent. Give a mapping of names to values, both text on one line."
    )


def _encode(value: object) -> bytes:
    try:
        return json_.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The body can't be sent: {error}. Give text, bytes, or a value that JSON has."
        ) from None


def _content_type(body: bytes) -> str:
    beginning = body.lstrip()[:1]
    if beginning == b"<":
        return "text/html"
    return JSON_TYPE if beginning in (b"{", b"[") else "text/plain"
