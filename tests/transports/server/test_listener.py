"""A client that sees every frame, and what a handshake is refused with."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.sync.server import ServerConnection, serve

from pytest_binance_options._frames import Close, Drop, Ping, Pong, Text
from pytest_binance_options._messages import Response
from pytest_binance_options._transports.server.listener import (
    HandshakeRefused,
    Listener,
    malformed_handshake,
)
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.errors import StreamClosedError, StreamTimeoutError

from .test_session import Doorman

PATIENCE = 5.0


@pytest.fixture
def listener(attached: Server) -> Iterator[Listener]:
    listening = Listener(f"{attached.stream_url}/private/ws", timeout=PATIENCE)
    yield listening
    listening.close()
    listening.close()


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port where connections are taken and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield int(taken.getsockname()[1])


def test_every_frame_is_seen_and_a_ping_is_answered(listener: Listener, doorman: Doorman) -> None:
    (connection,) = doorman.connections
    connection.say(Text("hello"), Ping(b"1"), Close(1008, "enough"))
    assert [listener.receive(PATIENCE) for _ in range(3)] == [
        Text("hello"),
        Ping(b"1"),
        Close(1008, "enough"),
    ]
    assert listener.receive(PATIENCE) == Drop()
    listener.send(Text("too late"))
    assert connection.gone.wait(PATIENCE)
    assert connection.received[0] == Pong(b"1")
    assert Text("too late") not in connection.received


def test_an_end_without_a_close_frame_is_a_drop(listener: Listener, doorman: Doorman) -> None:
    doorman.connections[0].say(Drop())
    assert listener.receive(PATIENCE) == Drop()


def test_silence_is_none(listener: Listener) -> None:
    assert listener.receive(0.01) is None


def test_a_frame_that_is_none_of_the_protocol_s_can_be_sent(
    listener: Listener, doorman: Doorman
) -> None:
    listener.send_bytes(b"\xff", 0x1)
    assert listener.receive(PATIENCE) == Close(1007, "text that is not UTF-8")


def test_a_refusal_has_its_status(server: LoopbackServer) -> None:
    with (
        server.attach(Doorman(Response(418))) as attached,
        pytest.raises(HandshakeRefused) as caught,
    ):
        Listener(f"{attached.stream_url}/private/ws", timeout=PATIENCE)
    assert (caught.value.status, str(caught.value)) == (418, "The handshake was refused with 418.")


def test_who_does_not_answer_is_given_up(deaf: int) -> None:
    with pytest.raises(StreamTimeoutError) as caught:
        Listener(f"ws://127.0.0.1:{deaf}/private/ws", timeout=0.05)
    assert str(caught.value) == "No answer to the handshake within 0.05 s."
    with pytest.raises(StreamClosedError, match="Nobody is reached"):
        malformed_handshake(f"http://127.0.0.1:{deaf}/private/ws", timeout=0.05)


def test_where_nobody_is_there_is_an_error() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(StreamClosedError, match="Nobody is reached"):
            Listener(f"ws://127.0.0.1:{held.getsockname()[1]}/private/ws", timeout=PATIENCE)


def test_a_malformed_handshake_gets_its_answer(attached: Server, doorman: Doorman) -> None:
    assert malformed_handshake(f"{attached.url}/private/ws", timeout=PATIENCE) == (400, b"")
    assert doorman.asked == []


def test_whether_the_offer_to_compress_is_taken_up_is_known(attached: Server) -> None:
    def wait(connection: ServerConnection) -> None:
        for _ in connection:
            pass

    with serve(wait, "127.0.0.1", 0) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        compressing = f"ws://127.0.0.1:{other.socket.getsockname()[1]}"
        offered = [(compressing, True), (compressing, False), (attached.stream_url, True)]
        taken_up = []
        for address, offer in offered:
            listening = Listener(address, timeout=PATIENCE, compress=offer)
            taken_up.append(listening.compressed)
            listening.close()
        other.shutdown()
        thread.join()
    assert taken_up == [True, False, False]
