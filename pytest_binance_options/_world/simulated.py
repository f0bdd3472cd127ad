"""``simulated``: what the fixtures give, for a block of code that no pytest runs: in unittest, a
REPL, a notebook or a script."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, cast, get_args

from .._backends.simulate import simulation
from .._checks import flag, one_of
from .._masking import mask
from .._modes import Mode
from .._time.loops import running_loop_on_the_clock
from .._time.one_time import OneTime, refuse_a_second_clock
from .._transports.requests_adapter import BackendAdapter
from ..client import ApiClient, BinanceAuth, UserDataStreamsApi
from ..client._signers import Kind
from ..errors import StillRunningWarning, UsageError
from ..exchange import Clock, Exchange
from ..settings import Config
from .bystanders import Bystanders
from .keys import generated_keys
from .making import made
from .one_time import living
from .servers import started

if TYPE_CHECKING:
    from typing_extensions import Self

    from .._backends.log import Asked
    from .._transports.server.server import LoopbackServer, Server
    from .handle import Handle

__all__ = ["World", "simulated"]


def simulated(
    *,
    auth: Kind = "hmac",
    seed: int = 0,
    start: datetime | None = None,
    time: bool = False,
    time_patience: float = 10.0,
    time_horizon: float = 400.0,
    secrets: Iterable[str] = (),
) -> World:
    """A simulated exchange that answers every Options request of this process, whatever client
    sends it, until the block ends::

        with simulated() as world:
            bot = Bot(api_key=world.auth.api_key)
            ...

    ``auth``: what the account signs with, ``"hmac"``, ``"rsa"`` or ``"ed25519"``. ``seed``: what
    everything that is made up depends on. ``start``: the exchange's time in the beginning, an aware
    datetime; None: the real time then, and with ``time`` the beginning of 2026.

    ``time``: the code of the block lives on the exchange's clock, as with the fixture
    ``binance_options_time``; of an event loop that runs already, in ``async with``.
    ``time_patience`` (seconds of real time, above 0, up to 86400) and ``time_horizon`` (days of the
    exchange's time, above 0, up to 36500) are the settings of these names.

    ``secrets``: values of your own, of 8 bytes or more, that are hidden as keys are in all that
    is said of the world: its journal, its errors; from its beginning to the process's end.

    Meanwhile nothing of this process leaves the machine: NetworkRefusedError. Raises UsageError for
    an argument that won't do.
    """
    config = Config(
        exchange_start=start,
        seed=seed,
        time_patience=time_patience,
        time_horizon=time_horizon,
        secrets=secrets,
    ).checked(named=lambda name: f"simulated(), {name.removeprefix('exchange_')}")
    kind = one_of("simulated(), auth", auth, get_args(Kind))
    return World(config, cast("Kind", kind), time=flag("simulated(), time", time))


class World:
    """An exchange, an account on it, and this process's Options requests led there; from
    :func:`simulated`.

    In use in a ``with`` or ``async with`` block, or between :meth:`open` and :meth:`close`; one
    time only. ``exchange``, ``clock`` and ``requests`` can be looked at afterwards.

    Worlds nest: code is answered by the innermost one that it was started in. A thread or task that
    was started in a world belongs to that one to its end.
    """

    def __init__(self, config: Config, auth: Kind, *, time: bool) -> None:
        self._config = config
        self._auth = auth
        self._on_the_clock = time
        self._handle: Handle | None = None
        self._exchange: Exchange | None = None
        self._time: OneTime | None = None
        self._thread = 0
        self._end: ExitStack | None = None

    # What is in it

    @property
    def auth(self) -> BinanceAuth:
        """The account's keys, made up for this process: ``.api_key``, ``.secret_key``..."""
        return self._begun().auth

    @property
    def host(self) -> str:
        """The REST base of the testnet: answered as production's is."""
        return self._begun().host

    @property
    def stream_host(self) -> str:
        """The stream base of the testnet: answered as production's is."""
        return self._begun().stream_host

    @property
    def exchange(self) -> Exchange:
        """The simulated exchange."""
        self._begun()
        assert self._exchange is not None
        return self._exchange

    @property
    def clock(self) -> Clock:
        """Its clock: ``.now``, ``.advance(minutes=...)``."""
        return self.exchange.clock

    @property
    def time(self) -> OneTime:
        """With ``time=True``: ``.now``, ``.settle()`` and ``await .settle_async()``, as of
        ``binance_options_time``."""
        self._begun()
        if self._time is None:
            raise UsageError(
                "The code of this world lives in real time, so there is nothing to settle. Write:"
                " simulated(time=True)."
            )
        return self._time

    @property
    def requests(self) -> list[Asked]:
        """What was asked, in the order in which it was answered: ``.method``, ``.path``,
        ``.status``."""
        return self._begun().requests

    @property
    def client(self) -> ApiClient:
        """An authenticated client; one a world."""
        return self._here().client

    @property
    def user_data_streams(self) -> UserDataStreamsApi:
        """The three listen key operations on :attr:`client`."""
        return self._here().user_data_streams

    @property
    def transport(self) -> BackendAdapter:
        """A new requests transport adapter in front of the exchange."""
        return self._here().transport

    @property
    def server(self) -> Server:
        """A loopback server in front of the exchange (``.url``, ``.stream_url``), opened when it is
        first asked for. Needs the extra ``server``."""
        return self._here().server

    def _begun(self) -> Handle:
        if self._handle is None:
            raise UsageError(
                "This world has not begun. Write: with simulated() as world. Or, where there is no"
                " block: world = simulated().open()."
            )
        return self._handle

    def _here(self) -> Handle:
        handle = self._begun()
        if self._end is None:
            raise self._over()
        return handle

    def _over(self) -> UsageError:
        return UsageError(
            "This world is over, and is good for one time: what is left of it is .exchange, .clock"
            " and .requests. Make another: simulated()."
        )

    # Its beginning and its end

    def open(self) -> Self:
        """Begin, where there is no block to begin it: in a REPL, or the cells of a notebook."""
        if self._on_the_clock:
            raise UsageError(
                "With time=True a world is for a block: between two lines of a REPL, or two cells"
                " of a notebook, its clock would run away. Write: with simulated(time=True) as"
                " world."
            )
        return self._open(in_loop=False)

    def close(self) -> None:
        """The end; nothing where it is over already. Warns (StillRunningWarning) of threads that
        were started in it and go on."""
        self._close(quietly=False)

    def __enter__(self) -> Self:
        if self._on_the_clock and _loop_runs():
            raise UsageError(
                "An event loop runs in this thread, and with time=True it is put on the exchange's"
                " clock. Write: async with simulated(time=True) as world."
            )
        return self._open(in_loop=False)

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self._close(quietly=kind is not None)

    async def __aenter__(self) -> Self:
        return self._open(in_loop=True)

    async def __aexit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self._close(quietly=kind is not None)

    def _open(self, *, in_loop: bool) -> Self:
        if self._end is not None:
            raise UsageError("This world is in use already. Make another: simulated().")
        if self._handle is not None:
            raise self._over()
        refuse_a_second_clock()
        if self._config.secrets:
            from .._cassette.hiding import hide_for_good

            hide_for_good(self._config.secrets)
        auth = generated_keys(self._auth, self._config.seed)
        answering = simulation(self._config, auth, one_time=self._on_the_clock)
        assert answering.exchange is not None
        with ExitStack() as stack:
            servers = stack.enter_context(ExitStack())

            def server() -> LoopbackServer:
                running = started()
                servers.callback(running.stop)
                return running

            handle = stack.enter_context(
                made(
                    answering,
                    config=self._config,
                    auth=auth,
                    mode=Mode.SIMULATE,
                    network=False,
                    server=server,
                    outside=True,
                )
            )
            if self._on_the_clock:
                self._time = stack.enter_context(living(handle, answering.exchange, self._config))
                stack.enter_context(self._time.inhabited())
                if in_loop:
                    stack.enter_context(running_loop_on_the_clock())
            self._end = stack.pop_all()
        self._handle, self._exchange = handle, answering.exchange
        self._bystanders = Bystanders(tasks=in_loop)
        self._thread = threading.get_ident()
        return self

    def _close(self, *, quietly: bool) -> None:
        end = self._end
        if end is None:
            return
        if self._on_the_clock and self._thread != threading.get_ident():
            raise UsageError(
                "With time=True a world ends in the thread in which it began: it is that thread's"
                " time."
            )
        self._end = None
        left = self._bystanders.newcomers()
        end.close()
        if left and not quietly:
            warnings.warn(
                f"{mask(', '.join(left))}: started in simulated(), and still at work after its end."
                " What they ask for from now on goes to the real network. Stop the threads, or"
                " cancel and await the tasks, before the block ends.",
                StillRunningWarning,
                stacklevel=3,
            )

    def __repr__(self) -> str:
        state = "not begun" if self._handle is None else "over" if self._end is None else "in use"
        asked = 0 if self._handle is None else len(self._handle.requests)
        return f"<simulated(), {state}, {asked} requests answered>"


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
