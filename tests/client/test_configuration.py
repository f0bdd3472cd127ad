"""The client's settings, checked when they are given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
from urllib3.util.retry import Retry

from pytest_binance_options.client import BinanceAuth, Configuration
from pytest_binance_options.client.configuration import LOGGER_NAME
from pytest_binance_options.errors import UsageError

from .answering import API_KEY, SECRET, in_reports, text_of


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    yield
    logging.getLogger(LOGGER_NAME).setLevel(logging.NOTSET)


def test_the_default_is_productions_host_without_anybody() -> None:
    configuration = Configuration()
    assert (configuration.host, configuration.auth, configuration.retries, configuration.proxy) == (
        "https://eapi.binance.com",
        None,
        None,
        None,
    )
    assert (configuration.verify_ssl, configuration.ssl_ca_cert, configuration.debug) == (
        True,
        None,
        False,
    )


def test_settings_can_be_assigned_as_well(tmp_path: Path) -> None:
    configuration = Configuration()
    configuration.host = "http://127.0.0.1:8080/"
    configuration.auth = BinanceAuth(api_key=API_KEY, secret_key=SECRET)
    configuration.retries = Retry(2)
    configuration.proxy = "http://proxy.example:3128"
    configuration.ssl_ca_cert = tmp_path
    assert (configuration.host, configuration.auth.api_key) == ("http://127.0.0.1:8080", API_KEY)
    assert isinstance(configuration.retries, Retry)
    assert (configuration.proxy, configuration.ssl_ca_cert) == (
        "http://proxy.example:3128",
        str(tmp_path),
    )


HOST = (
    "is not a base URL. Give scheme and host (https or http), as in https://demo-fapi.binance.com."
)
WRONG: list[tuple[str, Any, str]] = [
    ("host", "eapi.binance.com", f"Configuration.host: 'eapi.binance.com' {HOST}"),
    ("host", "ftp://eapi.binance.com", f"Configuration.host: 'ftp://eapi.binance.com' {HOST}"),
    ("host", "", f"Configuration.host: '' {HOST}"),
    ("host", "http://127.0.0.1:99999", f"Configuration.host: 'http://127.0.0.1:99999' {HOST}"),
    ("host", 7, "Configuration.host is of type int. Give a URL, as in https://eapi.binance.com."),
    ("auth", "key", "Configuration.auth is of type str. Give a BinanceAuth, or None."),
    (
        "retries",
        -1,
        "Configuration.retries is -1. Give a whole number from 0 up. A urllib3 Retry will do too, or None.",
    ),
    (
        "retries",
        True,
        "Configuration.retries is True. Give a whole number from 0 up. A urllib3 Retry will do too, or None.",
    ),
    (
        "retries",
        "3",
        "Configuration.retries is '3'. Give a whole number from 0 up. A urllib3 Retry will do too, or None.",
    ),
    (
        "ssl_ca_cert",
        "/no/such/ca.pem",
        (
            "Configuration.ssl_ca_cert: there is no /no/such/ca.pem. Give a file or directory of"
            " CAs in PEM form."
        ),
    ),
    *(
        (
            "proxy",
            value,
            (
                "Configuration.proxy is no proxy's URL. Give scheme, host and port, as in"
                " http://proxy.example:3128."
            ),
        )
        for value in (
            "proxy.example:3128",
            "ftp://x",
            "http://",
            "",
            7,
            "http://user:hunter2@[::1",
            "http://x:0",
            "http://x:99999",
        )
    ),
]


@pytest.mark.parametrize(("name", "value", "text"), WRONG)
def test_a_setting_that_can_not_work_is_refused_when_given_and_when_assigned(
    name: str, value: Any, text: str
) -> None:
    assert text_of(lambda: Configuration(**{name: value}), UsageError) == text
    assert text_of(lambda: setattr(Configuration(), name, value), UsageError) == text


def test_a_proxys_password_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        Configuration().proxy = "http://user:hunter2@proxy.example:99999"
    assert "hunter2" not in in_reports(caught.value)


def test_no_text_form_shows_a_key_or_password() -> None:
    configuration = Configuration(
        auth=BinanceAuth(api_key=API_KEY, secret_key=SECRET),
        proxy="http://user:hunter2@proxy.example:3128",
    )
    texts: list[Callable[[object], str]] = [repr, str, pformat]
    for text in texts:
        assert text(configuration) == "<Configuration https://eapi.binance.com, <BinanceAuth hmac>>"


def test_debug_turns_the_clients_logger_on_and_leaves_it_alone_otherwise() -> None:
    logger = logging.getLogger("pytest_binance_options.client")
    logger.setLevel(logging.ERROR)
    Configuration(debug=False)
    assert logger.level == logging.ERROR
    Configuration(debug=True)
    assert logger.level == logging.DEBUG
