"""The world of one test: whose account it uses, and who answers.

Which mode a test runs in is decided in :mod:`.choice`; what its backend does, when it opens and
when the test has passed, is the backend's own affair. The world is made as any other.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from .._backends.remarks import Remarks
from .._hosts import is_loopback, is_production, mixture
from .._locking import account_lock
from .._modes import Mode
from .._urls import authority
from ..errors import UsageError
from ..settings import Config, Credentials
from .choice import Choice, CredentialsMissing, Test, choose, record_command

if TYPE_CHECKING:
    from .._backends.base import Backend
    from .._days.life import Life
    from .._transports.server.server import LoopbackServer
    from .._world.handle import Handle
    from ..client import BinanceAuth

__all__ = ["Runner", "opened"]


class _Hidden(Protocol):
    def __call__(self, secrets: Iterable[str], *, looks: bool) -> AbstractContextManager[None]: ...


def _nothing_hidden(secrets: Iterable[str], *, looks: bool) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Runner:
    """What runs one test: ``passed`` tells, once it is over, whether it has passed; ``server``
    gives the session's loopback server, started; ``warn`` warns at the test's place; ``remarks``
    takes what there is to tell of it. ``account`` holds the account of an API key, once it is the
    test's turn. ``late`` is told of what the test leaves behind and asks on; ``watch`` wraps a
    backend that keeps no journal, for a report. ``outermost``: what other tests' worlds are in.
    ``hidden`` takes what is to be hidden, and with ``looks`` what looks like it is too;
    ``overhear`` wraps a backend whose listen keys are to be."""

    passed: Callable[[], bool]
    server: Callable[[], LoopbackServer]
    warn: Callable[[Warning], None] = warnings.warn
    remarks: Remarks = field(default_factory=Remarks)
    account: Callable[[str], AbstractContextManager[None]] = account_lock
    late: Callable[[str], None] | None = None
    watch: Callable[[Backend], Backend] | None = None
    outermost: bool = False
    hidden: _Hidden = _nothing_hidden
    overhear: Callable[[Backend], Backend] | None = None


@contextmanager
def opened(config: Config, test: Test, runner: Runner) -> Iterator[Handle]:
    """The handle of ``test``, in use until the block ends."""
    choice = choose(config, test)
    mode, remarks = choice.answering, runner.remarks
    remarks.cassette, remarks.shared = str(choice.cassette), test.arguments.cassette is not None
    if mode.leaves_machine:
        _refuse_production(config, choice.mode)
        _refuse_mixture(config)
    with ExitStack() as stack:
        if mode.needs_account:
            auth = _account(config, choice.mode)
            stack.enter_context(runner.account(auth.api_key))
        else:
            from .._world.keys import generated_keys

            auth = generated_keys(test.arguments.auth or "hmac", config.seed)
        theirs = auth.secrets() if mode.needs_account else ()
        stack.enter_context(runner.hidden((*theirs, *config.secrets), looks=mode.masks))
        remarks.mode = str(mode)
        yield stack.enter_context(_answered(config, test, choice, auth, runner))


@contextmanager
def _answered(
    config: Config, test: Test, choice: Choice, auth: BinanceAuth, runner: Runner
) -> Iterator[Handle]:
    from .._backends.setup import Setup, open_backend
    from .._world.making import made

    mode = choice.answering
    setup = Setup(
        config=config,
        auth=auth,
        test=test.nodeid,
        cassette=choice.cassette,
        shared=runner.remarks.shared,
        record_command=record_command(test),
        passed=runner.passed,
        warn=runner.warn,
        one_time=test.one_time,
        unanswered=test.arguments.unanswered or config.unanswered,
        unplayed=test.arguments.unplayed or config.unplayed,
        remarks=runner.remarks,
    )
    with ExitStack() as stack:
        answering = stack.enter_context(open_backend(mode, setup))
        if runner.watch is not None and answering.exchange is None:
            answering = replace(answering, backend=runner.watch(answering.backend))
        if runner.overhear is not None and mode.masks:
            answering = replace(answering, backend=runner.overhear(answering.backend))
        yield stack.enter_context(
            made(
                answering,
                config=config,
                auth=auth,
                mode=choice.mode,
                network=mode.leaves_machine,
                cassette=choice.cassette if mode.has_cassette else None,
                server=runner.server,
                late=None if setup.unanswered == "ignore" else runner.late,
                outermost=runner.outermost,
                lives=_live,
            )
        )


def _live(*args: Any, **kwargs: Any) -> Life:
    from .._world.life import live

    return live(*args, **kwargs)


def _refuse_production(config: Config, mode: Mode) -> None:
    for setting, base in (
        ("--binance-options-host", config.host),
        ("--binance-options-stream-host", config.stream_host),
    ):
        if is_production(base) and not config.allow_production:
            raise UsageError(
                f"mode {mode} would use {base} ({setting}), which is production: closing a listen"
                " key there closes it for whatever else uses the account. Use the testnet, or say"
                " --binance-options-allow-production."
            )


def _refuse_mixture(config: Config) -> None:
    # A server on this machine need not have streams: of that it is told when one is asked for.
    if not any(is_loopback(authority(base)[1]) for base in (config.host, config.stream_host)):
        mixed = mixture(config.host, config.stream_host)
        if mixed:
            raise UsageError(mixed)


def _account(config: Config, mode: Mode) -> BinanceAuth:
    """The real account's keys. Raises CredentialsMissing where nobody has named any; UsageError
    where the run's mode, and not a marker alone, asks for an account that there has to be."""
    credentials = config.credentials or Credentials.from_environment(os.environ)
    if credentials is None:
        text = (
            f"mode {mode} needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
            " BINANCE_PRIVATE_KEY_PATH"
        )
        if config.require and Mode.parse(config.mode, setting="mode").needs_account:
            raise UsageError(f"{text}. Without --binance-options-require the test is skipped.")
        raise CredentialsMissing(text)
    from ..client import BinanceAuth

    return BinanceAuth(
        api_key=credentials.api_key,
        secret_key=credentials.secret_key,
        private_key_path=credentials.private_key_path,
        passphrase=credentials.private_key_passphrase,
    )
