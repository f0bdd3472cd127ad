"""Reads the documentation: which fenced blocks a page has, what it says about running them, its
headings and links.

What is done with a block is :mod:`tests.docs.session`'s.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

__all__ = ["ROOT", "Block", "Page", "pages"]

ROOT = Path(__file__).resolve().parents[2]
_PAGES = (
    "README.md",
    "docs/**/*.md",
    "examples/README.md",
    "cassettes/README.md",
    "benchmarks/README.md",
    "CHANGELOG.md",
)

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\{[\w-]+\}|[\w-]*)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.M | re.S,
)
# Comments right above a block: "<!-- not run: why -->" and "<!-- exit: 1 -->".
_SAID = re.compile(r"<!--\s*(?P<name>not run|exit)\s*:\s*(?P<value>[^>]*?)\s*-->\s*\Z")
# "<!-- beside: name" and a file's content up to "-->": what a page's examples need and its readers
# do not.
_BESIDE = re.compile(r"^<!-- beside: (?P<name>\S+)\n(?P<text>.*?)^-->$", re.M | re.S)
_FILE_NAME = re.compile(r"# (?P<name>[\w./-]+\.\w+)[ ]*(?:\n|\Z)")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+?)\s*#*$", re.M)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^()\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True)
class Block:
    """One fenced block. ``line`` is that of its first line of content, from 1; ``info`` is what
    follows the language."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None
    exit_status: int = 0
    beside: str | None = None
    info: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}:{self.kind}"

    @property
    def kind(self) -> str:
        """Its language; "test" for a Python block that has tests in it."""
        return "test" if self.is_test else self.language

    @property
    def is_of_the_site(self) -> bool:
        """Whether it is for the site's generator, which runs it: ``make docs`` fails where it
        can't."""
        return self.language.startswith("{")

    @cached_property
    def file_name(self) -> str | None:
        """The name on its first line, ``# conftest.py``: the block is that file."""
        found = _FILE_NAME.match(self.text)
        return self.beside or (found["name"] if found else None)

    @cached_property
    def is_test(self) -> bool:
        """Whether there is a test in it."""
        return any(node.name.lower().startswith("test") for node in self._definitions)

    @cached_property
    def fixtures(self) -> list[str]:
        """The names of the fixtures that it defines."""
        return [
            node.name
            for node in self._definitions
            if "fixture" in "".join(map(ast.unparse, node.decorator_list))
        ]

    @cached_property
    def _definitions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        if self.language != "python":
            return []
        tree = ast.parse(self.text, filename=f"{self.page}, line {self.line}")
        return [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]

    @property
    def padded(self) -> str:
        """The text, at the lines that it has on its page: an error's line number is the page's."""
        return "\n" * (self.line - 1) + self.text


@dataclass
class Page:
    """A page: ``name`` is its path from the repository's root; ``hidden`` are the files that its
    readers don't see."""

    name: str
    text: str
    blocks: list[Block] = field(init=False)
    hidden: list[Block] = field(init=False)

    def __post_init__(self) -> None:
        self.blocks = [self._block(found) for found in _FENCE.finditer(self.text)]
        self.hidden = [
            Block(self.name, self._line(found), "", found["text"], beside=found["name"])
            for found in _BESIDE.finditer(self.text)
        ]

    def _line(self, found: re.Match[str]) -> int:
        return self.text.count("\n", 0, found.start()) + 2

    def _block(self, found: re.Match[str]) -> Block:
        said: dict[str, str] = {}
        above = self.text[: found.start()]
        while comment := _SAID.search(above):
            said[comment["name"]] = comment["value"]
            above = above[: comment.start()]
        return Block(
            page=self.name,
            line=self._line(found),
            language=found["language"],
            text=textwrap.dedent(found["text"]),
            not_run=said.get("not run"),
            exit_status=int(said.get("exit", "0")),
            info=found["info"].strip(),
        )

    def run_by_the_next(self, block: Block) -> bool:
        """Whether ``block`` is a file that the console block after it has pytest run, alone and
        with nothing set."""
        after = [other for other in self.blocks if other.line > block.line][:1]
        return block.is_test and any(
            other.language == "console"
            and other.not_run is None
            and f"$ pytest {block.file_name}" in other.text.splitlines()
            for other in after
        )

    def before(self, block: Block) -> list[Block]:
        """The blocks and the hidden files before ``block``, in order."""
        return sorted(
            (b for b in (*self.blocks, *self.hidden) if b.line < block.line), key=lambda b: b.line
        )

    @cached_property
    def prose(self) -> str:
        """The page without its blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def anchors(self) -> set[str]:
        """What a ``#fragment`` can name here, as GitHub makes it of the headings."""
        anchors: set[str] = set()
        for heading in _HEADING.finditer(self.prose):
            anchor = re.sub(r"[^\w\- ]", "", heading["text"].lower()).replace(" ", "-")
            number = 0
            while (numbered := f"{anchor}-{number}" if number else anchor) in anchors:
                number += 1
            anchors.add(numbered)
        return anchors

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links, in order."""
        return [found["target"] for found in _LINK.finditer(_CODE.sub("", self.prose))]


def pages() -> list[Page]:
    """The documentation, README first."""
    paths = [path for pattern in _PAGES for path in sorted(ROOT.glob(pattern))]
    return [
        Page(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths
    ]
