"""A parser of command lines whose errors show no secret: argparse quotes what it can't tell, and
that may be the value of a misspelt ``--secret-key``."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from .._masking import mask

__all__ = ["Parser"]

_NAMES_A_SECRET = re.compile(r"(?is)(--?[\w-]*(?:key|secret|token|pass)[\w-]*)(?:=(.*))?")


class Parser(argparse.ArgumentParser):
    """Hides in errors what stands behind an option that names a key, a secret or a token, whether
    there is such an option or not."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._arguments: list[str] = []

    def parse_known_args(  # type: ignore[override]  # typeshed has an overload for each namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse has it."""
        self._arguments = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """As argparse has it, without the secrets."""
        for value in _secret_values(self._arguments):
            quoted = "|".join(map(re.escape, {value, repr(value)[1:-1]}))
            message = re.sub(rf"(?<!\w)(?:{quoted})(?!\w)", "<hidden>", message)
        super().error(mask(message))


def _secret_values(arguments: Iterable[str]) -> Iterator[str]:
    following = False
    for argument in arguments:
        found = _NAMES_A_SECRET.fullmatch(argument)
        value = found[2] if found else argument if following else None
        following = found is not None and found[2] is None
        if value:
            yield value
