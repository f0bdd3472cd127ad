"""Everything of ``threading`` and ``queue`` that waits, with time-outs and without."""

from __future__ import annotations

import _thread
import queue
import threading
import time
from collections.abc import Callable

import pytest

from pytest_binance_options._here import outside
from pytest_binance_options._time.locks import WorldLock

from .living import living, outsider, passed, started


def locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def full() -> queue.Queue[int]:
    full: queue.Queue[int] = queue.Queue(maxsize=1)
    full.put(1)
    return full


def raises(kind: type[BaseException], call: Callable[[], object]) -> bool:
    with pytest.raises(kind):
        call()
    return False


def owned_by_another() -> threading.RLock:
    lock = threading.RLock()
    taken = threading.Event()

    def own() -> None:
        with lock:
            taken.set()
            time.sleep(3600)

    started(own)
    taken.wait()
    return lock


def in_condition(timeout: float) -> bool:
    condition = threading.Condition()
    with condition:
        return condition.wait(timeout)


def in_condition_for(timeout: float) -> bool:
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: False, timeout)


@pytest.mark.parametrize(
    "wait",
    [
        lambda: locked().acquire(timeout=90),
        lambda: owned_by_another().acquire(timeout=90),
        lambda: threading.Event().wait(90),
        lambda: in_condition(90),
        lambda: in_condition_for(90),
        lambda: threading.Semaphore(0).acquire(timeout=90),
        lambda: (
            threading.BoundedSemaphore(1).acquire(timeout=90)
            and threading.Semaphore(0).acquire(timeout=90)
        ),
        lambda: raises(threading.BrokenBarrierError, lambda: threading.Barrier(2).wait(90)),
        lambda: raises(queue.Empty, lambda: queue.Queue().get(timeout=90)),
        lambda: raises(queue.Empty, lambda: queue.LifoQueue().get(timeout=90)),
        lambda: raises(queue.Empty, lambda: queue.SimpleQueue().get(timeout=90)),
        lambda: raises(queue.Full, lambda: full().put(2, timeout=90)),
    ],
    ids=[
        "Lock",
        "RLock",
        "Event",
        "Condition.wait",
        "Condition.wait_for",
        "Semaphore",
        "BoundedSemaphore",
        "Barrier",
        "Queue.get",
        "LifoQueue.get",
        "SimpleQueue.get",
        "Queue.put",
    ],
)
def test_a_timeout_is_over_on_the_clock(wait: Callable[[], bool]) -> None:
    with living() as one_time:
        assert wait() is False
        assert passed(one_time) == 90_000


def test_who_is_let_go_goes_on_at_that_moment() -> None:
    """Each is waited for, without a time-out and with one that is not over, by a thread."""
    told: dict[str, int] = {}
    with living() as one_time:
        lock, event, semaphore = locked(), threading.Event(), threading.Semaphore(0)
        condition, barrier = threading.Condition(), threading.Barrier(2)
        rlock = owned = threading.RLock()
        owned.acquire()
        values: queue.Queue[int] = queue.Queue()
        simple: queue.SimpleQueue[int] = queue.SimpleQueue()
        filled = full()

        def wait_in_condition(timeout: float | None = None) -> None:
            with condition:
                condition.wait(timeout)

        waits: dict[str, Callable[[], object]] = {
            "lock": lock.acquire,
            "rlock": rlock.acquire,
            "event": event.wait,
            "event, with a time-out": lambda: event.wait(1000),
            "condition": wait_in_condition,
            "condition, with a time-out": lambda: wait_in_condition(1000),
            "semaphore": semaphore.acquire,
            "barrier": barrier.wait,
            "queue": values.get,
            "queue, with a time-out": lambda: values.get(timeout=1000),
            "simple queue": simple.get,
            "simple queue, with a time-out": lambda: simple.get(timeout=1000),
            "full queue": lambda: filled.put(2),
            "joined queue": filled.join,
        }

        def run(name: str) -> None:
            waits[name]()
            told[name] = passed(one_time)

        threads = [started(lambda n=name: run(n)) for name in waits]
        time.sleep(1)
        assert told == {}
        lock.release()
        rlock.release()
        event.set()
        with condition:
            condition.notify_all()
        semaphore.release()
        barrier.wait()
        for _ in range(2):
            values.put(1)
            simple.put(1)
        filled.get()
        filled.task_done()
        one_time.settle()
        filled.get()
        filled.task_done()
        for thread in threads:
            thread.join()

    assert told == dict.fromkeys(told, 1000)
    assert len(told) == len(waits)


