"""Functions that have been imported by name: found wherever they are, and put back there."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Lock, RLock
from time import monotonic, sleep
from types import ModuleType

import pytest

from .living import living, passed, started

CODE = """
import time
from queue import SimpleQueue
from threading import Lock, RLock
from time import monotonic as clock, sleep, time as now

def wait(seconds, *, sleep=sleep):
    sleep(seconds)

def read(clock=clock):
    return clock()

class Bot:
    pause = staticmethod(sleep)

    def __init__(self, sleep=sleep):
        self.sleep = sleep

    def run(self, seconds, nap=sleep):
        nap(seconds)
        return now()
"""


def made(name: str) -> ModuleType:
    module = ModuleType(name)
    exec(CODE, vars(module))  # noqa: S102
    return module


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that was imported before the test."""
    module = made("a_bot")
    monkeypatch.setitem(sys.modules, "a_bot", module)
    return module


def test_a_function_imported_by_name_before_is_on_the_clock(bot: ModuleType) -> None:
    with living() as one_time:
        bot.sleep(10)
        assert passed(one_time) == 10_000
        began = bot.clock()
        bot.wait(10)
        assert passed(one_time) == 20_000
        assert bot.read() - began == pytest.approx(10)
        assert bot.Bot().run(10) == bot.now() == time.time()
        assert passed(one_time) == 30_000
        bot.Bot().sleep(10)
        assert passed(one_time) == 40_000
        # In the very module that the test is in, too.
        sleep(10)
        assert passed(one_time) == 50_000
        assert monotonic() == bot.clock()


def test_locks_and_queues_imported_by_name_are_the_world_s(bot: ModuleType) -> None:
    with living() as one_time:
        for make in (bot.Lock, bot.RLock, Lock, RLock):
            lock = make()
            begun = passed(one_time)

            def hold(lock: threading.Lock = lock) -> None:
                with lock:
                    time.sleep(60)

            thread = started(hold)
            one_time.settle()
            assert not lock.acquire(timeout=30)
            assert passed(one_time) == begun + 30_000
            thread.join()
        for make in (bot.SimpleQueue, SimpleQueue):
            values = make()
            threading.Timer(60, values.put, [1]).start()
            begun = passed(one_time)
            assert values.get() == 1
            assert passed(one_time) == begun + 60_000


def originals(module: ModuleType) -> Iterator[object]:
    yield from (module.sleep, module.clock, module.now, module.Lock, module.RLock)
    yield from (module.SimpleQueue, module.wait.__kwdefaults__["sleep"])
    yield from (module.read.__defaults__[0], module.Bot.__init__.__defaults__[0])
    yield module.Bot.run.__defaults__[0]


def test_all_is_as_before_afterwards(bot: ModuleType) -> None:
    before = list(originals(bot))
    for _ in range(2):
        with living():
            assert not any(a is b for a, b in zip(before, originals(bot), strict=True))
        assert all(a is b for a, b in zip(before, originals(bot), strict=True))
    with pytest.raises(KeyboardInterrupt), living():
        raise KeyboardInterrupt
    assert all(a is b for a, b in zip(before, originals(bot), strict=True))
    assert sleep is time.sleep
    assert Lock is threading.Lock


def test_a_module_imported_in_the_test_is_on_the_clock_and_as_others_afterwards(
    bot: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with living() as one_time:
        module = made("another_bot")
        monkeypatch.setitem(sys.modules, "another_bot", module)
        module.sleep(10)
        module.wait(10)
        assert passed(one_time) == 20_000

    assert all(a is b for a, b in zip(originals(module), originals(bot), strict=True))


def test_a_module_that_is_imported_anew_is_seen(
    bot: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with living():
        pass
    module = made("a_bot")
    monkeypatch.setitem(sys.modules, "a_bot", module)
    monkeypatch.setitem(sys.modules, "no_module_at_all", object())
    for _ in range(2):
        with living() as one_time:
            module.sleep(10)
            assert passed(one_time) == 10_000
    assert all(a is b for a, b in zip(originals(module), originals(bot), strict=True))


def test_a_name_that_is_added_or_taken_away_later_is_seen(bot: ModuleType) -> None:
    with living():
        pass
    del bot.sleep
    bot.nap = time.sleep
    bot.other = time.sleep
    with living() as one_time:
        bot.nap(10)
        bot.other(10)
        assert passed(one_time) == 20_000
        del bot.nap
    assert bot.other is time.sleep


def test_another_module_of_the_same_name_is_looked_through_anew(
    bot: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with living():
        pass
    other = ModuleType("a_bot")
    for number in range(len(vars(bot)) - len(vars(other)) - 1):
        setattr(other, f"name_{number}", number)
    other.pause = time.sleep
    assert len(vars(other)) == len(vars(bot))
    monkeypatch.setitem(sys.modules, "a_bot", other)
    with living() as one_time:
        other.pause(10)
        assert passed(one_time) == 10_000


def test_the_runner_s_modules_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = made("pytest_timeout")
    monkeypatch.setitem(sys.modules, "pytest_timeout", plugin)
    before = list(originals(plugin))
    with living():
        assert all(a is b for a, b in zip(before, originals(plugin), strict=True))


def test_what_is_no_module_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        sleep = staticmethod(time.sleep)

    monkeypatch.setitem(sys.modules, "odd", Odd)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "gone", None)  # type: ignore[arg-type]
    before = Odd.sleep
    with living():
        assert Odd.sleep is before
