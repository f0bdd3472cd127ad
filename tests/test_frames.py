"""Frames as values: equal by content, and safe to show."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_binance_options._frames import Binary, Close, Drop, Ping, Pong, Text


def test_frames_are_equal_by_kind_and_content() -> None:
    assert Text("a") == Text("a") != Text("b")
    assert Ping(b"1") == Ping(b"1") != Pong(b"1")
    assert Close(1001, "bye") != Close(1001)
    assert Drop() == Drop()
    assert len({Text("a"), Text("a"), Binary(b"a"), Drop()}) == 3


def test_a_frame_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Text("a").data = "b"


def test_showing_a_frame_shows_no_listen_key() -> None:
    key = "a1B2" * 16
    assert repr(Text(f'{{"stream":"{key}","data":{{"listenKey":"short"}}}}')) == (
        """Text('{"stream":"<hidden>","data":{"listenKey":"<hidden>"}}')"""
    )
    assert repr(Binary(b"abc")) == "Binary(3 bytes)"
