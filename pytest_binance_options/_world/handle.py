"""The handle of a world, behind the fixture ``binance_options`` and in ``simulated``: what its code
uses, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .._backends.log import Asked, Logged
from .._hosts import Scope
from .._modes import Mode
from .._transports.requests_adapter import BackendAdapter
from ..client import ApiClient, BinanceAuth, Configuration, UserDataStreamsApi

if TYPE_CHECKING:
    from .._days.day import BadDay
    from .._days.life import Bot, Invariant, Life
    from .._transports.interception.interception import Interception
    from .._transports.server.on_demand import ServerOnDemand
    from .._transports.server.server import Server
    from ..exchange import Exchange

__all__ = ["Handle"]


class Handle:
    """How Options requests of this world are answered, and what was asked.

    ``mode`` is the mode as it was chosen (it compares equal to its name). ``exchange`` is the
    simulated exchange where that answers, ``cassette`` the cassette's path where one is replayed,
    recorded or verified; None otherwise. ``host`` and ``stream_host`` are base URLs.
    """

    def __init__(
        self,
        *,
        mode: Mode,
        host: str,
        stream_host: str,
        auth: BinanceAuth,
        backend: Logged,
        scope: Scope,
        exchange: Exchange | None = None,
        cassette: Path | None = None,
        unanswered: Callable[[], list[str]] = list,
        now_ms: Callable[[], int] | None = None,
        interception: Interception,
        place: ServerOnDemand,
        lives: Callable[..., Life] | None = None,
    ) -> None:
        self.mode = mode
        self.host = host
        self.stream_host = stream_host
        self.auth = auth
        self.exchange = exchange
        self.cassette = cassette
        self.backend = backend
        self.scope = scope
        #: What was asked in vain, a line each: it is not in the cassette.
        self.unanswered = unanswered
        self._now_ms = now_ms
        self.interception = interception
        self.place = place
        self._lives = lives
        #: Whether there were lives in worlds of their own: what happened in these is theirs.
        self.has_lived = False
        self._client: ApiClient | None = None

    @property
    def requests(self) -> list[Asked]:
        """What was asked, in the order in which it was answered: ``.method``, ``.path``,
        ``.status``."""
        return list(self.backend.requests)

    @property
    def transport(self) -> BackendAdapter:
        """A new requests transport adapter in front of the same backend."""
        return BackendAdapter(self.backend, self.scope)

    @property
    def client(self) -> ApiClient:
        """The authenticated client; one a world."""
        if self._client is None:
            self._client = ApiClient(
                Configuration(host=self.host, auth=self.auth),
                adapter=self.transport,
                # Proxies, netrc and certificates of the environment matter only where there is a
                # network.
                read_environment=self.mode.reads_environment,
                now_ms=self._now_ms,
            )
        return self._client

    @property
    def user_data_streams(self) -> UserDataStreamsApi:
        """The three listen key operations on :attr:`client`."""
        return UserDataStreamsApi(self.client)

    @property
    def server(self) -> Server:
        """The loopback server in front of the same backend, opened when it is first asked for."""
        return self.place.open()

    def live(
        self,
        day: BadDay,
        bot: Bot,
        *,
        invariants: Iterable[Invariant | Callable[[Life], object]] | None = None,
    ) -> Life:
        """Have ``bot`` live through ``day``: see :func:`pytest_binance_options.bad_days.live`."""
        __tracebackhide__ = True
        assert self._lives is not None
        self.has_lived = True
        if invariants is None:
            return self._lives(day, bot)
        return self._lives(day, bot, invariants=invariants)

    def close(self) -> None:
        """Close the client, if one was used."""
        if self._client is not None:
            self._client.close()

    def __repr__(self) -> str:
        return (
            f"<binance_options: mode {self.mode}, {len(self.backend.requests)} requests answered>"
        )
