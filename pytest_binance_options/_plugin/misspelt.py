"""Settings that don't arrive because of their name: arguments and environment variables that look
like ours and are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import pytest

from ..errors import MisspeltVariableWarning
from .options import MODE_VARIABLE, options, settings

__all__ = ["argument_problem", "warn_of_variables"]

# A letter or two of so many.
_ALIKE = 0.85


def argument_problem(unknown: Iterable[str]) -> str:
    """What was meant by the first of the arguments that pytest doesn't know; empty where it isn't
    known, and pytest says so by itself."""
    for argument in unknown:
        name = argument.partition("=")[0]
        near = get_close_matches(name, options(), n=1, cutoff=_ALIKE)
        if near:
            return f"there is no option {name}. Did you mean {near[0]}?"
    return ""


def warn_of_variables(config: pytest.Config, names: Sequence[str]) -> None:
    """Warn of environment variables that are set in vain. Raises pytest.UsageError where warnings
    are errors."""
    try:
        for text in filter(None, map(_variable_problem, names)):
            config.issue_config_time_warning(MisspeltVariableWarning(text), stacklevel=2)
    except MisspeltVariableWarning as error:
        raise pytest.UsageError(str(error)) from None


def _variable_problem(name: str) -> str:
    setting = settings().get(name.lower())
    if setting is not None:
        return f"The environment variable {name} sets nothing. Set it with {setting}."
    if get_close_matches(name, [MODE_VARIABLE], cutoff=_ALIKE):
        return f"The environment variable {name} sets nothing. Did you mean {MODE_VARIABLE}?"
    return ""
