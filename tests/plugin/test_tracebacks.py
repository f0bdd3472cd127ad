"""A failure's traceback ends in the user's code, whatever client an error came through, and has the
rest with --full-trace."""

from __future__ import annotations

import pytest

SUITE = """
    import asyncio
    import http.client
    import socket

    import aiohttp
    import httpx
    import pytest
    import requests
    import websocket
    from websockets.asyncio.client import connect

    from pytest_binance_options.exchange import events, fault

    URL = "https://eapi.binence.com/eapi/v1/listenKey"
    STREAM = "wss://fstream.binence.com/private/ws/k"

    def with_requests():
        requests.get(URL)  # HERE

    def with_httpx():
        httpx.get(URL)  # HERE

    async def ask():
        async with aiohttp.ClientSession() as session:
            await session.get(URL)  # HERE

    def with_aiohttp():
        asyncio.run(ask())

    async def listen():
        await connect(STREAM)  # HERE

    def with_websockets():
        asyncio.run(listen())

    def with_websocket_client():
        websocket.create_connection(STREAM)  # HERE

    def with_http_client():
        http.client.HTTPSConnection("eapi.binence.com").request("GET", "/eapi/v1/ping")  # HERE

    def with_a_socket():
        socket.create_connection(("eapi.binence.com", 443))  # HERE

    @pytest.mark.parametrize("call", [
        with_requests, with_httpx, with_aiohttp, with_websockets, with_websocket_client,
        with_http_client, with_a_socket,
    ])
    def test_refused(call, binance_options):
        call()

    def test_emit(binance_options_exchange):
        binance_options_exchange.emit({})  # HERE

    def test_builder(binance_options):
        events.order_trade_update(status="x")  # HERE

    def test_clock(binance_options_clock):
        binance_options_clock.advance(minutes=-1)  # HERE

    def test_client(binance_options_user_data_streams):
        binance_options_user_data_streams.options_update_listen_key_v1()  # HERE

    def test_fault(binance_options_exchange):
        binance_options_exchange.faults.add(fault.reset())
        requests.post("https://eapi.binance.com/eapi/v1/listenKey")  # HERE

    def test_cause(binance_options):
        try:
            with_requests()
        except Exception as error:
            raise RuntimeError("the bot has stopped") from error  # HERE

    @pytest.fixture
    def down(binance_options_exchange):
        binance_options_exchange.faults.add(fault.service_unavailable())

    def test_fixture(down, binance_options_listen_key):
        pass
"""


def failures(pytester: pytest.Pytester, *arguments: str) -> dict[str, str]:
    """What an inner run shows of each failure, by its test's name."""
    run = pytester.inline_run(*arguments)
    reports = run.getreports("pytest_runtest_logreport")
    return {
        report.nodeid.partition("::")[2]: str(report.longrepr)
        for report in reports
        if isinstance(report, pytest.TestReport) and report.failed
    }


def test_a_traceback_ends_in_the_user_s_code(pytester: pytest.Pytester) -> None:
    lines = pytester.makepyfile(SUITE).read_text(encoding="utf-8").splitlines()
    here = {f".py:{number}: " for number, line in enumerate(lines, 1) if "# HERE" in line}
    found = failures(pytester, "-p", "no:terminal")
    assert len(found) == 14
    setup = found.pop("test_fixture")
    for name, text in found.items():
        assert "pytest_binance_options/" not in text, name
        assert "site-packages" not in text, name
        last = text.splitlines()[-1]
        assert any(place in last for place in here), f"{name} ends with {last}"
    assert "pytest_binance_options.errors.NetworkRefusedError: a conn" in found["test_cause"]
    assert "ConnectionResetError: [Errno 104]" in found["test_fault"]
    assert "def binance_options_listen_key(" in setup
    assert "site-packages" not in setup
    assert setup.splitlines()[-1].endswith("ServiceException")
    assert "_plugin/fixtures.py:" in setup.splitlines()[-1]


def test_all_of_it_is_there_with_full_trace(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    found = failures(pytester, "--full-trace", "-k", "requests or emit or fault or fixture")
    assert len(found) == 4
    for name, text in found.items():
        assert "pytest_binance_options/" in text, name
    assert "site-packages/requests" in found["test_refused[with_requests]"]


def test_an_error_within_our_own_code_is_shown_where_it_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from pytest_binance_options.exchange import Exchange

        def test_ours(binance_options_exchange, monkeypatch):
            monkeypatch.delattr(Exchange, "_at_once")
            binance_options_exchange.handle(None)
    """)
    (text,) = failures(pytester).values()
    assert "exchange/_exchange.py" in text.splitlines()[-1]
