"""What each mode means: which backend answers a test, with which keys, and what is written in the end.

Knows nothing of pytest. The precedence of settings is written where it is decided: in :func:`choose`.
"""

from __future__ import annotations

import os
import random
import shlex
import string
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from .environments import Scope, is_production
from .errors import BinanceOptionsError, CassetteMissingError, UsageError
from .marker import MarkerArguments
from .settings import Config, Credentials, Mode

if TYPE_CHECKING:
    from .backends.base import Backend
    from .cassette.model import Cassette
    from .client import BinanceAuth
    from .exchange import Exchange
    from .handle import Handle
    from .transports.server import Attached, LoopbackServer

__all__ = [
    "Choice",
    "CredentialsMissing",
    "ExchangeUnavailable",
    "StaleCassetteWarning",
    "Test",
    "cassette_of",
    "choose",
    "opened",
]


class CredentialsMissing(BinanceOptionsError):
    """A network mode without an account: the test is skipped for this reason."""


class ExchangeUnavailable(BinanceOptionsError):
    """A test that asks for the simulated exchange, in a network mode: it is skipped for this reason."""


class StaleCassetteWarning(UserWarning):
    """A cassette is older than ``binance_options_max_cassette_age``."""


@dataclass(frozen=True, slots=True)
class Test:
    """What the modes need to know of a test. ``module`` is its file's path from the rootdir, without ``.py``."""

    __test__ = False  # pytest would try to collect the class by its name

    nodeid: str
    module: str
    name: str
    arguments: MarkerArguments
    wants_exchange: bool
    root: Path


@dataclass(frozen=True, slots=True)
class Choice:
    """Who answers one test: ``answering`` is the mode with offline resolved."""

    mode: Mode
    answering: Mode
    cassette: Path


def cassette_of(config: Config, test: Test) -> Path:
    """Where the test's cassette is, or would be."""
    from .cassette.naming import cassette_path, named_cassette_path

    directory = test.root / config.cassette_dir
    if test.arguments.cassette is not None:
        return named_cassette_path(directory, test.arguments.cassette)
    return cassette_path(directory, test.module, test.name)


def choose(config: Config, test: Test) -> Choice:
    """The mode of ``test`` and who answers in it.

    The marker's mode comes before the run's. A test that asks for the simulated exchange gets it in every mode without
    network, unless its own marker says replay.
    """
    mode = test.arguments.mode or Mode.parse(config.mode, setting="mode")
    cassette = cassette_of(config, test)
    if mode.network:
        if test.wants_exchange:
            raise ExchangeUnavailable(f"needs the simulated exchange; mode {mode} asks the testnet")
        return Choice(mode, mode, cassette)
    if test.wants_exchange:
        if test.arguments.mode is Mode.REPLAY:
            raise UsageError(
                f"{test.nodeid}: its marker says mode='replay', and it uses the simulated exchange. A recording can't be "
                "steered: drop the marker's mode, or the fixture."
            )
        return Choice(Mode.SIMULATE, Mode.SIMULATE, cassette)
    if mode is Mode.OFFLINE:
        return Choice(mode, Mode.REPLAY if cassette.exists() else Mode.SIMULATE, cassette)
    return Choice(mode, mode, cassette)


@contextmanager
def opened(config: Config, test: Test, *, passed: Callable[[], bool], server: Callable[[], LoopbackServer]) -> Iterator[Handle]:
    """The handle of ``test``, in use until the block ends; ``passed`` tells then whether a recording is kept.

    ``server`` gives the session's loopback server, started; it is called where the test uses one.
    """
    choice = choose(config, test)
    handles = (
        _online(config, test, choice, passed, server) if choice.answering.network else _local(config, test, choice, server)
    )
    yield from handles


def _local(config: Config, test: Test, choice: Choice, server: Callable[[], LoopbackServer]) -> Iterator[Handle]:
    exchange: Exchange | None = None
    backend: Backend
    if choice.answering is Mode.SIMULATE:
        from .backends.simulate import Simulate
        from .exchange import Exchange

        began = time.monotonic()
        exchange = Exchange(
            seed=config.seed,
            start=config.exchange_start or datetime.now(timezone.utc),
            standstill_ms=lambda: round((time.monotonic() - began) * 1000),
        )
        auth = _generated(test, config.seed, exchange)
        backend = Simulate(exchange)
    else:
        auth = _generated(test, config.seed)
        backend = _replay(config, test, choice.cassette)
    with _in_use(config, choice, auth, backend, exchange, server) as handle:
        yield handle


def _replay(config: Config, test: Test, path: Path) -> Backend:
    from .backends.replay import Replay
    from .cassette.store import load

    command = record_command(test)
    if not path.exists():
        raise CassetteMissingError(
            f"{test.nodeid} has no cassette: mode replay looks for it at {path}. Record it with\n    {command}\n"
            "or let the simulated exchange answer: mode offline or simulate."
        )
    cassette = load(path)
    _complain_if_stale(config, path, cassette, command)
    return Replay(cassette, path=path, record_command=command, test=test.nodeid)


def record_command(test: Test) -> str:
    """The command that records ``test``'s cassette."""
    return f"pytest {shlex.quote(test.nodeid)} --binance-options=record"


def _complain_if_stale(config: Config, path: Path, cassette: Cassette, command: str) -> None:
    recorded_at = cassette.facts.recorded_at if cassette.facts else None
    if config.max_cassette_age is None or recorded_at is None:
        return
    # Python 3.10 doesn't read the Z.
    age = datetime.now(timezone.utc) - datetime.fromisoformat(recorded_at.replace("Z", "+00:00"))
    if age <= timedelta(days=config.max_cassette_age):
        return
    text = (
        f"{path} was recorded {age.days} days ago, and binance_options_max_cassette_age is {config.max_cassette_age:g}. "
        f"Record it again with: {command}"
    )
    if config.on_stale == "fail":
        raise UsageError(text)
    warnings.warn(StaleCassetteWarning(text), stacklevel=2)


