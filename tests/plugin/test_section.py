"""The section of a failing test, as pytest has it: a hint where there is something to hint at, and
none where the test itself is wrong."""

from __future__ import annotations

import pytest

SOUND = """
    import asyncio
    import logging

    import aiohttp
    import requests

    from pytest_binance_options.exchange import events, fault

    URL = "https://eapi.binance.com/eapi/v1/listenKey"

    def ask(auth, method="POST"):
        return requests.request(method, URL, headers={"X-MBX-APIKEY": auth.api_key})

    def test_a_request(binance_options_auth):
        assert ask(binance_options_auth).status_code == 201

    def test_the_life_of_a_key(binance_options_auth, binance_options_clock):
        for method in ("POST", "PUT", "DELETE"):
            answer = ask(binance_options_auth, method)
            binance_options_clock.advance(minutes=10)
        assert answer.json() == {"ok": True}

    def test_what_is_tried_again(binance_options_auth, binance_options_exchange):
        binance_options_exchange.faults.add(fault.service_unavailable(), times=2)
        for _ in range(3):
            answer = ask(binance_options_auth)
            try:
                answer.raise_for_status()
            except requests.HTTPError as error:
                logging.getLogger("bot").exception("again: %s", error)
        assert answer.status_code == 418

    def test_a_cache(binance_options_auth):
        cache = {}
        try:
            cache["key"]
        except KeyError:
            cache["key"] = ask(binance_options_auth).json()
        assert cache["key"] == {}

    def test_a_bot_that_is_stopped(
        binance_options_time, binance_options_auth, binance_options_exchange
    ):
        async def bot():
            key = ask(binance_options_auth).json()["listenKey"]
            async with aiohttp.ClientSession() as session:
                address = f"wss://fstream.binance.com/private/ws/{key}"
                async with session.ws_connect(address) as stream:
                    async for _ in stream:
                        pass

        async def main():
            running = asyncio.create_task(bot())
            await asyncio.sleep(60)
            binance_options_exchange.emit(events.order_trade_update())
            await asyncio.sleep(60)
            running.cancel()
            await asyncio.wait([running])

        asyncio.run(main())
        assert False

    def test_tasks_that_are_looked_after(binance_options_time, binance_options_auth):
        async def work():
            await asyncio.sleep(10)
            raise ConnectionError("lost")

        async def main():
            ask(binance_options_auth)
            for _ in range(3):
                task = asyncio.create_task(work())
                await asyncio.wait([task])
                assert isinstance(task.exception(), ConnectionError)

        asyncio.run(main())
        assert False
"""

UNSOUND = """
    import asyncio
    import threading

    import pytest
    import requests

    URL = "https://eapi.binance.com/eapi/v1/listenKey"

    def start(auth):
        answer = requests.post(URL, headers={"X-MBX-APIKEY": auth.api_key}).json()
        return answer["listen_key"]

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_thread(binance_options_auth):
        thread = threading.Thread(target=start, args=[binance_options_auth], name="bot")
        thread.start()
        thread.join()
        assert False

    def test_a_task(binance_options_auth):
        async def bot():
            start(binance_options_auth)

        async def main():
            task = asyncio.create_task(bot(), name="bot")
            await asyncio.sleep(0.01)
            assert False

        asyncio.run(main())

    def test_itself(binance_options_auth):
        start(binance_options_auth)

    def test_a_host(binance_options):
        try:
            requests.post("https://eapi.binence.com/eapi/v1/listenKey")
        except Exception:
            pass
        assert False
"""


def sections(pytester: pytest.Pytester, suite: str) -> dict[str, str]:
    """What each test's section begins with, as one line."""
    pytester.makepyfile(suite)
    run = pytester.inline_run("-p", "no:terminal")
    return {
        report.nodeid.partition("::")[2]: " ".join(content.splitlines()[:4])
        for report in run.getreports("pytest_runtest_logreport")
        if isinstance(report, pytest.TestReport)
        for title, content in report.sections
        if title.startswith("Binance Options, mode ")
    }


def test_a_test_that_is_wrong_itself_gets_no_hint(pytester: pytest.Pytester) -> None:
    found = sections(pytester, SOUND)
    assert len(found) == 6
    assert [name for name, said in found.items() if said.startswith("*")] == []


def test_what_is_wrong_is_said_first(pytester: pytest.Pytester) -> None:
    found = sections(pytester, UNSOUND)
    meant = 'The answer to POST /eapi/v1/listenKey has no "listen_key": it has listenKey.'
    for name, what in (
        ("test_a_thread", "ended the thread bot ("),
        ("test_a_task", "ended the task bot ("),
        ("test_itself", "in start: "),
    ):
        assert found[name].startswith("* KeyError: 'listen_key' at "), name
        assert what in found[name]
        assert meant in " ".join(found[name].split())
    assert found["test_a_host"].startswith(
        "* A connection to eapi.binence.com:443 was asked for once, and refused: nothing   leaves"
        " this machine. Did you mean eapi.binance.com?"
    )


def test_a_stream_s_address_with_a_dict_in_it_stands_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import requests
        import websocket

        URL = "https://eapi.binance.com/eapi/v1/listenKey"

        def test_it(binance_options_auth):
            key = {"X-MBX-APIKEY": binance_options_auth.api_key}
            key = requests.post(URL, headers=key).json()
            websocket.create_connection(f"wss://fstream.binance.com/private/ws/{key}", timeout=5)
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- Binance Options, mode offline -*",
            "[*] Refused once: something that is no HTTP -> 400: *",
        ],
        consecutive=True,
    )
