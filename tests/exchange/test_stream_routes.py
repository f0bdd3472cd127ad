"""Addresses of the stream, as clients write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._products import OPTIONS
from pytest_binance_options.exchange._stream_routes import Route, StreamAddresses
from tests.support.usd_m import USD_M

KEY = "aB3" * 21 + "z"
ADDRESSES = StreamAddresses((OPTIONS,))


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
        # Binance: "Important WebSocket Change Notice" (USD-M Futures, 2026-03-05)
        (f"/private/ws?listenKey={KEY}", "private", False, (KEY,)),
        (f"/private/ws/?listenKey={KEY}", "private", False, (KEY,)),
        (
            f"/private/ws?listenKey={KEY}&events=A/B",
            "private",
            False,
            (f"listenKey={KEY}&events=A/B",),
        ),
        (
            f"/private/ws?events=A%2FB&listenKey={KEY}",
            "private",
            False,
            (f"listenKey={KEY}&events=A/B",),
        ),
        (f"/private/ws?listenKey={KEY}&events=", "private", False, (KEY,)),
        (f"/private/ws?streams={KEY}", "private", False, ()),
        (
            f"/private/stream?listenKey={KEY}&events=A&listenKey=other&listenKey=third&events=B/C",
            "private",
            True,
            (f"listenKey={KEY}&events=A", "other", "listenKey=third&events=B/C"),
        ),
        (f"/private/stream?streams=other&listenKey={KEY}", "private", True, ("other", KEY)),
        ("/private/stream?listenKey=&events=A", "private", True, ()),
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
    route = ADDRESSES.route_of(target)

    assert route is not None
    assert (route.kind, route.combined, route.names) == (kind, combined, names)
    assert route.private == (kind in ("private", "legacy"))


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
    assert ADDRESSES.route_of(target) is None


def test_a_route_knows_which_keys_stand_in_its_path() -> None:
    route = ADDRESSES.route_of(f"/private/ws/{KEY}?listenKey=other")

    assert route is not None
    assert (route.names, route.in_path) == ((KEY, "other"), {KEY})


def test_the_refusal_says_what_there_is_and_hides_the_key() -> None:
    assert (
        ADDRESSES.unknown(f"/privat/ws/{KEY}")
        == "There is no stream at /privat/ws/<hidden>. There are /private/ws/<listenKey>,"
        " /private/ws?listenKey=<listenKey>, /private/stream?streams=<listenKey>,"
        " /private/stream?listenKey=<listenKey> and /private/stream with a SUBSCRIBE, and the same"
        " under /public and /market."
    )


def test_an_address_is_of_the_past_where_no_product_has_it_today() -> None:
    addresses = StreamAddresses((OPTIONS, USD_M))

    for target, kind, legacy in (
        (f"/ws/{KEY}", "root", False),
        (f"/stream?streams={KEY}", "root", False),
        (f"/private/ws/{KEY}", "private", False),
        (f"/eoptions/ws/{KEY}", "legacy", True),
    ):
        route = addresses.route_of(target)
        assert route is not None
        assert (route.kind, route.private, route.legacy) == (kind, True, legacy)


def test_showing_a_route_shows_no_key() -> None:
    assert repr(ADDRESSES.route_of(f"/private/ws/{KEY}")) == "<Route private/ws, 1 streams>"


@given(st.text(st.characters(max_codepoint=0x17F), max_size=40))
def test_any_address_has_a_route_or_none(target: str) -> None:
    for address in (target, f"/private/{target}", f"/private/stream?{target}"):
        assert isinstance(ADDRESSES.route_of(address), Route | None)
