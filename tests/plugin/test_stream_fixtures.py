"""The loopback server and the stream, as fixtures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from pytest_binance_options._backends.simulate import Simulate
from pytest_binance_options._transports.server.server import LoopbackServer, Server
from pytest_binance_options.exchange import Exchange, events
from tests.support import testnet


def test_a_stream_gets_what_the_exchange_emits(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from pytest_binance_options.exchange import events

        def test_it(binance_options_stream, binance_options_exchange):
            binance_options_exchange.emit(events.order_trade_update(symbol="BTC-260925-50000-C"))
            assert binance_options_stream.receive(timeout=5)["o"]["s"] == "BTC-260925-50000-C"
            assert len(binance_options_stream.events) == 1

        def test_expiry(binance_options_stream, binance_options_clock, binance_options_listen_key):
            binance_options_clock.advance(minutes=60)
            event = binance_options_stream.receive(timeout=5)
            assert (event["e"], event["listenKey"]) == ("listenKeyExpired", binance_options_listen_key)
        """)

    pytester.runpytest().assert_outcomes(passed=2)


def test_the_server_answers_other_processes_and_is_clean_for_every_test(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        import subprocess, sys, pytest

        CODE = '''
        import sys, urllib.request
        url = sys.argv[1] + "/eapi/v1/listenKey"
        request = urllib.request.Request(url, method="POST", headers={"X-MBX-APIKEY": sys.argv[2]})
        print(urllib.request.urlopen(request).status)
        '''

        @pytest.mark.parametrize("n", [1, 2])
        def test_it(n, binance_options, binance_options_server):
            code = "\\n".join(line.strip() for line in CODE.splitlines())
            key = binance_options.auth.api_key
            done = subprocess.run([sys.executable, "-c", code, binance_options_server.url, key], capture_output=True, text=True)
            assert done.stdout == "200\\n", done.stderr
            assert [asked.status for asked in binance_options.requests] == [200]
        """)

    pytester.runpytest().assert_outcomes(passed=2)


def test_a_websocket_client_with_productions_address_is_led_to_the_server(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        import asyncio, aiohttp
        from pytest_binance_options.exchange import events

        def test_it(binance_options_exchange, binance_options_listen_key):
            async def listen():
                async with aiohttp.ClientSession() as session:
                    url = f"wss://fstream.binance.com/private/ws/{binance_options_listen_key}"
                    async with session.ws_connect(url) as ws:
                        binance_options_exchange.emit(events.account_update())
                        return await ws.receive_json(timeout=5)

            assert asyncio.run(listen())["e"] == "ACCOUNT_UPDATE"
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_without_the_extra_the_server_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import sys

        class NotInstalled:
            def find_spec(self, name, path=None, target=None):
                if name == "aiohttp":
                    raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")

        sys.meta_path.insert(0, NotInstalled())
        """)
    pytester.makepyfile("def test_it(binance_options_server): pass")

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*the loopback server needs aiohttp, which isn't installed: pip install"
                " 'pytest-binance-options[[]server]'. A bot's streams need none in a test that asks"
                " for binance_options_time."
            )
        ]
    )


@pytest.fixture
def streaming_testnet(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Exchange]]:
    """A testnet with streams; its account is in the environment."""
    exchange = Exchange(seed=7, start=datetime.now(timezone.utc))
    exchange.open_account(api_key=testnet.API_KEY, secret_key=testnet.SECRET_KEY)
    monkeypatch.setenv("BINANCE_API_KEY", testnet.API_KEY)
    monkeypatch.setenv("BINANCE_SECRET_KEY", testnet.SECRET_KEY)
    server = LoopbackServer()
    server.start()
    try:
        with server.attach(Simulate(exchange)) as attached:
            yield attached, exchange
    finally:
        server.stop()


def test_a_stream_is_recorded_and_replayed(
    pytester: pytest.Pytester, streaming_testnet: tuple[Server, Exchange]
) -> None:
    attached, exchange = streaming_testnet
    pytester.makepyfile(
        test_bot="""
        import asyncio, aiohttp

        def test_it(binance_options, binance_options_stream, binance_options_listen_key):
            assert binance_options_stream.receive(timeout=5)["e"] == "ACCOUNT_UPDATE"

            async def listen():  # the bot's own client, with production's address
                async with aiohttp.ClientSession() as session:
                    async with session.ws_connect("wss://fstream.binance.com/private/stream") as ws:
                        await ws.send_json({"method": "SUBSCRIBE", "params": [binance_options_listen_key], "id": 1})
                        answer = await ws.receive_json(timeout=5)
                        return answer, await ws.receive_json(timeout=5)

            answer, event = asyncio.run(listen())
            assert answer == {"result": None, "id": 1}
            assert event["stream"] == binance_options_listen_key
            assert event["data"]["e"] == "ACCOUNT_UPDATE"
        """
    )
    # The account has a position: something happens on it all the time.
    stop = threading.Event()

    def trade() -> None:
        while not stop.wait(0.05):
            exchange.emit(events.account_update())

    trading = threading.Thread(target=trade)
    trading.start()
    try:
        recorded = pytester.runpytest(
            "--binance-options=record",
            f"--binance-options-host={attached.url}",
            f"--binance-options-stream-host={attached.stream_url}",
        )
    finally:
        stop.set()
        trading.join()
    recorded.assert_outcomes(passed=1)

    cassette = (pytester.path / "cassettes" / "test_bot" / "test_it.yaml").read_text()
    assert "SUBSCRIBE" in cassette
    assert "ACCOUNT_UPDATE" in cassette
    assert testnet.API_KEY not in cassette
    assert not any(call[2] != 200 for call in exchange.journal.calls)
    pytester.runpytest("--binance-options=replay").assert_outcomes(passed=1)
