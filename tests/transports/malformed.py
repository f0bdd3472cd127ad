"""What is no HTTP, or nearly: from a table and from a fuzzer, for whatever has to answer it."""

from __future__ import annotations

from hypothesis import strategies as st

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)

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


# From the fuzzer

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
def damaged(draw: st.DrawFn, *, most: int = 3) -> bytes:
    """Up to so many requests in a row, some bytes of which were changed, lost, or put in."""
    data = bytearray(b"".join(draw(st.lists(st.one_of(whole, made_up), min_size=1, max_size=most))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, min(len(data), 400)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)
