"""What a refusal says, in words that may be shown: the exchange's code and message, where they are
in its answer.

Clients keep the body of a refused handshake to themselves, and with it the reason.
"""

from __future__ import annotations

import json

from ._masking import mask
from ._messages import Answer, Failure, Response

__all__ = ["error_in", "handshake_refused", "no_handshake", "no_request"]

_LONGEST_TARGET = 200


def error_in(answer: Answer) -> tuple[int | None, str]:
    """The exchange's error code and message, without secrets, where ``answer`` has them."""
    if not isinstance(answer, Response) or answer.status < 400:
        return None, ""
    try:
        error = json.loads(answer.body)
        code, msg = error["code"], error["msg"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, ""
    return (code, mask(msg)) if isinstance(code, int) and isinstance(msg, str) else (None, "")


def handshake_refused(target: str, answer: Answer) -> str:
    """What became of the handshake at ``target``, a path with its query, on one line."""
    if isinstance(answer, Failure):
        outcome = str(answer)
    else:
        code, msg = error_in(answer)
        outcome = f"{answer.status}" if code is None else f"{answer.status} {code} {msg}"
    return f"handshake {_shown(target)} -> {outcome}"


def no_handshake(target: str) -> str:
    """What is said of a handshake at ``target`` that is none."""
    return (
        f"handshake {_shown(target)} -> 400: it is not what RFC 6455, section 4.1, has a client"
        " send: a GET over HTTP/1.1, with the headers Connection: Upgrade, Sec-WebSocket-Version:"
        " 13 and a Sec-WebSocket-Key of 16 bytes in base64."
    )


def no_request(status: int, why: str) -> str:
    """What is said of bytes that are no request, neither of REST nor of a stream; ``why`` shows
    none of them."""
    return (
        f"something that is no HTTP -> {status}: {why}. Is there a blank or a line break, or a"
        " whole dict, in its address or in a header?"
    )


def _shown(target: str) -> str:
    asked = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in mask(target))
    return asked[:_LONGEST_TARGET]
