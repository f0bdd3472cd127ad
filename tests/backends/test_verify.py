from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._backends.verify import Verify
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._messages import Answer, Failure, FailureKind, Request, Response
from pytest_binance_options._transports import upstream
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options._transports.server.user_data_stream import UserDataStream
from pytest_binance_options.errors import NotComparedWarning, VerificationError
from pytest_binance_options.exchange import Exchange, events
from pytest_binance_options.exchange.events import Event

from .flow import CREATED, DONE, FLOW, LISTEN_KEY, ask, run, say

HOST = "http://127.0.0.1:81"
COMMAND = 'pytest "test_it.py::test_it" --binance-options=record'


def make(*pairs: tuple[Request, Response]) -> Verify:
    cassette = Cassette(
        tuple(Interaction(request, response) for request, response in pairs or FLOW)
    )
    return Verify(
        HOST, "ws://127.0.0.1:82", cassette, path=Path("cassettes/it.yaml"), record_command=COMMAND
    )


def problems(recorded: Response, now: Answer) -> list[str]:
    verify = make((ask("POST"), recorded))
    run(verify, [(ask("POST"), now)])
    return verify.problems


def test_other_values_of_the_same_shape_are_no_difference() -> None:
    verify = make()
    created = say(
        {"listenKey": "Z" * 64, "expiration": 1900003600000}, **{"X-MBX-USED-WEIGHT-1M": "7"}
    )
    run(verify, [(ask("POST"), created), *FLOW[1:]])
    assert verify.problems == []
    verify.check()


def test_the_networks_answer_is_what_the_client_gets() -> None:
    other = say({"code": -1, "msg": "x"}, 500)
    assert run(make(), [(ask("POST"), other)]) == [other]


def test_every_difference_is_listed_with_what_to_do() -> None:
    verify = make()
    created = say({"listenKey": 5, "key": "x"})
    page = Response(502, {"Content-Type": "text/html"}, b"<html>")
    run(verify, [(ask("POST"), created), (ask("PUT"), page), (ask("GET"), DONE)])
    with pytest.raises(VerificationError) as caught:
        verify.check()
    assert str(caught.value) == (
        "http://127.0.0.1:81 does not answer as cassettes/it.yaml has it:\n"
        "  - POST /eapi/v1/listenKey: expiration is gone, recorded was an integer\n"
        "  - POST /eapi/v1/listenKey: key is new: a string\n"
        "  - POST /eapi/v1/listenKey: listenKey is an integer, recorded was a string\n"
        "  - PUT /eapi/v1/listenKey: the status is 502, recorded was 200\n"
        "  - PUT /eapi/v1/listenKey: the content type is text/html, recorded was application/json\n"
        "  - PUT /eapi/v1/listenKey: the body is no JSON any more\n"
        "  - GET /eapi/v1/listenKey: the cassette has no recording of it, or none left\n"
        "If the exchange has changed, record the test again and look at the difference:\n"
        '  pytest "test_it.py::test_it" --binance-options=record'
    )


def test_an_answer_that_did_not_come_is_a_difference() -> None:
    assert problems(CREATED, Failure(FailureKind.TIMEOUT)) == [
        "POST /eapi/v1/listenKey: there was no answer (no answer in time), recorded was one"
    ]


@pytest.mark.parametrize(
    ("recorded", "now", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": "1"}}, ["a.b is a string, recorded was an integer"]),
        ({"a": [{"b": 1}, {"c": None}]}, {"a": [{"b": 2, "c": None}] * 3}, []),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2, "d": []}]}, ["a[].d is new: a list"]),
        ({"a": [1]}, {"a": []}, []),
        ({"a": [1]}, {"a": ["x"]}, ["a[] is a string, recorded was an integer"]),
        ([], {}, ["the JSON is an object, recorded was a list"]),
        ({"a": True}, {"a": 1}, ["a is an integer, recorded was a boolean"]),
        ({"a": 1.5}, {"a": 2}, []),
        ({"a": 1}, {"a": 2.5}, ["a is a number, recorded was an integer"]),
        ({"a": None}, {"a": {}}, ["a is an object, recorded was null"]),
        ({LISTEN_KEY: 1}, {}, ["<hidden> is gone, recorded was an integer"]),
    ],
)
def test_json_is_compared_by_names_and_types(
    recorded: object, now: object, expected: list[str]
) -> None:
    assert problems(say(recorded), say(now)) == [
        f"POST /eapi/v1/listenKey: {text}" for text in expected
    ]


