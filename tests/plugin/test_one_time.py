"""``binance_options_time`` as a suite uses it, beside the plugins that a suite has."""

from __future__ import annotations

import sys
import textwrap

import pytest

from tests.support.testnet import Testnet

ASYNCIO = (
    *("-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)
LOOP_SCOPES = ("function", "class", "module", "session")


def patient(pytester: pytest.Pytester, seconds: float = 0.1, **more: object) -> None:
    """Have the inner run give up soon."""
    ini = {"time_patience": seconds, **more}
    lines = [f"binance_options_{name} = {value}\n" for name, value in ini.items()]
    pytester.makeini("[pytest]\n" + "".join(lines))


# Whose loop


@pytest.mark.parametrize("scope", LOOP_SCOPES)
def test_pytest_asyncio_s_loops_are_on_the_clock(pytester: pytest.Pytester, scope: str) -> None:
    pytester.makepyfile(f"""
        import asyncio, time
        import pytest, pytest_asyncio

        pytestmark = pytest.mark.asyncio(loop_scope="{scope}")
        told = []

        class TestBot:
            @pytest_asyncio.fixture(loop_scope="{scope}")
            async def before(self):
                told.append(("before", asyncio.get_running_loop().time()))
                yield
                await asyncio.sleep(0)

            @pytest_asyncio.fixture(loop_scope="{scope}")
            async def after(self, binance_options_time):
                began = binance_options_time.now
                await asyncio.sleep(60)
                assert (binance_options_time.now - began).total_seconds() == 60
                yield
                await asyncio.sleep(60)
                assert (binance_options_time.now - began).total_seconds() == 60 + 3600 + 60

            async def test_a_sleep(self, before, binance_options_time, after):
                began = time.monotonic()
                await asyncio.sleep(3600)
                assert time.monotonic() - began == pytest.approx(3600)

            async def test_another(self, before, after):
                await asyncio.sleep(3600)

            async def test_real_time(self):
                assert time.time() > 1_767_225_600 + 86_400 * 30
                await asyncio.sleep(0.001)
        """)

    pytester.runpytest(*ASYNCIO).assert_outcomes(passed=3)


def test_a_fixture_that_is_set_up_before_and_torn_down_after_lives_in_real_time(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        import asyncio, time
        import pytest_asyncio

        @pytest_asyncio.fixture
        async def outer():
            before = time.time()
            await asyncio.sleep(0.001)
            yield
            await asyncio.sleep(0.001)
            assert before <= time.time() < before + 3600

        async def test_it(outer, binance_options_time):
            await asyncio.sleep(86_400)
        """)

    pytester.runpytest(*ASYNCIO).assert_outcomes(passed=1)


def test_a_fixture_of_the_session_keeps_real_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import _thread, threading, time
        import pytest

        @pytest.fixture(scope="session")
        def service():
            ask, told = _thread.allocate_lock(), []
            answer = _thread.allocate_lock()
            ask.acquire(), answer.acquire()

            def serve():
                with ask:
                    told.append(time.time())
                    time.sleep(0.001)
                    answer.release()

            thread = threading.Thread(target=serve)
            thread.start()
            yield ask, answer, told
            thread.join()

        def test_it(service, binance_options_time):
            time.sleep(3600)
            ask, answer, told = service
            ask.release()
            answer.acquire()
            assert told[0] > time.time() + 86_400
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_anyio_s_plugin_on_asyncio_is_on_the_clock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time
        import anyio, pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.fixture
        async def after(binance_options_time):
            await anyio.sleep(60)
            yield
            await anyio.sleep(60)

        async def test_it(binance_options_time, after):
            began = binance_options_time.now
            await anyio.sleep(3600)
            with anyio.move_on_after(60) as scope:
                await anyio.sleep_forever()
            assert scope.cancelled_caught
            await anyio.to_thread.run_sync(time.sleep, 60)
            assert (binance_options_time.now - began).total_seconds() == 3720
        """)

    pytester.runpytest("-p", "anyio").assert_outcomes(passed=1)


@pytest.fixture
def stand_ins(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that need not be installed, as far as our part in them goes."""
    pytester.makepyfile(
        **{
            "trio/__init__": "from ._core._run import setup_runner as run",
            "trio/_core/__init__": "",
            "trio/_core/_run": "def setup_runner(*args):\n    return 'ran'",
            "uvloop": "import asyncio\n\nclass Loop(asyncio.BaseEventLoop):\n    pass",
            "freezegun/__init__": "",
            "freezegun/api": "freeze_factories = [1]",
            "time_machine": "coordinates_stack = [1]",
        }
    )
    for name in list(sys.modules):
        if name.partition(".")[0] in ("trio", "uvloop", "freezegun", "time_machine"):
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("stand_ins")
def test_trio_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import trio._core._run as run

        def test_it(binance_options_time):
            run.setup_runner()

        def test_without_it(binance_options_clock):
            assert run.setup_runner() == "ran"
        """)

    result = pytester.runpytest()

    result.assert_outcomes(passed=1, failed=1)
    assert error(result) == (
        "pytest_binance_options.errors.UsageError: trio can't be put on the"
        " exchange's clock, as it waits by means of its own. Run this with asyncio: where"
        ' anyio\'s plugin runs it, by @pytest.mark.parametrize("anyio_backend", ["asyncio"]).'
    )


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.Runner")
def test_uvloop_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import asyncio
        import uvloop

        async def main():
            raise AssertionError

        def test_it(binance_options_time):
            runner, coroutine = asyncio.Runner(loop_factory=uvloop.Loop), main()
            try:
                runner.run(coroutine)
            finally:
                coroutine.close()
                runner.get_loop().close()
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    assert error(result) == (
        "pytest_binance_options.errors.UsageError: An event loop of"
        " the type uvloop.Loop can't be put on the exchange's clock, as it waits by means of its own. Run this"
        " with asyncio's SelectorEventLoop: on Windows, and beside uvloop, by"
        " asyncio.Runner(loop_factory=asyncio.SelectorEventLoop), or by the event loop policy of"
        " your async plugin."
    )


def test_a_loop_that_the_test_runs_itself_is_on_the_clock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import asyncio, threading

        async def bot():
            await asyncio.sleep(3600)
            return asyncio.get_running_loop().time()

        def test_it(binance_options_time):
            began = binance_options_time.now
            first = asyncio.run(bot())
            assert asyncio.run(bot()) - first == 3600
            thread = threading.Thread(target=lambda: asyncio.run(bot()))
            thread.start()
            thread.join()
            assert (binance_options_time.now - began).total_seconds() == 3 * 3600
        """)

    pytester.runpytest().assert_outcomes(passed=1)


# Threads, fixtures, and other kinds of tests


def test_fixtures_that_stop_threads_do_so_on_the_clock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import threading, time
        import pytest

        @pytest.fixture
        def bot(binance_options_time):
            stop, beats = threading.Event(), []

            def run():
                while not stop.wait(1800):
                    beats.append(time.time())
                time.sleep(60)
                beats.append("last words")

            thread = threading.Thread(target=run)
            thread.start()
            yield beats
            before = binance_options_time.now
            stop.set()
            thread.join()
            assert beats[-1] == "last words"
            assert (binance_options_time.now - before).total_seconds() == 60

        def test_a_day(bot):
            time.sleep(24 * 3600)
            assert len(bot) in (47, 48)

        def test_nothing_is_left_of_it():
            assert time.time() > 1_767_225_600 + 86_400 * 30
        """)

    pytester.runpytest().assert_outcomes(passed=2)


def test_a_thread_that_nobody_stops_is_over_with_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import threading, time

        threads = []

        def forever():
            while True:
                time.sleep(60)

        def test_it(binance_options_time):
            threads.append(threading.Thread(target=forever))
            threads[0].start()
            time.sleep(3600)

        def test_afterwards():
            threads[0].join()
        """)

    pytester.runpytest("-W", "error").assert_outcomes(passed=2)


def test_a_test_of_unittest_is_on_the_clock(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time, unittest
        import pytest

        class TestBot(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def one_time(self, binance_options_time):
                self.time = binance_options_time

            def setUp(self):
                time.sleep(60)

            def tearDown(self):
                assert (self.time.now.timestamp() - 1_767_225_600) == 60 + 3600

            def test_it(self):
                time.sleep(3600)

        class TestAsyncBot(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def one_time(self, binance_options_time):
                self.time = binance_options_time

            async def test_it(self):
                import asyncio
                await asyncio.sleep(3600)
                assert self.time.now.timestamp() - 1_767_225_600 == 3600
        """)

    pytester.runpytest().assert_outcomes(passed=2)


