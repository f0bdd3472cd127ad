"""Other libraries that answer HTTP in tests: Options requests are ours whatever the order of
fixtures, the rest theirs.

Each shim wraps the function in which the neighbour decides about a request, and only for requests
of ours. It is there while somebody intercepts and the neighbour has been imported, and leaves
nothing behind.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

import requests
from requests.adapters import HTTPAdapter

from ....errors import UsageError
from ..ownership import concerns

if TYPE_CHECKING:
    from ..patching import Patches

__all__ = ["NEIGHBOURS"]


class _HasUrl(Protocol):
    url: object


class _HasUri(Protocol):
    uri: str


def _ours(request: object) -> bool:
    # requests, httpx and vcrpy each have a request class of their own.
    return concerns(
        str(
            cast("_HasUri", request).uri
            if hasattr(request, "uri")
            else cast("_HasUrl", request).url
        )
    )


def _responses(patches: Patches, module: ModuleType) -> None:
    def on_request(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def _on_request(
            self: object, adapter: HTTPAdapter, request: requests.PreparedRequest, **kwargs: object
        ) -> requests.Response:
            if not _ours(request):
                return call(self, adapter, request, **kwargs)
            kwargs.pop("retries", None)  # of responses' own
            send = cast("Callable[..., requests.Response]", self._real_send)  # type: ignore[attr-defined]
            return send(adapter, request, **kwargs)

        return _on_request

    patches.put(module.RequestsMock, "_on_request", on_request)


def _requests_mock(patches: Patches, module: ModuleType) -> None:
    # Its mocker, which stands before the session's own adapters: they get the request back.
    def original_send(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def _original_send(
            session: requests.Session, request: requests.PreparedRequest, **kwargs: object
        ) -> requests.Response:
            if _ours(request):
                raise module.adapter._RunRealHTTP  # noqa: SLF001
            return call(session, request, **kwargs)

        return _original_send

    # Its adapter, which a test has mounted: there is no other.
    def send(original: object) -> object:
        call = cast("Callable[..., requests.Response]", original)

        @wraps(call)
        def send(
            self: object, request: requests.PreparedRequest, **kwargs: object
        ) -> requests.Response:
            if _ours(request):
                return HTTPAdapter().send(request, **kwargs)  # type: ignore[arg-type]
            return call(self, request, **kwargs)

        return send

    patches.put(module, "_original_send", original_send)
    patches.put(module.adapter.Adapter, "send", send)


def _pytest_httpx(patches: Patches, module: ModuleType) -> None:
    if not hasattr(module, "_HTTPXMockOptions"):
        _old_pytest_httpx(patches, module)
        return

    class ShouldMock:
        """A data descriptor: it comes before the attribute of the same name that each object
        has."""

        def __get__(self, options: object, kind: type) -> Callable[[object], bool]:
            decide = cast("Callable[[object], bool]", vars(options)["should_mock"])
            return lambda request: not _ours(request) and decide(request)

        def __set__(self, options: object, decide: Callable[[object], bool]) -> None:
            vars(options)["should_mock"] = decide

    # The class has no such attribute of its own.
    patches.add(module._HTTPXMockOptions, "should_mock", ShouldMock())  # noqa: SLF001


def _old_pytest_httpx(patches: Patches, module: ModuleType) -> None:
    """Before 0.32 nothing decides about a request: what its mock gets, it answers. Ours, then, are
    not answered by anybody.

    It is a plugin, and so imported in every run: that it is old matters to nobody but a test which
    uses it.
    """

    def handle(original: object) -> object:
        call = cast("Callable[..., object]", original)

        @wraps(call)
        def handle(self: object, real_transport: object, request: object) -> object:
            if _ours(request):
                raise UsageError(
                    "pytest-httpx before 0.32 can't let an Options request pass to"
                    " pytest-binance-options. Use a newer one, or no httpx_mock in this test."
                )
            return call(self, real_transport, request)

        return handle

    patches.put(module.HTTPXMock, "_handle_request", handle)
    patches.put(module.HTTPXMock, "_handle_async_request", handle)


def _respx(patches: Patches, module: ModuleType) -> None:
    def pass_through(request: object) -> Exception:
        error: Exception = module.PassThrough("an Options request", request=request, origin=None)
        return error

    def handler(original: object) -> object:
        call = cast("classmethod[object, ..., object]", original).__func__

        @wraps(call)
        def handler(cls: type, request: object) -> object:
            if _ours(request):
                raise pass_through(request)
            return call(cls, request)

        return classmethod(handler)

    def async_handler(original: object) -> object:
        call = cast(
            "Callable[..., Awaitable[object]]",
            cast("classmethod[object, ..., object]", original).__func__,
        )

        @wraps(call)
        async def async_handler(cls: type, request: object) -> object:
            if _ours(request):
                raise pass_through(request)
            return await call(cls, request)

        return classmethod(async_handler)

    patches.put(module.Mocker, "handler", handler)
    patches.put(module.Mocker, "async_handler", async_handler)


def _vcr_cassette(patches: Patches, module: ModuleType) -> None:
    """Vcrpy, and so pytest-recording: a cassette has no answer for ours, does not refuse them and
    does not keep them."""

    loading = threading.local()

    def skipping(answer: object) -> Callable[[object], object]:
        def replace(original: object) -> object:
            call = cast("Callable[..., object]", original)

            @wraps(call)
            def skip(self: object, request: object, *rest: object) -> object:
                if _ours(request) and not getattr(loading, "now", False):
                    return answer
                return call(self, request, *rest)

            return skip

        return replace

    def load(original: object) -> object:
        call = cast("Callable[[object], None]", original)

        @wraps(call)
        def _load(self: object) -> None:
            # What the file has of ours stays in it.
            loading.now = True
            try:
                call(self)
            finally:
                loading.now = False

        return _load

    patches.put(module.Cassette, "can_play_response_for", skipping(answer=False))
    patches.put(module.Cassette, "filter_request", skipping(answer=None))
    patches.put(module.Cassette, "append", skipping(answer=None))
    patches.put(module.Cassette, "_load", load)


def _vcr_aiohttp(patches: Patches, module: ModuleType) -> None:
    """Vcrpy reads an answer to its end to record it, which a WebSocket doesn't have."""

    def record(original: object) -> object:
        call = cast("Callable[..., Awaitable[None]]", original)

        @wraps(call)
        async def record_responses(cassette: object, request: object, response: object) -> None:
            if not _ours(request):
                await call(cassette, request, response)

        return record_responses

    patches.put(module, "record_responses", record)


_SHIMS: dict[str, Callable[[Patches, ModuleType], None]] = {
    "responses": _responses,
    "requests_mock.mocker": _requests_mock,
    "pytest_httpx": _pytest_httpx,
    "respx.mocks": _respx,
    "vcr.cassette": _vcr_cassette,
    "vcr.stubs.aiohttp_stubs": _vcr_aiohttp,
}


def _for_module(name: str) -> Callable[[Patches], None]:
    return lambda patches: _SHIMS[name](patches, sys.modules[name])


NEIGHBOURS: dict[str, Callable[[Patches], None]] = {name: _for_module(name) for name in _SHIMS}
