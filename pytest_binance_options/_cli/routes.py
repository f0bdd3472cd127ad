"""What a control interface can be asked, as a table: it routes, checks and explains by it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .._checks import shown
from ..errors import UsageError

__all__ = ["Body", "Route", "Routes"]

Body = Mapping[str, object]

_WHERE = "GET / shows every request with its body and an example."


@dataclass(frozen=True, slots=True)
class Route:
    """One request, and who answers it.

    ``fields``: what its body may have, by name, and what each takes; None: what it has is looked at
    by ``answer``. ``more`` says in words what that is.
    """

    method: str
    path: str
    does: str
    answer: Callable[[Body], object]
    fields: Mapping[str, str] | None = field(default_factory=dict)
    more: str = ""
    example: Body | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def ask(self, body: Body) -> object:
        """The answer to ``body``. Raises UsageError where it has what can't be there."""
        if self.fields is not None:
            unknown = [shown(name) for name in body if name not in self.fields]
            if unknown:
                takes = ", ".join(self.fields) or "no body"
                raise UsageError(f"{self} has no {', '.join(unknown)}. It takes: {takes}. {_WHERE}")
        return self.answer(body)

    def explained(self) -> dict[str, object]:
        """All of it that a reader needs, as JSON."""
        explained: dict[str, object] = {"request": str(self), "does": self.does}
        if self.fields:
            explained["body"] = dict(self.fields)
        if self.more:
            explained["more"] = self.more
        if self.example is not None:
            explained["example"] = dict(self.example)
        return explained


class Routes:
    """The table."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = {(route.path, route.method): route for route in routes}

    def find(self, method: str, path: str) -> Route | None:
        """The route of such a request."""
        return self._routes.get((path, method))

    def methods(self, path: str) -> list[str]:
        """What ``path`` takes; nothing where there is no such path."""
        return [method for known, method in self._routes if known == path]

    def missing(self, path: str) -> str:
        """That there is no such path, and which was meant."""
        paths = [known for known, _ in self._routes]
        near = difflib.get_close_matches(path, paths, n=1)
        if near:
            meant = " or ".join(f"{method} {near[0]}" for method in self.methods(near[0]))
            meant = f"Did you mean {meant}?"
        else:
            meant = f"There are: {', '.join(map(str, self._routes.values()))}."
        return f"There is no {shown(path)} here. {meant} {_WHERE}"

    def explained(self) -> list[dict[str, object]]:
        """Every route, as JSON."""
        return [route.explained() for route in self._routes.values()]
