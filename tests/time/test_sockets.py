"""Waiting for something to read, in threads, by a selector or for one socket."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator

import pytest

from pytest_binance_options._here import outside
from pytest_binance_options._time.sockets import wait_readable

from .living import living, outsider, passed, started, until_it_waits

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


@pytest.fixture(
    params=["SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector"]
)
def kind(request: pytest.FixtureRequest) -> type[selectors.BaseSelector]:
    kind = getattr(selectors, request.param, None)
    if kind is None:
        pytest.skip("not on this system")
    return kind


def test_a_selector_waits_on_the_clock(kind: type[selectors.BaseSelector], pair: Pair) -> None:
    with living() as one_time, kind() as selector:
        one_time.world.inner.add(*pair)
        selector.register(pair[0], selectors.EVENT_READ)

        assert selector.select(0) == []
        assert passed(one_time) == 0
        assert selector.select(90) == []
        assert passed(one_time) == 90_000

        thread = started(lambda: (time.sleep(10), pair[1].send(b"!")))
        assert [key.fileobj for key, _ in selector.select()] == [pair[0]]
        assert passed(one_time) == 100_000
        assert len(selector.select(90)) == 1
        assert passed(one_time) == 100_000
        thread.join()


def test_what_comes_from_outside_ends_a_selector_s_wait(pair: Pair) -> None:
    with living() as one_time, selectors.DefaultSelector() as selector:
        selector.register(pair[0], selectors.EVENT_READ)

        def send() -> None:
            until_it_waits(one_time, "the test")
            pair[1].send(b"!")

        with outsider(send):
            assert len(selector.select()) == 1


def test_a_selector_of_an_outsider_is_real(pair: Pair) -> None:
    told: list[object] = []
    with living() as one_time, selectors.DefaultSelector() as selector:
        selector.register(pair[0], selectors.EVENT_READ)
        with outsider(lambda: told.append(selector.select(0.001))):
            pass
        assert passed(one_time) == 0
    assert told == [[]]


def test_a_socket_is_waited_for_on_the_clock(pair: Pair) -> None:
    with living() as one_time:
        assert not wait_readable(pair[0], 90)
        assert passed(one_time) == 90_000

        thread = started(lambda: (time.sleep(10), pair[1].send(b"!")))
        assert wait_readable(pair[0], None)
        assert passed(one_time) == 100_000
        assert wait_readable(pair[0], 0)
        thread.join()


def test_a_socket_that_another_thread_closes_is_not_waited_for_any_more(pair: Pair) -> None:
    with living() as one_time:
        thread = started(lambda: (time.sleep(10), pair[0].close()))

        assert wait_readable(pair[0], 90)
        assert passed(one_time) == 10_000
        thread.join()


def test_a_socket_is_waited_for_for_real_outside_a_world(pair: Pair) -> None:
    with living() as one_time, outside():
        assert not wait_readable(pair[0], 0.001)
        pair[1].send(b"!")
        assert wait_readable(pair[0], None)
        assert passed(one_time) == 0


def test_a_socket_waited_for_when_the_world_ends_is_waited_for_on(pair: Pair) -> None:
    told: list[bool] = []
    with living() as one_time:
        thread = started(lambda: told.append(wait_readable(pair[0], 3600)))
        one_time.settle()
    assert told == []
    pair[1].send(b"!")
    thread.join()

    assert told == [True]
