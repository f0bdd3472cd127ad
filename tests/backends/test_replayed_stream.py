"""Streams from a cassette: the same frames after the same actions, at once or at the recorded
pace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pytest_binance_options._backends.base import Forward
from pytest_binance_options._backends.live import Live
from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._backends.replayed_stream import ReplayedStreams
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._cassette.model import FrameKind, StreamFrame
from pytest_binance_options._cassette.store import load
from pytest_binance_options._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from pytest_binance_options._messages import Failure, FailureKind, Request
from pytest_binance_options._transports import upstream
from pytest_binance_options._transports.server.relay import Relay
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options._transports.server.user_data_stream import UserDataStream
from pytest_binance_options.errors import RequestNotRecordedError
from pytest_binance_options.exchange import Clock, Exchange, events

from ..transports.serving import Canned

ADDRESS = "/private/ws/abc"
COMMAND = "pytest --binance-options=record tests/test_bot.py::test_it"


def came(
    kind: FrameKind,
    payload: bytes = b"",
    *,
    at: int = 0,
    after: tuple[int, int] = (0, 0),
    target: str = ADDRESS,
    connection: int = 0,
) -> StreamFrame:
    return StreamFrame(at, connection, "in", kind, payload, after, target)


def sent(kind: FrameKind, payload: bytes = b"", *, at: int = 0) -> StreamFrame:
    return StreamFrame(at, 0, "out", kind, payload, (0, 0), ADDRESS)


def replayed(frames: Iterable[StreamFrame], clock: Clock | None = None) -> ReplayedStreams:
    return ReplayedStreams(
        frames, path="cassettes/test_bot/test_it.yaml", record_command=COMMAND, clock=clock
    )


def answer(streams: ReplayedStreams, count: int = 1) -> None:
    """Have ``count`` requests answered."""
    backend = streams.watching(Canned())
    for _ in range(count):
        backend.respond(Request("POST", "/eapi/v1/listenKey"))


# Without a socket


def test_every_kind_of_frame_comes_again() -> None:
    frames = [
        came("text", b"{}"),
        came("binary", b"\0"),
        came("ping", b"1"),
        came("close", b"\x03\xe9bye"),
    ]
    connection = replayed(frames).connect(ADDRESS, "")
    assert connection.take() == [Text("{}"), Binary(b"\0"), Ping(b"1"), Close(1001, "bye")]
    assert connection.closed


def test_an_end_without_a_close_frame_comes_again() -> None:
    connection = replayed([came("close", b"\x03\xee")]).connect(ADDRESS, "")
    assert connection.take() == [Drop()]


def test_a_frame_waits_for_the_requests_that_it_came_after() -> None:
    streams = replayed(
        [came("text", b"1"), came("text", b"2", after=(2, 0)), came("text", b"3", after=(1, 0))]
    )
    ready: list[int] = []
    connection = streams.connect(ADDRESS, "")
    connection.on_ready = lambda: ready.append(1)
    assert connection.take() == [Text("1")]
    answer(streams)
    assert connection.take() == []
    assert ready == []
    answer(streams)
    assert connection.take() == [Text("2"), Text("3")]
    assert len(ready) == 2


def test_requests_without_an_answer_do_not_count() -> None:
    streams = replayed([came("text", b"1", after=(1, 0))])
    connection = streams.connect(ADDRESS, "")
    streams.watching(Canned(Failure(FailureKind.RESET))).respond(Request("GET", "/"))
    streams.watching(Canned(Forward)).respond(Request("GET", "/"))
    assert connection.take() == []


def test_a_frame_waits_for_the_messages_that_it_came_after() -> None:
    command = b'{"method":"SUBSCRIBE","params":["abc"],"id":1}'
    frames = [
        sent("text", command),
        came("text", b'{"result":null,"id":1}', after=(0, 1)),
        came("text", b"{}", after=(0, 1)),
    ]
    connection = replayed(frames).connect(ADDRESS, "")
    assert connection.take() == []
    connection.receive(Text(command.decode()))
    assert connection.take() == [Text('{"result":null,"id":1}'), Text("{}")]


def test_an_answer_has_the_id_of_the_request_as_it_is_now() -> None:
    frames = [
        sent("text", b'{"method":"SUBSCRIBE","params":["abc"],"id":111}'),
        came("text", b'{"result":null,"id":111}', after=(0, 1)),
        came("text", b'{"e":"ORDER_TRADE_UPDATE","id":111}', after=(0, 1)),
        came("text", b'{"result":null,"id":[111]}', after=(0, 1)),
        came("text", b"no json", after=(0, 1)),
    ]
    connection = replayed(frames).connect(ADDRESS, "")
    connection.receive(Text('{"id": 222, "params": ["abc"], "method": "SUBSCRIBE"}'))
    assert connection.take() == [
        Text('{"result":null,"id":222}'),
        Text('{"e":"ORDER_TRADE_UPDATE","id":111}'),
        Text('{"result":null,"id":[111]}'),
        Text("no json"),
    ]


def test_pings_are_answered_and_pongs_are_nobody_s_business() -> None:
    frames = [sent("ping", b"1"), came("pong", b"1"), sent("pong", b"x"), came("text", b"{}")]
    connection = replayed(frames).connect(ADDRESS, "")
    assert connection.take() == [Text("{}")]
    connection.receive(Ping(b"2"))
    connection.receive(Pong(b"x"))
    assert connection.take() == [Pong(b"2")]


def test_a_client_may_leave_at_any_time() -> None:
    streams = replayed([came("text", b"1", after=(1, 0))])
    connection = streams.connect(ADDRESS, "")
    connection.receive(Close(1000))
    assert connection.take() == [Close(1000)]
    connection.receive(Text("too late"))
    connection.receive(Drop())
    answer(streams)
    assert connection.take() == []


def test_the_recorded_pace_is_kept_on_the_clock() -> None:
    clock = Clock()
    frames = [came("text", b"1", at=1000), came("text", b"2", at=61_000)]
    connection = replayed(frames, clock).connect(ADDRESS, "")
    taken: list[Frame] = []
    for seconds in (0.999, 0.001, 59.999, 0.001):
        clock.advance(seconds=seconds)
        taken.append(Ping(str(len(connection.take())).encode()))
    assert taken == [Ping(b"0"), Ping(b"1"), Ping(b"0"), Ping(b"1")]


def test_the_pace_counts_from_what_the_client_did() -> None:
    clock = Clock()
    frames = [sent("text", b'"go"', at=5000), came("text", b"1", at=7000, after=(0, 1))]
    connection = replayed(frames, clock).connect(ADDRESS, "")
    clock.advance(hours=1)
    connection.receive(Text('"go"'))
    clock.advance(seconds=1.999)
    assert connection.take() == []
    clock.advance(milliseconds=1)
    assert connection.take() == [Text("1")]


def test_connections_are_played_in_order_each_to_whom_asks_for_its_address() -> None:
    streams = replayed(
        [
            came("text", b"first"),
            came("text", b"other", target="/private/stream?streams=a&x=1", connection=1),
            came("text", b"second", connection=2),
        ]
    )
    assert streams.connect("/private/stream?x=1&streams=a", "").take() == [Text("other")]
    assert streams.connect("/private/ws/abc/", "").take() == [Text("first")]
    assert streams.connect(ADDRESS, "").take() == [Text("second")]


def test_an_address_that_was_not_recorded_is_an_error_that_says_what_was() -> None:
    streams = replayed([came("text", b"1"), came("text", b"2")])
    with pytest.raises(RequestNotRecordedError) as caught:
        streams.connect("/private/stream", "")
    assert (
        str(caught.value) == "the cassette has no stream, or none left, for this address.\n"
        "  asked for: /private/stream\n"
        "What it still has:\n"
        "  - /private/ws/<hidden>, 2 frames\n"
        "  cassette:  cassettes/test_bot/test_it.yaml\n"
        "To record the test again:\n"
        f"  {COMMAND}"
    )
    streams.connect(ADDRESS, "")
    with pytest.raises(RequestNotRecordedError, match=r"\nIt has no other stream\.\n"):
        streams.connect(ADDRESS, "")


@pytest.mark.parametrize(
    ("message", "recorded", "shown"),
    [
        (
            Text('{"method":"UNSUBSCRIBE","params":["abc"],"id":1}'),
            True,
            '{"method":"SUBSCRIBE","params":["abc"],"id":1}',
        ),
        (Text("x"), True, '{"method":"SUBSCRIBE","params":["abc"],"id":1}'),
        (Binary(b"x"), False, "nothing more"),
    ],
)
def test_a_message_that_was_not_recorded_is_an_error(
    message: Text | Binary, recorded: bool, shown: str
) -> None:
    frames = (
        [sent("text", b'{"method":"SUBSCRIBE","params":["abc"],"id":1}')]
        if recorded
        else [came("ping")]
    )
    connection = replayed(frames).connect(ADDRESS, "")
    text = message.data if isinstance(message, Text) else message.data.decode()
    with pytest.raises(RequestNotRecordedError) as caught:
        connection.receive(message)
    assert (
        str(caught.value)
        == "on its stream the client sent a message that it did not send there when the cassette"
        f" was recorded.\n  sent:      {text}\n  recorded:  {shown}\n  cassette: "
        f" cassettes/test_bot/test_it.yaml\nTo record the test again:\n  {COMMAND}"
    )


# Through sockets


def test_a_client_that_does_what_was_not_recorded_is_cut_off_and_the_test_is_told(
    server: LoopbackServer,
) -> None:
    with server.attach(Canned(), streams=replayed([came("ping")])) as attached:
        with connect(attached.stream_url + ADDRESS, proxy=None) as client:
            client.send("surprise")
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(timeout=5)
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (
            1011,
            "RequestNotRecordedError",
        )
        with pytest.raises(InvalidStatus) as refused:
            connect(attached.stream_url + ADDRESS, proxy=None).__enter__()
        assert refused.value.response.status_code == 404
        assert [type(error) for error in attached.errors] == [RequestNotRecordedError] * 2


def test_what_was_recorded_through_sockets_is_replayed_through_sockets(
    server: LoopbackServer, tmp_path: Path
) -> None:
    """A flow with the real backends, the file in between: nothing in it is a key, and vcrpy reads
    the rest."""
    exchange = Exchange()
    (key,) = exchange.open_account().api_keys
    path = tmp_path / "flow.yaml"

    def flow(url: str, stream_url: str) -> list[object]:
        headers = {"X-MBX-APIKEY": key.api_key}
        listen_key = requests.post(f"{url}/eapi/v1/listenKey", headers=headers, timeout=5).json()[
            "listenKey"
        ]
        heard: list[object] = []
        with connect(f"{stream_url}/private/stream", proxy=None, ping_interval=None) as client:
            client.send(
                json.dumps({"method": "SUBSCRIBE", "params": [listen_key], "id": len(heard)})
            )
            heard.append(json.loads(client.recv(timeout=5)))
            requests.put(f"{url}/eapi/v1/listenKey", headers=headers, timeout=5)
            if exchange.streams.connections:
                exchange.emit(events.order_trade_update(order_id=5))
            wrapped = json.loads(client.recv(timeout=5))
            assert wrapped["stream"] == listen_key
            heard.append(wrapped["data"]["o"]["i"])
            assert (
                requests.delete(f"{url}/eapi/v1/listenKey", headers=headers, timeout=5).json() == {}
            )
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(timeout=5)
            heard.append(caught.value.rcvd.code if caught.value.rcvd else None)
        return heard

    with server.attach(Simulate(exchange), streams=exchange) as real:
        record = Record(real.url)
        relay = Relay(
            real.stream_url,
            lambda frame: record.add_frames([frame]),
            lambda: len(record.cassette().interactions),
        )
        with server.attach(record, streams=relay, send=upstream.send) as front:
            recorded = flow(front.url, front.stream_url)
    record.save(path, test="tests/test_bot.py::test_it")
    assert recorded == [{"result": None, "id": 0}, 5, 1000]

    cassette = load(path)
    text = path.read_text(encoding="utf-8")
    listen_key = json.loads(record.cassette().interactions[0].response.body)["listenKey"]
    assert listen_key not in text
    assert key.api_key not in text
    streams = ReplayedStreams(cassette.frames, path=path, record_command=COMMAND)
    backend = streams.watching(Replay(cassette, path=path, record_command=COMMAND))
    with server.attach(backend, streams=streams) as front:
        assert flow(front.url, front.stream_url) == recorded
        assert front.errors == []


def test_a_stream_from_a_cassette_serves_a_test_without_a_client_of_its_own(
    server: LoopbackServer,
) -> None:
    frames = [came("text", b'{"e":"ACCOUNT_UPDATE"}'), came("text", b'{"e":"GREEK_UPDATE"}')]
    with (
        server.attach(Canned(), streams=replayed(frames)) as attached,
        UserDataStream(attached, "abc") as stream,
    ):
        assert [event["e"] for event in stream.events] == ["ACCOUNT_UPDATE", "GREEK_UPDATE"]


def test_live_and_relay_need_no_cassette(server: LoopbackServer) -> None:
    exchange = Exchange()
    exchange.open_account()
    with (
        server.attach(Simulate(exchange), streams=exchange) as real,
        server.attach(Live(real.url), streams=Relay(real.stream_url), send=upstream.send) as front,
        connect(f"{front.stream_url}/private/stream", proxy=None) as client,
    ):
        assert requests.get(f"{front.url}/eapi/v1/ping", timeout=5).json() == {}
        client.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
        assert json.loads(client.recv(timeout=5)) == {"result": [], "id": 1}
