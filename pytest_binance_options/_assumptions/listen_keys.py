"""What is asked about the three listen key calls."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .._products import OPTIONS
from .question import Contradicted, Open, Question, Verdict, judged
from .wire import LISTEN_KEY, Reply, Wire

__all__ = ["QUESTIONS"]

# Between two requests, in ms: the exchange's machines need not agree more than that.
_LEEWAY_MS = 2_000


def _without_one(wire: Wire) -> Verdict:
    wire.start_key()
    wire.close_key()
    closed, kept = wire.close_key(), wire.ask("PUT", LISTEN_KEY)
    return judged((closed.code == -1125, closed), (kept.code == -1125, kept))


def _another(wire: Wire) -> Verdict:
    first = wire.start_key()
    wire.close_key()
    return judged((wire.start_key() != first, "the same listen key again"))


def _other_parameters(wire: Wire) -> Verdict:
    replies = [
        wire.ask(method, f"{LISTEN_KEY}?listenKey=other&symbol=BTCUSDT")
        for method in ("POST", "PUT", "DELETE")
    ]
    return judged(*((reply.status == 200, reply) for reply in replies))


def _wrong_method(wire: Wire) -> Verdict:
    reply = wire.ask("GET", LISTEN_KEY)
    allow = reply.headers.get("allow")
    came = f"{reply} (Allow: {allow or 'none'})"
    return judged(((reply.status, reply.code, bool(allow)) == (405, -1020, True), came))


def _times(wire: Wire) -> Verdict:
    earliest = wire.server_time() - _LEEWAY_MS
    reply = wire.ask("POST", LISTEN_KEY)
    latest = wire.server_time() + _LEEWAY_MS
    ends, dated = reply.get("expiration"), _date_ms(reply)
    if not isinstance(ends, int) or dated is None:
        return Open("the answer to a start lacks the expiration or the Date header")
    starts = ends - OPTIONS.listen_key_validity_ms
    for what, when in (("the expiration less its 60 minutes", starts), ("the Date header", dated)):
        if not earliest <= when <= latest:
            off = when - (earliest + latest) // 2
            return Contradicted(f"{what} is {off:+} ms from the exchange's time")
    return judged((True, ""))


def _date_ms(reply: Reply) -> int | None:
    try:
        date = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return int((aware - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1000)


def _looks(wire: Wire) -> Verdict:
    key = wire.start_key()
    came = f"a listen key of {len(key)} characters"
    return judged((re.fullmatch("[A-Za-z0-9]{64}", key) is not None, came))


QUESTIONS = (
    Question("A close without an active listen key gets -1125", _without_one),
    Question(
        "After a key was closed or has expired, the next start gives another key",
        _another,
        part="after a close",
    ),
    Question(
        "Parameters that the three listen key calls don't have are ignored", _other_parameters
    ),
    Question(
        "A method that a path doesn't take is 405 with -1020 and an Allow header", _wrong_method
    ),
    Question(
        "Expirations, events and the Date header are in the exchange's time",
        _times,
        part="expirations and the Date header, to two seconds",
    ),
    Question("Key material is 64 letters and digits", _looks, part="the listen key"),
)
