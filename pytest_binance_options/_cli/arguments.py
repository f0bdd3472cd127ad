"""Arguments that are numbers, and those that several commands take alike."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from .._checks import number, whole
from . import argument

__all__ = ["a_number", "a_whole_number", "add_port", "add_seed"]


def a_whole_number(
    name: str, low: int | None = None, high: int | None = None, *, hint: str = ""
) -> Callable[[str], int]:
    """An argument's type: an int from ``low`` to ``high`` (None: no bound)."""
    return argument(lambda given: whole(name, given, low, high, written=True, hint=hint))


def a_number(
    name: str, low: float, high: float | None = None, *, above: bool = False, of: str = ""
) -> Callable[[str], float]:
    """An argument's type: a number from ``low`` to ``high`` (None: no bound), ``low`` itself left
    out where ``above``; ``of`` says of what."""
    return argument(lambda given: number(name, given, low, high, above=above, of=of, written=True))


def add_port(parser: argparse.ArgumentParser, option: str, what: str) -> None:
    """``option``, the port of ``what``."""
    parser.add_argument(
        option,
        type=a_whole_number("the port", 0, 65535, hint="0 is any that is free."),
        default=0,
        metavar="N",
        help=f"port of {what}",
    )


def add_seed(parser: argparse.ArgumentParser, what: str) -> None:
    """``--seed``, on which ``what`` depends."""
    parser.add_argument(
        "--seed",
        type=a_whole_number("the seed"),
        default=0,
        metavar="N",
        help=f"{what} (default: 0)",
    )
