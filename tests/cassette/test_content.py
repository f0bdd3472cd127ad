from __future__ import annotations

import gzip
import zlib

import pytest

from pytest_binance_options._cassette.content import (
    Decoded,
    UnreadableEncodingError,
    decode,
    looks_encoded,
)
from pytest_binance_options._messages import Headers

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
