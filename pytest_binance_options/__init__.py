"""A pytest plugin and fixture library for code that trades Binance Options: the listen key flow,
recorded, simulated or on the testnet. See the README.

Here is what the fixtures give, so that a suite annotates them with one import. Each is imported
when it is first asked for: a run that doesn't use us pays for none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
    from ._modes import Mode
    from ._time.one_time import OneTime
    from ._transports.requests_adapter import BackendAdapter
    from ._transports.server.server import Server
    from ._transports.server.user_data_stream import UserDataStream
    from ._world.handle import Handle
    from ._world.simulated import World, simulated
    from .client import ApiClient, BinanceAuth, UserDataStreamsApi
    from .exchange import Clock, Exchange
    from .settings import Config, Credentials

__all__ = [
    "ApiClient",
    "BackendAdapter",
    "BinanceAuth",
    "Clock",
    "Config",
    "Credentials",
    "Exchange",
    "Handle",
    "Mode",
    "OneTime",
    "Server",
    "UserDataStream",
    "UserDataStreamsApi",
    "World",
    "simulated",
]

_HOMES = {
    "ApiClient": ".client",
    "BackendAdapter": "._transports.requests_adapter",
    "BinanceAuth": ".client",
    "Clock": ".exchange",
    "Config": ".settings",
    "Credentials": ".settings",
    "Exchange": ".exchange",
    "Handle": "._world.handle",
    "Mode": "._modes",
    "OneTime": "._time.one_time",
    "Server": "._transports.server.server",
    "UserDataStream": "._transports.server.user_data_stream",
    "UserDataStreamsApi": ".client",
    "World": "._world.simulated",
    "simulated": "._world.simulated",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from ._version import version

        return version()
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
