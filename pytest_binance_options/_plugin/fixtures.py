"""The fixtures. Each imports what it needs when it is used, so that a run which doesn't use us
stays as fast as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .. import (
        ApiClient,
        BackendAdapter,
        BinanceAuth,
        Clock,
        Config,
        Exchange,
        Handle,
        OneTime,
        Server,
        UserDataStream,
        UserDataStreamsApi,
    )

__all__ = [
    "binance_options",
    "binance_options_auth",
    "binance_options_client",
    "binance_options_clock",
    "binance_options_config",
    "binance_options_exchange",
    "binance_options_listen_key",
    "binance_options_server",
    "binance_options_session",
    "binance_options_stream",
    "binance_options_time",
    "binance_options_transport",
    "binance_options_user_data_streams",
]


@pytest.fixture(scope="session")
def binance_options_config(pytestconfig: pytest.Config) -> Config:
    """The settings of this run; override it in conftest.py to set them from code."""
    from .items import settings_of

    return settings_of(pytestconfig)


@pytest.fixture
def binance_options(
    request: pytest.FixtureRequest, binance_options_config: object
) -> Iterator[Handle]:
    """The handle. While it is in use, every Options request of this process is answered by the
    mode."""
    from .items import running

    with running(request, binance_options_config) as handle:
        yield handle


@pytest.fixture(scope="session")
def binance_options_session(
    request: pytest.FixtureRequest, binance_options_config: object
) -> Iterator[Handle]:
    """A handle for the whole run, with a simulated exchange of its own: for a bot that a fixture of
    wider scope starts. In the network modes its tests are skipped."""
    from .session import running

    with running(request, binance_options_config) as handle:
        yield handle


@pytest.fixture
def binance_options_auth(binance_options: Handle) -> BinanceAuth:
    """The ``BinanceAuth`` in use: the account's own in the network modes, a generated one in the
    others."""
    return binance_options.auth


@pytest.fixture
def binance_options_client(binance_options: Handle) -> ApiClient:
    """An authenticated ``ApiClient``, closed after the test."""
    return binance_options.client


@pytest.fixture
def binance_options_user_data_streams(binance_options: Handle) -> UserDataStreamsApi:
    """The three listen key operations, on the authenticated client."""
    return binance_options.user_data_streams


@pytest.fixture
def binance_options_transport(binance_options: Handle) -> BackendAdapter:
    """A requests transport adapter to mount on any ``requests.Session``."""
    return binance_options.transport


@pytest.fixture
def binance_options_exchange(binance_options: Handle) -> Exchange:
    """The simulated exchange that answers this test. In the network modes the test is skipped."""
    if binance_options.exchange is None:
        from .items import no_exchange

        raise no_exchange(binance_options)
    return binance_options.exchange


@pytest.fixture
def binance_options_clock(binance_options_exchange: Exchange) -> Clock:
    """The simulated exchange's clock: ``.now``, and ``.advance(minutes=...)``, of days,
    hours, minutes, seconds and milliseconds."""
    return binance_options_exchange.clock


@pytest.fixture
def binance_options_time(
    request: pytest.FixtureRequest, binance_options: Handle, binance_options_exchange: Exchange
) -> Iterator[OneTime]:
    """One time: from here on, the test and all that it starts live on the exchange's clock."""
    from .one_time import living

    with living(request, binance_options, binance_options_exchange) as time:
        yield time


@pytest.fixture
def binance_options_listen_key(binance_options: Handle) -> Iterator[str]:
    """A listen key, created before the test and closed after it, also when the test fails or has
    closed it itself."""
    from .items import open_listen_key

    with open_listen_key(binance_options) as listen_key:
        yield listen_key


@pytest.fixture
def binance_options_server(binance_options: Handle) -> Server:
    """A loopback server in front of whatever the mode answers with: ``.url``, ``.stream_url``.
    Needs the extra ``server``."""
    return binance_options.server


@pytest.fixture
def binance_options_stream(
    binance_options_server: Server, binance_options_listen_key: str
) -> Iterator[UserDataStream]:
    """A user data stream, connected with ``binance_options_listen_key``: ``.receive(timeout=)``,
    ``.events``."""
    from .._transports.server.user_data_stream import UserDataStream

    with UserDataStream(binance_options_server, binance_options_listen_key) as stream:
        yield stream
