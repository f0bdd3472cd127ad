"""Opens what one test uses: keys, backend, streams, interception; and closes it again, keeping a
recording if it is to be kept.

Who answers is decided in :mod:`.choice`; what each backend and transport does is their own affair.
"""

from __future__ import annotations

import importlib.util
import os
import random
import string
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .._hosts import Scope, is_production
from .._transports.server.on_demand import Door
from ..errors import CassetteMissingError, UsageError
from ..settings import Config, Credentials, Mode
from .choice import (
    Choice,
    CredentialsMissing,
    StaleCassetteWarning,
    Test,
    choose,
    record_command,
)

if TYPE_CHECKING:
    from .._backends.base import Backend
    from .._backends.record import Record
    from .._backends.replayed_stream import ReplayedStreams
    from .._cassette.model import Cassette
    from .._transports.server.server import LoopbackServer
    from .._transports.server.session import Streams
    from ..client import BinanceAuth
    from ..exchange import Exchange
    from .handle import Handle
    from .marker import AuthKind

__all__ = ["opened"]


@dataclass(frozen=True)
class _Answering:
    """Who answers: REST, and streams where there are some (made when the first client connects)."""

    auth: BinanceAuth
    backend: Backend
    streams: Callable[[], Streams]
    exchange: Exchange | None = None


@contextmanager
def opened(
    config: Config, test: Test, *, passed: Callable[[], bool], server: Callable[[], LoopbackServer]
) -> Iterator[Handle]:
    """The handle of ``test``, in use until the block ends; ``passed`` tells then whether a
    recording is kept.

    ``server`` gives the session's loopback server, started; it is called where the test uses one.
    """
    choice = choose(config, test)
    handles = (
        _online(config, test, choice, passed, server)
        if choice.answering.network
        else _local(config, test, choice, server)
    )
    yield from handles


def _local(
    config: Config, test: Test, choice: Choice, server: Callable[[], LoopbackServer]
) -> Iterator[Handle]:
    answering = (
        _simulated(config, test)
        if choice.answering is Mode.SIMULATE
        else _replayed(config, test, choice.cassette)
    )
    with _in_use(config, choice, answering, server) as handle:
        yield handle


def _simulated(config: Config, test: Test) -> _Answering:
    from .._backends.simulate import Simulate
    from ..exchange import Exchange

    began = time.monotonic()
    exchange = Exchange(
        seed=config.seed,
        start=config.exchange_start or datetime.now(timezone.utc),
        standstill_ms=lambda: round((time.monotonic() - began) * 1000),
    )
    return _Answering(
        _generated(test, config.seed, exchange), Simulate(exchange), lambda: exchange, exchange
    )


def _replayed(config: Config, test: Test, path: Path) -> _Answering:
    from .._backends.replay import Replay
    from .._cassette.store import load

    command = record_command(test)
    if not path.exists():
        raise CassetteMissingError(
            f"{test.nodeid} has no cassette: mode replay looks for it at {path}. Record it with\n  "
            f"  {command}\nor let the simulated exchange answer: mode offline or simulate."
        )
    cassette = load(path)
    _complain_if_stale(config, path, cassette, command)
    replay = Replay(cassette, path=path, record_command=command, test=test.nodeid)
    auth = _generated(test, config.seed)
    frames = [
        frame for frame in cassette.frames if frame.test in (None, test.nodeid)
    ] or cassette.frames

    def streams() -> ReplayedStreams:
        from .._backends.replayed_stream import ReplayedStreams

        return ReplayedStreams(frames, path=path, record_command=command)

    if not frames or importlib.util.find_spec("aiohttp") is None:
        return _Answering(auth, replay, streams)
    # Which frames are due depends on which requests were answered, from the first one on.
    watching = streams()
    return _Answering(auth, watching.watching(replay), lambda: watching)


def _complain_if_stale(config: Config, path: Path, cassette: Cassette, command: str) -> None:
    if config.max_cassette_age is None:
        return
    from .._cassette.findings import age

    old = age(cassette, datetime.now(timezone.utc))
    if old is None or old <= timedelta(days=config.max_cassette_age):
        return
    text = (
        f"{path} was recorded {old.days} days ago, and binance_options_max_cassette_age is"
        f" {config.max_cassette_age:g}. Record it again with: {command}"
    )
    if config.on_stale == "fail":
        raise UsageError(text)
    warnings.warn(StaleCassetteWarning(text), stacklevel=2)


def _generated(test: Test, seed: int, exchange: Exchange | None = None) -> BinanceAuth:
    """Keys that mean nothing outside this process, known to ``exchange`` as an account's."""
    keys = _keys(test.arguments.auth or "hmac", seed)
    if exchange is not None:
        exchange.open_account(
            api_key=keys.auth.api_key, secret_key=keys.secret_key, public_key=keys.public_key
        )
    return keys.auth