def test_advance_passes_through_the_same_moments(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import threading, time
        import pytest, requests

        LISTEN_KEY = "https://eapi.binance.com/eapi/v1/listenKey"

        class Bot(threading.Thread):
            def __init__(self, api_key):
                super().__init__()
                self.stopped = threading.Event()
                self.headers = {"X-MBX-APIKEY": api_key}

            def run(self):
                requests.post(LISTEN_KEY, headers=self.headers, timeout=10)
                while not self.stopped.wait(30 * 60):
                    requests.put(LISTEN_KEY, headers=self.headers, timeout=10)

        def sleep(clock):
            time.sleep(24 * 3600)

        def advance(clock):
            clock.advance(hours=24)

        journals = []

        @pytest.mark.parametrize("live", [sleep, advance])
        def test_it(binance_options_time, binance_options_auth, binance_options_exchange,
                    binance_options_clock, live):
            bot = Bot(binance_options_auth.api_key)
            bot.start()
            binance_options_time.settle()
            live(binance_options_clock)
            binance_options_time.settle()
            bot.stopped.set()
            bot.join()
            assert {entry.status for entry in binance_options_exchange.journal} == {200}
            journals.append([(e.at_ms, e.path) for e in binance_options_exchange.journal])
            assert len(journals[-1]) == 49

        def test_they_are_the_same():
            assert journals[0] == journals[1]
        """)

    pytester.runpytest().assert_outcomes(passed=3)


def test_settle_in_a_loop_and_in_a_thread(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import asyncio, threading, time

        async def test_in_a_loop(binance_options_time):
            told = []

            async def bot():
                for _ in range(10):
                    await asyncio.sleep(0)
                told.append("ready")
                await asyncio.sleep(60)

            running = asyncio.create_task(bot())
            await binance_options_time.settle_async()
            assert told == ["ready"]
            running.cancel()

        def test_with_a_thread(binance_options_time):
            told = []
            thread = threading.Thread(target=lambda: (told.append("ready"), time.sleep(60)))
            thread.start()
            binance_options_time.settle()
            assert told == ["ready"]
            thread.join()
        """)

    pytester.runpytest(*ASYNCIO).assert_outcomes(passed=2)


