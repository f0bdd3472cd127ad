"""A bot that lives for the run, in a fixture of wider scope, beside tests with exchanges of their
own."""

from __future__ import annotations

import pytest

from tests.support.testnet import Testnet

BOT = """
    import queue, threading
    import pytest, requests

    URL = "https://eapi.binance.com/eapi/v1/listenKey"

    class Bot:
        def __init__(self, api_key):
            self.headers = {"X-MBX-APIKEY": api_key}
            self.jobs, self.answers = queue.Queue(), queue.Queue()
            self.thread = threading.Thread(target=self.run)
            self.thread.start()

        def run(self):
            while (method := self.jobs.get()) is not None:
                try:
                    self.answers.put(requests.request(method, URL, headers=self.headers).json())
                except Exception as error:
                    self.answers.put(error)

        def ask(self, method):
            self.jobs.put(method)
            return self.answers.get(timeout=10)

        def stop(self):
            self.jobs.put(None)
            self.thread.join()

    @pytest.fixture(scope="module")
    def bot(binance_options_session):
        bot = Bot(binance_options_session.auth.api_key)
        assert bot.ask("POST")["listenKey"]
        yield bot
        assert bot.ask("DELETE") == {}
        bot.stop()
"""


def test_its_bot_is_answered_by_it_whatever_test_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        BOT
        + """
    def test_with_an_exchange_of_its_own(bot, binance_options, binance_options_session):
        before = len(binance_options_session.requests)
        assert bot.ask("GET")["code"] == -1020
        assert bot.ask("POST")["listenKey"]
        assert len(binance_options_session.requests) == before + 2
        assert binance_options.requests == []
        requests.post(URL, headers={"X-MBX-APIKEY": binance_options.auth.api_key})
        assert len(binance_options.requests) == 1
        assert binance_options.exchange is not binance_options_session.exchange

    def test_between(bot):
        assert bot.ask("POST")["listenKey"]

    def test_with_another_exchange(binance_options, bot):
        assert bot.ask("POST")["listenKey"]
        assert binance_options.requests == []

    def test_its_exchange_can_be_steered(bot, binance_options_session):
        binance_options_session.exchange.clock.advance(hours=2)
        assert bot.ask("PUT")["code"] == -1125
        assert bot.ask("POST")["listenKey"]
        assert requests.get("https://eapi.binance.com/eapi/v1/time").ok
    """
    )

    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=4)


def test_it_may_come_in_the_middle_of_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        BOT
        + """
    def test_first(binance_options, request):
        bot = request.getfixturevalue("bot")
        assert bot.ask("POST")["listenKey"]
        assert binance_options.requests == []
        requests.post(URL, headers={"X-MBX-APIKEY": binance_options.auth.api_key})
        assert len(binance_options.requests) == 1

    def test_second(bot):
        assert bot.ask("POST")["listenKey"]
        assert requests.get("https://eapi.binance.com/eapi/v1/time").ok
    """
    )

    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)


def test_what_a_fixture_starts_that_does_not_ask_for_it_works_for_whatever_test_runs(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        BOT
        + """
    @pytest.fixture(scope="module")
    def service():
        bot = Bot("k" * 64)
        yield bot
        bot.stop()

    def test_it(binance_options_session, service, binance_options):
        service.ask("POST")
        assert len(binance_options.requests) == 1

    def test_again(binance_options_session, service, binance_options):
        service.ask("POST")
        assert len(binance_options.requests) == 1
    """
    )

    pytester.runpytest().assert_outcomes(passed=2)


def test_what_a_test_leaves_over_is_not_the_session_s(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        BOT
        + """
    def test_it(binance_options_session, binance_options):
        global left_over
        left_over = Bot("k" * 64)

    def test_next(binance_options_session):
        before = len(binance_options_session.requests)
        assert type(left_over.ask("POST")).__name__ == "TestOverError"
        left_over.stop()
        assert len(binance_options_session.requests) == before
    """
    )

    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)


def test_async_fixtures_and_their_tasks_are_its_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin,pytest_asyncio.plugin")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = session\n")
    pytester.makepyfile("""
        import asyncio, httpx, pytest, pytest_asyncio

        pytestmark = pytest.mark.asyncio(loop_scope="session")
        TIME = "https://eapi.binance.com/eapi/v1/time"

        @pytest_asyncio.fixture(scope="session")
        async def bot(binance_options_session):
            asked = asyncio.Queue()
            async def run():
                async with httpx.AsyncClient() as client:
                    while True:
                        done = await asked.get()
                        done.set_result((await client.get(TIME)).status_code)
            task = asyncio.create_task(run())
            yield asked
            task.cancel()

        @pytest.mark.parametrize("turn", [1, 2])
        async def test_it(turn, bot, binance_options, binance_options_session):
            before = len(binance_options_session.requests)
            done = asyncio.get_running_loop().create_future()
            bot.put_nowait(done)
            assert await done == 200
            assert len(binance_options_session.requests) == before + 1
            async with httpx.AsyncClient() as client:
                await client.get(TIME)
            assert len(binance_options.requests) == 1
        """)

    pytester.runpytest().assert_outcomes(passed=2)


def test_in_a_network_mode_its_tests_are_skipped(
    pytester: pytest.Pytester, account: Testnet
) -> None:
    pytester.makepyfile("def test_it(binance_options_session): pass")

    result = pytester.runpytest(
        "-rs", "--binance-options=testnet", f"--binance-options-host={account.url}"
    )

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*needs the simulated exchange; mode testnet asks the testnet*"])
