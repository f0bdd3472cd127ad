"""Which libraries are intercepted: a file each, and here a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from ..mocking_libraries import pytest_httpx, requests_mock, responses, respx, vcrpy
from ..patching import Patches, unknown
from . import (
    aiohttp,
    anyio,
    asyncio,
    gevent,
    http_client,
    httpcore,
    native,
    twisted,
    urllib3,
    urllib3_future,
    urllib3_http2,
    uvloop,
    websocket_client,
    websockets,
)

__all__ = ["DOORS", "open_door"]

DOORS: Mapping[str, Callable[[Patches, ModuleType], None]] = {
    # clients
    "http.client": http_client.patch,
    "urllib3": urllib3.patch,
    "urllib3_future": urllib3_future.patch,
    "urllib3.http2.connection": urllib3_http2.patch,
    "httpcore": httpcore.patch,
    "httpcore2": httpcore.patch,
    "aiohttp": aiohttp.patch,
    "asyncio": asyncio.patch,
    "websockets.asyncio.client": websockets.patch_asyncio,
    "websockets.sync.client": websockets.patch_sync,
    "websocket": websocket_client.patch,
    # event loops and clients with sockets of their own
    "uvloop": uvloop.patch,
    "curl_cffi": native.patch_curl_cffi,
    "pycurl": native.patch_pycurl,
    "twisted.internet._resolver": twisted.patch,
    "pycares": native.patch_pycares,
    **native.NATIVE,
    # who runs tests, or parts of them
    "gevent": gevent.patch,
    "gevent.pool": gevent.patch_pool,
    "anyio._backends._asyncio": anyio.patch,
    "anyio._backends._trio": anyio.patch,
    # mocking libraries: Options requests are ours whatever the order of fixtures, the rest theirs
    "responses": responses.patch,
    "requests_mock.mocker": requests_mock.patch,
    "pytest_httpx": pytest_httpx.patch,
    "respx.mocks": respx.patch,
    "vcr.cassette": vcrpy.patch_cassette,
    "vcr.stubs.aiohttp_stubs": vcrpy.patch_aiohttp,
}
"""The module that is waited for, and what is called with it when it has been imported: before the
test, or in the middle of it."""


def open_door(patches: Patches, name: str, module: ModuleType) -> None:
    """Call the door that waited for ``name``. Raises UsageError where ``module`` is of a version,
    or a fork, that nobody has tried yet."""
    try:
        DOORS[name](patches, module)
    except AttributeError as error:
        raise unknown(module, str(error)) from error
