"""Where a recording or the network answers, what passes by is the record: in real time, and without
a secret in it."""

from __future__ import annotations

import json
from itertools import count

import pytest

from pytest_binance_options._backends.base import Forward, ForwardStream
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._frames import Close, Drop, Frame, Ping, Text
from pytest_binance_options._messages import Failure, FailureKind, Later, Request, Response
from pytest_binance_options._picture.picture import picture
from pytest_binance_options._picture.record import Record
from pytest_binance_options._picture.witness import Witness
from pytest_binance_options.exchange import Exchange, events
from tests.exchange.asking import LISTEN_KEY

KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
POST = Request("POST", f"https://eapi.binance.com{LISTEN_KEY}?signature={'ab12' * 16}&b=2")


class Scripted:
    """Gives what it is told to."""

    def __init__(self, *given: object) -> None:
        self.given = list(given)
        self.seen: list[object] = []

    def respond(self, request: Request) -> object:
        given = self.given.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    connect = respond

    def observe(self, *seen: object) -> None:
        self.seen.append(seen)

    observe_frame = observe


def witness(backend: object) -> Witness:
    ticks = count()
    return Witness(backend, now_ms=lambda: next(ticks))  # type: ignore[arg-type]


def told(of: Witness) -> list[tuple[int, str, str, str, str]]:
    words = [(step.at_ms, step.lane, step.say()) for step in of.steps]
    return [(at, lane, said.text, said.sub, said.tone) for at, lane, said in words]


def test_requests_have_their_outcome_and_time() -> None:
    later = Later()
    refusal = Response(400, (), b'{"code": -1125, "msg": "gone"}')
    seen = witness(Scripted(Response(200), refusal, later, Failure(FailureKind.RESET)))
    get = Request("GET", "/eapi/v1/ping")
    for request in (POST, Request("PUT", LISTEN_KEY), get, get):
        seen.respond(request)
    later.give(Response(503, (), b"<html>"))
    assert told(seen) == [
        (0, "requests", "POST /eapi/v1/listenKey (b) -> 200", "200", "good"),
        (0, "keys", "listen key made", "", "good"),
        (1, "requests", "PUT /eapi/v1/listenKey -> 400 -1125 gone", "400 -1125", "bad"),
        (
            2,
            "requests",
            "GET /eapi/v1/ping -> no answer: connection reset by the server",
            "no answer",
            "bad",
        ),
        (3, "requests", "GET /eapi/v1/ping -> 503", "503", "bad"),
    ]


def test_what_the_network_answers_is_told_when_it_is_there() -> None:
    seen = witness(Scripted(Forward(POST), KeyError("not recorded")))
    seen.respond(POST)
    assert told(seen) == []
    seen.observe(POST, Response(200))
    with pytest.raises(KeyError):
        seen.respond(POST)
    assert [text for _, _, text, _, _ in told(seen)] == [
        "POST /eapi/v1/listenKey (b) -> 200",
        "listen key made",
        "POST /eapi/v1/listenKey (b) -> no answer",
    ]


def test_frames_of_a_connection_are_events_messages_and_its_end() -> None:
    stream = ForwardStream("wss://x")
    seen = witness(Scripted(stream, Response(404)))
    assert seen.connect(Request("GET", f"/private/ws/{KEY}")) is stream
    seen.connect(Request("GET", "/nowhere"))
    frames: list[tuple[str, Frame]] = [
        ("in", Text('{"e": "ORDER_TRADE_UPDATE", "x": 1}')),
        ("in", Text('{"stream": "s", "data": {"e": "trade"}}')),
        ("out", Text('{"method": "SUBSCRIBE", "id": 1}')),
        ("in", Text('{"result": null, "id": 1}')),
        ("in", Ping()),
        ("in", Close(1008, "bye")),
    ]
    for direction, frame in frames:
        seen.observe_frame(stream, direction, frame)  # type: ignore[arg-type]
    assert [(lane, text, sub, tone) for _, lane, text, sub, tone in told(seen)] == [
        ("connections", "#1 connected at /private/ws/<hidden>", "connected", "good"),
        ("connections", "handshake /nowhere -> 404", "404", "bad"),
        ("events", "ORDER_TRADE_UPDATE to #1", "to #1", "good"),
        ("events", "trade to #1", "to #1", "good"),
        ("connections", "SUBSCRIBE from #1", "from #1", "good"),
        ("connections", "message to #1", "to #1", "good"),
        ("connections", "#1 closed by the exchange, 1008: bye", "closed 1008", "warn"),
    ]
    (span,) = picture(seen.steps).spans
    assert (span.name, span.first, span.last) == ("#1", 0, 6)


def test_a_connection_is_the_backend_s_own_in_everything_else() -> None:
    exchange = Exchange()
    account = exchange.open_account()
    backend = Simulate(exchange)
    seen = witness(backend)
    seen.respond(Request("POST", LISTEN_KEY, {"X-MBX-APIKEY": account.api_keys[0].api_key}))
    connection = seen.connect(Request("GET", f"/private/ws/{account.listen_key}"))
    assert not isinstance(connection, Response | Failure | ForwardStream)
    called: list[int] = []
    connection.on_ready = lambda: called.append(1)
    connection.real_peer = True
    exchange.emit(events.order_trade_update())
    assert called
    assert (connection.on_ready is not None, connection.real_peer) == (True, True)
    assert (connection.closed, connection.pong_overdue) == (False, False)
    assert connection.pong_grace > 0
    assert [type(frame) for frame in connection.take()] == [Text]
    connection.receive(Close(1000))
    connection.take()
    connection.pong_timed_out()
    connection.receive(Drop())
    assert connection.closed
    assert [text for _, _, text, _, _ in told(seen)][2:] == [
        "#1 connected at /private/ws/<hidden>",
        "ORDER_TRADE_UPDATE to #1",
        "#1 closed by the client, 1000",
    ]


def test_no_secret_is_in_it_and_nothing_is_too_odd_for_it() -> None:
    stream = ForwardStream("wss://x")
    odd = json.dumps({"e": "</script>\ud800", "listenKey": KEY})
    refusal = Response(400, (), f'{{"code": 1, "msg": "key {KEY}"}}'.encode())
    seen = witness(Scripted(refusal, stream, stream, Response(200, (), b"[" * 100_000)))
    seen.respond(POST)
    seen.connect(Request("GET", f"/stream?streams={KEY}"))
    seen.observe_frame(stream, "in", Text(odd))
    seen.observe_frame(stream, "in", Text("[" * 100_000))
    seen.observe_frame(stream, "in", Close(1000, KEY))
    record = Record("t", "passed", picture=picture(seen.steps)).dumps()
    assert KEY not in record
    assert "ab12" not in record
    assert "</script>\\ufffd to #1" in record