def test_a_compressed_answer_is_compared_by_what_is_in_it() -> None:
    body = gzip.compress(b'{"listenKey":1}')
    now = Response(
        200, {"Content-Type": "application/json;charset=UTF-8", "Content-Encoding": "gzip"}, body
    )
    assert problems(say({"listenKey": "x"}), now) == [
        "POST /eapi/v1/listenKey: listenKey is an integer, recorded was a string"
    ]


@pytest.mark.parametrize(
    ("recorded", "now", "expected"),
    [
        (b"<html>", b"", ["the body is empty, recorded was one with content"]),
        (b"", b"<html>", ["there is a body, recorded was none"]),
        (b"<html>", b"{}", ["the body is JSON, recorded was something else"]),
        (b"<html>", b"<p>", []),
    ],
)
def test_bodies_that_are_no_json_are_compared_by_being_there(
    recorded: bytes, now: bytes, expected: list[str]
) -> None:
    assert problems(Response(200, {}, recorded), Response(200, {}, now)) == [
        f"POST /eapi/v1/listenKey: {text}" for text in expected
    ]


# Streams, over the loopback server: a real exchange behind it is the simulated one behind another.


class Listening:
    """A recording of one stream, and what a verify run against ``upstream`` makes of it."""

    def __init__(self, server: LoopbackServer) -> None:
        self._server = server
        self._exchange = Exchange()
        account = self._exchange.open_account()
        self._key, _ = account.start_listen_key()

    def hear(self, backend: Record | Verify, *said: Event) -> None:
        with (
            self._server.attach(backend, send=upstream.send) as front,
            UserDataStream(front, self._key) as stream,
        ):
            for event in said:
                self._exchange.emit(event)
                stream.receive()

    def verify(self, recorded: list[Event], now: list[Event]) -> Verify:
        with self._server.attach(Simulate(self._exchange)) as real:
            record = Record(real.url, real.stream_url)
            self.hear(record, *recorded)
            path = Path("cassettes/it.yaml")
            verify = Verify(
                real.url, real.stream_url, record.cassette(), path=path, record_command=COMMAND
            )
            self.hear(verify, *now)
        return verify


@pytest.fixture
def listening(server: LoopbackServer) -> Listening:
    return Listening(server)


def test_a_stream_that_says_the_same_in_another_order_is_no_difference(
    listening: Listening,
) -> None:
    first, second = events.account_update(), events.order_trade_update()
    verify = listening.verify([first, second], [second, second, first])
    assert (verify.problems, verify.not_compared) == ([], [])
    verify.check()


def test_what_differs_on_a_stream_is_listed_without_its_values(listening: Listening) -> None:
    changed = events.raw({"e": "RISK_LEVEL_CHANGE", "E": "1", "s": LISTEN_KEY, LISTEN_KEY: [1]})
    strange = events.raw({"e": "NEWS", "E": 1})
    verify = listening.verify([events.risk_level_change()], [changed, strange])
    with pytest.raises(VerificationError) as caught:
        verify.check()
    before, *lines, advice, command = str(caught.value).splitlines()
    assert before.endswith("does not answer as cassettes/it.yaml has it:")
    assert lines == [
        "  - stream /private/ws, RISK_LEVEL_CHANGE: E is a string, recorded was an integer",
        "  - stream /private/ws, RISK_LEVEL_CHANGE: mb is gone, recorded was a string",
        "  - stream /private/ws, RISK_LEVEL_CHANGE: mm is gone, recorded was a string",
        "  - stream /private/ws, RISK_LEVEL_CHANGE: <hidden> is new: a list",
        "  - stream /private/ws, NEWS: the cassette has none",
    ]
    assert (advice.split()[0], command) == ("If", f"  {COMMAND}")


def test_an_event_that_came_only_once_is_a_warning(listening: Listening) -> None:
    verify = listening.verify([events.account_update()], [events.order_trade_update()])
    assert verify.problems == []
    with pytest.warns(NotComparedWarning) as caught:
        verify.check()
    assert str(caught[0].message) == (
        "Nothing differs from cassettes/it.yaml, but this was not compared, for want of the other"
        " half:\n"
        "  - stream /private/ws, ACCOUNT_UPDATE (recorded, not heard now)\n"
        "  - stream /private/ws, ORDER_TRADE_UPDATE (heard now, not recorded)\n"
        "Which events come depends on the account and on how long one listens. Where they should"
        " have come, look whether the stream has fallen silent."
    )
