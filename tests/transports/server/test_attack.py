"""Nonsense over real connections, from a fuzzer and from a table: the answer is what the RFCs have,
or a clean end; nobody else notices; nothing is left."""

from __future__ import annotations

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from pytest_binance_options._frames import Close, Drop, Frame
from pytest_binance_options._transports import limits
from pytest_binance_options._transports.server.server import Server
from pytest_binance_options._transports.websocket import FrameParser, ProtocolError

from ..malformed import HANDSHAKE, LAST, LONG, TABLE, damaged
from ..serving import exchange_bytes
from .attacked import under_attack
from .test_session import Doorman

# A third of what others do: each example is several connections.
FEW = settings(max_examples=settings().max_examples // 3)


# What is no HTTP is for its parser to say, and older ones take more for it.
NEW_PARSER = pytest.mark.skipif(
    tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 14), reason="aiohttp before 3.14"
)


# HTTP


@NEW_PARSER
@pytest.mark.parametrize(("sent", "status"), TABLE.values(), ids=TABLE.keys())
def test_what_is_no_request_gets_400_and_what_is_one_an_answer(sent: bytes, status: int) -> None:
    with under_attack() as server:
        (answers,) = server.throw([(sent, False)])
    assert (answers.statuses, answers.rest) == ([status], b"")


KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
IN_VAIN = {
    "a header": b"GET / HTTP/1.1\r\nX-MBX-APIKEY: %s\0\r\n" + LAST,
    "a blank in the target": b"GET /ws/ %s HTTP/1.1\r\n" + LAST,
    "a url": b"GET http://[/%s HTTP/1.1\r\n" + LAST,
    "a long target": b"GET /ws/%s" + b"x" * 70_000 + b" HTTP/1.1\r\n" + LAST,
}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(sent, id=name, marks=NEW_PARSER if name == "a url" else ())
        for name, sent in IN_VAIN.items()
    ],
)
def test_what_is_no_request_is_told_of_and_not_shown(
    attached: Server, doorman: Doorman, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = exchange_bytes(attached.port, sent.replace(b"%s", KEY.encode()))
    assert answer.split(b" ")[1] == b"400"
    assert b"\r\n\r\n400 Bad Request: " in answer
    (said,) = doorman.malformed_said
    assert said.startswith("something that is no HTTP -> 400: ")
    assert said.endswith(
        ". Is there a blank or a line break, or a whole dict, in its address or in a header?"
    )
    assert [str(error) for error in attached.errors] == [said]
    assert KEY[:20] not in answer.decode() + said + caplog.text


def test_hundreds_at_once_are_answered_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOWEST", 0.5)
    half, nonsense = b"GET / HTTP/1.1\r\nHo", bytes(40)
    with under_attack() as server:
        sent = [(HANDSHAKE, False), (half, False), (nonsense, False), (half, True)] * 100
        statuses = [answers.statuses for answers in server.throw(sent)]
        server.check()
    # Who came late to a busy machine may have been given up.
    assert {str(each) for each in statuses[0::4]} <= {"[101]", "[]"}
    assert statuses[1::4] == statuses[3::4] == [[]] * 100
    assert {str(each) for each in statuses[2::4]} <= {"[400]", "[]"}


# HTTP: from the fuzzer

requests_of_any_kind = st.lists(
    st.tuples(st.one_of(damaged(), st.binary(max_size=60)), st.booleans()), min_size=4, max_size=4
)


@NEW_PARSER
def test_whatever_is_sent_as_http_is_answered_or_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # Half a request is waited for no longer than this.
    monkeypatch.setattr(limits, "SLOWEST", 0.02)
    with under_attack() as server:

        @FEW
        @given(requests_of_any_kind)
        def attack(sent: list[tuple[bytes, bool]]) -> None:
            inputs = [(data.replace(LONG, b"x" * 70_000), ends) for data, ends in sent]
            for answers in server.throw(inputs):
                assert set(answers.statuses) <= {100, 101, 200, 400, 404, 408, 413}
                assert answers.rest == b""
            server.check()

        attack()


# WebSocket: from the fuzzer


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """One that a client may send, or nearly."""
    first = draw(
        st.one_of(
            st.sampled_from([0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A, 0x88]),
            st.integers(0, 255),
        )
    )
    payload = draw(
        st.one_of(
            st.binary(max_size=6),
            st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.integers(0, 65_535).map(lambda code: code.to_bytes(2, "big")),
            st.sampled_from([b"", b"x" * 125, b"x" * 126, b"x" * 700]),
        )
    )
    # Of one in sixteen the length is another than it says.
    length = len(payload) if draw(st.integers(0, 15)) else draw(st.integers(0, 2**64 - 1))
    masked = 0x80 if draw(st.integers(0, 15)) else 0
    if length < 126:
        head = bytes((first, masked | length))
    elif length < 65_536:
        head = bytes((first, masked | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, masked | 127)) + length.to_bytes(8, "big")
    key = draw(st.binary(min_size=4, max_size=4)) if masked else b""
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload) if key)


def verdict(data: bytes) -> tuple[list[Frame], ProtocolError | None]:
    """What the parser, which is held against another library's, has to say."""
    heard: list[Frame] = []
    try:
        for frame in FrameParser().feed(data):
            heard.append(frame)
            if isinstance(frame, Close):
                break
    except ProtocolError as error:
        return heard, error
    return heard, None


def test_whatever_is_sent_as_frames_is_heard_or_refused_with_its_code() -> None:
    with under_attack() as server:

        @FEW
        @given(st.lists(st.lists(frames(), max_size=5).map(b"".join), min_size=4, max_size=4))
        def attack(sent: list[bytes]) -> None:
            verdicts = [verdict(data) for data in sent]
            # Who has neither closed nor been refused goes away.
            ends = [error is None and Close not in map(type, heard) for heard, error in verdicts]
            server.doorman.connections.clear()
            received = server.say(list(zip(sent, ends, strict=True)))
            server.check()
            expected = sorted(repr([*heard, Drop()]) for heard, _ in verdicts)
            heard_of = [repr(each.received) for each in server.doorman.connections]
            assert sorted(heard_of) == expected
            assert list(map(_their_reading, received)) == [
                _parting(heard, error) for heard, error in verdicts
            ]

        attack()


def _parting(heard: list[Frame], error: ProtocolError | None) -> list[tuple[int, str]]:
    """The close frames, codes and reasons, that such a client is sent."""
    if error is not None:
        return [(error.code, error.reason)]
    return [
        # Who gives no code gets that of a normal end.
        (1000 if frame.code == 1005 else frame.code, "")
        for frame in heard
        if isinstance(frame, Close)
    ]


def _their_reading(data: bytes) -> list[tuple[int, str]]:
    """Codes and reasons of the close frames in ``data``, and nothing else, as ``websockets`` reads
    them."""
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    client.receive_data(data)
    assert client.parser_exc is None
    read = []
    for frame in client.events_received():
        assert isinstance(frame, TheirFrame)
        assert frame.opcode is Opcode.CLOSE
        assert client.close_rcvd is not None
        read.append((client.close_rcvd.code, client.close_rcvd.reason))
    return read
