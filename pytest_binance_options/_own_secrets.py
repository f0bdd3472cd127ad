"""Secrets of the user's own, which nobody could tell by their looks: as a setting names them, and
whether they can be looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .errors import UsageError

__all__ = ["checked_secrets", "secrets_named"]

_SHORTEST = 8  # bytes


def secrets_named(
    setting: str, names: str, environ: Mapping[str, str], *, hint: str = ""
) -> list[str]:
    """What those of the variables ``names``, with blanks between them, hold that are set: CI may
    have none of them. Raises UsageError where one of these is no name."""
    if not all(name.isidentifier() for name in names.split()):
        # It may be the secret itself.
        reason = (
            f"{setting} takes names of environment variables, with blanks between them, and one of"
            " these is none."
        )
        raise UsageError(" ".join(filter(None, (reason, hint))))
    return [value for name in names.split() if (value := environ.get(name, ""))]


def checked_secrets(setting: str, values: object) -> tuple[str, ...]:
    """``values``, secrets of the user's own, if they can be looked for; UsageError, which shows
    none of them, otherwise."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UsageError(f"{setting} is of type {type(values).__name__}. Give a list of texts.")
    checked = tuple(values)
    for count, value in enumerate(checked, 1):
        if not isinstance(value, str):
            raise UsageError(
                f"{setting}, number {count} is of type {type(value).__name__}. Give a text."
            )
        if len(value.encode(errors="replace")) < _SHORTEST:
            raise UsageError(
                f"{setting}, number {count} is shorter than {_SHORTEST} bytes: it would be"
                " found in other text by chance. Give a longer secret, or leave it out."
            )
    return checked
