"""Streams from a cassette: the same frames after the same actions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pytest_binance_options._backends.live import Live
from pytest_binance_options._backends.record import Record
from pytest_binance_options._backends.replay import Replay
from pytest_binance_options._backends.replayed_stream import ReplayedStream
from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._cassette.model import Cassette, FrameKind, Interaction, StreamFrame
from pytest_binance_options._cassette.store import load
from pytest_binance_options._frames import Binary, Close, Drop, Ping, Pong, Text
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports import upstream
from pytest_binance_options._transports.server.server import LoopbackServer
from pytest_binance_options._transports.server.user_data_stream import UserDataStream
from pytest_binance_options.errors import RequestNotRecordedError
from pytest_binance_options.exchange import Exchange, events

ADDRESS = "/private/ws/abc"
KEEPALIVE = Request("PUT", "/eapi/v1/listenKey")
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
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


def replayed(frames: Iterable[StreamFrame]) -> Replay:
    """A replay of ``frames``, and of as many requests as anybody asks."""
    answers = tuple(Interaction(KEEPALIVE, Response(200, (), b"{}")) for _ in range(3))
    path = Path("cassettes/test_bot/test_it.yaml")
    return Replay(Cassette(answers, tuple(frames)), path=path, record_command=COMMAND)


def listening(replay: Replay, target: str = ADDRESS) -> ReplayedStream:
    return replay.connect(Request("GET", target))


# Without a socket


def test_every_kind_of_frame_comes_again() -> None:
    frames = [
        came("text", b"{}"),
        came("binary", b"\0"),
        came("ping", b"1"),
        came("close", b"\x03\xe9bye"),
    ]
    connection = listening(replayed(frames))
    assert connection.take() == [Text("{}"), Binary(b"\0"), Ping(b"1"), Close(1001, "bye")]
    assert connection.closed


def test_an_end_without_a_close_frame_comes_again() -> None:
    connection = listening(replayed([came("close", b"\x03\xee")]))
    assert connection.take() == [Drop()]


def test_a_frame_waits_for_the_requests_that_it_came_after() -> None:
    replay = replayed(
        [came("text", b"1"), came("text", b"2", after=(2, 0)), came("text", b"3", after=(1, 0))]
    )
    ready: list[int] = []
    connection = listening(replay)
    connection.on_ready = lambda: ready.append(1)
    assert connection.take() == [Text("1")]
    replay.respond(KEEPALIVE)
    assert connection.take() == []
    assert ready == []
    replay.respond(KEEPALIVE)
    assert connection.take() == [Text("2"), Text("3")]
    assert len(ready) == 2


def test_requests_without_an_answer_do_not_count() -> None:
    replay = replayed([came("text", b"1", after=(1, 0))])
    connection = listening(replay)
    with pytest.raises(RequestNotRecordedError):
        replay.respond(Request("GET", "/eapi/v1/time"))
    assert connection.take() == []


def test_a_frame_waits_for_the_messages_that_it_came_after() -> None:
    command = b'{"method":"SUBSCRIBE","params":["abc"],"id":1}'
    frames = [
        sent("text", command),
        came("text", b'{"result":null,"id":1}', after=(0, 1)),
        came("text", b"{}", after=(0, 1)),
    ]
    connection = listening(replayed(frames))
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
    connection = listening(replayed(frames))
    connection.receive(Text('{"id": 222, "params": ["abc"], "method": "SUBSCRIBE"}'))
    assert connection.take() == [
        Text('{"result":null,"id":222}'),
        Text('{"e":"ORDER_TRADE_UPDATE","id":111}'),
        Text('{"result":null,"id":[111]}'),
        Text("no json"),
    ]


def test_pings_are_answered_and_pongs_are_nobody_s_business() -> None:
    frames = [sent("ping", b"1"), came("pong", b"1"), sent("pong", b"x"), came("text", b"{}")]
    connection = listening(replayed(frames))
    assert connection.take() == [Text("{}")]
    connection.receive(Ping(b"2"))
    connection.receive(Pong(b"x"))
    assert connection.take() == [Pong(b"2")]


def test_a_client_may_leave_at_any_time() -> None:
    replay = replayed([came("text", b"1", after=(1, 0))])
    connection = listening(replay)
    connection.receive(Close(1000))
    assert connection.take() == [Close(1000)]
    connection.receive(Text("too late"))
    connection.receive(Drop())
    replay.respond(KEEPALIVE)
    assert connection.take() == []


def test_connections_are_played_in_order_each_to_whom_asks_for_its_address() -> None:
    replay = replayed(
        [
            came("text", b"first"),
            came("text", b"other", target="/private/stream?streams=a&x=1", connection=1),
            came("text", b"second", connection=2),
        ]
    )
    assert listening(replay, "/private/stream?x=1&streams=a").take() == [Text("other")]
    assert listening(replay, "/private/ws/abc/").take() == [Text("first")]
    assert listening(replay).take() == [Text("second")]


def test_an_address_that_was_not_recorded_is_an_error_that_says_what_was() -> None:
    replay = replayed([came("text", b"1"), came("text", b"2")])
    with pytest.raises(RequestNotRecordedError) as caught:
        listening(replay, "/private/stream")
    assert (
        str(caught.value) == "the cassette has no stream, or none left, for this address.\n"
        "  asked for: /private/stream\n"
        "What it still has:\n"
        "  - /private/ws/<hidden>, 2 frames\n"
        "  cassette:  cassettes/test_bot/test_it.yaml\n"
        "To record the test again:\n"
        f"  {COMMAND}"
    )
    listening(replay)
    with pytest.raises(RequestNotRecordedError, match=r"\nIt has no other stream\.\n"):
        listening(replay)


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
    connection = listening(replayed(frames))
    text = message.data if isinstance(message, Text) else message.data.decode()
    with pytest.raises(RequestNotRecordedError) as caught:
        connection.receive(message)
    assert (
        str(caught.value)
        == "on its stream the client sent a message that it did not send there when the cassette"
        f" was recorded.\n  sent:      {text}\n  recorded:  {shown}\n  cassette: "
        f" cassettes/test_bot/test_it.yaml\nTo record the test again:\n  {COMMAND}"
    )


def test_what_a_stream_has_left_over_is_told_and_what_is_a_matter_of_time_is_not() -> None:
    subscribe = b'{"method":"SUBSCRIBE","params":["a"],"id":1}'
    frames = [
        came("text", b"1"),
        sent("text", subscribe),
        came("text", b"2", after=(0, 1)),
        came("binary", b"3", after=(1, 1)),
        came("ping", b"4", after=(1, 1)),
        came("close", b"\x03\xe8", after=(1, 1)),
        sent("ping", b"5"),
    ]
    other = came("text", b"{}", target="/private/stream?streams=a", connection=1)
    replay = replayed([*frames, other])
    assert [line for line in replay.left_over if "stream" in line] == [
        "stream /private/ws/<hidden>: never opened",
        "stream /private/stream?streams=<hidden>: never opened",
    ]

    connection = listening(replay)
    listening(replay, "/private/stream?streams=a")
    assert [line for line in replay.left_over if "stream" in line] == [
        (
            "stream /private/ws/<hidden>: 2 messages that did not come, 1 message of the client's that"
            " was not sent"
        ),
    ]
    connection.receive(Text(subscribe.decode()))
    assert [line for line in replay.left_over if "stream" in line] == [
        "stream /private/ws/<hidden>: 1 message that did not come"
    ]
    replay.respond(KEEPALIVE)  # what is due now was played, whether the client reads it or not
    assert [line for line in replay.left_over if "stream" in line] == []


def test_what_a_client_does_in_vain_on_streams_is_kept() -> None:
    replay = replayed([came("ping")])
    connection = listening(replay)
    for text in ("surprise", f'{{"listenKey":"{KEY}"}}'):
        with pytest.raises(RequestNotRecordedError):
            connection.receive(Text(text))
    for _ in range(2):
        with pytest.raises(RequestNotRecordedError):
            listening(replay, f"/private/ws/{KEY}")
    assert replay.unanswered == [
        "on a stream: surprise",
        'on a stream: {"listenKey":"<hidden>"}',
        "stream /private/ws/<hidden>, 2 times",
    ]


def test_replaying_needs_no_server_s_library(tmp_path: Path) -> None:
    code = """if True:
        import sys
        sys.modules["aiohttp"] = None
        from pathlib import Path
        from pytest_binance_options._backends.replay import Replay
        from pytest_binance_options._cassette.model import Cassette, StreamFrame
        from pytest_binance_options.wire import Request, Text

        frames = (StreamFrame(0, 0, "in", "text", b"{}", (0, 0), "/private/ws/abc"),)
        replay = Replay(Cassette(frames=frames), path=Path("x.yaml"), record_command="")
        assert replay.connect(Request("GET", "/private/ws/abc")).take() == [Text("{}")]
        """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


# Through sockets


def test_a_client_that_does_what_was_not_recorded_is_cut_off_and_the_test_is_told(
    server: LoopbackServer,
) -> None:
    with server.attach(replayed([came("ping")])) as attached:
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
    exchange.streams.on_close = "close"
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

    with server.attach(Simulate(exchange)) as real:
        record = Record(real.url, real.stream_url)
        with server.attach(record, send=upstream.send) as front:
            recorded = flow(front.url, front.stream_url)
    record.save(path, test="tests/test_bot.py::test_it")
    assert recorded == [{"result": None, "id": 0}, 5, 1000]

    cassette = load(path)
    text = path.read_text(encoding="utf-8")
    listen_key = json.loads(record.cassette().interactions[0].response.body)["listenKey"]
    assert listen_key not in text
    assert key.api_key not in text
    with server.attach(Replay(cassette, path=path, record_command=COMMAND)) as front:
        assert flow(front.url, front.stream_url) == recorded
        assert front.errors == []


def test_a_stream_with_its_key_in_the_query_is_recorded_and_replayed(
    server: LoopbackServer, tmp_path: Path
) -> None:
    """Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05)."""
    exchange = Exchange()
    (key,) = exchange.open_account().api_keys
    path = tmp_path / "flow.yaml"

    def flow(url: str, stream_url: str) -> list[object]:
        headers = {"X-MBX-APIKEY": key.api_key}
        answer = requests.post(f"{url}/eapi/v1/listenKey", headers=headers, timeout=5).json()
        item = f"listenKey={answer['listenKey']}&events=GREEK_UPDATE"
        heard: list[object] = []
        for form in ("ws", "stream"):
            with connect(f"{stream_url}/private/{form}?{item}", proxy=None) as client:
                client.send(json.dumps({"method": "SUBSCRIBE", "params": [item], "id": 1}))
                heard.append(json.loads(client.recv(timeout=5)))
                exchange.emit(events.account_update())
                exchange.emit(events.greek_update(event_time=1, transaction_time=1))
                message = json.loads(client.recv(timeout=5))
                if form == "stream":
                    assert message["stream"] == answer["listenKey"]
                heard.append(message.get("data", message)["e"])
        return heard

    with server.attach(Simulate(exchange)) as real:
        record = Record(real.url, real.stream_url)
        with server.attach(record, send=upstream.send) as front:
            recorded = flow(front.url, front.stream_url)
    record.save(path, test="tests/test_bot.py::test_it")
    assert recorded == [{"result": None, "id": 1}, "GREEK_UPDATE"] * 2

    listen_key = exchange.accounts.resolve(None).listen_key
    assert listen_key is not None
    assert listen_key not in path.read_text(encoding="utf-8")
    with server.attach(Replay(load(path), path=path, record_command=COMMAND)) as front:
        assert flow(front.url, front.stream_url) == recorded
        assert front.errors == []


def test_a_stream_from_a_cassette_serves_a_test_without_a_client_of_its_own(
    server: LoopbackServer,
) -> None:
    frames = [came("text", b'{"e":"ACCOUNT_UPDATE"}'), came("text", b'{"e":"GREEK_UPDATE"}')]
    with (
        server.attach(replayed(frames)) as attached,
        UserDataStream(attached, "abc") as stream,
    ):
        assert [event["e"] for event in stream.events] == ["ACCOUNT_UPDATE", "GREEK_UPDATE"]


def test_live_streams_need_no_cassette(server: LoopbackServer) -> None:
    exchange = Exchange()
    exchange.open_account()
    with (
        server.attach(Simulate(exchange)) as real,
        server.attach(Live(real.url, real.stream_url), send=upstream.send) as front,
        connect(f"{front.stream_url}/private/stream", proxy=None) as client,
    ):
        assert requests.get(f"{front.url}/eapi/v1/ping", timeout=5).json() == {}
        client.send('{"method": "LIST_SUBSCRIPTIONS", "id": 1}')
        assert json.loads(client.recv(timeout=5)) == {"result": [], "id": 1}
