"""Waiting for something to read, in threads of a world."""

from __future__ import annotations

import selectors
import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import cast

from .._transports.interception.patching import Patches
from .clocks import is_real
from .world import World, current

__all__ = ["patch", "real_select", "wait_readable"]

Events = list[tuple[selectors.SelectorKey, int]]
Select = Callable[[selectors.BaseSelector, "float | None"], Events]

_KINDS = ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector")


def patch(patches: Patches) -> None:
    """Have threads that wait with a selector wait on their world's clock."""
    patches.put(socket, "socketpair", _socketpair)
    for name in _KINDS:
        kind = getattr(selectors, name, None)
        if kind is not None:
            patches.put(kind, "select", _select)


def _socketpair(original: object) -> object:
    call = cast("Callable[..., tuple[socket.socket, socket.socket]]", original)

    @wraps(call)
    def socketpair(*args: object, **kwargs: object) -> tuple[socket.socket, socket.socket]:
        pair = call(*args, **kwargs)
        me = current()
        if me is not None:
            me.world.inner.add(*pair)
        return pair

    return socketpair


def _select(original: object) -> object:
    call = cast(Select, original)

    @wraps(call)
    def select(self: selectors.BaseSelector, timeout: float | None = None) -> Events:
        me = current()
        if me is None or is_real(sys._getframe(1).f_globals.get("__name__") or ""):  # noqa: SLF001
            return call(self, timeout)
        world = me.world
        deadline = world.deadline_in(timeout)
        while True:
            events = call(self, world.left_of(deadline) if world.over else 0)
            past = deadline is not None and world.clock.now_ms >= deadline
            # Some take it for the end when there is no news before the time is up: a wake-up may
            # have been meant for what this thread waited for before.
            if events or past or world.over:
                return events
            world.park(
                me,
                deadline,
                poll=lambda: call(self, 0),
                looks_outside=lambda: _looks_outside(self, world),
            )

    return select


def _looks_outside(selector: selectors.BaseSelector, world: World) -> bool:
    watched = selector.get_map()
    return watched is None or world.inner.outside(cast(Iterable[int], watched))


def wait_readable(sock: socket.socket, timeout: float | None) -> bool:
    """Wait for something to read, or the end of it, for at most ``timeout`` seconds (None: for
    ever) on the clock of who waits; False: there is nothing."""

    def ready() -> bool:
        # One that another thread has closed has no more to wait for.
        return sock.fileno() == -1 or _readable(sock, 0)

    me = current()
    if me is None:
        return _readable(sock, timeout)
    world = me.world
    deadline = world.deadline_in(timeout)
    return me.wait_until(ready, timeout) or (
        world.over and _readable(sock, world.left_of(deadline))
    )


def _readable(sock: socket.socket, timeout: float | None) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(real_select(selector)(timeout))


def real_select(selector: selectors.BaseSelector) -> Callable[[float | None], Events]:
    """What :func:`patch` has replaced."""
    select = selector.select
    original = getattr(select, "__wrapped__", None)
    return select if original is None else partial(original, selector)
