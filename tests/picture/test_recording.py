"""A cassette as steps: on the recording's time, in its order, with aliases for its keys."""

from __future__ import annotations

import pytest

from pytest_binance_options._cassette.model import Cassette, Facts, Interaction, StreamFrame
from pytest_binance_options._messages import Response
from pytest_binance_options._picture.recording import record_of
from pytest_binance_options.errors import CassetteError
from tests.backends.flow import API_KEY, CREATED, DONE, GONE, LISTEN_KEY, ask

FACTS = Facts(
    "2026-01-01T00:00:00Z", "0.1.0", "https://demo-fapi.binance.com", "testnet", "testnet"
)


def interaction(at_ms: int | None, method: str, response: Response, url: str = "") -> Interaction:
    request = ask(method, url) if url else ask(method)
    return Interaction(request, response, at_ms, None if at_ms is None else "a.py::t")


def frame(offset: int, kind: str, payload: bytes, after: int, direction: str = "in") -> StreamFrame:
    return StreamFrame(
        offset,
        0,
        direction,  # type: ignore[arg-type]
        kind,  # type: ignore[arg-type]
        payload,
        (after, 0),
        f"/private/ws/{LISTEN_KEY}",
    )


CASSETTE = Cassette(
    (
        interaction(100, "POST", CREATED),
        interaction(400, "PUT", DONE),
        interaction(900, "DELETE", DONE),
        interaction(901, "PUT", GONE, "https://eapi.binance.com/eapi/v1/listenKey?timestamp=1&x=2"),
    ),
    (
        frame(20, "text", b'{"e": "ORDER_TRADE_UPDATE"}', 1),
        frame(120, "text", b'{"method": "PING"}', 1, "out"),
        frame(500, "close", (1008).to_bytes(2, "big") + b"bye", 2),
    ),
    FACTS,
)


def test_interactions_and_frames_are_steps_in_the_order_of_the_file() -> None:
    record = record_of("dir/a.yaml", CASSETTE)
    picture = record.picture
    told = [(moment.at_ms, moment.lane, moment.text) for moment in picture.moments]
    assert told == [
        (100, "requests", "POST /eapi/v1/listenKey -> 200"),
        (100, "keys", "listen key made"),
        (100, "connections", "#1 connected at /private/ws/ALIASlistenKey1"),
        (100, "events", "ORDER_TRADE_UPDATE to #1"),
        (200, "connections", "PING from #1"),
        (400, "requests", "PUT /eapi/v1/listenKey -> 200"),
        (400, "keys", "listen key renewed"),
        (580, "connections", "#1 closed by the exchange, 1008: bye"),
        (900, "requests", "DELETE /eapi/v1/listenKey -> 200"),
        (900, "keys", "listen key closed"),
        (
            901,
            "requests",
            "PUT /eapi/v1/listenKey?x=2 -> 400 -1125 This listenKey does not exist.",
        ),
    ]
    assert [(span.name, span.first, span.last) for span in picture.spans] == [
        ("#1", 2, 7),
        ("listen key", 1, 9),
    ]
    assert (record.clock, record.outcome) == ("recording", "recording")
    assert record.facts == (
        "Recorded 2026-01-01T00:00:00Z from https://demo-fapi.binance.com (testnet), by version 0.1.0.",
        "Recorded by a.py::t.",
    )


def test_bodies_are_shown_with_aliases() -> None:
    record = record_of("a.yaml", CASSETTE)
    assert record.picture.moments[0].detail == (
        '<- {"listenKey":"ALIASlistenKey1","expiration":1700003600000}'
    )
    text = record.dumps()
    assert LISTEN_KEY not in text
    assert API_KEY not in text


def test_a_file_of_another_tool_has_neither_times_nor_facts() -> None:
    bare = Cassette((interaction(None, "POST", CREATED), interaction(None, "PUT", DONE)))
    record = record_of("a.yaml", bare)
    assert {moment.at_ms for moment in record.picture.moments} == {0}
    assert record.facts == (
        "Written by another tool: when and where it was recorded is not known.",
    )


def test_a_body_that_could_hide_a_key_is_an_error() -> None:
    unreadable = Response(200, {"Content-Encoding": "br"}, b"...")
    with pytest.raises(CassetteError, match="Content-Encoding 'br'"):
        record_of("a.yaml", Cassette((interaction(1, "POST", unreadable),)))
