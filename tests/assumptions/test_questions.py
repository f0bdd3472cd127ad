"""Every question, put to the exchange as it is and to one in which a fact is turned round: that one
is found, and no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest
from websockets.sync.server import ServerConnection, serve

from pytest_binance_options._assumptions.catalogue import ENTRIES, settle
from pytest_binance_options._assumptions.question import Confirmed, Contradicted, Question
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.exchange import Exchange, events, fault

from .upstream import API_KEY, SECRET_KEY, Turned, asked, saying

QUESTIONS = [entry for entry in ENTRIES if isinstance(entry, Question)]


class Row(NamedTuple):
    assumption: str
    came: str
    turned: Turned


def settings(**streams: object) -> Turned:
    def setup(exchange: Exchange) -> None:
        for name, value in streams.items():
            setattr(exchange.streams, name, value)

    return Turned(setup)


def unknown_key_is_2015(exchange: Exchange) -> None:
    exchange.accounts.unknown_key = -2015


def no_method(exchange: Exchange) -> None:
    exchange.faults.add(fault.html(404, "gone"), method="GET", path="/eapi/v1/listenKey")


def answers(
    when: Callable[[Request, Response], bool], then: Callable[[Response], Response]
) -> Turned:
    return Turned(answer=lambda asked, said: then(said) if when(asked, said) else said)


def code(said: Response) -> object:
    try:
        value = json.loads(said.body)
    except ValueError:
        return None
    return value.get("code") if isinstance(value, dict) else None


def started(then: Callable[[dict[str, object]], dict[str, object]]) -> Turned:
    return answers(
        lambda asked, said: b'"listenKey"' in said.body,
        lambda said: saying(said, 200, **then(json.loads(said.body))),
    )


def always_the_same() -> Turned:
    first: list[object] = []

    def same(value: dict[str, object]) -> dict[str, object]:
        first.append(value["listenKey"])
        return {"listenKey": first[0]}

    return started(same)


def without_query(path: str, query: str) -> Turned:
    def request(asked: Request) -> Request:
        there = asked.path == path and query in asked.query
        return replace(asked, url=path) if there else asked

    return Turned(request=request)


def without_the_body(asked: Request) -> Request:
    return replace(asked, body=b"") if asked.method == "PUT" else asked


def later(value: dict[str, object]) -> dict[str, object]:
    assert isinstance(value["expiration"], int)
    return {"expiration": value["expiration"] + 300_000}


def of_another_kind(said: Response) -> Response:
    symbols = json.loads(said.body)["optionSymbols"]
    return saying(said, 200, optionSymbols=[{**s, "contractType": "EQUITY"} for s in symbols])


def says_goodbye() -> Turned:
    exchanges: list[Exchange] = []

    def request(asked: Request) -> Request:
        if asked.method == "DELETE":
            exchanges[0].emit(events.listen_key_expired())
        return asked

    return Turned(setup=exchanges.append, request=request)


def frames(
    when: str, then: Callable[[dict[str, object]], dict[str, object]], *, subscribed: str = ""
) -> Turned:
    def frame(text: str, names: list[str]) -> str:
        there = when in text and subscribed in "".join(names)
        return json.dumps(then(json.loads(text))) if there else text

    return Turned(frame=frame)


def unlisted(answer: dict[str, object]) -> dict[str, object]:
    result = answer["result"]
    # Of a connection to an address: the one where both forms are subscribed to has two.
    return no_error(answer) if isinstance(result, list) and len(result) == 1 else answer


def no_error(answer: dict[str, object]) -> dict[str, object]:
    return {"result": None, **{name: value for name, value in answer.items() if name == "id"}}


def bare(answer: dict[str, object]) -> dict[str, object]:
    error = answer.pop("error")
    assert isinstance(error, dict)
    return {**error, **answer}


def the_key_alone(answer: dict[str, object]) -> dict[str, object]:
    result = answer.get("result")
    return {**answer, "result": result[1:]} if isinstance(result, list) else answer


ROWS = [
    # As settings of the exchange have it
    Row(
        'An unknown API key gets -2008 "Invalid Api-Key ID."',
        '401 {"code":-2015,"msg":"Invalid API-key, IP, or permissions for action, request ip: <this'
        ' address>"}',
        Turned(unknown_key_is_2015),
    ),
    Row(
        "Addresses from before the streams were routed",
        "the handshake was refused with 404",
        settings(legacy="refuse"),
    ),
    Row(
        "An address that names a listen key which is dead",
        "the handshake was refused with 400",
        settings(dead_key="refuse"),
    ),
    Row(
        "A DELETE leaves its connections open and silent",
        "the stream was closed with 1000",
        settings(on_close="close"),
    ),
    Row(
        "More than 200 streams in the address are refused with 400",
        "201 are accepted",
        settings(max_streams=1000),
    ),
    # By what is set up on it
    Row("A method that a path doesn't take is 405", "404 gone (Allow: none)", Turned(no_method)),
    Row(
        "A DELETE sends no event",
        '{"e":"listenKeyExpired","E":"',
        says_goodbye(),
    ),
    # By answers that are tampered with
    Row(
        "The HTTP status is 401 for -2008, -2014 and -2015",
        '400 {"code": -2008, "msg": "Invalid Api-Key ID."}',
        answers(lambda asked, said: said.status == 401, lambda said: saying(said, 400)),
    ),
    Row(
        "An API key has the right format when it is 64 letters and digits",
        '401 {"code": -2015, "msg": "API-key format invalid."}',
        answers(
            lambda asked, said: code(said) == -2014, lambda said: saying(said, 401, code=-2015)
        ),
    ),
    Row(
        "A close without an active listen key gets -1125",
        "200 {}",
        answers(
            lambda asked, said: asked.method == "DELETE" and code(said) == -1125,
            lambda said: saying(said, 200, code=None, msg=None),
        ),
    ),
    Row(
        "After a key was closed or has expired, the next start gives another key",
        "the same listen key again",
        always_the_same(),
    ),
    Row(
        "Parameters that the three listen key calls don't have are ignored",
        '400 {"code": -1104}',
        answers(
            lambda asked, said: "symbol=" in asked.query,
            lambda said: saying(said, 400, code=-1104, listenKey=None, expiration=None),
        ),
    ),
    Row(
        "Expirations, events and the Date header are in the exchange's time",
        "the expiration less its 60 minutes is +300000 ms from the exchange's time",
        started(later),
    ),
    Row(
        "Key material is 64 letters and digits",
        "a listen key of 60 characters",
        started(lambda value: {"listenKey": str(value["listenKey"])[:60]}),
    ),
    Row(
        "Any request that carries a signature is verified",
        '200 {"serverTime":',
        without_query("/eapi/v1/time", "0000"),
    ),
    Row(
        "A signed request is checked in this order",
        '400 {"code": -1022, "msg": "Timestamp',
        answers(
            lambda asked, said: code(said) == -1021, lambda said: saying(said, 400, code=-1022)
        ),
    ),
    Row(
        "A timestamp or recvWindow that is no whole number",
        '400 {"code": -1100, "msg": "Mandatory parameter',
        answers(
            lambda asked, said: "timestamp=soon" in asked.query,
            lambda said: saying(said, 400, code=-1100),
        ),
    ),
    Row(
        "A parameter that occurs twice in the query string",
        '400 {"code": -1130, "msg": "Duplicate values',
        answers(
            lambda asked, said: code(said) == -1101, lambda said: saying(said, 400, code=-1130)
        ),
    ),
    Row(
        "The signature is the last parameter",
        "200 {}",
        answers(
            lambda asked, said: "&recvWindow=5000" in asked.query.partition("signature=")[2],
            lambda said: saying(said, 200, code=None, msg=None),
        ),
    ),
    Row(
        "A form body counts whatever the method",
        "200 {}",
        Turned(request=without_the_body),
    ),
    Row(
        "The exchange verifies a signature over the query string as it was sent",
        '400 {"code": -1022',
        answers(
            lambda asked, said: "note=" in asked.query,
            lambda said: saying(said, 400, code=-1022, serverTime=None),
        ),
    ),
    Row(
        "SIGNED requests may have all their parameters in the query string",
        '400 {"code": -1102}',
        answers(
            lambda asked, said: asked.method == "POST" and "signature" in asked.query,
            lambda said: saying(said, 400, code=-1102, listenKey=None, expiration=None),
        ),
    ),
    Row(
        "A parameter's place, query string or form body, makes no difference",
        '400 {"code": -1102}',
        answers(
            lambda asked, said: asked.method == "POST" and b"signature" in asked.body,
            lambda said: saying(said, 400, code=-1102, listenKey=None, expiration=None),
        ),
    ),
    Row(
        "Any request weighs at least 1",
        "an answer without X-MBX-USED-WEIGHT-1M",
        answers(
            lambda asked, said: True,
            lambda said: replace(said, headers=said.headers.without("X-MBX-USED-WEIGHT-1M")),
        ),
    ),
    Row(
        "Symbols have the contract type CRYPTO_OPTIONS",
        "a symbol has contractType: 'EQUITY'",
        answers(lambda asked, said: asked.path.endswith("/exchangeInfo"), of_another_kind),
    ),
    Row(
        "Prices go in ticks of 5 (BTC) and 0.1 (ETH)",
        "BTCUSDT has tickSize: '5.5'",
        answers(
            lambda asked, said: asked.path.endswith("/exchangeInfo"),
            lambda said: replace(
                said, body=said.body.replace(b'"tickSize":"5"', b'"tickSize":"5.5"')
            ),
        ),
    ),
    Row(
        "An answer does not depend on the request's headers",
        '406 {"code": -1}',
        answers(
            lambda asked, said: asked.headers.get("user-agent") == "other/1",
            lambda said: saying(said, 406, code=-1, listenKey=None, expiration=None),
        ),
    ),
    Row(
        "An unknown address is refused with 404 at the handshake",
        "it is refused with 400",
        answers(
            lambda asked, said: asked.path.startswith("/nowhere"), lambda said: saying(said, 400)
        ),
    ),
    # By what streams say
    Row(
        "Options' pages have `/private/ws/<listenKey>` alone",
        "LIST_SUBSCRIPTIONS says [null]",
        frames('"result":["', unlisted),
    ),
    Row(
        "In SUBSCRIBE such an item is written as in the address",
        'LIST_SUBSCRIPTIONS says ["<hidden>"]',
        frames('","', the_key_alone),
    ),
    Row(
        "Subscribing to anything that is no live listen key",
        '{"error": {"code": 2, "msg": "no"}, "id": 1}',
        frames(
            '"result":null,"id":1',
            lambda answer: {"error": {"code": 2, "msg": "no"}, "id": 1},
            subscribed="Nobodys",
        ),
    ),
    Row(
        'Errors come as `{"error": {"code": ..., "msg": ...}, "id": ...}`',
        '{"code": 0, "msg": "Unknown property", "id": 7}',
        frames('"error"', bare),
    ),
    Row(
        "The texts for a message that is no JSON object",
        '{"error": {"code": 3, "msg": "Invalid JSON"}}',
        frames(
            "Invalid JSON",
            lambda answer: {"error": {"code": 3, "msg": "Invalid JSON"}, **no_id(answer)},
        ),
    ),
    Row(
        "An `id` that is null, a string, negative, a fraction",
        'for the id null: {"result": []}',
        frames("request ID must be", lambda answer: {"result": []}),
    ),
    Row(
        "A binary message is read as if it were text",
        '{"error": {"code": 3}, "id": 3}',
        frames('"result":[],"id":3}', lambda answer: {"error": {"code": 3}, "id": 3}),
    ),
    Row(
        "`/ws` gives raw payloads and `/stream` wrapped ones",
        'at /ws: {"result": true, "id": 1}',
        frames('"result":false', lambda answer: {**answer, "result": True}),
    ),
    Row(
        "A SUBSCRIBE without any stream's name is answered with code 2",
        '{"result": null, "id": 1}',
        frames("streams must have non-zero length", no_error),
    ),
]


def no_id(answer: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name == "id"}


def test_the_exchange_as_it_is_confirms_everything_that_is_asked(server: LoopbackServer) -> None:
    with asked(server) as there:
        verdicts = [verdict for _, verdict in settle(there.wire, QUESTIONS)]

    assert verdicts == [Confirmed()] * len(QUESTIONS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.assumption[:40])
def test_a_fact_that_is_turned_round_is_found_and_no_other(
    row: Row, server: LoopbackServer
) -> None:
    with asked(server, row.turned) as there:
        found = {
            entry.assumption: there.wire.hide(verdict.came)
            for entry, verdict in settle(there.wire, QUESTIONS)
            if isinstance(verdict, Contradicted)
        }
        secrets = {API_KEY, SECRET_KEY, *there.upstream.listen_keys}

    (named,) = [one.assumption for one in QUESTIONS if one.assumption.startswith(row.assumption)]
    assert list(found) == [named], found
    came = found[named]
    assert row.came in came
    assert [secret for secret in secrets if secret in came] == []


# What our own server can't do wrong, or what nothing could be asked without: on their own, below and
# in test_wire.py.
ELSEWHERE = {
    "The exchange never redirects a request that works",
    "Frames are not compressed",
    "A malformed handshake is refused with 400 and no body",
    "A close frame without a code is answered with 1000",
}


def test_every_fact_that_is_asked_is_turned_round() -> None:
    turned = [row.assumption for row in ROWS]
    missing = {
        one.assumption
        for one in QUESTIONS
        if not any(one.assumption.startswith(beginning) for beginning in turned)
    }
    assert missing == ELSEWHERE, "add a row that turns it round to ROWS"
    assert len(turned) == len(QUESTIONS) - len(ELSEWHERE) > 10


def test_what_our_own_server_can_not_do_wrong_is_found_on_another(server: LoopbackServer) -> None:
    """One that compresses, explains a refusal, and closes without a code where it was sent none."""

    def wait(connection: ServerConnection) -> None:
        for _ in connection:
            pass

    expected = {
        "Frames are not compressed": "permessage-deflate is taken up",
        "A malformed handshake is refused with 400 and no body": "400 ",
        "A close frame without a code is answered with 1000": (
            "a close frame without a code: closed with 1005"
        ),
    }
    questions = [entry for entry in QUESTIONS if entry.assumption in expected]
    with asked(server) as there, serve(wait, "127.0.0.1", 0) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        there.wire.stream_host = f"ws://127.0.0.1:{other.socket.getsockname()[1]}"
        found = dict(settle(there.wire, questions))
        other.shutdown()
        thread.join()

    assert len(found) == len(expected)
    for entry, verdict in found.items():
        assert isinstance(verdict, Contradicted)
        assert verdict.came.startswith(expected[entry.assumption])


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'"x"', b"5", b"\xff", b"{}"])
def test_answers_that_make_no_sense_leave_no_question_without_a_verdict(
    body: bytes, server: LoopbackServer
) -> None:
    turned = answers(lambda asked, said: True, lambda said: Response(200, {}, body))
    with asked(server, turned) as there:
        assert len(list(settle(there.wire))) == len(ENTRIES)


@pytest.mark.parametrize(
    "value",
    [[], None, 5, {"result": 5}, {"result": [5]}, {"error": 5}, {"error": {}}, {"code": []}],
)
def test_nor_does_a_stream_that_makes_none(value: object, server: LoopbackServer) -> None:
    with asked(server, Turned(frame=lambda text, names: json.dumps(value))) as there:
        there.wire.timeout = 0.05
        assert len(list(settle(there.wire))) == len(ENTRIES)