# Other plugins


@pytest.mark.parametrize("method", ["signal", "thread"])
@pytest.mark.parametrize("func_only", ["true", "false"])
def test_pytest_timeout_goes_by_real_time(
    pytester: pytest.Pytester, method: str, func_only: str
) -> None:
    pytester.makepyfile("""
        import time
        import pytest

        @pytest.mark.timeout(100)
        def test_a_year(binance_options_time):
            time.sleep(365 * 86_400)
        """)

    pytester.runpytest(
        "-p",
        "pytest_timeout",
        "-o",
        f"timeout_method={method}",
        "-o",
        f"timeout_func_only={func_only}",
    ).assert_outcomes(passed=1)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGALRM")
def test_pytest_timeout_ends_a_test_that_hangs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.timeout(0.2)
        def test_it(binance_options_time):
            while True:
                pass
        """)

    result = pytester.runpytest(
        "-p", "pytest_timeout", "-o", "timeout_method=signal", "-o", "timeout_func_only=true"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Failed: Timeout *>0.2s*"])  # as each version of it says


def test_hypothesis_deadline_goes_by_real_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time
        from hypothesis import HealthCheck, given, settings, strategies

        @settings(deadline=5000, max_examples=5, database=None,
                  suppress_health_check=list(HealthCheck))
        @given(hours=strategies.integers(1, 24))
        def test_it(binance_options_time, hours):
            time.sleep(hours * 3600)
        """)

    pytester.runpytest_subprocess("-p", "_hypothesis_pytestplugin").assert_outcomes(passed=1)


