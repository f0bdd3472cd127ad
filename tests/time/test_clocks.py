"""What tells the time: every way to ask Python for it, by whom, and what is left of it after."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from pytest_binance_options import Exchange
from pytest_binance_options._time.clocks import FUNCTIONS
from pytest_binance_options.errors import UsageError

from .living import living, outsider, passed, started

UTC = dt.timezone.utc
START = Exchange().clock.now
THEN = START + dt.timedelta(seconds=1.5)


def later(read: Callable[[], object]) -> object:
    """What that gives, a second and a half after the exchange's beginning."""
    with living():
        time.sleep(1.5)
        return read()


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: time.time(), THEN.timestamp()),
        (lambda: time.time_ns(), round(THEN.timestamp() * 1000) * 1_000_000),
        (lambda: time.gmtime(), time.gmtime(THEN.timestamp())),
        (lambda: time.gmtime(None), time.gmtime(THEN.timestamp())),
        (lambda: time.gmtime(0), time.gmtime(0)),
        (lambda: time.localtime(), time.localtime(THEN.timestamp())),
        (lambda: time.localtime(None), time.localtime(THEN.timestamp())),
        (lambda: time.localtime(86_400), time.localtime(86_400)),
        (lambda: time.ctime(), time.ctime(THEN.timestamp())),
        (lambda: time.ctime(0), time.ctime(0)),
        (lambda: time.asctime(), time.asctime(time.localtime(THEN.timestamp()))),
        (lambda: time.asctime(time.gmtime(0)), time.asctime(time.gmtime(0))),
        (lambda: time.strftime("%Y %S"), THEN.astimezone().strftime("%Y %S")),
        (lambda: time.strftime("%Y", time.gmtime(0)), "1970"),
        (lambda: dt.datetime.now(), THEN.astimezone().replace(tzinfo=None)),  # noqa: DTZ005
        (lambda: dt.datetime.now(UTC), THEN),
        (lambda: dt.datetime.now(tz=UTC), THEN),
        (lambda: dt.datetime.today(), THEN.astimezone().replace(tzinfo=None)),  # noqa: DTZ002
        (lambda: dt.date.today(), THEN.astimezone().date()),  # noqa: DTZ011
    ],
)
def test_it_is_the_exchange_s_time(read: Callable[[], object], expected: object) -> None:
    assert later(read) == expected


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_it_is_the_exchange_s_time_in_utc_without_saying_so() -> None:
    assert later(lambda: dt.datetime.utcnow()) == THEN.replace(tzinfo=None)  # noqa: DTZ003


def test_a_subclass_gets_its_own_kind() -> None:
    class Moment(dt.datetime):
        pass

    class Day(dt.date):
        pass

    assert type(later(lambda: Moment.now(UTC))) is Moment
    assert type(later(lambda: Day.today())) is Day
    assert type(Moment.now(UTC)) is Moment


@pytest.mark.parametrize(
    ("read", "unit"), [(time.monotonic, 1), (time.monotonic_ns, 1_000_000_000)]
)
def test_what_has_gone_by_is_what_the_clock_has_gone_on(
    read: Callable[[], float], unit: int
) -> None:
    read_now = getattr(time, read.__name__)
    assert read_now is read
    with living():
        before = getattr(time, read.__name__)()
        time.sleep(90)
        assert getattr(time, read.__name__)() - before == pytest.approx(90 * unit)


@pytest.mark.skipif(not hasattr(time, "clock_gettime"), reason="not on this system")
def test_clock_gettime_knows_both_kinds_of_clock() -> None:
    with living():
        before = time.clock_gettime(time.CLOCK_MONOTONIC)
        before_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        time.sleep(1.5)
        assert time.clock_gettime(time.CLOCK_MONOTONIC) - before == pytest.approx(1.5)
        assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) - before_ns == 1_500_000_000
        assert time.clock_gettime(time.CLOCK_REALTIME) == THEN.timestamp()
        assert time.clock_gettime_ns(time.CLOCK_REALTIME) == time.time_ns()
        # How much work was done is real.
        assert time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) == pytest.approx(
            time.process_time(), abs=1
        )


def test_how_long_something_takes_is_real() -> None:
    with living():
        before = time.perf_counter()
        time.sleep(3600)
        assert time.perf_counter() - before < 3600


def test_sleep_refuses_what_it_always_refuses() -> None:
    with living() as one_time:
        time.sleep(0)
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        with pytest.raises(TypeError):
            time.sleep("1")  # type: ignore[arg-type]
        assert passed(one_time) == 0


def test_the_runner_s_and_its_plugins_time_is_real() -> None:
    def asked_by(module: str) -> tuple[float, float]:
        namespace = {"__name__": module, "time": time}
        return eval("time.time(), time.sleep(0.001) or time.monotonic()", namespace)  # noqa: S307

    before = time.time()
    with living() as one_time:
        for module in ("_pytest.runner", "pytest_timeout", "hypothesis.core", "coverage"):
            assert asked_by(module)[0] >= before
            assert passed(one_time) == 0
        assert asked_by("a_bot")[0] == START.timestamp()
        assert passed(one_time) == 1


