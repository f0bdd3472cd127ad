from __future__ import annotations

import os

import pytest

from pytest_binance_options import _environment
from pytest_binance_options._messages import Request, Response
from pytest_binance_options._transports.proxies import proxy_of
from pytest_binance_options._transports.upstream import send

from .test_upstream import serving

EXCHANGE = "https://exchange.example/eapi/v1/time"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies, and nothing remembered."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(_environment, "_remembered", None)


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_environment_s_proxy_leads_to_the_exchange(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert proxy_of(EXCHANGE) is None
    monkeypatch.setenv(name, "http://company.example:3128")
    assert proxy_of(EXCHANGE) == "http://company.example:3128"
    monkeypatch.setenv("no_proxy", "exchange.example")
    assert proxy_of(EXCHANGE) is None


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
def test_what_a_test_says_of_proxies_is_for_its_bot(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://company.example:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    _environment.remember()
    monkeypatch.delenv("https_proxy")
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "exchange.example")
    assert proxy_of(EXCHANGE) == "http://company.example:3128"
    assert proxy_of("https://near.example/") is None


def test_of_two_spellings_the_lower_case_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://upper.example:1")
    monkeypatch.setenv("https_proxy", "http://lower.example:1")
    _environment.remember()
    monkeypatch.delenv("https_proxy")
    assert proxy_of(EXCHANGE) == "http://lower.example:1"


def test_a_proxy_that_only_a_test_names_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    _environment.remember()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    assert proxy_of(EXCHANGE) is None


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:1"])
def test_none_leads_to_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://company.example:3128")
    assert proxy_of(f"http://{host}/eapi/v1/time") is None


def test_requests_are_sent_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    proxied = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied"
    with serving(proxied) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        _environment.remember()
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        answer = send(Request("GET", "http://exchange.example/eapi/v1/time?a=1"))
    assert isinstance(answer, Response)
    assert answer.body == b"proxied"
    assert proxy.requests[0].startswith(b"GET http://exchange.example/eapi/v1/time?a=1 ")
