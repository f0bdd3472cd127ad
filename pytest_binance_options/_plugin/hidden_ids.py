"""Tests' ids without secrets: a parametrized value is a part of its test's id, and that goes into
pytest's cache, lists, XML and the names of cassettes.

An id is made before anybody knows in which mode its test will run, and has to be the same in all:
so it is by the looks of a value, and by what the settings name, that it is hidden.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Sized
from functools import wraps
from itertools import islice

import pytest

from .._cassette.naming import without_keys

__all__ = ["NAMED", "hide_ids"]

#: Hides what the run's settings name.
NAMED: pytest.StashKey[Callable[[str], str]] = pytest.StashKey()
_HIDDEN = "<hidden>"
_PARAMETER_SET = type(pytest.param())


def hide_ids(
    metafunc: pytest.Metafunc, *, looks: bool, known: Callable[[str], str] | None = None
) -> None:
    """Have what is parametrized from here on show nothing in its ids that ``known`` hides (by
    default what the settings name), and with ``looks`` nothing that has a key's, a signature's or a
    private key's."""
    named = known or metafunc.config.stash.get(NAMED, str)

    def hide(text: str) -> str:
        text = named(text)
        if not looks:
            return text
        return _HIDDEN if "PRIVATE KEY-----" in text else without_keys(text, _HIDDEN)

    parametrize = metafunc.parametrize

    @wraps(parametrize)
    def hiding(
        argnames: object, argvalues: Iterable[object], *args: object, **options: object
    ) -> None:
        sets = [_renamed(given, hide) for given in argvalues]
        if len(args) < 2:  # the first is indirect
            options["ids"] = _hidden_ids(options.get("ids"), sets, hide)
        else:
            args = (args[0], _hidden_ids(args[1], sets, hide), *args[2:])
        parametrize(argnames, sets, *args, **options)  # type: ignore[arg-type]

    vars(metafunc)["parametrize"] = hiding


def _renamed(given: object, hide: Callable[[str], str]) -> object:
    if isinstance(given, _PARAMETER_SET) and isinstance(given.id, str):
        return given._replace(id=hide(given.id))
    return given


def _hidden_ids(given: object, sets: list[object], hide: Callable[[str], str]) -> object:
    if given is None:
        return lambda value: _hidden(value, hide)
    if callable(given):
        return lambda value: _of_function(given(value), value, hide)
    if not isinstance(given, Iterable):
        return given  # pytest says what is wrong with it
    ids = given if isinstance(given, Sized) else islice(given, len(sets))
    return [_of_list(each, sets[n : n + 1], hide) for n, each in enumerate(ids)]


def _of_function(made: object, value: object, hide: Callable[[str], str]) -> object:
    # What pytest makes no id of, it makes one of the value instead.
    return _hidden(made if _in_an_id(made) else value, hide) or made


def _of_list(given: object, its_set: list[object], hide: Callable[[str], str]) -> object:
    if given is not None:
        return _hidden(given, hide) or given
    values = [
        value for each in its_set for value in (each if isinstance(each, list | tuple) else [each])
    ]
    return _HIDDEN if any(_hidden(value, hide) for value in values) else None


def _hidden(value: object, hide: Callable[[str], str]) -> str | None:
    """What stands for ``value`` in an id; None: what pytest makes of it shows nothing."""
    text = _in_an_id(value)
    hidden = hide(text)
    return None if hidden == text else hidden


def _in_an_id(value: object) -> str:
    match value:
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case re.Pattern():
            return _in_an_id(value.pattern)
        case int() | float() | complex() | enum.Enum():
            return str(value)
    return str(getattr(value, "__name__", ""))
