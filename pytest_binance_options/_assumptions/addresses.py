"""What is asked about handshakes: which addresses there are, and how the others are refused."""

from __future__ import annotations

import json

from .question import Confirmed, Contradicted, Question, Verdict, judged
from .wire import NOBODYS_KEY, Wire

__all__ = ["QUESTIONS"]


def _accepted_and_silent(wire: Wire, *targets: str) -> Verdict:
    for target in targets:
        status = wire.refusal(target)
        if status is not None:
            return Contradicted(f"the handshake was refused with {status}")
        with wire.talking(target) as talk:
            talk.rest(0)
        if talk.end or talk.heard:
            return Contradicted(talk.heard[0] if talk.heard else f"the stream {talk.end}")
    return Confirmed()


def _both_forms(wire: Wire) -> Verdict:
    key = wire.start_key()
    for target in (f"/private/ws/{key}", f"/private/ws?listenKey={key}&events=ORDER_TRADE_UPDATE"):
        status = wire.refusal(target)
        if status is not None:
            return Contradicted(f"the handshake was refused with {status}")
        with wire.talking(target) as talk:
            listed = talk.subscriptions()
        if not any(key in str(item) for item in listed):
            return Contradicted(f"LIST_SUBSCRIPTIONS says {json.dumps(listed)}")
    return Confirmed()


def _unknown(wire: Wire) -> Verdict:
    status = wire.refusal("/nowhere/ws")
    return judged(
        (status == 404, "it is accepted" if status is None else f"it is refused with {status}")
    )


def _most_streams(wire: Wire) -> Verdict:
    names = [f"s{number}" for number in range(201)]
    status = wire.refusal(f"/private/stream?streams={'/'.join(names)}")
    if status != 400:
        return Contradicted(
            "201 are accepted" if status is None else f"201 are refused with {status}"
        )
    with wire.talking("/private/stream") as talk:
        answer = talk.command("SUBSCRIBE", *names)
        listed = talk.subscriptions()
    return judged(
        ("result" not in answer, answer), (not listed, f"{len(listed)} are subscribed to")
    )


def _not_compressed(wire: Wire) -> Verdict:
    with wire.connected("/private/ws", compress=True) as listener:
        return judged((not listener.compressed, "permessage-deflate is taken up"))


def _malformed(wire: Wire) -> Verdict:
    status, body = wire.malformed_handshake()
    came = f"{status} {body.decode(errors='replace')}"
    return judged(((status, body) == (400, b""), came))


def _dead_key(wire: Wire) -> Verdict:
    return _accepted_and_silent(wire, f"/private/ws/{NOBODYS_KEY}")


def _not_routed(wire: Wire) -> Verdict:
    # With a live listen key in it: that is the one which has something to say.
    return _accepted_and_silent(wire, f"/ws/{wire.start_key()}", "/stream")


QUESTIONS = (
    Question(
        "An address that names a listen key which is dead, or never was one, is accepted",
        _dead_key,
        part="one that never was",
        streams=True,
    ),
    Question(
        "Options' pages have `/private/ws/<listenKey>` alone",
        _both_forms,
        part="both forms are accepted and subscribed; that events come takes an event",
        streams=True,
    ),
    Question("An unknown address is refused with 404 at the handshake", _unknown, streams=True),
    Question(
        "Addresses from before the streams were routed (`/ws`, `/stream`) are accepted and silent",
        _not_routed,
        part="accepted; that they stay silent takes an event",
        streams=True,
    ),
    Question(
        "More than 200 streams in the address are refused with 400; a SUBSCRIBE that would make it"
        " more is answered with an error and changes nothing",
        _most_streams,
        streams=True,
    ),
    Question("Frames are not compressed", _not_compressed, streams=True),
    Question("A malformed handshake is refused with 400 and no body", _malformed, streams=True),
)
