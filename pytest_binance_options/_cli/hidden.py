"""The option ``--secrets``: what of the user's own a command hides in all that it says."""

from __future__ import annotations

import argparse
import os

from .._cassette.hiding import hide_for_good
from .._own_secrets import checked_secrets, secrets_named
from . import argument

__all__ = ["add_secrets", "hide_for_good"]


def add_secrets(parser: argparse.ArgumentParser) -> None:
    """Add the option; ``args.secrets`` are the values, to be given to :func:`hide_for_good`."""
    parser.add_argument(
        "--secrets",
        type=argument(
            lambda names: checked_secrets("secrets", secrets_named("secrets", names, os.environ))
        ),
        default=(),
        metavar="NAMES",
        help=(
            "names of environment variables, with blanks between them, whose values are hidden as"
            " keys are in all that is said"
        ),
    )
