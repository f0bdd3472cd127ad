"""What was meant by a host or a path that is none of Options'."""

from __future__ import annotations

import pytest

from pytest_binance_options._misses import miss
from pytest_binance_options._products import OPTIONS
from pytest_binance_options._urls import authority

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("eapi.binence.com", "eapi.binance.com"),
        ("EAPI.Binanc.com.", "eapi.binance.com"),
        ("vapi.binance.com", "eapi.binance.com"),
        ("demo-eapi.binance.com", "demo-fapi.binance.com"),
        ("fstraem.binance.com", "fstream.binance.com"),
        ("demo-fstream.binnance.com", "demo-fstream.binance.com"),
    ],
)
@pytest.mark.parametrize("asked", [None, "https://{}/eapi/v1/time"])
def test_a_misspelt_host_is_told_the_nearest_of_today(
    host: str, near: str, asked: str | None
) -> None:
    url = asked and asked.format(host)
    assert miss(host, url, ours=False) == f"Did you mean {near}?"


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("api.binance.com", "spot"),
        ("fapi.binance.com", "USD-M futures"),
        ("dapi.binance.com", "COIN-M futures"),
        ("testnet.binance.vision", "spot's testnet"),
    ],
)
def test_another_products_host_is_not_taken_for_a_misspelt_one(host: str, whose: str) -> None:
    assert (
        miss(host, None, ours=False)
        == f"This host is not Options', but {whose}: Options are at eapi.binance.com."
    )


def test_rest_at_a_stream_host_is_told_where_it_belongs() -> None:
    url = "https://fstream.binance.com/eapi/v1/listenKey"
    assert (
        miss("fstream.binance.com", url, ours=False)
        == "This host has streams only: REST requests go to eapi.binance.com or"
        " demo-fapi.binance.com."
    )
    assert miss("fstream.binance.com", None, ours=False) == ""
    assert miss("fstream.binance.com", "wss://fstream.binance.com/private/ws", ours=False) == ""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/fapi/v1/listenKey?a=b", "/fapi/v1/listenKey, which is not Options, but USD-M futures"),
        ("//sapi/v1/x", "//sapi/v1/x, which is not Options, but spot"),
        ("/eapi", "/eapi, which is not Options"),
        (f"/v1/{KEY}", "/v1/<hidden>, which is not Options"),
    ],
)
def test_another_products_path_at_a_host_of_ours(path: str, said: str) -> None:
    url = f"https://demo-fapi.binance.com{path}"
    assert (
        miss("demo-fapi.binance.com", url, ours=True)
        == f"The request is for {said}: only paths that begin with /eapi/ are answered here."
    )


@pytest.mark.parametrize("url", [None, "https://eapi.binance.com", "https://eapi.binance.com/"])
def test_a_host_of_ours_whose_path_nobody_knows_is_no_miss(url: str | None) -> None:
    assert miss("eapi.binance.com", url, ours=True) == ""


@pytest.mark.parametrize("environment", OPTIONS.environments, ids=lambda e: str(e.name))
def test_a_host_of_the_table_is_no_misspelt_one(environment: object) -> None:
    for base in (environment.rest, environment.stream):  # type: ignore[attr-defined]
        host = authority(base)[1]
        assert miss(host, None, ours=True) == ""


@pytest.mark.parametrize("host", ["prices.example", "192.0.2.1", "binance.com", "x", ""])
def test_anything_else_is_meant(host: str) -> None:
    assert miss(host, None, ours=False) == ""
