"""The server's side of a WebSocket, held against the ``websockets`` library's own client, which
does no I/O either."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import CTRL_OPCODES, EXTERNAL_CLOSE_CODES, Opcode
from websockets.frames import Close as TheirClose
from websockets.frames import Frame as TheirFrame
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from pytest_binance_options._frames import Binary, Close, Drop, Frame, Ping, Pong, Text
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options._transports.http1 import RequestParser
from pytest_binance_options._transports.websocket import (
    FrameParser,
    ProtocolError,
    accepted,
    serialize_frame,
)

LONGEST = 16 * 1024 * 1024
# Each way in which a length is written (RFC 6455, section 5.2), at both of its ends.
LENGTHS = (0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 255, 256, 65_534, 65_535, 65_536, 70_001)
CONTROL_LENGTHS = tuple(length for length in LENGTHS if length <= 125)


def asked(**headers: str | None) -> Request:
    """A handshake as browsers send it, with other headers in it; None: without that one."""
    pairs: dict[str, str | None] = {
        "Host": "fstream.binance.com",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    pairs.update({name.replace("_", "-"): value for name, value in headers.items()})
    sent = Headers((name, value) for name, value in pairs.items() if value is not None)
    return Request("GET", "https://fstream.binance.com/private/ws", sent)


def on_the_wire(response: Response) -> bytes:
    lines = (f"{name}: {value}" for name, value in response.headers.pairs)
    return "\r\n".join((f"HTTP/1.1 {response.status} -", *lines, "", "")).encode()


def open_client() -> ClientProtocol:
    """Theirs, connected to what we answer."""
    client = ClientProtocol(parse_uri("ws://fstream.binance.com/private/ws"), max_size=None)
    client.send_request(client.connect())
    parser = RequestParser("http://fstream.binance.com")
    parser.feed(b"".join(client.data_to_send()))
    handshake = parser.request()
    assert handshake is not None
    client.receive_data(on_the_wire(accepted(handshake)))
    client.events_received()
    assert client.handshake_exc is None
    assert client.state is State.OPEN
    return client


def sent_by(client: ClientProtocol) -> bytes:
    return b"".join(client.data_to_send())


def read(data: bytes, cuts: Iterable[int] = ()) -> list[Frame]:
    """What our parser makes of ``data``, which comes in pieces, cut at these places."""
    parser, frames, begin = FrameParser(), [], 0
    for end in (*sorted(cuts), len(data)):
        frames += parser.feed(data[begin:end])
        begin = end
    return frames


def masked(first: int, payload: bytes = b"", *, length: int | None = None) -> bytes:
    """A frame as a client would not write it; with a mask that changes nothing. ``length``: what
    its head says of it."""
    said = len(payload) if length is None else length
    if said < 126:
        head = bytes((first, 0x80 | said))
    elif said < 0x10000:
        head = bytes((first, 0x80 | 126)) + said.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + said.to_bytes(8, "big")
    return head + bytes(4) + payload


# The handshake


def test_the_example_of_the_standard_is_answered_as_there() -> None:
    """RFC 6455, section 1.3."""
    answer = accepted(asked())
    assert answer.status == 101
    assert answer.headers == Headers(
        [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ]
    )


def test_their_client_takes_our_answer_whatever_its_key() -> None:
    for _ in range(20):
        assert open_client().state is State.OPEN


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Connection": None},
        {"Connection": "keep-alive"},
        {"Connection": "no-upgrade"},
        {"Sec_WebSocket_Version": None},
        {"Sec_WebSocket_Key": None},
        {"Sec_WebSocket_Key": "dG9vIHNob3J0"},
        {"Sec_WebSocket_Key": "not base64!!"},
        {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ"},
    ],
)
def test_what_is_no_handshake_is_a_bad_request(headers: dict[str, str | None]) -> None:
    answer = accepted(asked(**headers))
    assert (answer.status, answer.body) == (400, b"")
    assert answer.headers == Headers([("Content-Length", "0")])


def test_another_version_is_a_bad_request_that_says_which_would_do() -> None:
    """RFC 6455, section 4.4."""
    answer = accepted(asked(Sec_WebSocket_Version="8"))
    assert (answer.status, answer.headers.get("sec-websocket-version")) == (400, "13")


def test_a_handshake_is_a_get() -> None:
    get = asked()
    assert accepted(Request("POST", get.url, get.headers)).status == 400


def test_a_bad_request_is_what_their_client_says_of_it() -> None:
    client = ClientProtocol(parse_uri("ws://fstream.binance.com/private/ws"))
    client.send_request(client.connect())
    client.receive_data(on_the_wire(accepted(asked(Upgrade=None))))
    client.receive_eof()
    client.events_received()
    assert isinstance(client.handshake_exc, InvalidStatus)
    assert client.handshake_exc.response.status_code == 400


def test_names_of_headers_and_their_values_are_the_same_in_any_case() -> None:
    assert accepted(asked(Upgrade="WebSocket", Connection="upgrade")).status == 101


# Frames to a client

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(LENGTHS).map(lambda length: "x" * length),
)
payloads = st.one_of(st.binary(), st.sampled_from(LENGTHS).map(lambda length: b"\xff" * length))
short = st.one_of(
    st.binary(max_size=125), st.sampled_from(CONTROL_LENGTHS).map(lambda length: b"p" * length)
)
codes = st.one_of(st.sampled_from(sorted(EXTERNAL_CLOSE_CODES)), st.integers(3000, 4999))
# 123 bytes of it have room beside the code.
reasons = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
messages = st.one_of(st.builds(Text, texts), st.builds(Binary, payloads))
control = st.one_of(st.builds(Ping, short), st.builds(Pong, short))
closes = st.one_of(st.builds(Close, codes, reasons), st.just(Close(1005)))


def as_theirs(frame: Frame) -> TheirFrame:
    """What their client has to read."""
    if isinstance(frame, Text):
        return TheirFrame(Opcode.TEXT, frame.data.encode())
    if isinstance(frame, Binary):
        return TheirFrame(Opcode.BINARY, frame.data)
    if isinstance(frame, Ping):
        return TheirFrame(Opcode.PING, frame.data)
    if isinstance(frame, Pong):
        return TheirFrame(Opcode.PONG, frame.data)
    assert isinstance(frame, Close)
    if frame.code == 1005:
        return TheirFrame(Opcode.CLOSE, b"")
    return TheirFrame(Opcode.CLOSE, TheirClose(frame.code, frame.reason).serialize())


@given(st.lists(st.one_of(messages, control), max_size=5), closes)
def test_their_client_reads_what_we_write(frames: list[Frame], close: Frame) -> None:
    client = open_client()
    client.receive_data(b"".join(serialize_frame(frame) for frame in (*frames, close)))
    assert client.events_received() == [as_theirs(frame) for frame in (*frames, close)]
    assert client.parser_exc is None


@pytest.mark.parametrize("length", LENGTHS)
def test_a_frame_is_as_their_server_writes_it_for_every_length(length: int) -> None:
    server = ServerProtocol(state=State.OPEN)
    server.send_text(b"x" * length)
    server.send_binary(b"y" * length)
    ours = serialize_frame(Text("x" * length)) + serialize_frame(Binary(b"y" * length))
    assert ours == b"".join(server.data_to_send())


def test_an_end_without_a_close_frame_can_not_be_written() -> None:
    with pytest.raises(AssertionError, match=r"^Drop\(\) is not for sending"):
        serialize_frame(Drop())


# Frames from a client


def send(client: ClientProtocol, frame: Frame) -> None:
    """Have their client write it."""
    if isinstance(frame, Text):
        client.send_text(frame.data.encode())
    elif isinstance(frame, Binary):
        client.send_binary(frame.data)
    elif isinstance(frame, Ping):
        client.send_ping(frame.data)
    elif isinstance(frame, Pong):
        client.send_pong(frame.data)
    else:
        assert isinstance(frame, Close)
        if frame.code == 1005:
            client.send_close()
        else:
            client.send_close(frame.code, frame.reason)


@given(st.data(), st.lists(st.one_of(messages, control), max_size=5), closes)
def test_we_read_what_their_client_writes_in_any_pieces(
    data: st.DataObject, frames: list[Frame], close: Frame
) -> None:
    client = open_client()
    for frame in (*frames, close):
        send(client, frame)
    sent = sent_by(client)
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=20))
    assert read(sent, cuts) == [*frames, close]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", [Text, Binary], ids=["text", "binary"])
def test_a_message_of_every_length_comes_whole_wherever_it_is_cut(kind: type, length: int) -> None:
    client = open_client()
    message = kind("x" * length if kind is Text else b"x" * length)
    send(client, message)
    sent = sent_by(client)
    # The head, and a few bytes of either end of what is in it.
    for cut in {*range(min(len(sent), 20)), *range(max(0, len(sent) - 5), len(sent))}:
        parser = FrameParser()
        assert list(parser.feed(sent[:cut])) == []
        assert list(parser.feed(sent[cut:])) == [message]


@given(st.lists(st.one_of(messages, control, closes), min_size=1, max_size=3))
def test_frames_that_come_byte_by_byte(frames: list[Frame]) -> None:
    client = open_client()
    for frame in frames:
        if client.state is State.OPEN:
            send(client, frame)
    sent = sent_by(client)
    if len(sent) < 2000:
        heard = read(sent, range(len(sent)))
        assert heard == frames[: len(heard)]
        assert len(heard) == len(read(sent))


@pytest.mark.parametrize("kind", [Text, Binary], ids=["text", "binary"])
def test_a_message_in_fragments_of_one_byte_with_pings_in_between(kind: type) -> None:
    whole = "a fill of ½ contract, €5".encode()
    client = open_client()
    begin: Callable[..., None] = client.send_text if kind is Text else client.send_binary
    begin(whole[:1], fin=False)
    for at in range(1, len(whole)):
        client.send_ping(b"%d" % at)
        client.send_continuation(whole[at : at + 1], fin=at == len(whole) - 1)
    *pings, message = read(sent_by(client))
    assert pings == [Ping(b"%d" % at) for at in range(1, len(whole))]
    assert message == kind(whole.decode() if kind is Text else whole)


def test_a_message_is_cut_into_two_fragments_at_every_byte() -> None:
    whole = "ein €".encode()
    for cut in range(len(whole) + 1):
        client = open_client()
        client.send_text(whole[:cut], fin=False)
        client.send_continuation(whole[cut:], fin=True)
        # And the next one begins anew.
        client.send_binary(b"next")
        assert read(sent_by(client)) == [Text("ein €"), Binary(b"next")]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.data())
def test_a_message_in_any_fragments_in_any_pieces(parts: list[bytes], data: st.DataObject) -> None:
    client = open_client()
    client.send_binary(parts[0], fin=len(parts) == 1)
    for at, part in enumerate(parts[1:], 2):
        client.send_continuation(part, fin=at == len(parts))
    sent = sent_by(client)
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=10))
    assert read(sent, cuts) == [Binary(b"".join(parts))]


@pytest.mark.parametrize("begin", [0x01, 0x02], ids=["text", "binary"])
def test_the_longest_message_is_16_mib_whole_or_in_fragments(begin: int) -> None:
    half = bytes(LONGEST // 2)
    (whole,) = read(masked(0x80 | begin, half + half))
    (put_together,) = read(masked(begin, half) + masked(0x80, half))
    assert whole == put_together
    assert whole == (Text("\0" * LONGEST) if begin == 0x01 else Binary(bytes(LONGEST)))


# What a client may not send

HALF = masked(0x01, b"half")
PROTOCOL_ERRORS = {
    "reserved bit 1": (masked(0xC1), 1002, "reserved bits are set"),
    "reserved bit 2": (masked(0xA1), 1002, "reserved bits are set"),
    "reserved bit 3": (masked(0x91), 1002, "reserved bits are set"),
    "not masked": (b"\x81\x02hi", 1002, "a client's frames are masked"),
    "long ping": (masked(0x89, bytes(126)), 1002, "a control frame is too long"),
    "ping of 64 bits": (masked(0x89, length=65_536), 1002, "a control frame is too long"),
    "ping in fragments": (masked(0x09, b"a"), 1002, "a control frame is fragmented"),
    "continues nothing": (masked(0x80, b"a"), 1002, "nothing to continue"),
    "continues what is whole": (
        masked(0x81, b"a") + masked(0x00, b"b"),
        1002,
        "nothing to continue",
    ),
    "text within text": (HALF + masked(0x81), 1002, "a message begins within another"),
    "binary within text": (HALF + masked(0x02), 1002, "a message begins within another"),
    **{
        f"opcode {opcode}": (masked(0x80 | opcode), 1002, "an unknown opcode")
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    },
    "one byte of a code": (masked(0x88, b"\x03"), 1002, "a close frame of one byte"),
    **{
        f"code {code}": (
            masked(0x88, code.to_bytes(2, "big")),
            1002,
            "a close code that may not be sent",
        )
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
    "text": (masked(0x81, b"\xff"), 1007, "text that is not UTF-8"),
    "text that is cut": (masked(0x81, "€".encode()[:2]), 1007, "text that is not UTF-8"),
    "fragments that are no text": (
        masked(0x01, b"\xe2") + masked(0x80, b"\x28\xa1"),
        1007,
        "text that is not UTF-8",
    ),
    "a reason that is no text": (
        masked(0x88, b"\x03\xe8\xc0\x80"),
        1007,
        "text that is not UTF-8",
    ),
    "too big": (masked(0x82, length=LONGEST + 1), 1009, "the message is too big"),
    "as big as can be": (masked(0x82, length=2**64 - 1), 1009, "the message is too big"),
    "too big in fragments": (
        masked(0x02, bytes(LONGEST)) + masked(0x00, b"!"),
        1009,
        "the message is too big",
    ),
}


@pytest.mark.parametrize(
    ("data", "code", "reason"), PROTOCOL_ERRORS.values(), ids=PROTOCOL_ERRORS.keys()
)
def test_what_is_no_frame_of_a_client_s_is_an_error_with_a_close_code(
    data: bytes, code: int, reason: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(data)
    assert (caught.value.code, caught.value.reason) == (code, reason)
    assert str(caught.value) == f"{code} {reason}"


def test_what_came_before_an_error_is_heard() -> None:
    frames = FrameParser().feed(masked(0x81, b"first") + masked(0x8F))
    assert next(frames) == Text("first")
    with pytest.raises(ProtocolError, match=r"^1002 an unknown opcode$"):
        next(frames)


@pytest.mark.parametrize("code", [*range(990, 1020), 2999, 3000, 3999, 4000, 4999, 5000])
def test_the_same_close_codes_may_be_sent_as_with_them(code: int) -> None:
    client = open_client()
    client.send_frame(TheirFrame(Opcode.CLOSE, code.to_bytes(2, "big")))
    allowed = code in EXTERNAL_CLOSE_CODES or 3000 <= code < 5000
    if allowed:
        assert read(sent_by(client)) == [Close(code)]
    else:
        with pytest.raises(ProtocolError, match="may not be sent"):
            read(sent_by(client))


frames_of_any_kind = st.builds(
    masked,
    st.one_of(st.integers(0, 255), st.sampled_from([0x81, 0x01, 0x00, 0x80, 0x89, 0x88])),
    st.one_of(
        st.binary(max_size=4),
        codes.map(lambda code: code.to_bytes(2, "big")),
        st.sampled_from([bytes(125), bytes(126), bytes(65_536)]),
    ),
)


def verdict(parser: FrameParser, data: bytes) -> list[Frame] | ProtocolError:
    try:
        return list(parser.feed(data))
    except ProtocolError as error:
        return error


@given(st.lists(frames_of_any_kind, min_size=1, max_size=5))
@example([HALF, masked(0x88)])
def test_what_their_server_refuses_we_refuse_and_nothing_else(sent: list[bytes]) -> None:
    theirs = ServerProtocol(state=State.OPEN, max_size=LONGEST)
    ours = FrameParser()
    for data in sent:
        theirs.receive_data(data)
        heard = verdict(ours, data)
        if isinstance(heard, ProtocolError):
            if theirs.close_sent is None or theirs.close_sent.code == 1007:
                # They don't look whether a message is text, that is for their caller to do; and of
                # a close frame, at the reason before the code.
                assert heard.code == 1007 or str(heard) == "1002 a close code that may not be sent"
            else:
                assert theirs.close_sent.code == heard.code
            return
        if theirs.parser_exc is not None:
            # A stricter reading than the standard's, which lets a close frame come at any time.
            assert str(theirs.parser_exc) == "incomplete fragmented message"
            return
        said = [event for event in theirs.events_received() if isinstance(event, TheirFrame)]
        assert [as_theirs(each) for each in heard if isinstance(each, Ping | Pong | Close)] == [
            each for each in said if each.opcode in CTRL_OPCODES
        ]
        if theirs.close_sent is not None:
            return
