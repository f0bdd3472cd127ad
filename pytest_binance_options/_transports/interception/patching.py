"""Replacing attributes of other people's classes, and putting them back.

A replacement is installed once and stays until it is lifted: it never steps aside for a moment, so
no thread can slip past it. What it does is looked up at each call; with nobody intercepting it is
the original.
"""

from __future__ import annotations

import inspect
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import cast

from ...errors import UsageError

__all__ = ["Patches", "call_on_import", "known", "unknown"]

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Patch:
    owner: object
    name: str
    original: object  # _ABSENT: the class inherits the attribute
    replaced: object  # the original, or what is inherited
    replacement: object

    def current(self) -> object:
        return vars(self.owner).get(self.name, _ABSENT)

    def in_place(self) -> bool:
        return vars(self.owner).get(self.name, _ABSENT) is self.replacement

    def undo(self) -> None:
        if self.original is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)


class Patches:
    """Replaced attributes, in the order in which they were replaced. Not thread-safe: its user
    holds a lock."""

    def __init__(self) -> None:
        self._patches: list[_Patch] = []
        # Replacements know nothing of a test, so one made for an original serves whenever that is
        # replaced again: a score of them in each test.
        self._made: dict[tuple[object, str], _Patch] = {}

    def put(self, owner: object, name: str, replace: Callable[[object], object]) -> None:
        """Set ``owner.name`` to ``replace(original)``; a class or static method arrives as its
        descriptor.

        Raises UsageError where there is no such attribute, or one that is called another way:
        ``owner`` is of a version, or of a fork, that nobody has tried yet.
        """
        original = vars(owner).get(name, _ABSENT)
        replaced = known(owner, name) if original is _ABSENT else original
        key = owner, name  # not by id(): that is an audit event, and we hear them all
        patch = self._made.get(key)
        if patch is None or patch.replaced is not replaced or patch.original is not original:
            replacement = _made_for(owner, name, replaced, replace)
            patch = self._made[key] = _Patch(owner, name, original, replaced, replacement)
        setattr(owner, name, patch.replacement)
        self._patches.append(patch)

    def add(self, owner: object, name: str, value: object) -> None:
        """Set ``owner.name``, which ``owner`` does not have, to ``value``."""
        setattr(owner, name, value)
        self._patches.append(_Patch(owner, name, _ABSENT, _ABSENT, value))

    def lift(self) -> None:
        """Put back every attribute that is still ours.

        Where somebody has patched on top of ours, putting the original back would undo their patch.
        Ours stays underneath, inert, until theirs is gone and :meth:`lift` is called again.
        """
        kept: list[_Patch] = []
        for patch in reversed(self._patches):
            if patch.in_place():
                patch.undo()
            else:
                kept.append(patch)
        if not kept:
            self._patches = []
            return
        pristine: dict[tuple[int, str], object] = {}
        for patch in self._patches:
            pristine.setdefault((id(patch.owner), patch.name), patch.original)
        # Where whoever covered ours has put back what was there before us, nothing of ours is left
        # to undo.
        self._patches = [
            patch
            for patch in reversed(kept)
            if patch.current() is not pristine[id(patch.owner), patch.name]
        ]

    @property
    def covered(self) -> tuple[str, ...]:
        """The attributes that could not be put back yet, because another library's patch is on top
        of ours."""
        return tuple(
            f"{getattr(patch.owner, '__qualname__', patch.owner)}.{patch.name}"
            for patch in self._patches
        )


def known(owner: object, name: str) -> object:
    """``owner.name``, which its library does not document: raises :func:`unknown` where it is not
    there."""
    value = getattr(owner, name, _ABSENT)
    if value is _ABSENT:
        raise unknown(owner, f"{_name_of(owner)}.{name} is not there")
    return value


