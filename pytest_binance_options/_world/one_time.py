"""One time for a world: its clients' answers, streams and time-outs are on the exchange's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._hosts import Scope
from .._time.one_time import OneTime, opened
from .._time.sockets import wait_readable
from .._time.world import World, deadline_after
from .._transports.memory_stream import ClientSocket, memory_stream
from .._urls import authority
from ..settings import Config

if TYPE_CHECKING:
    from .._transports.server.server import Server
    from ..exchange import Exchange
    from .handle import Handle

__all__ = ["living"]


@contextmanager
def living(handle: Handle, exchange: Exchange, config: Config) -> Iterator[OneTime]:
    """One time for the world of ``handle``, until the block ends; who lives in it says so by
    ``inhabited()``."""
    one_time = opened(exchange.clock, patience=config.time_patience, horizon=config.time_horizon)
    with one_time as time:
        interception = handle.interception
        interception.streams = _streams(handle, time.world)

        def take_in(server: Server) -> None:
            # Whoever asks the server from here needs no socket for it, and no real time.
            interception.scope = Scope(
                rest=[handle.host, server.url], stream=[handle.stream_host, server.stream_url]
            )
            time.world.turns.probes.append(lambda: handle.place.busy)

        handle.place.tell(take_in)
        try:
            yield time
        finally:
            interception.streams, interception.scope = None, handle.scope


def _streams(handle: Handle, world: World) -> Callable[[str], ClientSocket]:
    def later(seconds: float, call: Callable[[], object]) -> None:
        world.clock.call_at(deadline_after(world.clock.now_ms, seconds), call)

    def stream(url: str) -> ClientSocket:
        host, port = authority(url)[1:]
        base = f"http://{host}" + (f":{port}" if port else "")
        sock = memory_stream(base, handle.backend, later, readable=wait_readable)
        world.inner.add(sock)
        return sock

    return stream
