from __future__ import annotations

import gzip
import json
import zlib

import pytest

from pytest_binance_options._cassette.content import (
    Decoded,
    UnreadableEncodingError,
    decode,
    looks_encoded,
)
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._cassette.redaction import Redactor
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError

LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"
URL = "https://h/eapi/v1/listenKey"
ALIAS = "ALIASlistenKey1" + "x" * 49
TEXT = b'{"listenKey":"x"}' * 50


def encoded(encoding: str) -> Headers:
    return Headers({"Content-Encoding": encoding})


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("identity", TEXT),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    ],
)
def test_an_encoded_body_becomes_readable(encoding: str, body: bytes) -> None:
    assert decode(encoded(encoding), body) == Decoded(TEXT)


def test_a_body_without_encoding_is_itself() -> None:
    assert decode(Headers(), TEXT) == Decoded(TEXT)
    assert decode(encoded("gzip"), b"") == Decoded(b"")


def test_of_a_body_that_was_cut_off_the_beginning_can_be_read() -> None:
    result = decode(encoded("gzip"), gzip.compress(bytes(range(256)) * 100)[:-20])
    assert not result.whole
    assert not result.broken
    assert bytes(range(256)) in result.body


def test_a_body_that_only_claims_to_be_compressed_is_broken() -> None:
    assert decode(encoded("gzip"), b'{"a":1}') == Decoded(b"", broken=True)


def test_of_a_damaged_body_what_stands_before_the_damage_can_be_read() -> None:
    body = bytearray(gzip.compress(TEXT))
    body[-6] ^= 0xFF  # the checksum: all of the text stands before it
    result = decode(encoded("gzip"), bytes(body))
    assert result == Decoded(TEXT, broken=True)


@pytest.mark.parametrize("encoding", ["compress", "rot13", "gzip, rot13"])
def test_an_unknown_encoding_says_so(encoding: str) -> None:
    with pytest.raises(UnreadableEncodingError, match=r"^(compress|rot13)$"):
        decode(encoded(encoding), TEXT)


@pytest.mark.parametrize("encoding", ["br", "zstd"])
def test_an_encoding_that_nothing_installed_can_read_says_so(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for module in ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnreadableEncodingError, match=f"^{encoding}$"):
        decode(encoded(encoding), TEXT)


class FakeBrotli:
    @staticmethod
    def decompress(data: bytes) -> bytes:
        if not data.startswith(b"BR"):
            raise RuntimeError("not brotli")
        return data[2:]


def test_brotli_is_read_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "brotli", FakeBrotli)
    assert decode(encoded("br"), b"BR" + TEXT) == Decoded(TEXT)
    with pytest.raises(UnreadableEncodingError):
        decode(encoded("br"), b"something else")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("gzip", gzip.compress(TEXT), True),
        ("gzip", TEXT, False),
        ("deflate", zlib.compress(TEXT), True),
        ("deflate", TEXT, False),
        ("zstd", b"\x28\xb5\x2f\xfd....", True),
        ("zstd", TEXT, False),
        ("br", b"\x0b\x02\x80", True),
        ("br", TEXT, False),
        ("gzip", b"", False),
        ("", TEXT, False),
    ],
)
def test_whether_a_body_is_encoded_can_be_told_from_its_beginning(
    encoding: str, body: bytes, *, expected: bool
) -> None:
    assert looks_encoded(encoded(encoding), body) is expected


def redacted(request: Request, response: Response, *secrets: str) -> Interaction:
    [interaction] = (
        Redactor(secrets).redact(Cassette((Interaction(request, response),))).interactions
    )
    return interaction


