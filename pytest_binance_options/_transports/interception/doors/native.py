"""Clients that bring their own sockets, written in C, Go or Rust: nothing of theirs is answered,
but what may not be reached is refused where they are given the URL.

What they do by themselves, as following a redirect, isn't seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from ....errors import UnwatchedClientWarning
from .. import guard
from ..locality import text_of

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["NATIVE", "patch_curl_cffi", "patch_pycares", "patch_pycurl"]

_WAYS_OF_HTTPCLOAK = ("", "_async", "_fast", "_stream", "_stream_async")
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "request", "trace")
#: Of each module, what is given a URL, or a request that has one: a class, or "" for the module
#: itself, and its methods or functions.
_ASKED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "httpcloak.client": (
        ("Session", tuple(f"{verb}{way}" for verb in _VERBS for way in _WAYS_OF_HTTPCLOAK)),
    ),
    "httpr": tuple((owner, (*_VERBS, "stream")) for owner in ("Client", "AsyncClient", "")),
    "impit": tuple((owner, (*_VERBS, "stream")) for owner in ("Client", "AsyncClient", "")),
    "primp": (("Client", _VERBS), ("AsyncClient", _VERBS), ("", _VERBS)),
    "pyqwest": (
        ("Client", (*_VERBS, "execute", "stream")),
        ("SyncClient", (*_VERBS, "execute", "stream")),
        ("HTTPTransport", ("execute",)),
        ("SyncHTTPTransport", ("execute_sync",)),
    ),
    "pyreqwest._pyreqwest": (
        ("request.ConsumedRequest", ("send",)),
        ("request.StreamRequest", ("__aenter__",)),
        ("request.SyncConsumedRequest", ("send",)),
        ("request.SyncStreamRequest", ("__enter__",)),
    ),
    "pyreqwest.simple.request": (("", tuple(f"pyreqwest_{verb}" for verb in _VERBS)),),
    "pyreqwest.simple.sync_request": (("", tuple(f"pyreqwest_{verb}" for verb in _VERBS)),),
    "rnet": (
        ("Client", (*_VERBS, "websocket")),
        ("BlockingClient", (*_VERBS, "websocket")),
        ("", (*_VERBS, "websocket")),
    ),
    "tls_client.sessions": (("Session", ("execute_request",)),),
    "wreq": (("Client", (*_VERBS, "websocket")),),
    "wreq.blocking": tuple((owner, (*_VERBS, "websocket")) for owner in ("Client", "")),
}
_warned: set[str] = set()


def _patch(name: str, patches: Patches, module: ModuleType) -> None:
    watched = 0
    for path, methods in _ASKED[name]:
        owner: Any = module
        for step in filter(None, path.split(".")):
            owner = getattr(owner, step, None)
        for method in methods:
            # One version or another has it.
            if hasattr(owner, method):
                patches.put(owner, method, _function if owner is module else _method)
                watched += 1
    if not watched:
        _warn_of(name)


NATIVE: dict[str, Callable[[Patches, ModuleType], None]] = {
    name: partial(_patch, name) for name in _ASKED
}


def _warn_of(name: str) -> None:
    if name not in _warned:
        _warned.add(name)
        library = name.partition(".")[0]
        warnings.warn(
            UnwatchedClientWarning(
                f"{library} opens connections of its own, and this version of it is one that nobody"
                " has tried yet: what it asks for is neither answered nor refused. Give it the"
                " address of the fixture binance_options_server."
            ),
            stacklevel=2,
        )


def _method(original: object) -> object:
    call = cast("Callable[..., object]", original)

    def method(self: object, /, *args: Any, **kwargs: Any) -> object:
        _check((*args[:2], kwargs.get("url"), getattr(self, "url", None), _base_of(self)))
        return call(self, *args, **kwargs)

    return method


def _function(original: object) -> object:
    call = cast("Callable[..., object]", original)

    def function(*args: Any, **kwargs: Any) -> object:
        _check((*args[:2], kwargs.get("url")))
        return call(*args, **kwargs)

    return function


def _base_of(client: object) -> object:
    return getattr(client, "base_url", None)


def _check(candidates: Iterable[object]) -> None:
    """Refuse the first of ``candidates`` that is a URL, or a request with one."""
    for candidate in candidates:
        url = getattr(candidate, "url", candidate)
        text = str(url) if url is not None else ""
        if "://" in text:
            guard.check_url(text)
            return


def patch_curl_cffi(patches: Patches, module: ModuleType) -> None:
    """Look at the URLs that curl_cffi's handles are given from now on."""
    url = int(module.CurlOpt.URL)

    def setopt(original: object) -> object:
        call = cast("Callable[[object, int, object], int]", original)

        @wraps(call)
        def checked(self: object, option: int, value: object) -> int:
            if option == url:
                guard.check_url(text_of(value))
            return call(self, option, value)

        return checked

    patches.put(module.Curl, "setopt", setopt)


def patch_pycurl(patches: Patches, module: ModuleType) -> None:
    """Look at the URLs that pycurl's handles are given from now on; those of handles that are
    there already are not seen."""
    url = module.URL

    def curl(original: object) -> object:
        genuine = cast("type[Any]", original)

        class Curl(genuine):  # type: ignore[misc, valid-type]
            def setopt(self, option: int, value: object) -> None:
                if option == url:
                    guard.check_url(text_of(value))
                super().setopt(option, value)

            def setopt_string(self, option: int, value: str) -> None:
                if option == url:
                    guard.check_url(value)
                super().setopt_string(option, value)

        Curl.__module__, Curl.__qualname__ = genuine.__module__, genuine.__qualname__
        return Curl

    patches.put(module, "Curl", curl)


def patch_pycares(patches: Patches, module: ModuleType) -> None:
    """Look at what pycares, and aiodns with it, is to look up from now on."""
    for name in ("getaddrinfo", "gethostbyaddr", "gethostbyname", "query", "search"):
        if hasattr(module.Channel, name):
            patches.put(module.Channel, name, _lookup)
    patches.put(module.Channel, "getnameinfo", _name_lookup)


def _lookup(original: object) -> object:
    call = cast("Callable[..., object]", original)

    def lookup(self: object, name: Any, /, *args: Any, **kwargs: Any) -> object:
        guard.check_lookup(name, None)
        return call(self, name, *args, **kwargs)

    return lookup


def _name_lookup(original: object) -> object:
    call = cast("Callable[..., object]", original)

    def lookup(self: object, address: Any, flags: int, /, *args: Any, **kwargs: Any) -> object:
        guard.check_name_of(address, 0)
        return call(self, address, flags, *args, **kwargs)

    return lookup