def unknown(owner: object, difference: str) -> UsageError:
    """The error for a library of a version, or a fork, that nobody has tried yet.

    ``owner`` is its module, or something of it; ``difference`` says what is not as it should be.
    """
    name = _library(owner)
    library, version = (
        ("Python", platform.python_version())
        if name in sys.stdlib_module_names
        else (name, _version(name))
    )
    return UsageError(
        f"pytest-binance-options can't intercept beside this version of {library} ({version}):"
        f" {difference}. Use another version of {library}, or of pytest-binance-options."
    )


def _library(owner: object) -> str:
    if not isinstance(owner, ModuleType) and not hasattr(owner, "__module__"):
        owner = type(owner)
    return str(getattr(owner, "__module__", getattr(owner, "__name__", ""))).partition(".")[0]


def _kind(owner: object) -> type:
    return owner if isinstance(owner, type) else type(owner)


def _name_of(owner: object) -> str:
    return owner.__name__ if isinstance(owner, ModuleType) else _kind(owner).__name__


def _version(library: str) -> str:
    version = getattr(sys.modules.get(library), "__version__", None)
    if not isinstance(version, str):
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(library)
    return version or "it doesn't say which"


def _made_for(
    owner: object, name: str, original: object, replace: Callable[[object], object]
) -> object:
    try:
        replacement = replace(original)
    except AttributeError:  # no class method, for example
        replacement = None
    function = _function(original)
    # What somebody else has put there may call its parameters as it likes.
    genuine = _library(function) == _library(owner)
    if (
        replacement is None
        or not callable(function)
        or (genuine and not _called_alike(function, _function(replacement)))
    ):
        raise unknown(owner, f"{_name_of(owner)}.{name} is called another way")
    return replacement


def _called_alike(original: Callable[..., object], replacement: Callable[..., object]) -> bool:
    """Whether who calls ``original`` can call ``replacement``, and that the original in turn."""
    try:
        theirs = inspect.signature(original).parameters.values()
    except ValueError:  # written in C
        return True
    ours = inspect.signature(replacement, follow_wrapped=False).parameters.values()
    theirs_by_place, ours_by_place = (
        [p for p in each if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        for each in (theirs, ours)
    )
    if len(theirs_by_place) < len(ours_by_place):
        return any(p.kind is p.VAR_POSITIONAL for p in theirs)
    if any(
        mine.name != its.name and mine.kind is not mine.POSITIONAL_ONLY
        for mine, its in zip(ours_by_place, theirs_by_place, strict=False)
    ):
        return False
    if any(p.kind is p.VAR_KEYWORD for p in ours):
        return True
    more = theirs_by_place[len(ours_by_place) :]
    by_name = {p.name for p in theirs if p.kind is p.KEYWORD_ONLY}
    return not more and by_name <= {p.name for p in ours}


def _function(attribute: object) -> Callable[..., object]:
    """The function in what a class has: a class or static method has it in it."""
    if isinstance(attribute, classmethod | staticmethod):
        attribute = attribute.__func__
    return cast("Callable[..., object]", attribute)


class _Watcher:
    """A finder that finds nothing itself: it calls back when a module that was waited for has been
    imported."""

    def __init__(self, wanted: dict[str, Callable[[], None]]) -> None:
        self._wanted = wanted
        self._looking: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._wanted or name in self._looking:
            return None
        # Another one that watches asks us in turn.
        self._looking.add(name)
        try:
            found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path))
            spec = next((spec for spec in found if spec is not None), None)
        finally:
            self._looking.discard(name)
        if spec is None:
            return None
        loader = spec.loader
        if loader is None or not hasattr(loader, "__dict__"):
            return spec
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            vars(loader).pop("exec_module", None)  # the loader's own again
            run(module)
            self._wanted[name]()

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def call_on_import(wanted: Iterable[tuple[str, Callable[[], None]]]) -> Callable[[], None]:
    """Call each module's callback when it is imported from now on; returns what ends the watch."""
    watcher = _Watcher(dict(wanted))
    sys.meta_path.insert(0, watcher)

    def end() -> None:
        if watcher in sys.meta_path:
            sys.meta_path.remove(watcher)

    return end
