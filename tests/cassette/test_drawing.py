from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from pytest_binance_options._cassette.drawing import draw
from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._messages import Headers, Request, Response
from pytest_binance_options.errors import CassetteError

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
URL = "https://demo-fapi.binance.com/eapi/v1/listenKey"
CREATED = Response(200, Headers(), json.dumps({"listenKey": KEY}).encode())
CASSETTE = Cassette(
    (
        Interaction(Request("POST", URL), CREATED, 12, "t.py::test_a"),
        Interaction(
            Request("PUT", f"{URL}?listenKey={KEY}"),
            Response(200, Headers(), b"{}"),
            1_800_012,
            "t.py::test_a",
        ),
        Interaction(
            Request("GET", "https://h/x"),
            Response(502, Headers(), b"<p>\n" + b"no " * 200),
            None,
            "t.py::test_b",
        ),
    ),
    (
        StreamFrame(5, 0, "out", "ping", b"", (1, 0), f"/private/ws/{KEY}"),
        StreamFrame(40, 0, "in", "text", json.dumps({"listenKey": KEY}).encode(), (3, 1)),
    ),
    Facts("2026-01-02T03:04:05Z", "0.1.0", "https://demo-fapi.binance.com", "testnet", "testnet"),
)


def test_a_cassette_is_drawn_as_an_exchange_in_which_a_key_can_be_followed() -> None:
    assert list(draw(CASSETTE)) == [
        (
            "  recorded 2026-01-02T03:04:05Z from https://demo-fapi.binance.com (testnet), by"
            " version 0.1.0"
        ),
        "  t.py::test_a",
        "       12 ms  -> POST /eapi/v1/listenKey",
        '              <- 200 {"listenKey": "ALIASlistenKey1"}',
        "        5 ms  -> [stream 0 /private/ws/ALIASlistenKey1] ping",
        "  1800012 ms  -> PUT /eapi/v1/listenKey?listenKey=ALIASlistenKey1",
        "              <- 200 {}",
        "  t.py::test_b",
        "              -> GET https://h:443/x",
        f"              <- 502 {('<p> ' + 'no ' * 200)[:300]}… (604 bytes)",
        '       40 ms  <- [stream 0] text {"listenKey": "ALIASlistenKey1"}',
    ]


def test_a_key_in_a_stream_s_query_can_be_followed_too() -> None:
    target = f"/private/ws?listenKey={KEY}&events=GREEK_UPDATE"
    said = json.dumps({"method": "SUBSCRIBE", "params": [f"listenKey={KEY}&events=A"]}).encode()
    frames = (StreamFrame(5, 0, "out", "text", said, (1, 0), target),)
    assert list(draw(Cassette(CASSETTE.interactions[:1], frames)))[-1] == (
        "        5 ms  -> [stream 0 /private/ws?listenKey=ALIASlistenKey1&events=GREEK_UPDATE] text"
        ' {"method": "SUBSCRIBE", "params": ["listenKey=ALIASlistenKey1&events=A"]}'
    )


def test_a_close_frame_shows_its_code_and_reason() -> None:
    closes = [
        StreamFrame(7, 0, "in", "close", payload)
        for payload in (b"\x03\xe9day is over", b"\x03\xe8", b"")
    ]
    assert list(draw(Cassette((), tuple(closes))))[1:] == [
        "        7 ms  <- [stream 0] close 1001 day is over",
        "        7 ms  <- [stream 0] close 1000",
        "        7 ms  <- [stream 0] close",
    ]


def test_another_tools_recording_is_drawn_as_far_as_it_goes() -> None:
    body = gzip.compress(CREATED.body)
    answer = Response(200, {"Content-Encoding": "gzip"}, body)
    assert list(
        draw(Cassette((Interaction(Request("POST", URL, {"X-MBX-APIKEY": KEY[::-1]}), answer),)))
    ) == [
        "  written by another tool: when and where it was recorded is not known",
        "              -> POST /eapi/v1/listenKey",
        '              <- 200 {"listenKey": "ALIASlistenKey1"}',
    ]


def test_recordings_of_several_origins_are_told_apart() -> None:
    first, second, _ = CASSETTE.interactions
    lines = list(draw(Cassette((first, replace(second, test=None)), (), Facts())))
    assert lines[0] == "  recorded unknown from unknown (unknown), by version unknown"
    assert lines[4] == "  recorded by another tool"


def test_what_can_not_be_looked_into_is_not_drawn() -> None:
    answer = Response(200, {"Content-Encoding": "compress"}, b"...")
    with pytest.raises(CassetteError, match="in Content-Encoding 'compress'"):
        list(draw(Cassette((Interaction(Request("POST", URL), answer),))))