def test_durations_are_real(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import time

        def test_it(binance_options_time):
            time.sleep(86_400)
        """)
    pytester.makeconftest("""
        def pytest_runtest_logreport(report):
            assert report.duration < 3600
            assert report.stop - report.start < 3600
        """)

    result = pytester.runpytest("--durations=0", "-vv")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*86[0-9][0-9][0-9].*s call*")


def test_workers_of_xdist_have_one_time_each(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_binance_options.plugin,xdist.plugin")
    pytester.makepyfile("""
        import time
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_it(binance_options_time, number):
            began = binance_options_time.now
            time.sleep(3600)
            assert (binance_options_time.now - began).total_seconds() == 3600
        """)

    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=6)


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    ("module", "name"), [("freezegun.api", "freezegun"), ("time_machine", "time-machine")]
)
def test_a_library_that_sets_the_time_is_refused(
    pytester: pytest.Pytester, module: str, name: str
) -> None:
    pytester.makepyfile(f"""
        import {module}

        def test_it(binance_options_time):
            raise AssertionError("unreachable")

        def test_without_it(binance_options_clock):
            pass
        """)

    result = pytester.runpytest()

    result.assert_outcomes(errors=1, passed=1)
    assert (
        f"UsageError: {name} has set the time, which is to be the exchange's here. Leave it out:"
        " exchange_start of binance_options_config, or start= of simulated(), says when the"
        " exchange's time begins."
    ) in result.outlines


@pytest.mark.parametrize("mode", ["testnet", "record", "verify"])
def test_it_is_skipped_in_network_modes(
    pytester: pytest.Pytester, account: Testnet, mode: str
) -> None:
    pytester.makepyfile("""
        def test_it(binance_options_time):
            raise AssertionError("unreachable")
        """)

    result = pytester.runpytest(
        "-rs", f"--binance-options={mode}", f"--binance-options-host={account.url}"
    )

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"*needs the simulated exchange; mode {mode} asks the testnet"])


# What can't go on ends, and says why


def error(result: pytest.RunResult) -> str:
    """The error that the run's only failure ends with."""
    lines = [line for line in result.outlines if line.startswith("E  ")]
    return textwrap.dedent("\n".join(line[1:] for line in lines)).strip()


def test_a_busy_loop_ends_with_an_error_that_names_it(pytester: pytest.Pytester) -> None:
    # Long enough for the loop to find out, not the watchdog, which is for other cases.
    patient(pytester, 1)
    path = pytester.makepyfile("""
        import asyncio

        async def bot():
            while True:
                await asyncio.sleep(0)

        async def test_it(binance_options_time):
            asyncio.current_task().set_name("this test")
            running = asyncio.create_task(bot(), name="a bot")
            await asyncio.sleep(3600)
        """)

    # In a process of its own, which has no other test's lines to show.
    result = pytester.runpytest_subprocess(*ASYNCIO)

    result.assert_outcomes(failed=1)
    assert error(result) == (
        "pytest_binance_options.errors.NotAtRestError: The world did not come to rest within 1 s"
        " of real time, so the exchange's clock can't go on.\n"
        "- the test is awake\n"
        f"  - task 'a bot' in bot, {path}:5: await asyncio.sleep(0)\n"
        f"  - task 'this test' in test_it, {path}:10: await asyncio.sleep(3600)\n"
        "Have who is awake end, or wait by means that the clock knows: a sleep, a time-out, a lock"
        " or a queue made in the test. Where there is work for so long, set"
        " time_patience (as an ini key: binance_options_time_patience)."
    )


def test_a_busy_thread_ends_with_an_error_that_names_it(pytester: pytest.Pytester) -> None:
    patient(pytester, 0.2)
    path = pytester.makepyfile("""
        import threading, time

        stop = spinning = False

        def bot():
            global spinning
            spinning = True
            while not stop:
                pass

        def test_it(binance_options_time):
            global stop
            thread = threading.Thread(target=bot, name="a bot")
            thread.start()
            while not spinning:
                pass
            try:
                time.sleep(3600)
            finally:
                stop = True
                thread.join()
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    lines = error(result).split("\n")
    assert lines[0] == (
        "pytest_binance_options.errors.NotAtRestError: The world did not come to rest within 0.2 s"
        " of real time, so the exchange's clock can't go on."
    )
    assert lines[1] == f"- the test waits in test_it, {path}:18: time.sleep(3600)"
    assert lines[2].startswith(f"- thread 'a bot' is awake in bot, {path}:")
    assert lines[3] == (
        "Have who is awake end, or wait by means that the clock knows: a sleep, a time-out, a lock"
        " or a queue made in the test. Where there is work for so long, set"
        " time_patience (as an ini key: binance_options_time_patience)."
    )


def test_a_test_that_is_busy_itself_is_ended(pytester: pytest.Pytester) -> None:
    patient(pytester)
    pytester.makepyfile("""
        def test_it(binance_options_time):
            while True:
                pass
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    assert "- the test is awake in test_it, " in error(result)


def test_a_thread_in_a_lock_from_before_ends_with_an_error_that_names_it(
    pytester: pytest.Pytester,
) -> None:
    patient(pytester, 0.2)
    path = pytester.makepyfile("""
        import threading, time

        lock = threading.Lock()
        begun = False

        def bot():
            global begun
            begun = True
            lock.acquire()

        def test_it(binance_options_time):
            lock.acquire()
            thread = threading.Thread(target=bot, name="a bot")
            thread.start()
            while not begun:
                pass
            try:
                time.sleep(3600)
            finally:
                lock.release()
                thread.join()
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    assert f"- thread 'a bot' is awake in bot, {path}:9: lock.acquire()" in error(result).split(
        "\n"
    )


def test_a_deadlock_ends_with_an_error_that_says_who_waits_where(
    pytester: pytest.Pytester,
) -> None:
    patient(pytester, 5)
    path = pytester.makepyfile("""
        import queue, threading

        def test_it(binance_options_time):
            here, there = queue.Queue(), queue.Queue()
            thread = threading.Thread(target=there.get, name="a bot", daemon=True)
            thread.start()
            here.get()
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    assert error(result) == (
        "pytest_binance_options.errors.NotAtRestError: Everybody waits, and nothing is due that"
        " could end it: no timer, no event, no time-out.\n"
        f"- the test waits in test_it, {path}:7: here.get()\n"
        "- thread 'a bot' waits\n"
        "Give the waiting a time-out, or have something come."
    )


def test_a_wait_for_what_never_comes_ends_at_the_horizon(pytester: pytest.Pytester) -> None:
    patient(pytester, 5, time_horizon=2)
    path = pytester.makepyfile("""
        import asyncio

        async def keepalive():
            while True:
                await asyncio.sleep(1800)

        def test_it(binance_options_time):
            async def main():
                running = asyncio.create_task(keepalive(), name="a bot")
                await asyncio.Event().wait()

            asyncio.run(main())
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    lines = error(result).split("\n")
    assert lines[0] == (
        "pytest_binance_options.errors.NotAtRestError: The test has waited for 2 days of the"
        " exchange's time, and what it waits for has not come."
    )
    assert f"  - task 'a bot' in keepalive, {path}:5: await asyncio.sleep(1800)" in lines
    assert lines[-1] == (
        "Give that wait a time-out; where the test is to last so long, set"
        " time_horizon (as an ini key: binance_options_time_horizon)."
    )


def test_how_long_it_waits_and_lasts_can_be_set_from_code(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import dataclasses
        import pytest

        @pytest.fixture(scope="session")
        def binance_options_config(binance_options_config):
            return dataclasses.replace(binance_options_config, time_patience=5, time_horizon=1000)
        """)
    pytester.makepyfile("""
        import threading, time

        def test_it(binance_options_time, binance_options_clock):
            threading.Timer(900 * 86_400, print).start()
            assert binance_options_time.world.patience == 5
            def again():
                binance_options_clock.call_at(binance_options_clock.now_ms + 86_400_000, again)
            again()
            time.sleep(999 * 86_400)
        """)

    pytester.runpytest().assert_outcomes(passed=1)


def test_the_exchange_s_clock_still_tells_its_time_when_a_test_fails(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        import time

        def test_it(binance_options_time, binance_options_user_data_streams):
            binance_options_user_data_streams.options_create_listen_key_v1()
            time.sleep(3600)
            assert False

        def test_next(binance_options_time):
            assert str(binance_options_time.now) == "2026-01-01 00:00:00+00:00"
        """)

    result = pytester.runpytest()

    result.assert_outcomes(failed=1, passed=1)