def _generated(test: Test, seed: int, exchange: Exchange | None = None) -> BinanceAuth:
    """Keys that mean nothing outside this process, known to ``exchange`` as an account's."""
    from .client.auth import generated_auth

    # Seeded apart from the exchange's own sequence, so that its listen keys don't depend on who made the keys.
    alphabet = string.ascii_letters + string.digits
    rng = random.Random(f"pytest-binance-options keys {seed}")  # noqa: S311  nothing real hangs on these keys
    api_key, secret_key = ("".join(rng.choices(alphabet, k=64)) for _ in range(2))
    auth = generated_auth(test.arguments.auth or "hmac", api_key, secret_key)
    if exchange is not None:
        public_key = auth.public_key_pem()
        exchange.open_account(
            api_key=auth.api_key, secret_key=secret_key if public_key is None else None, public_key=public_key
        )
    return auth


def _online(
    config: Config,
    test: Test,
    choice: Choice,
    passed: Callable[[], bool],
    server: Callable[[], LoopbackServer],
) -> Iterator[Handle]:
    from .backends.live import Live
    from .backends.record import Record
    from .backends.verify import Verify
    from .cassette.redaction import Redactor
    from .locking import account_lock

    for setting, base in (("--binance-options-host", config.host), ("--binance-options-stream-host", config.stream_host)):
        if is_production(base) and not config.allow_production:
            raise UsageError(
                f"mode {choice.mode} would use {base} ({setting}), which is production: closing a listen key there closes it "
                "for whatever else uses the account. Use the testnet, or say --binance-options-allow-production."
            )
    credentials = config.credentials or Credentials.from_environment(os.environ)
    if credentials is None:
        raise CredentialsMissing(
            f"mode {choice.mode} needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or BINANCE_PRIVATE_KEY_PATH"
        )
    auth = _authenticated(credentials)
    with account_lock(auth.api_key):
        if choice.mode is Mode.RECORD:
            record = Record(config.host, Redactor(auth.secrets()))
            with _in_use(config, choice, auth, record, None, server) as handle:
                yield handle
            if passed():
                record.save(choice.cassette, test=test.nodeid, shared=test.arguments.cassette is not None)
        elif choice.mode is Mode.VERIFY:
            verify = Verify(
                config.host,
                _to_verify(test, choice.cassette),
                path=choice.cassette,
                record_command=record_command(test),
            )
            with _in_use(config, choice, auth, verify, None, server) as handle:
                yield handle
            if passed():
                verify.check()
        else:
            with _in_use(config, choice, auth, Live(config.host), None, server) as handle:
                yield handle


def _to_verify(test: Test, path: Path) -> Cassette:
    from .cassette.store import load

    if not path.exists():
        raise CassetteMissingError(
            f"{test.nodeid} has no cassette to verify: mode verify looks for it at {path}. Record it with\n"
            f"    {record_command(test)}"
        )
    return load(path)


def _authenticated(credentials: Credentials) -> BinanceAuth:
    from .client import BinanceAuth

    return BinanceAuth(
        api_key=credentials.api_key,
        secret_key=credentials.secret_key,
        private_key_path=credentials.private_key_path,
        passphrase=credentials.private_key_passphrase,
    )


@contextmanager
def _in_use(
    config: Config,
    choice: Choice,
    auth: BinanceAuth,
    backend: Backend,
    exchange: Exchange | None,
    server: Callable[[], LoopbackServer],
) -> Iterator[Handle]:
    from .backends.log import Logged
    from .handle import Handle
    from .transports.interception import Interception

    scope = Scope(rest=[config.host], stream=[config.stream_host])
    logged = Logged(backend)
    with ExitStack() as stack:
        door = _Door(server, logged, exchange, network=choice.answering.network, stack=stack)
        handle = Handle(
            mode=choice.mode,
            host=config.host,
            stream_host=config.stream_host,
            auth=auth,
            backend=logged,
            scope=scope,
            exchange=exchange,
            cassette=None if choice.answering in (Mode.SIMULATE, Mode.TESTNET) else choice.cassette,
            now_ms=None if exchange is None else lambda: exchange.clock.now_ms,
            server=door.open,
        )
        stack.callback(handle.close)
        stack.enter_context(
            Interception(
                logged, scope, mode=str(choice.mode), network=choice.answering.network, stream_redirect=door.stream_address
            )
        )
        yield handle


class _Door:
    """One test's place at the session's loopback server, taken when it is first needed."""

    def __init__(
        self,
        server: Callable[[], LoopbackServer],
        backend: Backend,
        exchange: Exchange | None,
        *,
        network: bool,
        stack: ExitStack,
    ) -> None:
        self._server = server
        self._backend = backend
        self._exchange = exchange
        self._network = network
        self._stack = stack
        self._attached: Attached | None = None
        self._lock = threading.Lock()

    def open(self) -> Attached:
        """The server in front of this test's backend."""
        from .transports import upstream

        # Threads of the test may connect at once.
        with self._lock:
            if self._attached is None:
                self._attached = self._stack.enter_context(
                    self._server().attach(self._backend, streams=self._exchange, send=upstream.send if self._network else None)
                )
            return self._attached

    def stream_address(self) -> str | None:
        """Where a connection to a stream's host is led; None where nothing here serves streams."""
        return None if self._exchange is None else self.open().stream_url
