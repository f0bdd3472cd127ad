"""The urllib3-future door: niquests, sync and async, and what else is built on that fork of
urllib3.

A request goes to a pool of its own, whose connection has a socket in memory and speaks HTTP/1.1,
whatever a real one would negotiate. All above it is the library's own: retries, decoding, time-outs
and what it makes of a connection that fails.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Callable, Coroutine, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, cast

from ...._messages import Later
from ...._urls import authority, origin
from .. import ownership
from ..memory_socket import MemorySocket
from ..passing import passing
from ..patching import known, unknown

if TYPE_CHECKING:
    from types import ModuleType

    from ..patching import Patches

__all__ = ["is_fork", "patch"]

# Not the library's own types: it can't be installed where this project is checked.
_Pool = Any
_Connection = Any
_Opened = Mapping[str, Callable[[_Pool, str], _Pool]]
_Refused = Callable[[_Connection, str], Exception]

# No thread or task of its own: there is no idle connection to watch.
_UNWATCHED: dict[str, Any] = {"background_watch_delay": None}


def is_fork(module: ModuleType) -> bool:
    """Whether ``module``, imported as ``urllib3``, is this fork of it."""
    return hasattr(module, "AsyncHTTPConnectionPool")


def patch(patches: Patches, module: ModuleType) -> None:
    """Stand in for the server from now on; ``module`` is ``urllib3_future``, or ``urllib3`` where
    the fork has taken its place."""
    refused = module.exceptions.NewConnectionError
    for prefix, connection, replacement in (
        ("", _connection, _urlopen),
        ("Async", _async_connection, _async_urlopen),
    ):
        plain, secure = (
            getattr(module, f"{prefix}{scheme}ConnectionPool") for scheme in ("HTTP", "HTTPS")
        )
        if not _UNWATCHED.keys() <= inspect.signature(plain).parameters.keys():
            raise unknown(module, f"{plain.__name__} is called another way")
        in_memory: _Opened = {
            pool.scheme: partial(_in_memory, _twin(pool, connection(pool.ConnectionCls, refused)))
            for pool in (plain, secure)
        }
        patches.put(plain, "urlopen", partial(replacement, in_memory))


def _urlopen(in_memory: _Opened, original: object) -> object:
    call = cast("Callable[..., object]", original)

    @wraps(call)
    def urlopen(self: _Pool, method: str, url: str, *args: object, **kwargs: object) -> object:
        with passing(_whole(self, url)):
            return call(_pool(in_memory, self, url), method, url, *args, **kwargs)

    return urlopen


def _async_urlopen(in_memory: _Opened, original: object) -> object:
    call = cast("Callable[..., Coroutine[object, object, object]]", original)

    @wraps(call)
    async def urlopen(
        self: _Pool, method: str, url: str, *args: object, **kwargs: object
    ) -> object:
        with passing(_whole(self, url)):
            return await call(_pool(in_memory, self, url), method, url, *args, **kwargs)

    return urlopen


def _pool(in_memory: _Opened, pool: _Pool, url: str) -> _Pool:
    """Where ``url``, a path or whole, is asked for: ``pool`` itself, or one in memory."""
    # Retries and redirects of a pool in memory come here again.
    real: _Pool = getattr(pool, "real", pool)
    whole = _whole(real, url)
    if ownership.claim(whole) is None:
        return real
    return in_memory[authority(whole)[0]](real, whole)


def _whole(pool: _Pool, url: str) -> str:
    return url if "://" in url else origin(pool.scheme, pool.host, pool.port) + url


def _in_memory(twin: type, real: _Pool, url: str) -> _Pool:
    _, host, port = authority(url)
    pool: _Pool = twin(
        host,
        port,
        timeout=real.timeout,
        retries=real.retries,
        headers=real.headers,
        **_UNWATCHED,
    )
    pool.real = real
    return pool


def _twin(pool: Any, connection: type) -> type:
    # Errors show it.
    connection.__module__ = pool.ConnectionCls.__module__
    connection.__qualname__ = pool.ConnectionCls.__qualname__
    return type(pool.__name__, (pool,), {"ConnectionCls": connection, "real": None})


def _connection(connection: type[_Connection], refused: _Refused) -> type:
    known(connection, "_post_conn")

    class InMemory(connection):  # type: ignore[misc]
        def connect(self) -> None:
            self.sock = _Socket.of(self, refused)
            self.is_verified = True  # there is no certificate to doubt
            self._post_conn()

    return InMemory


def _async_connection(connection: type[_Connection], refused: _Refused) -> type:
    known(connection, "_post_conn")

    class InMemory(connection):  # type: ignore[misc]
        async def connect(self) -> None:
            self.sock = _AsyncSocket.of(self, refused)
            self.is_verified = True
            await self._post_conn()

    return InMemory


class _Reading(MemorySocket):
    type = socket.SOCK_STREAM

    def __init__(self, base: str) -> None:
        super().__init__(base)
        self._answer: memoryview | None = None

    @classmethod
    def of(cls, connection: _Connection, refused: _Refused) -> _Reading:
        """A socket for ``connection``; ``refused`` is what the library raises where none comes
        about."""
        port = None if connection.port == connection.default_port else connection.port
        made = cls(origin(connection.scheme, connection.host, port))
        made.refused = refused(connection, f"Failed to establish a new connection: {made.refused}")
        return made

    def getsockopt(self, *_: object) -> int:
        """Nothing is set."""
        return 0

    def _next(self, size: int) -> bytes:
        assert self._answer is not None
        step, self._answer = self._answer[:size], self._answer[size:]
        return bytes(step)


class _Socket(_Reading):
    def sendall(self, data: bytes) -> None:
        self.feed(data)

    def recv(self, size: int) -> bytes:
        if self._answer is None:
            self._answer = memoryview(self.answer())
        return self._next(size)


class _AsyncSocket(_Reading):
    async def sendall(self, data: bytes) -> None:
        self.feed(data)

    async def recv(self, size: int) -> bytes:
        if self._answer is None:
            refusal = self.refusal()
            self._answer = memoryview(await self._asked() if refusal is None else refusal)
        return self._next(size)

    async def _asked(self) -> bytes:
        owner, request = self.asked()
        if owner.network:
            job = asyncio.get_running_loop().run_in_executor(None, owner.answer, request)
            return self.sent(await job, request)
        begun = owner.begin(request)
        return self.sent(await begun.there() if isinstance(begun, Later) else begun, request)

    async def wait_for_close(self) -> None:
        """Nothing to wait for."""
