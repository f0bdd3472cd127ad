"""The shape that many JSON values of one kind have together: names and types, never values.

Two of them differ where a name is gone that was always there, where one is new, or where a type is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._masking import mask

__all__ = ["Shape", "type_of"]

_INTEGER, _NUMBER = "an integer", "a number"


def type_of(value: object) -> str:
    """The JSON type of ``value``, with its article, as people read it."""
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (int, _INTEGER),
        (float, _NUMBER),
        (str, "a string"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return "an object"


class Shape:
    """What the values had in common that were added, and in what they differed."""

    def __init__(self) -> None:
        self.times = 0
        # Ordered: errors read the same every time.
        self.types: dict[str, None] = {}
        self.objects = 0
        self.names: dict[str, Shape] = {}
        self.items: Shape | None = None

    def add(self, value: object) -> None:
        """One more value."""
        self.times += 1
        self.types[type_of(value)] = None
        if isinstance(value, dict):
            self.objects += 1
            for name, inner in value.items():
                self.names.setdefault(name, Shape()).add(inner)
        elif isinstance(value, list):
            # How many there are is a value: one shape stands for all.
            for inner in value:
                self.items = self.items or Shape()
                self.items.add(inner)

    def differences(self, now: Shape, path: str = "") -> Iterator[str]:
        """In what ``now`` differs from this one, the recorded, a phrase each.

        A name that some of the recorded values had and others had not may be gone. A type that was
        recorded need not come again; only one that was not is a difference, but for a whole number
        where one with a fraction was recorded: a fraction may come out whole.
        """
        here = mask(path) or "the JSON"
        known = self.types.keys() | ({_INTEGER} if _NUMBER in self.types else set())
        new = [kind for kind in now.types if kind not in known]
        if new:
            yield f"{here} is {_listed(new)}, recorded was {_listed(self.types)}"
        for name in sorted(self.names.keys() | now.names.keys()):
            yield from self._name_differs(now, name, f"{path}.{name}" if path else name)
        if self.items is not None and now.items is not None:
            yield from self.items.differences(now.items, f"{path}[]")

    def _name_differs(self, now: Shape, name: str, path: str) -> Iterator[str]:
        before, after = self.names.get(name), now.names.get(name)
        if before is not None and after is not None:
            yield from before.differences(after, path)
        elif after is not None and self.objects:
            yield f"{mask(path)} is new: {_listed(after.types)}"
        elif before is not None and now.objects and before.times == self.objects:
            yield f"{mask(path)} is gone, recorded was {_listed(before.types)}"


def _listed(types: Iterable[str]) -> str:
    return " or ".join(types)
