"""The table of what is intercepted, and the promised error for a library that nobody has tried yet:
whatever of it is missing, or other than it should be."""

from __future__ import annotations

import asyncio
import importlib
import platform
import types
from collections.abc import Callable

import aiohttp
import pytest
import urllib3

from pytest_binance_options._transports.interception.doors.native import NATIVE
from pytest_binance_options._transports.interception.doors.registry import DOORS, open_door
from pytest_binance_options._transports.interception.patching import Patches
from pytest_binance_options.errors import UsageError

from ...intercepting import URL, intercepted

PROMISED = "pytest-binance-options can't intercept beside this version of "
# They are in tests/environments: the first can't be installed beside urllib3.
NOT_HERE = {
    "urllib3_future",
    "anyio._backends._trio",
    "curl_cffi",
    "gevent",
    "gevent.pool",
    "httpcore2",
    "pycares",
    "pycurl",
    "urllib3.http2.connection",
    "twisted.internet._resolver",
    *NATIVE,
}
# What is patched there came with a version; or nothing has to be there.
MAY_BE_EMPTY = {"websockets.asyncio.client", *NATIVE}


def module_of(name: str, **contents: object) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(__version__="0.9", **contents)
    return module


def refusal(name: str, module: types.ModuleType) -> str:
    with pytest.raises(UsageError) as refused:
        open_door(Patches(), name, module)
    return str(refused.value)


@pytest.mark.parametrize("name", sorted(DOORS.keys() - NOT_HERE))
def test_every_row_names_a_module_whose_door_opens_and_shuts(name: str) -> None:
    patches = Patches()

    open_door(patches, name, importlib.import_module(name))
    opened = list(patches._patches)
    in_place = [patch for patch in opened if patch.in_place()]
    patches.lift()

    assert opened
    assert in_place == opened
    assert [patch for patch in opened if patch.in_place()] == []


@pytest.mark.parametrize("name", sorted(DOORS.keys() - MAY_BE_EMPTY))
def test_a_module_that_has_nothing_of_what_is_patched_gets_the_promised_error(name: str) -> None:
    told = refusal(name, module_of(name))

    assert told.startswith(PROMISED)
    assert told.endswith(", or of pytest-binance-options.")


def test_the_error_names_the_library_its_version_what_is_missing_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(aiohttp.connector, "Connection")

    assert refusal("aiohttp", aiohttp) == (
        f"{PROMISED}aiohttp ({aiohttp.__version__}): aiohttp.connector.Connection is not there."
        " Use another version of aiohttp, or of pytest-binance-options."
    )


def test_what_belongs_to_python_is_called_so() -> None:
    loop = type("BaseEventLoop", (), {"__module__": "asyncio.base_events"})

    assert refusal("asyncio", module_of("asyncio", BaseEventLoop=loop)) == (
        f"{PROMISED}Python ({platform.python_version()}): BaseEventLoop.create_connection is not"
        " there. Use another version of Python, or of pytest-binance-options."
    )


def test_a_fork_of_urllib3_that_is_not_built_on_http_client_is_told() -> None:
    class HTTPConnection:
        def connect(self) -> None: ...
        def putrequest(self, method: str, url: str) -> None: ...

    connection = types.SimpleNamespace(
        HTTPConnection=HTTPConnection, HTTPSConnection=HTTPConnection
    )

    assert refusal("urllib3", module_of("urllib3", connection=connection)) == (
        f"{PROMISED}urllib3 ({urllib3.__version__}): its HTTPConnection is none of http.client's."
        " Use another version of urllib3, or of pytest-binance-options."
    )


def with_other_parameters(self: object, request: object) -> None: ...


with_other_parameters.__module__ = "aiohttp.connector"


@pytest.mark.parametrize(
    "connect",
    [with_other_parameters, property(with_other_parameters), 1],
    ids=["parameters", "property", "number"],
)
def test_what_is_called_another_way_is_told_before_the_test_runs(
    connect: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aiohttp.BaseConnector, "connect", connect)

    with pytest.raises(UsageError, match=r"BaseConnector\.connect is called another way"):
        intercepted().__enter__()


def test_what_shows_only_when_it_is_used_is_told_then() -> None:
    async def main() -> None:
        connector = aiohttp.TCPConnector()
        del connector._acquired
        async with aiohttp.ClientSession(connector=connector) as session:
            try:
                await session.get(URL)
            finally:
                connector._acquired = set()

    with intercepted(), pytest.raises(UsageError, match=r"TCPConnector\._acquired is not there"):
        asyncio.run(main())
