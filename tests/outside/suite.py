"""A suite as a stranger writes it: nothing but the public interface. `run.py` runs it against the
installed wheel."""

import os

import pytest
import requests

import pytest_binance_options.client
from pytest_binance_options.client.models.options_create_listen_key_v1_resp import (
    OptionsCreateListenKeyV1Resp,
)
from pytest_binance_options.client.rest import ApiException


def test_flow(binance_options_user_data_streams):
    streams = binance_options_user_data_streams
    first = streams.options_create_listen_key_v1()
    assert isinstance(first, OptionsCreateListenKeyV1Resp)
    assert len(first.listen_key) == 64
    again = streams.options_create_listen_key_v1_with_http_info()
    assert (again.status_code, again.data.listen_key) == (200, first.listen_key)
    assert again.data.expiration >= first.expiration
    assert streams.options_update_listen_key_v1() == {}
    assert streams.options_delete_listen_key_v1() == {}
    with pytest.raises(ApiException) as closed:
        streams.options_update_listen_key_v1()
    assert (closed.value.status, closed.value.code) == (400, -1125)
    assert streams.options_delete_listen_key_v1_without_preload_content().status_code == 400


@pytest.mark.parametrize("name", ["a", "b/c", "ü" * 90])
def test_names(name, binance_options_listen_key, binance_options):
    assert binance_options_listen_key.isalnum()
    assert [asked.method for asked in binance_options.requests] == ["POST"]


class TestClients:
    """The bot's own client, with production's address."""

    url = "https://eapi.binance.com/eapi/v1/listenKey"

    def test_requests(self, binance_options):
        response = requests.post(
            self.url, headers={"X-MBX-APIKEY": binance_options.auth.api_key}, timeout=10
        )
        assert len(response.json()["listenKey"]) == 64
        assert int(response.headers["X-MBX-USED-WEIGHT-1M"]) >= 1

    def test_a_mounted_transport(self, binance_options, binance_options_transport):
        with requests.Session() as session:
            session.mount("https://", binance_options_transport)
            session.headers["X-MBX-APIKEY"] = binance_options.auth.api_key
            assert session.post(self.url).status_code == 200
            assert session.delete(self.url).json() == {}

    def test_the_generated_clients_way(self, binance_options_auth):
        configuration = pytest_binance_options.client.Configuration(auth=binance_options_auth)
        with pytest_binance_options.client.ApiClient(configuration) as api_client:
            streams = pytest_binance_options.client.UserDataStreamsApi(api_client)
            assert len(streams.options_create_listen_key_v1().listen_key) == 64
            streams.options_delete_listen_key_v1()

    def test_an_unknown_key(self, binance_options):
        response = requests.post(self.url, headers={"X-MBX-APIKEY": "x" * 64}, timeout=10)
        assert (response.status_code, response.json()["code"]) == (401, -2008)


@pytest.mark.binance_options(auth="ed25519", mode="simulate")
def test_ed25519(binance_options_client):
    assert binance_options_client.request("GET", "/eapi/v1/marginAccount", signed=True)


def test_expiry(
    binance_options_clock, binance_options_listen_key, binance_options_user_data_streams
):
    binance_options_clock.advance(minutes=59, seconds=59.999)
    assert binance_options_user_data_streams.options_update_listen_key_v1() == {}
    binance_options_clock.advance(minutes=60)
    with pytest.raises(ApiException) as expired:
        binance_options_user_data_streams.options_update_listen_key_v1()
    assert expired.value.code == -1125


def test_stream(
    binance_options_stream,
    binance_options_exchange,
    binance_options_listen_key,
    binance_options_clock,
):
    from pytest_binance_options.exchange import events

    binance_options_exchange.emit(events.order_trade_update(symbol="BTC-260925-50000-C"))
    assert binance_options_stream.receive(timeout=5)["o"]["s"] == "BTC-260925-50000-C"
    binance_options_clock.advance(minutes=60)
    assert binance_options_stream.receive(timeout=5)["e"] == "listenKeyExpired"


def test_no_account_is_read_where_there_is_no_network(binance_options):
    assert binance_options.user_data_streams.options_create_listen_key_v1().listen_key
    if binance_options.mode in ("offline", "replay", "simulate"):
        assert binance_options.auth.api_key != os.environ.get("BINANCE_API_KEY")
