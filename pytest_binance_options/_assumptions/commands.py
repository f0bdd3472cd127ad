"""What is asked about what a client may say on a stream: SUBSCRIBE and its siblings."""

from __future__ import annotations

import json

from .._frames import Binary, Text
from .question import Contradicted, Question, Verdict, judged
from .talk import error_code
from .wire import NOBODYS_KEY, Wire

__all__ = ["QUESTIONS"]

_STREAM = "/private/stream"


def _done(answer: dict[str, object]) -> bool:
    return "result" in answer and answer["result"] is None


def _with_events(wire: Wire) -> Verdict:
    key = wire.start_key()
    items = [f"listenKey={key}&events=ORDER_TRADE_UPDATE", key]
    with wire.talking(_STREAM) as talk:
        answer, listed = talk.command("SUBSCRIBE", *items), talk.subscriptions()
    return judged(
        (_done(answer), answer),
        (
            sorted(map(str, listed)) == sorted(items),
            f"LIST_SUBSCRIPTIONS says {json.dumps(listed)}",
        ),
    )


def _dead(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        answer = talk.command("SUBSCRIBE", NOBODYS_KEY)
    return judged((_done(answer), answer))


def _form_of_errors(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        with_id = talk.say(Text('{"method":"GET_PROPERTY","params":["nothing"],"id":7}'))
        without = talk.say(Text("{"))
    for answer in (with_id, without):
        error = answer.get("error")
        if not isinstance(error, dict) or not {"code", "msg"} <= error.keys():
            return Contradicted(json.dumps(answer))
    return judged((with_id.get("id") == 7, with_id), ("id" not in without, without))


def _no_json(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        answer = talk.say(Text("hello"))
    error = answer.get("error", answer)
    said = str(error.get("msg")) if isinstance(error, dict) else ""
    return judged(("line 1 column 1" in said, answer))


def _ids(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        for written in ("null", '"1"', "-1", "1.5", str(2**64)):
            answer = talk.say(Text(f'{{"method":"LIST_SUBSCRIPTIONS","id":{written}}}'))
            if error_code(answer) != 2:
                return Contradicted(f"for the id {written}: {json.dumps(answer)}")
    return judged((True, ""))


def _binary(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        answer = talk.say(Binary(b'{"method":"LIST_SUBSCRIPTIONS","id":3}'))
    return judged((answer.get("result") == [] and answer.get("id") == 3, answer))


def _combined(wire: Wire) -> Verdict:
    with wire.talking("/private/ws") as talk:
        raw = talk.command("GET_PROPERTY", "combined")
        talk.command("SET_PROPERTY", "combined", True)  # noqa: FBT003  as JSON has it
        changed = talk.command("GET_PROPERTY", "combined")
    with wire.talking(_STREAM) as talk:
        talk.command("SUBSCRIBE", NOBODYS_KEY)
        wrapped = talk.command("GET_PROPERTY", "combined")
    return judged(
        (raw.get("result") is False, f"at /ws: {json.dumps(raw)}"),
        (changed.get("result") is True, f"after SET_PROPERTY: {json.dumps(changed)}"),
        (wrapped.get("result") is True, f"at /stream: {json.dumps(wrapped)}"),
    )


def _to_nothing(wire: Wire) -> Verdict:
    with wire.talking(_STREAM) as talk:
        nothing = talk.command("SUBSCRIBE")
        empty = talk.command("SUBSCRIBE", "")
        beside = talk.command("SUBSCRIBE", "", NOBODYS_KEY)
        given_up = talk.command("UNSUBSCRIBE")
    return judged(
        (error_code(nothing) == 2, nothing),
        (error_code(empty) == 2, empty),
        (_done(beside), beside),
        (_done(given_up), given_up),
    )


QUESTIONS = (
    Question(
        "In SUBSCRIBE such an item is written as in the address",
        _with_events,
        part="it can be subscribed to beside the key alone",
        streams=True,
    ),
    Question(
        'Subscribing to anything that is no live listen key is answered with `{"result": null}`',
        _dead,
        streams=True,
    ),
    Question(
        'Errors come as `{"error": {"code": ..., "msg": ...}, "id": ...}`',
        _form_of_errors,
        streams=True,
    ),
    Question(
        "The texts for a message that is no JSON object",
        _no_json,
        part="what is no JSON is wrong at line 1 column 1",
        streams=True,
    ),
    Question(
        "An `id` that is null, a string, negative, a fraction or above 2**64 - 1 is refused like a"
        " missing one",
        _ids,
        streams=True,
    ),
    Question("A binary message is read as if it were text", _binary, streams=True),
    Question(
        "`/ws` gives raw payloads and `/stream` wrapped ones whatever is subscribed to later",
        _combined,
        part="the property `combined`",
        streams=True,
    ),
    Question(
        "A SUBSCRIBE without any stream's name is answered with code 2", _to_nothing, streams=True
    ),
)
