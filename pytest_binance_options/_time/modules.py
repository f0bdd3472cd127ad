"""Finds where functions have been imported to, by ``from time import sleep`` and the like, and puts
others there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import is_
from types import FunctionType, ModuleType

__all__ = ["replaced"]

# Where what makes locks and queues is at home, there it is replaced by those who know it.
_HOMES = frozenset({"_thread", "queue", "_queue", "threading"})

# What was found when a module was last looked through: how much there was then, and where one of
# those functions was. Most modules have none, and are not looked through again.
_seen: dict[str, tuple[ModuleType, int, tuple[str, ...]]] = {}


class _Overview:
    """All that was imported when it was last looked through, how much each of them had, and in
    which there was something to replace: what it is called, itself, and the names there."""

    def __init__(self) -> None:
        self._modules: list[object] = []
        self._namespaces: list[dict[str, object]] = []
        self._sizes: list[int] = []
        self.found: list[tuple[str, ModuleType, tuple[str, ...]]] = []

    def holds(self) -> bool:
        """Whether nothing was imported since, and no module has got more names, or fewer."""
        # Lists as a whole, with no loop in Python: there are a thousand modules, and this is asked
        # before and after each test.
        modules = list(sys.modules.values())
        return (
            len(modules) == len(self._modules)
            and all(map(is_, modules, self._modules))
            and list(map(len, self._namespaces)) == self._sizes
        )

    def note(self, modules: Sequence[tuple[str, object]]) -> None:
        """These were imported, and have all been looked through."""
        seen = [(name, *_seen[name]) for name, module in modules if isinstance(module, ModuleType)]
        self._modules = [module for _, module in modules]
        self._namespaces = [module.__dict__ for _, module, _, _ in seen]
        self._sizes = [size for _, _, size, _ in seen]
        self.found = [(name, module, names) for name, module, _, names in seen if names]


_overview = _Overview()


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
    if not _overview.holds():
        _look_around(elsewhere, but)
    for name, module, names in _overview.found:
        _replace_in(module, names, at_home if name in _HOMES else elsewhere)


def _look_around(replacements: Mapping[int, object], but: Callable[[str], bool]) -> None:
    modules = list(sys.modules.items())
    for name, module in modules:
        if not isinstance(module, ModuleType):
            continue
        seen = _seen.get(name)
        if seen is None or seen[0] is not module or seen[1] != len(module.__dict__):
            looked_at = name != "time" and not but(name)
            _look_through(name, module, replacements if looked_at else {})
    _overview.note(modules)


def _look_through(name: str, module: ModuleType, replacements: Mapping[int, object]) -> None:
    namespace = list(module.__dict__.items()) if replacements else []
    found = tuple(key for key, value in namespace if _has(value, replacements))
    _seen[name] = (module, len(module.__dict__), found)


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
