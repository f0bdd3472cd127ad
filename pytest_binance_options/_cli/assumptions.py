"""``assumptions``: what docs/reference/assumptions.md assumes, put to an exchange that knows.

What is asked, and how it is judged, is :mod:`pytest_binance_options._assumptions`'s; here is whom,
as whom, and what is said of it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections import Counter

from .._assumptions.catalogue import settle
from .._assumptions.question import Confirmed, Contradicted, Entry, Open, Question, Verdict
from .._assumptions.wire import CannotAsk, Wire
from .._hosts import is_production, mixture
from .._locking import account_lock
from .._products import OPTIONS
from ..client import BinanceAuth
from ..errors import LockTimeoutError, UsageError
from ..settings import Config, Credentials

__all__ = ["add_arguments", "ask", "run"]

AGREED, CONTRADICTED, BLIND = 0, 1, 2

# How long a stream is listened to before it counts as silent, in seconds.
_PATIENCE = 2.0

_WORDS: dict[type[Verdict], str] = {
    Confirmed: "confirmed",
    Contradicted: "contradicted",
    Open: "not settled",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``assumptions``."""
    parser.description = (
        "Put every documented assumption that can be asked over the wire to the"
        " testnet, or to another host, and print a line for each: confirmed, contradicted (and what"
        " came), or not settled (and why). Exit status 0: nothing contradicts; 1: something does;"
        " 2: it could not ask. The account is the one of the network modes: BINANCE_API_KEY, with"
        " BINANCE_SECRET_KEY or BINANCE_PRIVATE_KEY_PATH. Its listen key is started and closed"
        " several times; no order is placed."
    )
    parser.add_argument(
        "--host",
        default=OPTIONS.testnet.rest,
        metavar="REST_BASE",
        help=f"whom to ask (default: the testnet, {OPTIONS.testnet.rest})",
    )
    parser.add_argument(
        "--stream-host",
        default=OPTIONS.testnet.stream,
        metavar="STREAM_BASE",
        help=f"and where its streams are (default: {OPTIONS.testnet.stream})",
    )
    parser.add_argument(
        "--allow-production",
        action="store_true",
        help="ask production too: that closes the listen key of whatever else uses the account",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and print; the exit status: 0 nothing contradicts, 1 something does, 2 it could not
    ask."""
    try:
        config = Config(
            host=args.host, stream_host=args.stream_host, allow_production=args.allow_production
        ).checked(lambda field: f"--{field.replace('_', '-')}")
        _refuse_production(config)
        _refuse_mixture(config)
        auth = _account()
        with account_lock(auth.api_key):
            return ask(Wire(config.host, config.stream_host, auth, patience=_PATIENCE))
    except (UsageError, LockTimeoutError, CannotAsk) as error:
        sys.stderr.write(f"pytest-binance-options assumptions: {error}\n")
        return BLIND


def ask(wire: Wire) -> int:
    """Put everything to ``wire`` and print what comes of it; the exit status, as of
    :func:`run`.

    The listen key is closed at the end. Raises CannotAsk where there is nobody to ask.
    """
    try:
        _introduce(wire)
        counts: Counter[str] = Counter()
        blind = False
        streams = importlib.util.find_spec("aiohttp") is not None
        for entry, verdict in settle(wire, streams=streams):
            word = _WORDS[type(verdict)]
            counts[word] += 1
            blind = blind or (isinstance(verdict, Open) and verdict.blind)
            sys.stdout.write(f"{word:<13} {_sentence(entry, verdict, wire)}\n")
            # Some take seconds, and who waits wants to see something.
            sys.stdout.flush()
    finally:
        _leave(wire)
    said = ", ".join(f"{counts[word]} {word}" for word in _WORDS.values())
    sys.stdout.write(f"{said}: {wire.host}, {wire.stream_host}\n")
    if not counts["contradicted"]:
        return BLIND if blind else AGREED
    sys.stdout.write(
        "What is contradicted is wrong in the simulated exchange. Please say so in an issue, with"
        " these lines.\n"
    )
    return CONTRADICTED


def _sentence(entry: Entry, verdict: Verdict, wire: Wire) -> str:
    part = f" ({entry.part})" if isinstance(entry, Question) and entry.part else ""
    match verdict:
        case Contradicted():
            return f"{entry.assumption}{part}: came {wire.hide(verdict.came)}"
        case Open():
            return f"{entry.assumption}: {wire.hide(verdict.why)}"
        case Confirmed():
            return entry.assumption + part


def _introduce(wire: Wire) -> None:
    """Raises CannotAsk where nobody answers, or the account is not known there."""
    try:
        wire.server_time()
        wire.start_key()
    except CannotAsk as reason:
        raise CannotAsk(
            f"{wire.host} can't be asked: {wire.hide(str(reason))}. Look at --host, the network,"
            " and whether the account's API key is of this environment."
        ) from None


def _leave(wire: Wire) -> None:
    if not wire.holds_key:
        return
    try:
        left = wire.close_key().status != 200
    except CannotAsk:
        left = True
    if left:
        sys.stderr.write(
            "pytest-binance-options assumptions: the listen key could not be closed. It ends by"
            " itself within 60 minutes.\n"
        )


def _refuse_production(config: Config) -> None:
    for setting, base in (("--host", config.host), ("--stream-host", config.stream_host)):
        if is_production(base) and not config.allow_production:
            raise UsageError(
                f"{base} ({setting}) is production: closing a listen key there closes it for"
                " whatever else uses the account. Use the testnet, or say --allow-production."
            )


def _refuse_mixture(config: Config) -> None:
    # Of the one it would learn nothing, and what the other says to a listen key it doesn't know
    # would contradict half of what is assumed.
    mixed = mixture(config.host, config.stream_host, ("--host", "--stream-host"))
    if mixed:
        raise UsageError(mixed)


def _account() -> BinanceAuth:
    credentials = Credentials.from_environment(os.environ)
    if credentials is None:
        raise UsageError(
            "it needs an account: set BINANCE_API_KEY with BINANCE_SECRET_KEY or"
            " BINANCE_PRIVATE_KEY_PATH."
        )
    return BinanceAuth(
        api_key=credentials.api_key,
        secret_key=credentials.secret_key,
        private_key_path=credentials.private_key_path,
        passphrase=credentials.private_key_passphrase,
    )
