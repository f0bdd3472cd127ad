"""The loopback server and the stream, as fixtures."""

from __future__ import annotations

import pytest


def test_a_stream_gets_what_the_exchange_emits(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pytest_binance_options.exchange import events

        def test_it(binance_options_stream, binance_options_exchange):
            binance_options_exchange.emit(events.order_trade_update(symbol="BTC-260925-50000-C"))
            assert binance_options_stream.receive(timeout=5)["o"]["s"] == "BTC-260925-50000-C"
            assert len(binance_options_stream.events) == 1

        def test_expiry(binance_options_stream, binance_options_clock, binance_options_listen_key):
            binance_options_clock.advance(minutes=60)
            event = binance_options_stream.receive(timeout=5)
            assert (event["e"], event["listenKey"]) == ("listenKeyExpired", binance_options_listen_key)
        """
    )

    pytester.runpytest().assert_outcomes(passed=2)


def test_the_server_answers_other_processes_and_is_clean_for_every_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
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
        """
    )

    pytester.runpytest().assert_outcomes(passed=2)


def test_a_websocket_client_with_productions_address_is_led_to_the_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
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
        """
    )

    pytester.runpytest().assert_outcomes(passed=1)


def test_without_the_extra_the_server_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        class NotInstalled:
            def find_spec(self, name, path=None, target=None):
                if name == "aiohttp":
                    raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")

        sys.meta_path.insert(0, NotInstalled())
        """
    )
    pytester.makepyfile("def test_it(binance_options_server): pass")

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the loopback server needs aiohttp, which isn't installed: pip install 'pytest-binance-options[[]server]'"]
    )
