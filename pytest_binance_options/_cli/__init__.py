"""The command line: ``python -m pytest_binance_options``, also the script
``pytest-binance-options``.

Each command is a module of its own, imported when it is asked for: looking at cassettes must not
need the server's extra.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

from .._version import DISTRIBUTION, version
from ..errors import UsageError
from .parser import Parser

__all__ = ["argument", "main"]

T = TypeVar("T")

_COMMANDS = {
    "serve": "the simulated exchange as a server of its own, for tests in any language",
    "explore": "search for the day that breaks a bot in another process, in any language",
    "cassettes": "check, show or prune recorded cassettes",
    "assumptions": "ask the testnet which of the documented assumptions are true",
}


# As a shell says of a process that was ended by SIGPIPE.
_CUT_SHORT = 141


class _Command(Protocol):
    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


def argument(check: Callable[[str], T]) -> Callable[[str], T]:
    """``check`` as an argument's type: what it says of a value, argparse says of the argument."""

    def parse(value: str) -> T:
        try:
            return check(value)
        except UsageError as error:
            # Of a ValueError argparse says no more than that there was one.
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


class _Version(argparse.Action):
    """Looks the version up when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"{DISTRIBUTION} {version()}\n")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` (default: the process's arguments) names; returns the exit
    status.

    Wrong arguments end in SystemExit with status 2, as argparse has it.
    """
    parser = Parser(
        prog=DISTRIBUTION, description="Tools of the pytest plugin for Binance Options."
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parsers = {
        name: commands.add_parser(name, help=text, description=text, add_help=False)
        for name, text in _COMMANDS.items()
    }
    # Which command it is has to be known before its module may be imported and asked for its
    # arguments.
    known, _ = parser.parse_known_args(argv)
    name: str = known.command
    command = cast(_Command, importlib.import_module(f".{name}", __name__))
    chosen = parsers[name]
    chosen.add_argument("-h", "--help", action="help", help="show this help and exit")
    command.add_arguments(chosen)
    try:
        status = command.run(parser.parse_args(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever was reading has seen enough, as in "cassettes show ... | head". What is left must
        # not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _CUT_SHORT
    return status
