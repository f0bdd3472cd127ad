"""The fixture ``binance_options_session``: a world around those of the tests, and whose the things
are that fixtures of wider scope start.

What is started by a fixture that asks for it, however indirectly, is the session's; what is by any
other fixture of wider scope is nobody's, and works for whatever test runs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import pytest

from .._modes import Mode
from .._transports.interception.belonging import working_for
from ..errors import BinanceOptionsError
from .blocking import stand
from .choice import Test
from .items import config_of, server_of
from .marker import MarkerArguments
from .world import Runner, opened

if TYPE_CHECKING:
    from .._world.handle import Handle

__all__ = ["running"]

_NAME = "binance_options_session"


@contextmanager
def running(request: pytest.FixtureRequest, given: object) -> Iterator[Handle]:
    """The handle of the run, from its settings to its end."""
    try:
        config = config_of(request, given)
        mode = Mode.parse(config.mode, setting="mode")
        if mode.leaves_machine:
            pytest.skip(f"needs the simulated exchange; mode {mode} asks the testnet")
        test = Test(
            nodeid=_NAME,
            module=_NAME,
            name=_NAME,
            arguments=MarkerArguments(mode=Mode.SIMULATE),
            wants_exchange=True,
            root=request.config.rootpath,
        )
        runner = Runner(
            passed=lambda: True,
            server=lambda: server_of(request.config),
            outermost=True,
            hidden=partial(_hidden, request.config),
        )
        with opened(config, test, runner) as handle:
            stand(request.config, config, handle.mode)
            setups = _Setups(handle)
            request.config.pluginmanager.register(setups)
            try:
                yield handle
            finally:
                request.config.pluginmanager.unregister(setups)
    except BinanceOptionsError as error:
        raise pytest.fail.Exception(f"{type(error).__name__}: {error}", pytrace=False) from None


def _hidden(
    config: pytest.Config, secrets: Iterable[str], *, looks: bool
) -> AbstractContextManager[None]:
    if not secrets:
        return nullcontext()
    from .known import hide_from
    from .masked_output import live_handlers, masked_logs

    # Also in what is said of tests that never ask for a handle of their own.
    return masked_logs(live_handlers(config), hide_from(config, secrets, looks=looks))


class _Setups:
    """Sees fixtures being set up."""

    def __init__(self, handle: Handle) -> None:
        self._interception = handle.interception
        self._ours = {_NAME}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object]
    ) -> Generator[None, object, object]:
        __tracebackhide__ = True
        # What a fixture asks for is set up before it.
        ours = not self._ours.isdisjoint(fixturedef.argnames)
        if ours:
            self._ours.add(fixturedef.argname)
        if fixturedef.scope == "function":
            return (yield)
        with working_for(self._interception if ours else None):
            return (yield)
