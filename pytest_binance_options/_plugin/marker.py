"""The marker ``binance_options``: what it accepts, and what it says about a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import pytest

from .._masking import mask
from ..errors import UsageError
from ..settings import Mode

__all__ = ["AUTH_KINDS", "MARKER", "AuthKind", "MarkerArguments"]

MARKER = "binance_options"
AuthKind = Literal["hmac", "rsa", "ed25519"]
AUTH_KINDS: tuple[AuthKind, ...] = get_args(AuthKind)
_ARGUMENTS = ("mode", "cassette", "auth")


@dataclass(frozen=True, slots=True)
class MarkerArguments:
    """What a test's markers say; None where they say nothing."""

    mode: Mode | None = None
    cassette: str | None = None
    auth: AuthKind | None = None

    @classmethod
    def of(cls, marks: Iterable[pytest.Mark]) -> MarkerArguments:
        """The arguments of all ``marks``, the closest to the test first; raises UsageError at one
        that can't work."""
        said: dict[str, object] = {}
        for mark in marks:
            if mark.args:
                raise UsageError(
                    f"@pytest.mark.{MARKER} takes no positional arguments, and got"
                    f" {mask(', '.join(map(repr, mark.args)))}. Name them:"
                    f" {', '.join(f'{name}=' for name in _ARGUMENTS)}."
                )
            for name, value in mark.kwargs.items():
                if name not in _ARGUMENTS:
                    raise UsageError(
                        f"@pytest.mark.{MARKER} has no argument {mask(repr(name))}. It takes"
                        f" {', '.join(_ARGUMENTS)}."
                    )
                said.setdefault(name, value)
        mode, cassette, auth = (said.get(name) for name in _ARGUMENTS)
        kind = next((kind for kind in AUTH_KINDS if kind == auth), None)
        if auth is not None and kind is None:
            raise UsageError(
                f"@pytest.mark.{MARKER}(auth={mask(repr(auth))}) won't do. Use one of:"
                f" {', '.join(AUTH_KINDS)}."
            )
        if cassette is not None and not (isinstance(cassette, str) and cassette.strip()):
            raise UsageError(
                f"@pytest.mark.{MARKER}(cassette={mask(repr(cassette))}) won't do. Give a name, as"
                " in cassette='flow'."
            )
        return cls(
            mode=(
                None
                if mode is None
                else Mode.parse(mode, setting=f"@pytest.mark.{MARKER}(mode=...)")
            ),
            cassette=cassette,
            auth=kind,
        )