def test_who_has_waited_longest_is_let_go_first() -> None:
    told: list[int] = []
    with living() as one_time:
        lock = locked()

        def wait(number: int) -> None:
            with lock:
                told.append(number)

        threads = []
        for number in range(5):
            threads.append(started(lambda n=number: wait(n)))
            one_time.settle()
        lock.release()
        for thread in threads:
            thread.join()

    assert told == [0, 1, 2, 3, 4]


def test_a_lock_of_a_world_is_a_lock() -> None:
    with living():
        lock = threading.Lock()
        assert isinstance(lock, WorldLock)
        assert repr(lock) == "<unlocked lock of a test's world>"
        assert lock.acquire()
        assert lock.locked()
        assert repr(lock) == "<locked lock of a test's world>"
        assert not lock.acquire(blocking=False)
        lock.release()
        with pytest.raises(RuntimeError, match="release unlocked lock"):
            lock.release()
        with lock as taken:
            assert taken is True
            assert lock.locked()
        assert not lock.locked()


def test_a_lock_is_as_new_in_a_process_that_was_forked() -> None:
    with living():
        lock = locked()
        lock._at_fork_reinit()

        assert lock.acquire(blocking=False)


def test_a_lock_of_a_world_is_a_lock_for_those_in_none() -> None:
    told: list[object] = []
    refused = _thread.allocate_lock()
    refused.acquire()
    with living() as one_time:
        lock = locked()

        def wait() -> None:
            told.append(lock.acquire(timeout=0.001))
            refused.release()
            told.append(lock.acquire())
            lock.release()

        with outsider(wait):
            with outside():
                refused.acquire()
            lock.release()
        assert passed(one_time) == 0

    assert told == [False, True]


def test_a_lock_that_another_takes_first_is_waited_for_again() -> None:
    told: list[tuple[str, int]] = []
    with living() as one_time:
        lock = locked()

        def wait() -> None:
            with lock:
                told.append(("the thread", passed(one_time)))

        thread = started(wait)
        one_time.settle()
        lock.release()
        # Python lets whoever comes first have it.
        assert lock.acquire(blocking=False)
        time.sleep(5)
        told.append(("the test", passed(one_time)))
        lock.release()
        thread.join()

    assert told == [("the test", 5000), ("the thread", 5000)]


@pytest.mark.parametrize("timeout", [-1, 7200])
def test_a_lock_that_is_waited_for_when_the_world_ends_can_still_be_had(timeout: float) -> None:
    told: list[bool] = []
    with living() as one_time:
        lock = locked()
        thread = started(lambda: told.append(lock.acquire(timeout=timeout)))
        one_time.settle()
    lock.release()
    thread.join()

    assert told == [True]


def test_new_locks_are_pythons_own_for_those_in_no_world() -> None:
    kinds: list[type] = []

    def make() -> None:
        kinds.extend(
            [
                type(threading.Lock()),
                type(threading.RLock()),
                type(queue.SimpleQueue()),
            ]
        )

    make()
    with living(), outsider(make):
        pass

    assert kinds[:3] == kinds[3:]
    assert kinds[0] is _thread.LockType


def test_a_lock_made_before_the_world_is_waited_for_for_real() -> None:
    before = _thread.allocate_lock()
    before.acquire()
    with living() as one_time:
        # A lock from before is nobody's whom the clock knows: real time is what brings it.
        assert before.acquire(timeout=0.01) is False
        assert passed(one_time) == 0
