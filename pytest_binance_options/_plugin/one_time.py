"""The fixture ``binance_options_time`` between pytest and the world: who is in it, and when."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from .._time.one_time import OneTime
from .._world.one_time import living as lived
from ..errors import BinanceOptionsError
from .items import config_of

if TYPE_CHECKING:
    from .._world.handle import Handle
    from ..exchange import Exchange

__all__ = ["living"]


@contextmanager
def living(request: pytest.FixtureRequest, handle: Handle, exchange: Exchange) -> Iterator[OneTime]:
    """One time for the test of ``request``, from now to the fixture's end."""
    config = config_of(request, request.getfixturevalue("binance_options_config"))
    try:
        with lived(handle, exchange, config) as time, _inhabited(request.config, time):
            yield time
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
