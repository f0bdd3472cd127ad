"""gevent, stood for by modules of its shape: the real one is in tests/environments."""

from __future__ import annotations

import types
from collections.abc import Callable
from contextvars import Context

import pytest

from pytest_binance_options._transports.interception import ownership
from pytest_binance_options._transports.interception.doors.registry import open_door
from pytest_binance_options._transports.interception.patching import Patches
from pytest_binance_options.errors import TestOverError

from ...intercepting import URL, intercepted


class Greenlet:
    """It runs when it is told to, in a context of its own."""

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run
        self.gr_context = Context()

    def switch(self) -> object:
        return self.gr_context.run(self._run)


class Running:
    def __init__(self, run: Callable[[], object]) -> None:
        self.switch = run

    @property
    def gr_context(self) -> Context:
        return Context()

    @gr_context.setter
    def gr_context(self, _: Context) -> None:
        raise ValueError("cannot set context on a running greenlet")


def module(name: str, **contents: object) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(contents)
    return made


class Group:
    def spawn(self, run: Callable[[], object]) -> Greenlet:
        return Greenlet(run)


def test_a_greenlet_of_an_earlier_test_is_told_so() -> None:
    gevent = module("gevent", spawn=Greenlet, spawn_later=lambda _, run: Greenlet(run))
    patches = Patches()
    open_door(patches, "gevent", gevent)
    open_door(patches, "gevent.pool", module("gevent.pool", Group=Group))

    def ask() -> object:
        return ownership.claim(URL)

    with intercepted():
        greenlets = [gevent.spawn(ask), gevent.spawn_later(1, ask), Group().spawn(ask)]
        assert [greenlet.switch() for greenlet in greenlets] == [ownership.claim(URL)] * 3
    with intercepted():
        for greenlet in greenlets:
            with pytest.raises(TestOverError):
                greenlet.switch()
    patches.lift()


def test_one_that_runs_already_keeps_its_context() -> None:
    gevent = module("gevent", spawn=Running, spawn_later=Running)
    patches = Patches()
    open_door(patches, "gevent", gevent)
    assert gevent.spawn(lambda: "ran").switch() == "ran"
    patches.lift()
