"""A secret that begins in one frame of a stream and ends in a later one."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._cassette.findings import find_secrets
from pytest_binance_options._cassette.model import Cassette, StreamFrame
from pytest_binance_options._cassette.redaction import Redactor

from .test_properties import (
    assert_hidden,
    base64_signatures,
    encodings_of,
    hex_signatures,
    keys,
    passphrases,
)

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def said(*payloads: bytes, connection: int = 0) -> tuple[StreamFrame, ...]:
    return tuple(StreamFrame(0, connection, "in", "binary", payload) for payload in payloads)


def redacted(frames: tuple[StreamFrame, ...], *secrets: str) -> list[bytes]:
    return [f.payload for f in Redactor(secrets).redact(Cassette(frames=frames)).frames]


@given(
    secret=keys | passphrases | base64_signatures | hex_signatures,
    n=st.integers(0, 40),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    beside=st.booleans(),
)
def test_a_secret_in_parts_is_in_no_recording(
    secret: str, n: int, cuts: list[float], *, beside: bool
) -> None:
    options = list(dict.fromkeys(encodings_of(secret)))
    text = b"< " + options[n % len(options)] + b" >"
    edges = [0, *sorted(round(cut * len(text)) for cut in cuts), len(text)]
    parts = [text[start:end] for start, end in itertools.pairwise(edges)]
    frames = said(*parts)
    if beside:  # another connection's frames come in between
        others = said(*[b"noise"] * len(parts), connection=1)
        frames = tuple(f for pair in zip(frames, others, strict=True) for f in pair)
    cassette = Redactor([secret]).redact(Cassette(frames=frames))
    assert_hidden(secret, b"".join(f.payload for f in cassette.frames if f.connection == 0))
    assert len(cassette.frames) == len(frames)


@pytest.mark.parametrize("cut", [1, 30, 63])
def test_a_key_that_nobody_knew_is_told_by_its_looks(cut: int) -> None:
    text = json.dumps({"a": KEY}).encode()
    first, second = text[: 7 + cut], text[7 + cut :]
    alias = json.loads(b"".join(redacted(said(first, second))))["a"]
    assert alias.startswith("ALIASsecret1")
    assert len(alias) == 64


def test_what_stands_around_it_stays_in_its_own_frame() -> None:
    first, second, third = redacted(
        said(b"one " + KEY[:10].encode(), KEY[10:50].encode(), KEY[50:].encode() + b" three"), KEY
    )
    assert (first[:4], len(first), len(second)) == (b"one ", 14, 40)
    assert third.endswith(b" three")


def test_what_two_sides_or_two_connections_say_is_not_taken_together() -> None:
    frames = (
        *said(KEY[:30].encode()),
        StreamFrame(0, 0, "out", "binary", KEY[30:].encode()),
        *said(KEY[30:].encode(), connection=1),
    )
    assert redacted(frames, KEY) == [frame.payload for frame in frames]


def test_the_check_of_a_file_finds_it_too() -> None:
    frames = said(f"< {KEY[:30]}".encode(), f"{KEY[30:]} >".encode())
    (finding,) = find_secrets(Cassette(frames=frames))
    assert str(finding) == (
        "frames 1 to 2, taken together: what looks like a key or a secret. Revoke it if it was"
        " real, and record the cassette again"
    )
