"""Which cassettes a suite uses: ``--binance-options-list-cassettes`` writes it, prune reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Listing"]

_LISTS = ("cassettes", "files", "unknown", "patterns", "functions")


@dataclass(frozen=True)
class Listing:
    """``cassettes`` are the paths that the tests use, whether there is a file or not; ``files``
    those that the tests were collected from; ``unknown`` says of which tests it can't be known, a
    sentence each. ``patterns`` are those of the names of files with tests, and ``functions`` the
    collected ones, each after its file's path and two colons, less those that are parametrized with
    nothing."""

    root: str
    cassettes: frozenset[str]
    files: frozenset[str]
    unknown: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def write(self, path: Path) -> None:
        """Write the cassettes to ``path``, one a line; all of it as JSON where ``path`` ends in
        ``.json``."""
        if path.suffix == ".json":
            lists = {name: sorted(getattr(self, name)) for name in _LISTS}
            text = json.dumps({"root": self.root, **lists}, indent=2)
        else:
            text = "".join(f"{cassette}\n" for cassette in sorted(self.cassettes))
        path.write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Listing:
        """What :meth:`write` has written to ``path``, a ``.json``."""
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(said["root"], **{name: frozenset(said[name]) for name in _LISTS})
