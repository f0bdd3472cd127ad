"""What is asked about API keys: which are refused, with which code and status."""

from __future__ import annotations

from .question import Confirmed, Contradicted, Open, Question, Verdict, judged
from .wire import LISTEN_KEY, NOBODYS_KEY, Reply, Wire

__all__ = ["QUESTIONS"]

_KEY_CODES = (-2008, -2014, -2015)


def _with_key(wire: Wire, api_key: str) -> Reply:
    # A keepalive starts nothing, should the key be taken after all.
    return wire.ask("PUT", LISTEN_KEY, api_key=api_key)


def _statuses(wire: Wire) -> Verdict:
    replies = [
        _with_key(wire, NOBODYS_KEY),
        _with_key(wire, "no-key"),
        wire.ask("GET", "/eapi/v1/marginAccount"),
    ]
    errors = [reply for reply in replies if reply.status >= 400 and reply.code is not None]
    if not errors:
        return Open("none of the requests that are wrong got an error with a code")
    for reply in errors:
        if reply.status != (401 if reply.code in _KEY_CODES else 400):
            return Contradicted(str(reply))
    return Confirmed()


def _format(wire: Wire) -> Verdict:
    odd, right = _with_key(wire, "no-key"), _with_key(wire, NOBODYS_KEY)
    return judged((odd.code == -2014, odd), (right.code in (-2008, -2015), right))


def _unknown(wire: Wire) -> Verdict:
    reply = _with_key(wire, NOBODYS_KEY)
    return judged(((reply.code, reply.get("msg")) == (-2008, "Invalid Api-Key ID."), reply))


QUESTIONS = (
    Question("The HTTP status is 401 for -2008, -2014 and -2015", _statuses),
    Question("An API key has the right format when it is 64 letters and digits", _format),
    Question('An unknown API key gets -2008 "Invalid Api-Key ID."', _unknown),
)