def test_an_outsider_s_time_is_real() -> None:
    told: list[object] = []

    def look() -> None:
        told.extend([time.time(), dt.datetime.now(UTC).timestamp(), time.gmtime().tm_year])
        if hasattr(time, "clock_gettime"):
            told.append(time.clock_gettime(time.CLOCK_REALTIME))
        told.append(dt.datetime.today().timestamp())  # noqa: DTZ002
        time.sleep(0.001)

    before = time.time()
    with living() as one_time:
        time.sleep(3600)
        with outsider(look):
            pass
        assert passed(one_time) == 3_600_000
    after = time.time()
    year = time.gmtime().tm_year

    assert all(before <= each <= after or each == year for each in told)
    assert dt.date.today() >= dt.date.fromtimestamp(before)  # noqa: DTZ011, DTZ012


def test_what_stands_in_says_so_and_is_described_as_the_original_is() -> None:
    original = time.sleep
    with living():
        assert repr(time.sleep) == "<<built-in function sleep>, or a test's own>"
        assert (time.sleep.__name__, time.sleep.__module__) == ("sleep", "time")
        assert time.sleep.__qualname__ == original.__qualname__
        assert time.sleep.__doc__ == original.__doc__


def test_a_class_that_has_a_function_of_time_calls_it_as_it_is() -> None:
    class Bot:
        clock = time.monotonic

    class Later:
        pass

    with living():
        Later.clock = time.monotonic  # type: ignore[attr-defined]
        assert Later().clock() == time.monotonic()  # type: ignore[attr-defined]
        Bot().clock()


# As before, afterwards


def everything() -> dict[str, object]:
    import queue
    import selectors
    import socket
    from concurrent import futures

    owners = [time, threading, threading.Thread, queue, socket, selectors, dt.datetime, dt.date]
    owners += [each for each in vars(selectors).values() if isinstance(each, type)]
    owners += [asyncio, asyncio.BaseEventLoop, asyncio.base_events, asyncio.events, asyncio.tasks]
    owners += [futures._base, futures.ThreadPoolExecutor, futures.thread._WorkItem]
    owners += [asyncio.Runner] if hasattr(asyncio, "Runner") else []
    return {
        f"{owner!r}.{name}": value
        for owner in owners
        for name, value in vars(owner).items()
        if name not in {"_active", "_dangling", "_counter", "_limbo", "__dict__", "__weakref__"}
    }


@pytest.mark.parametrize("end", [None, ValueError, KeyboardInterrupt, SystemExit])
def test_everything_is_as_before_afterwards(end: type[BaseException] | None) -> None:
    before = everything()

    def live() -> None:
        with living():
            asyncio.run(asyncio.sleep(60))
            started(lambda: time.sleep(60)).join()
            if end is not None:
                raise end

    if end is None:
        live()
    else:
        with pytest.raises(end):
            live()

    after = everything()
    assert [name for name in before if before[name] is not after.get(name)] == []
    assert [name for name in after if name not in before] == []
    assert all(getattr(time, name) is function.original for name, function in FUNCTIONS.items())
    # The interpreter keeps what it has found in a type once.
    assert abs(dt.datetime.now(UTC).timestamp() - time.time()) < 3600


def test_time_stands_in_one_world_at_a_time_and_the_next_begins_anew() -> None:
    for _ in range(3):
        assert later(lambda: time.time()) == THEN.timestamp()


# Others that set the time


@pytest.mark.parametrize(
    ("name", "module", "active"),
    [
        ("freezegun", "freezegun.api", "freeze_factories"),
        ("time-machine", "time_machine", "coordinates_stack"),
    ],
)
def test_a_library_that_has_set_the_time_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, active: str
) -> None:
    stand_in = ModuleType(module)
    monkeypatch.setitem(sys.modules, module, stand_in)
    setattr(stand_in, active, [])
    assert later(lambda: time.time()) == THEN.timestamp()

    setattr(stand_in, active, ["in use"])
    before = everything()
    with pytest.raises(UsageError) as caught, living():
        raise AssertionError

    assert str(caught.value) == (
        f"{name} has set the time, which is to be the exchange's here. Leave it out: exchange_start"
        " of binance_options_config, or start= of simulated(), says when the exchange's time begins."
    )
    assert everything() == before


@pytest.mark.timeout(30)
@pytest.mark.parametrize("seconds", [0.06, 60, 59.9])
def test_what_the_last_digits_of_a_float_leave_of_a_time_out_is_not_waited_for_for_ever(
    seconds: float,
) -> None:
    with living() as one_time:
        nothing = threading.Semaphore(0)
        for _ in range(150):
            time.sleep(0.001)
            before = one_time.now
            # It waits again for what is left, as long as there is anything.
            assert nothing.acquire(timeout=seconds) is False
            assert one_time.now - before == dt.timedelta(seconds=seconds)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "clock",
    [lambda: time.time(), lambda: time.monotonic()],
    ids=["time", "monotonic"],
)
def test_who_waits_until_a_moment_comes_to_it(clock: Callable[[], float]) -> None:
    async def wait_until(end: float) -> None:
        while (left := end - clock()) > 0:
            await asyncio.sleep(left)

    with living() as one_time:
        for _ in range(150):
            time.sleep(0.001)
            before = one_time.now
            end = clock() + 60 + 0.5
            while (left := end - clock()) > 0:
                time.sleep(left)
            asyncio.run(wait_until(clock() + 60 + 0.5))
            assert one_time.now - before == dt.timedelta(seconds=121)


def test_very_short_sleeps_are_a_millisecond_in_the_end() -> None:
    with living() as one_time:
        before = one_time.now
        while one_time.now == before:
            time.sleep(1e-7)
        assert one_time.now - before == dt.timedelta(milliseconds=1)
