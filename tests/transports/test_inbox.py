"""What is on its way to a client in this process: who asks a selector sees it, who is told need
not."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from pytest_binance_options._transports.inbox import Inbox

ROOM = 212_992


@pytest.fixture
def near_and_inbox() -> Iterator[tuple[socket.socket, Inbox]]:
    near, far = socket.socketpair()
    far.settimeout(0)
    inbox = Inbox(far)
    with near, far:
        yield near, inbox


@pytest.fixture
def near(near_and_inbox: tuple[socket.socket, Inbox]) -> socket.socket:
    return near_and_inbox[0]


@pytest.fixture
def inbox(near_and_inbox: tuple[socket.socket, Inbox]) -> Inbox:
    return near_and_inbox[1]


def readable(near: socket.socket) -> bool:
    return bool(select.select([near], [], [], 0)[0])


def test_a_selector_sees_whether_there_is_something(near: socket.socket, inbox: Inbox) -> None:
    assert not readable(near)
    inbox.put(b"one")
    inbox.put(b" two")
    assert readable(near)
    assert inbox.take(near, 5) == b"one t"
    assert readable(near)
    assert inbox.take(near, 100) == b"wo"
    assert not readable(near)
    inbox.put(b"three")
    assert readable(near)


def test_where_there_is_nothing_there_is_nothing_yet(near: socket.socket, inbox: Inbox) -> None:
    assert not inbox.has_news
    with pytest.raises(BlockingIOError):
        inbox.take(near, 100)


@pytest.mark.parametrize("there_before", [b"", b"before "])
def test_who_is_told_finds_nothing_at_the_socket(
    near: socket.socket, inbox: Inbox, there_before: bytes
) -> None:
    told: list[bool] = []
    if there_before:
        inbox.put(there_before)
    inbox.tell(near, lambda: told.append(readable(near)))
    assert inbox.has_news is bool(there_before)
    inbox.put(b"this")
    assert told == [False]
    assert inbox.take(near, 100) == there_before + b"this"


def test_what_nobody_is_told_of_any_more_is_seen_at_the_socket(
    near: socket.socket, inbox: Inbox
) -> None:
    inbox.tell(near, lambda: None)
    inbox.put(b"this")
    inbox.tell(near, None)
    assert readable(near)
    assert inbox.take(near, 100) == b"this"
    assert not readable(near)
    inbox.tell(near, lambda: None)
    inbox.tell(near, None)
    assert not readable(near)


@pytest.mark.parametrize("is_told", [True, False])
def test_the_end_comes_after_what_there_was(
    near: socket.socket, inbox: Inbox, is_told: bool
) -> None:
    told: list[int] = []
    if is_told:
        inbox.tell(near, lambda: told.append(1))
    inbox.put(b"the last")
    inbox.close()
    assert len(told) == 2 * is_told
    assert readable(near)
    assert inbox.take(near, 100) == b"the last"
    assert (inbox.take(near, 100), inbox.take(near, 100)) == (b"", b"")
    assert readable(near)


def test_what_a_socket_has_no_room_for_is_lost_with_the_end(
    near: socket.socket, inbox: Inbox
) -> None:
    inbox.put(b"x" * ROOM)
    assert not inbox.full
    inbox.put(b"y" * 10)
    assert inbox.full
    assert inbox.take(near, 4) == b"xxxx"
    inbox.close()
    assert inbox.take(near, 2 * ROOM) == b"x" * (ROOM - 4) + b"yyyy"


def test_a_client_that_has_gone_is_noticed(near: socket.socket, inbox: Inbox) -> None:
    near.close()
    with pytest.raises(OSError, match=r"Errno|WinError"):
        inbox.put(b"this")
