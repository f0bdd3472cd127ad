"""The table of products: what Options' row says, and that one row more is a product more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pytest_binance_options
from pytest_binance_options._hosts import base_url
from pytest_binance_options._products import OPTIONS, PRODUCTS, Product
from pytest_binance_options._urls import authority
from tests.support import usd_m
from tests.support.usd_m import USD_M

PACKAGE = Path(pytest_binance_options.__file__).parent

# What a client of the product that was added may expect, in a suite of its own.
SUITE = """
import json
from pathlib import Path

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import pytest_binance_options
from pytest_binance_options._backends.record import environment_of
from pytest_binance_options._cassette.findings import find_wrong_shapes
from pytest_binance_options._cassette.matching import match_key
from pytest_binance_options._cassette.model import Cassette, Interaction
from pytest_binance_options._hosts import is_production
from pytest_binance_options._masking import mask
from pytest_binance_options._products import OPTIONS, PRODUCTS
from pytest_binance_options.exchange import events
from pytest_binance_options.wire import Headers, Request, Response

USD_M = PRODUCTS[-1]
LIVE, DEMO = "https://fapi.binance.com", "https://demo-fapi.binance.com"
FILL = events.order_trade_update(status="FILLED")


def test_it_is_the_copy_that_is_tested():
    assert Path(pytest_binance_options.__file__).parent.parent == Path.cwd() / "copy"


@pytest.fixture
def ask(binance_options_auth):
    def ask(method, base=LIVE, path="/fapi/v1/listenKey"):
        headers = {"X-MBX-APIKEY": binance_options_auth.api_key}
        answer = requests.request(method, base + path, headers=headers, timeout=10)
        return answer.status_code, answer.json()

    return ask


@pytest.fixture
def usd_m_key(binance_options_exchange, ask):
    return ask("POST")[1]["listenKey"]


def test_the_three_calls_leave_the_options_key_alone(ask, binance_options_exchange):
    _, options = ask("POST", "https://eapi.binance.com", "/eapi/v1/listenKey")
    status, started = ask("POST")
    assert (status, set(started), set(options)) == (200, {"listenKey"}, {"listenKey", "expiration"})
    assert started["listenKey"] != options["listenKey"]
    assert ask("PUT", DEMO) == (200, started)
    assert ask("DELETE") == (200, {})
    assert ask("PUT") == (400, {"code": -1125, "msg": "This listenKey does not exist."})
    (account,) = binance_options_exchange.accounts
    assert account.listen_key == options["listenKey"]
    assert ask("PUT", DEMO, "/eapi/v1/listenKey") == (200, {})
    assert account.listen_keys[USD_M].value is None


@pytest.mark.parametrize("base", ["wss://fstream.binance.com", "wss://demo-fstream.binance.com"])
@pytest.mark.parametrize("path", ["/private/ws/{}", "/ws/{}"])
def test_its_streams_are_heard(binance_options_exchange, usd_m_key, base, path):
    with connect(base + path.format(usd_m_key)) as stream:
        assert binance_options_exchange.emit(FILL, product=USD_M) == 1
        assert json.loads(stream.recv(timeout=10))["e"] == "ORDER_TRADE_UPDATE"
        binance_options_exchange.clock.advance(minutes=60)
        expired = json.loads(stream.recv(timeout=10))
    assert (expired["e"], expired["listenKey"]) == ("listenKeyExpired", usd_m_key)
    assert "USD-M listen key expired" in str(binance_options_exchange.journal)


def test_the_addresses_that_options_has_left_stay_left(
    binance_options_exchange, binance_options_listen_key
):
    with connect(f"wss://fstream.binance.com/ws/{binance_options_listen_key}") as stream:
        assert binance_options_exchange.emit(FILL) == 0
    with pytest.raises(InvalidStatus):
        connect(f"wss://fstream.binance.com/eoptions/ws/{binance_options_listen_key}")


def test_recordings_know_it():
    request = Request("PUT", LIVE + "/fapi/v1/listenKey")
    assert match_key(request) == match_key(request.with_url(DEMO + "/fapi/v1/listenKey"))
    assert (environment_of(LIVE), environment_of(DEMO)) == ("production", "testnet")
    assert is_production(LIVE)
    (finding,) = find_wrong_shapes(Cassette((Interaction(request, Response(200, Headers({}), b"")),)))
    assert str(finding) == "interaction 1, PUT /fapi/v1/listenKey: the answer is 200, and no JSON"
"""


def test_a_product_more_is_a_row_more(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(
        PACKAGE,
        pytester.path / "copy" / PACKAGE.name,
        # What is compiled comes along, but for what is just being compiled elsewhere.
        ignore=shutil.ignore_patterns("*.pyc.*"),
    )
    row = Path(usd_m.__file__).read_text(encoding="utf-8").partition("USD_M = ")
    with (copy / "_products.py").open("a", encoding="utf-8") as table:
        table.write(f"\n\nUSD_M = {row[2]}\nPRODUCTS += (USD_M,)\n")
    monkeypatch.setenv("PYTHONPATH", str(copy.parent))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # The copy would be measured as a second package, half covered.
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess("-p", f"{PACKAGE.name}.plugin")

    result.assert_outcomes(passed=8)


def test_options_is_all_that_there_is() -> None:
    assert PRODUCTS == (OPTIONS,)


@pytest.mark.parametrize("product", [*PRODUCTS, USD_M], ids=repr)
def test_a_row_fits_together(product: Product) -> None:
    assert product.listen_key_path.startswith(product.rest_prefix)
    assert product.rest_prefix.startswith("/")
    assert product.rest_prefix.endswith("/")
    assert set(product.streams) >= {*product.private_streams, *product.public_streams}
    assert product.environments[:2] == (product.production, product.testnet)
    assert (product.production.production, product.testnet.production) == (True, False)
    for environment in product.environments:
        assert not environment.rest or base_url(
            environment.rest, setting="rest", schemes=("https", "http")
        )
        # One of the past had a path of its own.
        scheme, host, _ = authority(environment.stream)
        assert base_url(f"{scheme}://{host}", setting="stream", schemes=("wss", "ws"))
    for prefix in product.streams:
        assert prefix == "" or (prefix.startswith("/") and not prefix.endswith("/"))