@dataclass(frozen=True)
class _Keys:
    auth: BinanceAuth
    secret_key: str | None = field(repr=False)
    public_key: str | None


@lru_cache(
    maxsize=16
)  # no two tests need to differ in their keys, and making them costs more than a test should
def _keys(kind: AuthKind, seed: int) -> _Keys:
    from ..client.auth import generated_auth

    # Seeded apart from the exchange's own sequence, so that its listen keys don't depend on who
    # made the keys.
    alphabet = string.ascii_letters + string.digits
    rng = random.Random(f"pytest-binance-options keys {seed}")  # noqa: S311  nothing real hangs on these keys
    api_key, secret_key = ("".join(rng.choices(alphabet, k=64)) for _ in range(2))
    auth = generated_auth(kind, api_key, secret_key)
    public_key = auth.public_key_pem()
    return _Keys(auth, secret_key if public_key is None else None, public_key)


def _online(
    config: Config,
    test: Test,
    choice: Choice,
    passed: Callable[[], bool],
    server: Callable[[], LoopbackServer],
) -> Iterator[Handle]:
    from .._backends.live import Live
    from .._backends.record import Record
    from .._backends.verify import Verify
    from .._cassette.redaction import Redactor
    from .._locking import account_lock

    for setting, base in (
        ("--binance-options-host", config.host),
        ("--binance-options-stream-host", config.stream_host),
    ):
        if is_production(base) and not config.allow_production:
            raise UsageError(
                f"mode {choice.mode} would use {base} ({setting}), which is production: closing a"
                " listen key there closes it for whatever else uses the account. Use the testnet,"
                " or say --binance-options-allow-production."
            )
    credentials = config.credentials or Credentials.from_environment(os.environ)
    if credentials is None:
        raise CredentialsMissing(
            f"mode {choice.mode} needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
            " BINANCE_PRIVATE_KEY_PATH"
        )
    auth = _authenticated(credentials)
    with account_lock(auth.api_key):
        if choice.mode is Mode.RECORD:
            record = Record(config.host, Redactor(auth.secrets()))
            recorded = _Answering(auth, record, lambda: _relay(config, record))
            with _in_use(config, choice, recorded, server) as handle:
                yield handle
            if passed():
                record.save(
                    choice.cassette, test=test.nodeid, shared=test.arguments.cassette is not None
                )
        elif choice.mode is Mode.VERIFY:
            verify = Verify(
                config.host,
                _to_verify(test, choice.cassette),
                path=choice.cassette,
                record_command=record_command(test),
                test=test.nodeid,
            )
            with _in_use(
                config, choice, _Answering(auth, verify, lambda: _relay(config)), server
            ) as handle:
                yield handle
            if passed():
                verify.check()
        else:
            with _in_use(
                config, choice, _Answering(auth, Live(config.host), lambda: _relay(config)), server
            ) as handle:
                yield handle


def _relay(config: Config, record: Record | None = None) -> Streams:
    from .._transports.server.relay import Relay

    if record is None:
        return Relay(config.stream_host)
    return Relay(
        config.stream_host, lambda frame: record.add_frames([frame]), lambda: record.answered
    )


def _to_verify(test: Test, path: Path) -> Cassette:
    from .._cassette.store import load

    if not path.exists():
        raise CassetteMissingError(
            f"{test.nodeid} has no cassette to verify: mode verify looks for it at {path}. Record"
            f" it with\n    {record_command(test)}"
        )
    return load(path)


def _authenticated(credentials: Credentials) -> BinanceAuth:
    from ..client import BinanceAuth

    return BinanceAuth(
        api_key=credentials.api_key,
        secret_key=credentials.secret_key,
        private_key_path=credentials.private_key_path,
        passphrase=credentials.private_key_passphrase,
    )


@contextmanager
def _in_use(
    config: Config, choice: Choice, answering: _Answering, server: Callable[[], LoopbackServer]
) -> Iterator[Handle]:
    from .._backends.log import Logged
    from .._transports.interception.interception import Interception
    from .handle import Handle
    from .log_masking import masked_logs

    scope = Scope(rest=[config.host], stream=[config.stream_host])
    logged = Logged(answering.backend)
    network = choice.answering.network
    exchange = answering.exchange
    with ExitStack() as stack:
        door = Door(server, logged, answering.streams, network=network, stack=stack)
        handle = Handle(
            mode=choice.mode,
            host=config.host,
            stream_host=config.stream_host,
            auth=answering.auth,
            backend=logged,
            scope=scope,
            exchange=exchange,
            cassette=None if choice.answering in (Mode.SIMULATE, Mode.TESTNET) else choice.cassette,
            now_ms=None if exchange is None else lambda: exchange.clock.now_ms,
            server=door.open,
        )
        stack.callback(handle.close)
        if network:
            stack.enter_context(masked_logs())
        with Interception(
            logged,
            scope,
            mode=str(choice.mode),
            network=network,
            stream_redirect=door.stream_address,
        ):
            yield handle
