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
from pytest_binance_options._transports.server import limits
from pytest_binance_options._transports.websocket import FrameParser, ProtocolError

from .attacked import under_attack
from .test_session import HANDSHAKE

# A third of what others do: each example is several connections.
FEW = settings(max_examples=settings().max_examples // 3)


# HTTP: what it has to say (RFC 9112)

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"Host: x\r\nConnection: close\r\n\r\n"
TABLE = {
    "no http": (b"\x00\x01\x02\r\n\r\n", 400),
    "tls": (bytes.fromhex("16030100f8010000f40303") + bytes(200), 400),
    "http 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a version to come": (b"GET / HTTP/9.9\r\n" + LAST, 400),
    "no target": (b"GET HTTP/1.1\r\n" + LAST, 400),
    "a target that is not ASCII": (b"GET /\xff HTTP/1.1\r\n" + LAST, 400),
    "a url that is none": (b"GET http://[::1/ HTTP/1.1\r\n" + LAST, 400),
    "a port that is none": (b"GET http://x:99999/ HTTP/1.1\r\n" + LAST, 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: y\r\n" + LAST, 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nA : b\r\n" + LAST, 400),
    "a folded header": (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n" + LAST, 400),
    "a null byte": (b"GET / HTTP/1.1\r\nA: b\0c\r\n" + LAST, 400),
    "line feeds alone": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length with a sign": (POST + b"Content-Length: +1\r\n\r\na", 400),
    "a length beyond all": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "a length and chunks": (
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks and then more": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "a chunk without a length": (CHUNKED + b"zz\r\n", 400),
    "a negative chunk": (CHUNKED + b"-1\r\n", 400),
    "a chunk beyond all": (CHUNKED + b"f" * 40 + b"\r\nab", 400),
    "a chunk that is longer": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", 400),
    "a long trailer": (CHUNKED + b"0\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", 400),
    "a long target": (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + LAST, 400),
    "a long header": (b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n" + LAST, 400),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + LAST, 400),
    "an empty line before": (b"\r\nGET / HTTP/1.1\r\n" + LAST, 200),
    "percents that mean nothing": (b"GET /%zz%f HTTP/1.1\r\n" + LAST, 200),
    "no host but two slashes": (b"GET //[x/y HTTP/1.1\r\n" + LAST, 200),
    "http 1.0": (b"GET / HTTP/1.0\r\n\r\n", 200),
    "an encoding that is none": (b"GET / HTTP/1.1\r\nContent-Encoding: gzip\r\n" + LAST, 200),
    "chunks with a trailer": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + LAST + b"0\r\nA: b\r\n\r\n",
        200,
    ),
    "a method of our own": (b"M-SEARCH / HTTP/1.1\r\n" + LAST, 200),
    "another upgrade": (
        b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nHost: x\r\nConnection: close, Upgrade\r\n\r\n",
        200,
    ),
}


# What is no HTTP is for its parser to say, and older ones take more for it.
NEW_PARSER = pytest.mark.skipif(
    tuple(map(int, aiohttp.__version__.split(".")[:2])) < (3, 14), reason="aiohttp before 3.14"
)


@NEW_PARSER
@pytest.mark.parametrize(("sent", "status"), TABLE.values(), ids=TABLE.keys())
def test_what_is_no_request_gets_400_and_what_is_one_an_answer(sent: bytes, status: int) -> None:
    with under_attack() as server:
        (answers,) = server.throw([(sent, False)])
    assert (answers.statuses, answers.rest) == ([status], b"")


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

# In the place of more bytes than an example can show.
LONG = b"{70,000 bytes}"
bytes_of_any_kind = st.binary(max_size=30)
numbers = st.one_of(
    st.integers(0, 40).map(lambda number: b"%d" % number),
    st.sampled_from([b"-1", b"+1", b"", b"0x10", b"1" * 5000, b"1, 1", b"1 1", b"\xff"]),
)
names = st.sampled_from(
    [
        "Host",
        "Connection",
        "Upgrade",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "Content-Encoding",
        "Trailer",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions",
        "Origin",
        "X-MBX-APIKEY",
        "Keep-Alive",
    ]
).map(str.encode)
values = st.one_of(
    numbers,
    st.sampled_from(
        [
            "x",
            "close",
            "keep-alive",
            "upgrade",
            "Upgrade,close",
            "websocket",
            "chunked",
            "gzip,chunked",
            "identity",
            "13",
            "8",
            "100-continue",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "permessage-deflate",
        ]
    ).map(str.encode),
    bytes_of_any_kind,
    st.just(LONG),
)
headers = st.lists(
    st.builds(
        lambda name, colon, value, end: name + colon + value + end,
        st.one_of(names, bytes_of_any_kind),
        st.sampled_from([b": ", b":", b" : ", b""]),
        values,
        st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r\n "]),
    ),
    max_size=6,
).map(b"".join)
first_lines = st.builds(
    lambda method, target, version, end: method + b" " + target + b" " + version + end,
    st.sampled_from([b"GET", b"POST", b"PUT", b"OPTIONS", b"CONNECT", b"get", b"", b"A" * 300]),
    st.one_of(
        st.sampled_from([b"/", b"*", b"x:1", b"/private/ws/x", b"http://x/", b"/" + LONG]),
        bytes_of_any_kind,
    ),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.9", b""]),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b""]),
)
chunks = st.lists(
    st.builds(
        lambda size, line, data, end: size + line + data + end,
        st.one_of(numbers, st.sampled_from([b"5", b"0", b"a;x=y", b"f" * 40])),
        st.sampled_from([b"\r\n", b"\r\n", b"\n"]),
        st.one_of(st.just(b"12345"), bytes_of_any_kind),
        st.sampled_from([b"\r\n", b"\r\n", b""]),
    ),
    max_size=3,
).map(b"".join)
whole = st.sampled_from([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", HANDSHAKE, CHUNKED])
made_up = st.builds(
    lambda first, lines, body: first + lines + b"\r\n" + body,
    first_lines,
    headers,
    st.one_of(bytes_of_any_kind, chunks),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Up to three requests in a row, some bytes of which were changed, lost, or put in."""
    data = bytearray(b"".join(draw(st.lists(st.one_of(whole, made_up), min_size=1, max_size=3))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, min(len(data), 400)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


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
