"""Finds where functions have been imported to, by ``from time import sleep`` and the like, and puts
others there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, ModuleType

__all__ = ["replaced"]

# Where what makes locks and queues is at home, there it is replaced by those who know it.
_HOMES = frozenset({"_thread", "queue", "_queue", "threading"})

# What was found when a module was last looked through: how much there was then, and where one of
# those functions was. Most modules have none, and are not looked through again.
_seen: dict[str, tuple[object, int, tuple[str, ...]]] = {}


@contextmanager
def replaced(
    functions: Iterable[tuple[object, object]],
    factories: Iterable[tuple[object, object]],
    *,
    but: Callable[[str], bool],
) -> Iterator[None]:
    """While this lasts, every module that has the first of a pair under a name of its own, or as
    the default of a parameter, has the second in its place; ``but`` says which are left as they
    are. Afterwards it is the other way round, in those that have been imported meanwhile, too.

    ``functions`` are those of ``time``; ``factories``, of locks and queues, are left to others
    where they are at home.
    """
    clocks = tuple(functions)
    everything = (*clocks, *factories)
    try:
        _replace(_by_id(clocks), _by_id(everything), but)
        yield
    finally:
        _replace(
            _by_id((new, old) for old, new in clocks),
            _by_id((new, old) for old, new in everything),
            but,
        )


def _by_id(pairs: Iterable[tuple[object, object]]) -> dict[int, object]:
    return {id(old): new for old, new in pairs}


def _replace(
    at_home: Mapping[int, object], elsewhere: Mapping[int, object], but: Callable[[str], bool]
) -> None:
    # Before and after each test, over all that is imported: what has nothing costs next to nothing.
    for name, module in list(sys.modules.items()):
        seen = _seen.get(name)
        if seen is None or seen[0] is not module or seen[1] != len(module.__dict__):
            if not isinstance(module, ModuleType):
                continue
            looked_at = name != "time" and not but(name)
            seen = _look_through(name, module, elsewhere if looked_at else {})
        if seen[2]:
            _replace_in(module, seen[2], at_home if name in _HOMES else elsewhere)


def _look_through(
    name: str, module: ModuleType, replacements: Mapping[int, object]
) -> tuple[object, int, tuple[str, ...]]:
    namespace = list(module.__dict__.items()) if replacements else []
    found = tuple(key for key, value in namespace if _has(value, replacements))
    _seen[name] = (module, len(module.__dict__), found)
    return _seen[name]


def _replace_in(
    module: ModuleType, names: Iterable[str], replacements: Mapping[int, object]
) -> None:
    namespace = module.__dict__
    for key in names:
        value = namespace.get(key)
        if id(value) in replacements:
            namespace[key] = replacements[id(value)]
        else:
            for function in _functions(value):
                _replace_defaults(function, replacements)


def _has(value: object, replacements: Mapping[int, object]) -> bool:
    return id(value) in replacements or any(
        id(default) in replacements
        for function in _functions(value)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    )


def _functions(value: object) -> list[FunctionType]:
    if type(value) is FunctionType:
        return [value]
    if isinstance(value, type):
        return [each for each in list(vars(value).values()) if type(each) is FunctionType]
    return []


def _replace_defaults(function: FunctionType, replacements: Mapping[int, object]) -> None:
    if function.__defaults__:
        function.__defaults__ = tuple(
            replacements.get(id(default), default) for default in function.__defaults__
        )
    defaults = function.__kwdefaults__ or {}
    for key, default in defaults.items():
        defaults[key] = replacements.get(id(default), default)
