"""The fixture ``binance_options_time`` between pytest, the doors and the world: who is in it, and
when."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from .._hosts import Scope
from .._time.one_time import OneTime, opened
from .._time.sockets import wait_readable
from .._time.world import World, deadline_after
from .._transports.memory_stream import ClientSocket, memory_stream
from .._urls import authority
from ..errors import BinanceOptionsError
from .items import config_of

if TYPE_CHECKING:
    from .._transports.server.server import Server
    from ..exchange import Exchange
    from .handle import Handle

__all__ = ["living"]


@contextmanager
def living(request: pytest.FixtureRequest, handle: Handle, exchange: Exchange) -> Iterator[OneTime]:
    """One time for the test of ``request``, from now to the fixture's end."""
    config = config_of(request, request.getfixturevalue("binance_options_config"))
    one_time = opened(exchange.clock, patience=config.time_patience, horizon=config.time_horizon)
    try:
        with one_time as time, _inhabited(request.config, time):
            interception = handle.interception
            interception.streams = _streams(handle, time.world)

            def take_in(server: Server) -> None:
                # Whoever asks the server from here needs no socket for it, and no real time.
                interception.scope = Scope(
                    rest=[handle.host, server.url], stream=[handle.stream_host, server.stream_url]
                )
                time.world.probes.append(lambda: handle.place.busy)

            handle.place.tell(take_in)
            try:
                yield time
            finally:
                interception.streams, interception.scope = None, handle.scope
    except BinanceOptionsError as error:
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None


_INHABITANTS = pytest.StashKey["_Inhabitants"]()


class _Inhabitants:
    """Puts a test's own code into its world, phase by phase; what pytest and other plugins do in
    between is no part of it. The innermost wrapper there is."""

    def __init__(self) -> None:
        #: Of the tests that are under way: one, or none.
        self.times: list[OneTime] = []

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_fixture_setup(self) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self._inhabited():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self._inhabited():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self._inhabited():
            return (yield)

    def _inhabited(self) -> AbstractContextManager[None]:
        return self.times[-1].inhabited() if self.times else nullcontext()


@contextmanager
def _inhabited(config: pytest.Config, time: OneTime) -> Iterator[None]:
    inhabitants = config.stash.get(_INHABITANTS, None)
    if inhabitants is None:
        # For the rest of the session: that is cheaper than for each test anew.
        inhabitants = config.stash[_INHABITANTS] = _Inhabitants()
        config.pluginmanager.register(inhabitants)
    inhabitants.times.append(time)
    try:
        yield
    finally:
        inhabitants.times.remove(time)


def _streams(handle: Handle, world: World) -> Callable[[str], ClientSocket]:
    def later(seconds: float, call: Callable[[], object]) -> None:
        world.clock.call_at(deadline_after(world.clock.now_ms, seconds), call)

    def stream(url: str) -> ClientSocket:
        host, port = authority(url)[1:]
        base = f"http://{host}" + (f":{port}" if port else "")
        sock = memory_stream(base, handle.backend, later, readable=wait_readable)
        world.is_inner(sock)
        return sock

    return stream
