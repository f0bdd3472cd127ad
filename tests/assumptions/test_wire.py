"""The way to the exchange: bounded, without secrets, and clear about what it can't do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from pytest_binance_options._assumptions import answers, api_keys, listen_keys, wire
from pytest_binance_options._assumptions.catalogue import settle
from pytest_binance_options._assumptions.question import (
    Confirmed,
    Contradicted,
    Open,
    Question,
    Verdict,
)
from pytest_binance_options._assumptions.wire import LISTEN_KEY, CannotAsk, NoMore, Wire
from pytest_binance_options._messages import Answer, Failure, FailureKind, Request, Response
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options.client import BinanceAuth

from .upstream import API_KEY, SECRET_KEY, asked

Send = Callable[[Request], Answer]


def say(value: object, status: int = 200, **headers: str) -> Response:
    return Response(status, headers, json.dumps(value).encode())


def answered_by(send: Send) -> Wire:
    auth = BinanceAuth(API_KEY, SECRET_KEY)
    return Wire("http://127.0.0.1:9", "ws://127.0.0.1:9", auth, send=send)


def verdict(questions: Iterable[Question], beginning: str, send: Send) -> Verdict:
    (question,) = [one for one in questions if one.assumption.startswith(beginning)]
    ((_, settled),) = settle(answered_by(send), [question])
    return settled


def test_an_answer_that_does_not_come_leaves_the_question_open() -> None:
    there = answered_by(lambda request: Failure(FailureKind.TIMEOUT))
    with pytest.raises(CannotAsk, match=r"^GET /eapi/v1/time has no answer: no answer in time$"):
        there.ask("GET", "/eapi/v1/time?x=1")
    ((_, settled),) = settle(there, listen_keys.QUESTIONS[:1])
    assert settled == Open("POST /eapi/v1/listenKey has no answer: no answer in time", blind=True)


@pytest.mark.parametrize("answer", [say([1]), say({"serverTime": "soon"}), Response(200, {}, b"<")])
def test_what_does_not_say_the_time_or_a_key_is_named(answer: Response) -> None:
    there = answered_by(lambda request: answer)
    with pytest.raises(CannotAsk, match=r"^GET /eapi/v1/time does not say the time: 200 "):
        there.server_time()
    with pytest.raises(CannotAsk, match=r"^POST /eapi/v1/listenKey gives no listen key: 200 "):
        there.start_key()


def test_a_body_that_can_not_be_read_is_an_empty_one() -> None:
    odd = Response(200, {"Content-Encoding": "compress"}, b"...")
    assert str(answered_by(lambda request: odd).ask("GET", "/eapi/v1/time")) == "200"


def test_there_is_an_end_to_asking_but_not_to_closing() -> None:
    there = answered_by(lambda request: say({}))
    for _ in range(100):
        there.ask("GET", "/eapi/v1/time")
    with pytest.raises(NoMore, match="enough was asked"):
        there.ask("GET", "/eapi/v1/time")
    assert there.close_key().status == 200


def test_a_request_that_a_firewall_stops_is_left_open_and_the_second_is_the_last() -> None:
    there = answered_by(lambda request: Response(403, {}, b"<html>no"))
    with pytest.raises(CannotAsk, match=r"^the request was not let in: 403 <html>no$") as caught:
        there.ask("GET", LISTEN_KEY)
    assert not isinstance(caught.value, NoMore)
    with pytest.raises(NoMore, match=r"^the exchange asked for less: 403 <html>no$"):
        there.ask("GET", LISTEN_KEY)
    with pytest.raises(NoMore, match=r"^the exchange has shut this address out$"):
        there.close_key()


def test_there_is_an_end_to_listening(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST_STREAMS", 1)
    with asked(server) as there:
        assert there.wire.refusal("/private/ws") is None
        with pytest.raises(NoMore, match="enough streams were opened"):
            there.wire.refusal("/private/ws")


def test_a_refused_handshake_leaves_the_commands_open(server: LoopbackServer) -> None:
    with (
        asked(server) as there,
        pytest.raises(CannotAsk) as caught,
        there.wire.talking("/nowhere"),
    ):
        pytest.fail("there is no such stream")
    assert str(caught.value) == (
        "there is no stream to ask on: The handshake was refused with 404."
    )


def test_nothing_secret_is_shown_nor_too_much() -> None:
    key = "a listen key of an odd shape"
    there = answered_by(lambda request: say({"listenKey": key}))
    there.start_key()
    signed = there.signed("timestamp=1")
    text = f"{API_KEY} {SECRET_KEY} {key} {signed} request ip: 2001:db8::1"
    assert there.hide(text) == (
        "<hidden> <hidden> <hidden> timestamp=1&signature=<hidden> request ip: <this address>"
    )
    assert there.hide("word " * 100) == "word " * 40 + "..."


def test_a_key_that_was_closed_is_none_that_is_held() -> None:
    there = answered_by(lambda request: say({"listenKey": "K"}))
    assert not there.holds_key
    there.ask("POST", f"{LISTEN_KEY}?note=1")
    assert there.holds_key
    there.close_key()
    assert not there.holds_key


# Judgements that no exchange of ours leads to


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([10, 12, 16], Confirmed()),
        ([10, 11, 15], Contradicted("an unknown path weighed 0")),
        ([10, 12, 14], Contradicted("the margin account weighed 1")),
        # A minute ends.
        ([59, 1, 5, 6, 8, 12], Confirmed()),
        ([9, 11, 2, 3, 5, 9], Confirmed()),
        ([59, 1, 5, 59, 1, 5], Open("the count started anew while it was looked at")),
    ],
)
def test_weights_are_judged_by_what_they_add(used: list[int], expected: Verdict) -> None:
    counts = iter(used)

    def send(request: Request) -> Answer:
        timed = request.path == "/eapi/v1/time"
        return say({}, **({wire_used: str(next(counts))} if timed else {}))

    wire_used = "X-MBX-USED-WEIGHT-1M"
    assert verdict(answers.QUESTIONS, "Any request weighs", send) == expected


@pytest.mark.parametrize(
    ("symbols", "account", "expected"),
    [
        ([], say({}), Open("the exchange lists no symbols")),
        (["BTC"], say({}), Contradicted("a symbol has contractType: 'no object'")),
        (
            None,
            say({"code": -1130, "msg": "Invalid"}, 400),
            Open(
                'symbols are so, and the account can\'t be looked at: 400 {"code": -1130, "msg":'
                ' "Invalid"}'
            ),
        ),
        (None, say({"tradeGroupId": 7}), Contradicted("the account has tradeGroupId: 7")),
        (None, say({"tradeGroupId": -1}), Confirmed()),
    ],
)
def test_symbols_and_the_account_are_judged_each(
    symbols: list[object] | None, account: Response, expected: Verdict
) -> None:
    as_assumed = {
        "contractType": "CRYPTO_OPTIONS",
        "underlyingType": "CRYPTO",
        "nakedSell": False,
    }

    def send(request: Request) -> Answer:
        if request.path.endswith("/marginAccount"):
            return account
        return say({"optionSymbols": [as_assumed] if symbols is None else symbols})

    assert verdict(answers.QUESTIONS, "Symbols have", send) == expected


def test_a_redirect_is_found() -> None:
    moved = Response(307, {"Location": "https://elsewhere"})
    assert verdict(answers.QUESTIONS, "The exchange never redirects", lambda request: moved) == (
        Contradicted("307")
    )


def test_without_an_error_there_is_no_status_to_judge() -> None:
    assert verdict(api_keys.QUESTIONS, "The HTTP status", lambda request: say({})) == Open(
        "none of the requests that are wrong got an error with a code"
    )


@pytest.mark.parametrize("headers", [{}, {"Date": "some day"}])
def test_without_a_date_there_is_no_time_to_judge(headers: dict[str, str]) -> None:
    def send(request: Request) -> Answer:
        return say({"serverTime": 1, "expiration": 3_600_001}, **headers)

    assert verdict(listen_keys.QUESTIONS, "Expirations, events", send) == Open(
        "the answer to a start lacks the expiration or the Date header"
    )
