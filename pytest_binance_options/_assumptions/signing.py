"""What is asked about signed requests: what is verified, in which order, and what makes it
invalid."""

from __future__ import annotations

from .question import Question, Verdict, judged
from .wire import LISTEN_KEY, NOBODYS_KEY, Reply, Wire

__all__ = ["QUESTIONS"]

_ACCOUNT = "/eapi/v1/marginAccount"
_WRONG = "0" * 64
_STALE = "timestamp=1500000000000"
_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def _account(wire: Wire, query: str, api_key: str | None = None) -> Reply:
    return wire.ask("GET", f"{_ACCOUNT}?{query}", api_key=api_key)


def _now(wire: Wire) -> str:
    return f"timestamp={wire.now_ms()}"


def _any_request(wire: Wire) -> Verdict:
    reply = wire.ask("GET", f"/eapi/v1/time?{_now(wire)}&signature={_WRONG}")
    return judged((reply.code == -1022, reply))


def _order(wire: Wire) -> Verdict:
    twice = "recvWindow=5000&recvWindow=5000"
    unknown = _account(wire, f"signature={_WRONG}", NOBODYS_KEY)
    missing = _account(wire, f"{twice}&signature={_WRONG}")
    repeated = _account(wire, f"{twice}&{_STALE}&signature={_WRONG}")
    stale = _account(wire, f"{_STALE}&signature={_WRONG}")
    # What is wrong later in the order must not be what is said; which code it is, others ask.
    return judged(
        (unknown.code not in (-1102, -1101, -1021, -1022), unknown),
        (missing.code not in (-1101, -1021, -1022), missing),
        (repeated.code not in (-1021, -1022), repeated),
        (stale.code != -1022, stale),
    )


def _malformed(wire: Wire) -> Verdict:
    word = _account(wire, wire.signed("timestamp=soon"))
    negative = _account(wire, wire.signed(f"recvWindow=-1&{_now(wire)}"))
    nothing = _account(wire, wire.signed(f"recvWindow=0&{_now(wire)}"))
    return judged(
        (word.code == -1102, word),
        (negative.code == -1102, negative),
        (nothing.code != -1102, nothing),
    )


def _twice(wire: Wire) -> Verdict:
    reply = _account(wire, wire.signed(f"recvWindow=5000&recvWindow=5000&{_now(wire)}"))
    return judged((reply.code == -1101, reply))


def _last(wire: Wire) -> Verdict:
    signed, following = _now(wire), "recvWindow=5000"
    # Signed is what stands before and after, so that it is the place alone that is wrong.
    signature = wire.signature(f"{signed}&{following}")
    reply = _account(wire, f"{signed}&signature={signature}&{following}")
    return judged((reply.code == -1022, reply))


def _form_body(wire: Wire) -> Verdict:
    # Only who reads the body sees a signature to verify.
    reply = wire.ask(
        "PUT",
        LISTEN_KEY,
        headers=(("Content-Type", "text/plain"),),
        body=f"{_now(wire)}&signature={_WRONG}",
    )
    return judged((reply.code == -1022, reply))


def _as_sent(wire: Wire) -> Verdict:
    reply = wire.ask("GET", "/eapi/v1/time?" + wire.signed(f"note=a%20b%2Fc&{_now(wire)}"))
    return judged((reply.code != -1022, reply))


def _in_the_query(wire: Wire) -> Verdict:
    reply = wire.ask("POST", f"{LISTEN_KEY}?{wire.signed(_now(wire))}")
    return judged((reply.status == 200, reply))


def _any_place(wire: Wire) -> Verdict:
    body = wire.signed(_now(wire))
    reply = wire.ask("POST", LISTEN_KEY, headers=_FORM, body=body)
    return judged((reply.status == 200, reply))


QUESTIONS = (
    Question("Any request that carries a signature is verified", _any_request),
    Question(
        "A signed request is checked in this order: API key, missing parameters, parameters given"
        " twice, timestamp and recvWindow, signature",
        _order,
    ),
    Question(
        'A timestamp or recvWindow that is no whole number from 0 up is "malformed" (-1102)',
        _malformed,
    ),
    Question(
        "A parameter that occurs twice in the query string, or twice in the body, is -1101",
        _twice,
        part="twice in the query string",
    ),
    Question(
        "The signature is the last parameter of the query string or of the body that holds it",
        _last,
        part="in the query string",
    ),
    Question("A form body counts whatever the method and its content type", _form_body, part="PUT"),
    Question("The exchange verifies a signature over the query string as it was sent", _as_sent),
    Question(
        "SIGNED requests may have all their parameters in the query string",
        _in_the_query,
        part="POST",
    ),
    Question(
        "A parameter's place, query string or form body, makes no difference to the answer",
        _any_place,
    ),
)
