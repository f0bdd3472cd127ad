"""Making a world: who answers, the interception, and the handle that code uses; taken apart again
in the end.

The fixtures make one for each test, and ``simulated`` one for each block: both come here. Who
answers, and with which account, is decided by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .._backends.log import Logged
from .._backends.setup import Opened
from .._hosts import Scope
from .._modes import Mode
from .._transports.interception.interception import Interception
from .._transports.server.on_demand import ServerOnDemand
from ..client import BinanceAuth
from ..settings import Config
from .handle import Handle
from .witness import InTheJournal

if TYPE_CHECKING:
    from .._days.life import Life
    from .._transports.server.server import LoopbackServer

__all__ = ["made"]


@contextmanager
def made(
    answering: Opened,
    *,
    config: Config,
    auth: BinanceAuth,
    mode: Mode,
    network: bool,
    cassette: Path | None = None,
    server: Callable[[], LoopbackServer],
    late: Callable[[str], None] | None = None,
    outermost: bool = False,
    outside: bool = False,
    lives: Callable[..., Life] | None = None,
) -> Iterator[Handle]:
    """The handle of a world in which ``answering`` answers, in use until the block ends.

    ``mode`` is the mode as it was chosen, for errors and reports, unless it is ``outside`` of a
    run that has modes; ``network`` says whether anything
    may leave this machine. ``server`` gives a loopback server, started; it is called where the
    world uses one. ``late`` is told of what is asked on when the world has ended. One that is
    ``outermost`` is around those that there are already. ``lives`` is what the handle's ``live``
    does.
    """
    exchange = answering.exchange
    logged = Logged(answering.backend)
    scope = Scope.of(config.host, config.stream_host)
    with ExitStack() as stack:
        place = ServerOnDemand(server, logged, network=network, stack=stack)
        interception = Interception(
            logged,
            scope,
            mode="" if outside else str(mode),
            network=network,
            production=config.allow_production,
            complete=network and cassette is not None,
            stream_redirect=place.stream_address,
            late=late,
            outermost=outermost,
        )
        if exchange is not None:
            interception.seen = InTheJournal(exchange)
        handle = Handle(
            mode=mode,
            host=config.host,
            stream_host=config.stream_host,
            auth=auth,
            backend=logged,
            scope=scope,
            exchange=exchange,
            cassette=cassette,
            unanswered=answering.unanswered,
            now_ms=None if exchange is None else lambda: exchange.clock.now_ms,
            interception=interception,
            place=place,
            lives=lives,
        )
        stack.callback(handle.close)
        with interception:
            yield handle
