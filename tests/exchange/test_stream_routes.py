"""Addresses of the stream, as clients write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options.exchange._stream_routes import (
    Route,
    RouteKind,
    route_of,
    unknown_address,
)

KEY = "aB3" * 21 + "z"


@pytest.mark.parametrize(
    ("target", "kind", "combined", "names"),
    [
        (f"/private/ws/{KEY}", "private", False, (KEY,)),
        (f"/private/ws/{KEY}/other", "private", False, (KEY, "other")),
        ("/private/ws", "private", False, ()),
        ("/private/ws/", "private", False, ()),
        (f"/private/stream?streams={KEY}", "private", True, (KEY,)),
        (f"/private/stream?streams={KEY}/other/{KEY}", "private", True, (KEY, "other")),
        (f"/private/stream?streams={KEY}&streams=other", "private", True, (KEY, "other")),
        ("/private/stream", "private", True, ()),
        ("/private/stream?streams=", "private", True, ()),
        ("/private/stream?timeUnit=MILLISECOND", "private", True, ()),
        ("/public/stream", "public", True, ()),
        (
            "/public/ws/btc-260925-50000-c%40optionTicker",
            "public",
            False,
            ("btc-260925-50000-c@optionTicker",),
        ),
        ("/market/stream", "market", True, ()),
        (f"/ws/{KEY}", "legacy", False, (KEY,)),
        (f"/stream?streams={KEY}", "legacy", True, (KEY,)),
        (f"/eoptions/ws/{KEY}", "legacy", False, (KEY,)),
        (f"/eoptions/stream?streams={KEY}", "legacy", True, (KEY,)),
        (f"wss://fstream.binance.com/private/ws/{KEY}", "private", False, (KEY,)),
    ],
)
def test_an_address_leads_to_a_route(
    target: str, kind: str, combined: bool, names: tuple[str, ...]
) -> None:
    assert route_of(target) == Route(RouteKind(kind), combined, names)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "",
        "/private",
        f"/private/{KEY}",
        "/private/stream/nonsense",
        "/eapi/v1/listenKey",
        "/eoptions/private/ws/x",
        "//[x",
    ],
)
def test_an_address_that_is_none(target: str) -> None:
    assert route_of(target) is None


def test_the_refusal_says_what_there_is_and_hides_the_key() -> None:
    assert (
        unknown_address(f"/privat/ws/{KEY}")
        == "There is no stream at /privat/ws/<hidden>. There are /private/ws/<listenKey>,"
        " /private/stream?streams=<listenKey> and /private/stream with a SUBSCRIBE, and the same"
        " under /public and /market."
    )


def test_showing_a_route_shows_no_key() -> None:
    assert repr(route_of(f"/private/ws/{KEY}")) == "<Route private/ws, 1 streams>"


@given(st.text(st.characters(max_codepoint=0x17F), max_size=40))
def test_any_address_has_a_route_or_none(target: str) -> None:
    for address in (target, f"/private/{target}", f"/private/stream?{target}"):
        assert isinstance(route_of(address), Route | None)
