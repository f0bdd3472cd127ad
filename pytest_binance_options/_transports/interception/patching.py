"""Replacing attributes of other people's classes, and putting them back.

A replacement is installed once and stays until it is lifted: it never steps aside for a moment, so
no thread can slip past it. What it does is looked up at each call; with nobody intercepting it is
the original.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType

from ...errors import UsageError

__all__ = ["Patches", "call_on_import"]

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Patch:
    owner: object
    name: str
    original: object  # _ABSENT: the class inherits the attribute
    replacement: object

    def current(self) -> object:
        return vars(self.owner).get(self.name, _ABSENT)

    def in_place(self) -> bool:
        return self.current() is self.replacement

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
        # replaced again.
        self._made: dict[tuple[int, str], tuple[object, object]] = {}

    def put(self, owner: object, name: str, replace: Callable[[object], object]) -> None:
        """Set ``owner.name`` to ``replace(original)``; a class or static method arrives as its
        descriptor.

        Raises UsageError where there is no such attribute: ``owner`` is of a version that nobody
        has tried yet.
        """
        original = vars(owner).get(name, _ABSENT)
        replaced = getattr(owner, name, _ABSENT) if original is _ABSENT else original
        if replaced is _ABSENT:
            raise UsageError(_unknown(owner, name))
        known, replacement = self._made.get((id(owner), name), (_ABSENT, None))
        if known is not replaced:
            replacement = replace(replaced)
            self._made[id(owner), name] = (replaced, replacement)
        setattr(owner, name, replacement)
        self._patches.append(_Patch(owner, name, original, replacement))

    def add(self, owner: object, name: str, value: object) -> None:
        """Set ``owner.name``, which ``owner`` does not have, to ``value``."""
        setattr(owner, name, value)
        self._patches.append(_Patch(owner, name, _ABSENT, value))

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


def _unknown(owner: object, name: str) -> str:
    of = getattr(owner, "__name__", repr(owner))
    library = str(getattr(owner, "__module__", of)).partition(".")[0]
    return (
        f"pytest-binance-options can't intercept beside this version of {library}: {of}.{name} is"
        f" not there. Use another version of {library}, or of pytest-binance-options."
    )


class _Watcher:
    """A finder that finds nothing itself: it calls back when a module that was waited for has been
    imported."""

    def __init__(self, wanted: dict[str, Callable[[], None]]) -> None:
        self._wanted = wanted

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._wanted:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        if loader is None or not hasattr(loader, "__dict__"):
            return spec
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # the loader's own again
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
