"""``serve``: the simulated exchange as a process of its own, for tests in any language.

It binds 127.0.0.1 unless it is told otherwise, says where it is in one line of JSON, and ends at
once on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .._backends.base import Backend, Connection
from .._backends.simulate import Simulate
from .._messages import Answer, Later, Request
from ..errors import UsageError
from ..exchange import DEFAULT_START, Exchange
from ..exchange._dropped import KEPT
from . import access, argument
from .arguments import a_whole_number, add_port, add_seed
from .control import Control
from .control_routes import Pace
from .hidden import add_secrets, hide_for_good

if TYPE_CHECKING:
    from .._transports.server.server import LoopbackServer, Server

__all__ = ["Frozen", "RealTime", "add_arguments", "door", "run", "serving"]

# How often a clock that follows real time is looked after when nobody asks, in seconds.
_TICK = 0.05


class Frozen:
    """A clock that moves when it is told to, and only then."""

    name = "frozen"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def catch_up(self) -> None:
        """Nothing to do."""

    def reset(self) -> None:
        """Start the exchange over, at the time at which it began."""
        self._exchange.reset()


class RealTime:
    """A clock that goes on as real time does; when it is moved besides, it stays ahead by that
    much."""

    name = "real"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._began = self._reached = time.monotonic_ns() // 1_000_000

    def catch_up(self) -> None:
        """Move the exchange's clock on by the time that has passed since the last call."""
        with self._exchange.lock:
            now = time.monotonic_ns() // 1_000_000
            passed, self._reached = now - self._reached, now
            if passed:
                self._exchange.clock.advance(milliseconds=passed)

    def reset(self) -> None:
        """Start the exchange over; its clock is back at the real time."""
        with self._exchange.lock:
            self._exchange.reset()
            self._reached = self._began
            self.catch_up()


class _Paced(Simulate):
    """The exchange, its clock at the right time whenever somebody asks something of it."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        super().__init__(exchange)
        self._pace = pace

    def respond(self, request: Request) -> Answer | Later:
        self._pace.catch_up()
        return super().respond(request)

    def connect(self, handshake: Request) -> Connection | Answer:
        self._pace.catch_up()
        return super().connect(handshake)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``serve``."""
    add_port(parser, "--port", "REST and streams (default: one that is free)")
    add_port(parser, "--control-port", "the control interface (default: one that is free)")
    parser.add_argument(
        "--bind",
        type=argument(access.address),
        default="127.0.0.1",
        metavar="IP",
        help=(
            "IP address to listen at (default: 127.0.0.1, which only this machine reaches);"
            " at any that others reach, 0.0.0.0 for one, the control interface demands a token"
        ),
    )
    parser.add_argument(
        "--control-token",
        type=argument(access.usable_token),
        metavar="T",
        help=(
            "token that control requests have to bear (default: the environment's"
            f" {access.TOKEN_VARIABLE}, else a random one, printed, where --bind calls for it)"
        ),
    )
    parser.add_argument(
        "--api-key", metavar="K", help="the account's API key (default: made up from the seed)"
    )
    parser.add_argument(
        "--secret-key",
        metavar="S",
        help="the account's secret key (default: made up from the seed)",
    )
    parser.add_argument(
        "--clock",
        choices=("real", "frozen"),
        default="real",
        help=(
            "whether the exchange's time goes on as real time does (the default), or stands still,"
            f" beginning at {DEFAULT_START:%Y-%m-%d}, until POST /clock/advance moves it"
        ),
    )
    add_seed(parser, "what everything made up depends on")
    parser.add_argument(
        "--journal-limit",
        type=a_whole_number("the journal's limit", 1),
        default=KEPT,
        metavar="N",
        help=(
            "how many lines GET /journal keeps at the least; what is older is dropped, and counted"
            f" in its first one (default: {KEPT})"
        ),
    )
    add_secrets(parser)
    # Taken only to be refused with a reason.
    parser.add_argument("--host", help=argparse.SUPPRESS)


