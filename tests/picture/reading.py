"""A page as a browser's parser finds it, for assertions."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

__all__ = ["Page"]


class Page(HTMLParser):
    """Its scripts and styles, its elements' names and attributes, and the records in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[dict[str, str | None], str]] = []
        self._raw: dict[str, str | None] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = {"tag": tag, **dict(attrs)} if tag in ("script", "style") else None
        if self._raw is not None:
            self.inside.append((self._raw, ""))

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw is not None:
            self.inside[-1] = (self._raw, self.inside[-1][1] + data)

    def having(self, **attributes: str) -> list[str]:
        """What is inside the scripts or styles with these attributes."""
        return [text for found, text in self.inside if attributes.items() <= found.items()]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, in the order in which they are listed."""
        return [json.loads(text) for text in self.having(**{"class": "record"})]

    @property
    def index(self) -> list[dict[str, Any]]:
        """What the list shows of each."""
        (text,) = self.having(id="index")
        found: list[dict[str, Any]] = json.loads(text)
        return found
