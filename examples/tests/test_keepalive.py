"""The bot's suite: what its listen key service does on a good day, when time passes, and when the
exchange says no."""

import time

import pytest

from keepalive import KeepaliveService

MINUTE = 60


def test_a_key_is_made_renewed_and_closed(binance_options, binance_options_auth):
    # Replayed from ../cassettes/examples/tests/test_keepalive/: no account, no network.
    seconds = 0
    service = KeepaliveService(binance_options_auth.api_key, now=lambda: seconds)

    for seconds in (0, 30 * 60, 60 * 60):  # noqa: B007  the service reads it
        service.tick()
    service.stop()

    assert [(asked.method, asked.status) for asked in binance_options.requests] == [
        ("POST", 200),
        ("PUT", 200),
        ("PUT", 200),
        ("DELETE", 200),
    ]


@pytest.fixture
def clocked(binance_options_time, binance_options_auth):
    """The service, living on the exchange's clock: whatever sleeps in the test sleeps there."""
    return KeepaliveService(binance_options_auth.api_key)


def test_the_key_outlives_the_hour(clocked, binance_options_exchange):
    clocked.tick()
    key = clocked.key

    for _ in range(24 * 6):
        time.sleep(10 * MINUTE)
        clocked.tick()

    assert clocked.key == key
    assert binance_options_exchange.journal.calls.count(("PUT", "/eapi/v1/listenKey", 200)) == 48


def test_a_key_that_expired_is_replaced(clocked):
    clocked.tick()
    key = clocked.key

    time.sleep(60 * MINUTE)  # the bot was suspended for an hour
    clocked.tick()

    assert clocked.key not in (None, key)


def test_a_key_that_somebody_else_closed_is_replaced(clocked, binance_options_user_data_streams):
    clocked.tick()
    key = clocked.key

    binance_options_user_data_streams.options_delete_listen_key_v1()
    time.sleep(30 * MINUTE)
    clocked.tick()

    assert clocked.key not in (None, key)


def test_closing_twice_is_no_error(clocked, binance_options_user_data_streams):
    clocked.tick()
    binance_options_user_data_streams.options_delete_listen_key_v1()

    clocked.stop()

    assert clocked.key is None