@contextmanager
def serving(
    *,
    port: int = 0,
    control_port: int = 0,
    bind: str = "127.0.0.1",
    control_token: str | None = None,
    api_key: str | None = None,
    secret_key: str | None = None,
    clock: str = "real",
    seed: int = 0,
    journal_limit: int | None = KEPT,
) -> Iterator[tuple[dict[str, str], RealTime | Frozen]]:
    """Serve an exchange with one account; gives where it is, as ``serve`` prints it, and how its
    clock goes.

    ``catch_up`` of the latter is to be called every now and then. Raises UsageError for a key that
    can't be used, and for an address or a port that can't be had.
    """
    from .._transports.server.server import LoopbackServer

    token, made_up = access.control_token(bind, control_token)
    # Those that are given can be anything.
    hide_for_good(filter(None, (api_key, secret_key, token)))
    exchange = Exchange(seed, datetime.now(timezone.utc) if clock == "real" else DEFAULT_START)
    exchange.journal.limit = journal_limit
    (key,) = exchange.open_account("serve", api_key=api_key, secret_key=secret_key).api_keys
    pace = RealTime(exchange) if clock == "real" else Frozen(exchange)
    paced = _Paced(exchange, pace)
    with ExitStack() as until_the_end:
        server = LoopbackServer()
        server.start()
        until_the_end.callback(server.stop)
        served = until_the_end.enter_context(door(server, paced, bind, port, "--port"))
        commands = Control(exchange, pace, token)
        control = until_the_end.enter_context(
            door(server, commands, bind, control_port, "--control-port")
        )
        yield (
            {
                "url": served.url,
                "stream_url": served.stream_url,
                "control_url": control.url,
                "api_key": key.api_key,
                "secret_key": key.secret_key or "",
                # One that was given is known to who gave it.
                **({"control_token": token} if token and made_up else {}),
            },
            pace,
        )


@contextmanager
def door(
    server: LoopbackServer, backend: Backend, bind: str, port: int, option: str
) -> Iterator[Server]:
    """``backend``, served at ``port`` of the address ``bind``. Raises UsageError, which names the
    port's ``option``, where that can't be had."""
    with ExitStack() as until_the_end:
        try:
            door = until_the_end.enter_context(server.attach(backend, port=port, host=bind))
        except OSError as error:
            why = os.strerror(error.errno or 0)
            if error.errno == errno.EADDRNOTAVAIL:
                reason = (
                    f"{bind} can't be bound: {why}. Give --bind an address of this machine, such"
                    " as 0.0.0.0 for all that it has."
                )
            else:
                reason = (
                    f"Port {port} at {bind} can't be had: {why}. Give another {option}, or leave"
                    " it out."
                )
            raise UsageError(reason) from None
        yield door


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; returns 0 then, and 2 where it could not begin."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is Windows'
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: stop.set())
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    if args.host is not None:
        return _refused(
            "serve has no --host. It binds 127.0.0.1, or the address that --bind gives."
        )
    hide_for_good(args.secrets)
    try:
        with serving(
            port=args.port,
            control_port=args.control_port,
            bind=args.bind,
            control_token=args.control_token,
            api_key=args.api_key,
            secret_key=args.secret_key,
            clock=args.clock,
            seed=args.seed,
            journal_limit=args.journal_limit,
        ) as (
            addresses,
            pace,
        ):
            sys.stdout.write(json.dumps(addresses) + "\n")
            sys.stdout.flush()
            while not stop.wait(_TICK):
                pace.catch_up()
    except UsageError as error:
        return _refused(str(error))
    except ImportError as error:
        return _refused(
            f"serve needs aiohttp, and it can't be loaded ({error}). It comes with the extra: "
            'pip install "pytest-binance-options[server]".'
        )
    return 0


def _refused(reason: str) -> int:
    sys.stderr.write(f"pytest-binance-options serve: {reason}\n")
    return 2
