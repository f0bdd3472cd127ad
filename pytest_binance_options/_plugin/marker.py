"""The marker ``binance_options``: what it accepts, and what it says about a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pytest

from .._checks import flag, one_of
from .._masking import mask
from ..errors import UsageError
from ..settings import REACTIONS, Mode

__all__ = ["AUTH_KINDS", "MARKER", "AuthKind", "MarkerArguments"]

MARKER = "binance_options"
AuthKind = Literal["hmac", "rsa", "ed25519"]
AUTH_KINDS: tuple[AuthKind, ...] = get_args(AuthKind)
_ARGUMENTS = ("mode", "cassette", "auth", "unanswered", "unplayed", "chaos")


@dataclass(frozen=True, slots=True)
class MarkerArguments:
    """What a test's markers say; None where they say nothing."""

    mode: Mode | None = None
    cassette: str | None = None
    auth: AuthKind | None = None
    unanswered: str | None = None
    unplayed: str | None = None
    #: Whether the test has a bad day where the run's tests have.
    chaos: bool = True

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
        mode, cassette, auth = (said.get(name) for name in ("mode", "cassette", "auth"))
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
            unanswered=_reaction("unanswered", said),
            unplayed=_reaction("unplayed", said),
            chaos=flag(f"@pytest.mark.{MARKER}(chaos=...)", said.get("chaos", True)),
        )


def _reaction(name: str, said: Mapping[str, object]) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    return one_of(f"@pytest.mark.{MARKER}({name}=...)", value, REACTIONS)