def response_of(body: bytes, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return redacted(Request("POST", URL), Response(200, named, body)).response


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    ],
)
def test_a_compressed_body_is_stored_readable(encoding: str, encode: object) -> None:
    body = encode(json.dumps({"listenKey": LISTEN_KEY}).encode())  # type: ignore[operator]
    answer = response_of(body, Content_Encoding=encoding, Content_Length=str(len(body)), X_A="b")
    assert json.loads(answer.body) == {"listenKey": ALIAS}
    assert answer.headers.pairs == (("Content-Length", str(len(answer.body))), ("X-A", "b"))


def test_a_compressed_request_is_stored_readable() -> None:
    body = gzip.compress(f"listenKey={LISTEN_KEY}".encode())
    request = redacted(
        Request("POST", URL, {"Content-Encoding": "gzip"}, body), Response(200)
    ).request
    assert request.body == f"listenKey={ALIAS}".encode()
    assert "content-encoding" not in request.headers


def test_a_compressed_request_that_was_cut_off_is_stored_as_far_as_it_goes() -> None:
    body = gzip.compress(f"listenKey={LISTEN_KEY}&".encode() + bytes(range(256)))
    request = redacted(
        Request("POST", URL, {"Content-Encoding": "gzip"}, body[:-20]), Response(200)
    ).request
    assert request.body.startswith(f"listenKey={ALIAS}".encode())
    assert "content-encoding" in request.headers


def test_a_length_stands_where_it_stood() -> None:
    body = b'{"listenKey":"short"}'
    answer = redacted(
        Request("POST", URL),
        Response(
            200, [("A", "1"), ("content-length", "21"), ("Content-Length", "21"), ("B", "2")], body
        ),
    )
    assert answer.response.headers.pairs == (("A", "1"), ("content-length", "32"), ("B", "2"))


def test_a_body_in_chunks_is_stored_whole() -> None:
    assert response_of(b"{}", Transfer_Encoding="chunked").headers.pairs == ()


def test_a_body_that_was_cut_off_stays_so() -> None:
    assert response_of(b'{"listen', Content_Length="20").missing == 12
    body = gzip.compress(json.dumps({"listenKey": LISTEN_KEY}).encode() + b" " * 500)
    cut = response_of(body[:-9], Content_Encoding="gzip", Content_Length=str(len(body)))
    assert cut.missing > 0
    assert LISTEN_KEY.encode() not in cut.body
    in_chunks = response_of(body[:-9], Content_Encoding="gzip", Transfer_Encoding="chunked")
    assert in_chunks.missing > 0


def test_the_answer_to_a_head_keeps_its_length() -> None:
    assert response_of(b"", Content_Length="20").headers["content-length"] == "20"


def test_a_length_follows_what_redaction_changes() -> None:
    answer = response_of(b'{"listenKey":"short"}', Content_Length="21")
    assert answer.missing == 0
    assert answer.headers["content-length"] == str(len(answer.body)) == "32"


def test_gzip_that_is_not_stays_so_without_its_secrets() -> None:
    plain = json.dumps({"listenKey": LISTEN_KEY}).encode()
    answer = response_of(plain, Content_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(answer.body) == {"listenKey": ALIAS}
    damaged = bytearray(gzip.compress(plain))
    damaged[-8] ^= 1
    answer = response_of(bytes(damaged), Content_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.body.startswith(b'{"listenKey": "ALIAS')


def test_a_body_that_nobody_can_look_into_is_not_written() -> None:
    with pytest.raises(CassetteError) as caught:
        response_of(b"....", Content_Encoding="compress")
    assert (
        str(caught.value)
        == "the response of interaction 1 is in Content-Encoding 'compress', which can't be read"
        " here, so that nobody can tell whether a key stands in it; the cassette was not"
        " written. Let the client ask for gzip (Accept-Encoding: gzip), or install what decodes"
        " it: brotli for br, zstandard for zstd."
    )
    with pytest.raises(
        CassetteError, match=r"^the request of interaction 1 is in Content-Encoding 'rot13',"
    ):
        redacted(Request("POST", URL, {"Content-Encoding": "gzip, rot13"}, b"x"), Response(200))
