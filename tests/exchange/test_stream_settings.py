"""What can be set on exchange.streams, and what is refused."""

from __future__ import annotations

import pytest

from pytest_binance_options.errors import UsageError
from pytest_binance_options.exchange import Exchange


def test_the_limits_are_the_documented_ones() -> None:
    streams = Exchange().streams
    assert (streams.ping_interval, streams.pong_timeout, streams.max_age) == (
        3 * 60,
        10 * 60,
        24 * 3600,
    )
    assert (streams.max_messages_per_second, streams.max_streams) == (10, 200)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "legacy",
            "ignore",
            "streams.legacy is 'ignore'. Give one of: silent, refuse, accept.",
        ),
        ("on_close", None, "streams.on_close is None. Give one of: silent, close."),
        ("copies", 0, "streams.copies is 0. Give a whole number from 1 up."),
        ("max_outbox", True, "streams.max_outbox is True. Give a whole number from 1 up."),
        ("max_streams", 1.5, "streams.max_streams is 1.5. Give a whole number from 1 up."),
        (
            "ping_interval",
            0,
            "streams.ping_interval is 0. Give a number of seconds above 0, up to 1000000000000.",
        ),
        (
            "max_age",
            float("nan"),
            "streams.max_age is nan. Give a number of seconds above 0, up to 1000000000000.",
        ),
        (
            "pong_timeout",
            "9",
            "streams.pong_timeout is '9'. Give a number of seconds above 0, up to 1000000000000.",
        ),
        (
            "zombies",
            True,
            (
                "The streams have no setting 'zombies'. They have: ping_interval, pong_timeout,"
                " pong_grace, max_age, max_messages_per_second, max_streams, max_outbox, copies,"
                " expired_notices, legacy, path_form, dead_key, envelope,"
                " on_close, on_expiry, pongs."
            ),
        ),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: object, said: str) -> None:
    streams = Exchange().streams
    with pytest.raises(UsageError) as caught:
        setattr(streams, name, value)
    assert str(caught.value) == said


def test_a_reset_restores_the_settings() -> None:
    exchange = Exchange()
    exchange.streams.legacy, exchange.streams.copies = "accept", 3
    exchange.reset()
    assert (exchange.streams.legacy, exchange.streams.copies) == ("silent", 1)
