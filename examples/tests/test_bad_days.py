"""Bad days that users of many clients have reported, each one line: how the service takes them, and
how the naive one does.

The naive service is expected to fail (strictly: if it passed, the scenario would not show what it
is there for).
"""

import time

import pytest
import requests

from keepalive import KeepaliveService, ListenKeyRefused
from naive_keepalive import NaiveKeepaliveService
from pytest_binance_options.exchange import scenarios

both = pytest.mark.parametrize(
    "kind",
    [
        KeepaliveService,
        pytest.param(
            NaiveKeepaliveService,
            marks=pytest.mark.xfail(
                strict=True,
                reason="naive",
                raises=(AssertionError, pytest.fail.Exception, requests.HTTPError),
            ),
        ),
    ],
    ids=["written well", "naive"],
)


@pytest.fixture
def service(kind, binance_options_time, binance_options_auth):
    return kind(binance_options_auth.api_key)


@pytest.fixture
def live(service):
    """Let the bot live for some minutes: its main loop ticks every ten seconds."""

    def live(minutes):
        for _ in range(minutes * 6):
            service.tick()
            time.sleep(10)  # on the exchange's clock

    return live


@pytest.fixture
def listening(service, binance_options_exchange):
    """Whether the key that the bot listens with is the one that the exchange sends the account's
    events to."""
    (account,) = binance_options_exchange.accounts

    def listening():
        return service.key is not None and service.key == account.listen_key

    return listening


@both
def test_a_good_day_and_a_half(live, listening):
    live(minutes=36 * 60)
    assert listening()


@both
def test_keepalives_fail_for_a_while(binance_options_exchange, live, listening):
    live(minutes=5)
    scenarios.keepalive_error_swallowed(binance_options_exchange, times=6)
    live(minutes=60)
    assert listening()


@both
def test_the_key_is_lost(binance_options_exchange, live, listening):
    live(minutes=5)
    scenarios.key_lost(binance_options_exchange)
    live(minutes=30)
    assert listening()


@both
def test_keepalives_take_their_time(binance_options_exchange, live, listening):
    scenarios.keepalive_at_the_boundary(binance_options_exchange, seconds=5)
    live(minutes=61)
    assert listening()


@both
def test_another_consumer_of_the_account_closes_the_key(binance_options_exchange, live, listening):
    live(minutes=5)
    scenarios.closed_by_another_consumer(binance_options_exchange)
    live(minutes=30)
    assert listening()


@both
def test_one_keepalive_fails(binance_options_exchange, live, listening):
    live(minutes=5)
    scenarios.one_failed_keepalive(binance_options_exchange)
    live(minutes=90)
    assert listening()
    assert not binance_options_exchange.faults.unused()


@both
def test_a_keepalive_has_an_unknown_outcome(binance_options_exchange, service, live, listening):
    live(minutes=5)
    key = service.key
    scenarios.unknown_outcome_on_keepalive(binance_options_exchange, executed=False)
    live(minutes=90)
    assert listening()
    assert service.key == key  # it was never gone
    assert not binance_options_exchange.faults.unused()


@both
def test_too_many_requests(binance_options_exchange, live, listening):
    scenarios.rate_limited_then_banned(binance_options_exchange)
    live(minutes=2)
    assert listening()
    assert [call for call in binance_options_exchange.journal.calls if call[2] == 418] == []


@both
def test_the_close_has_an_unknown_outcome(binance_options_exchange, service, live):
    live(minutes=5)
    scenarios.unknown_outcome_on_close(binance_options_exchange)
    service.stop()


@both
def test_the_api_key_is_revoked(binance_options_exchange, live):
    live(minutes=5)
    scenarios.api_key_revoked(binance_options_exchange)
    with pytest.raises(ListenKeyRefused):
        live(minutes=60)


@both
def test_the_key_is_of_the_other_environment(binance_options_exchange, live):
    scenarios.key_of_the_other_environment(binance_options_exchange)
    with pytest.raises(ListenKeyRefused):
        live(minutes=60)
    assert len(binance_options_exchange.journal) == 1


@both
@pytest.mark.parametrize("form", ["html", "empty"])
def test_the_endpoint_has_moved(binance_options_exchange, live, form):
    scenarios.endpoint_moved(binance_options_exchange, form=form)
    with pytest.raises(ListenKeyRefused):
        live(minutes=60)
    assert len(binance_options_exchange.journal) == 1
