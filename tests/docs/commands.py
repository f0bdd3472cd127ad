"""Runs what a console block shows: pytest within this process, our own command line and its company
in a shell.

What would reach beyond the page's directory (make, pip, git) is checked and not run.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .markdown import ROOT, Block
from .shell import Shell

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest's own

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stand_in import StandIn

__all__ = ["Console", "runs"]

_NETWORK = re.compile(r"--binance-options[= ](testnet|record|verify)\b")
_IN_A_SHELL = frozenset(
    {
        "=",
        "cat",
        "curl",
        "echo",
        "grep",
        "jq",
        "kill",
        "ls",
        "pytest-binance-options",
        "python",
        "until",
        "wait",
    }
)
_MAY_BE_MISSING = frozenset({"curl", "jq", "node"})
_STOCK = """\
import requests

def test_a_listen_key(binance_options, binance_options_auth):
    key = {"X-MBX-APIKEY": binance_options_auth.api_key}
    assert requests.post("https://eapi.binance.com/eapi/v1/listenKey", headers=key).status_code == 200
"""


def runs(block: Block) -> bool:
    """Whether ``block`` runs something that reads pytest's configuration."""
    return block.is_test or block.language in ("python", "pycon", "console")


@dataclass
class _Command:
    text: str
    output: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text, comments=True)


def _commands(text: str) -> list[_Command]:
    commands: list[_Command] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            commands.append(_Command(line[2:]))
        elif commands:
            commands[-1].output.append(line)
        else:
            raise AssertionError(
                f"a console block begins with a command, '$ ...', and not with {line!r}"
            )
    return commands


class Console:
    """Runs console blocks; ``testnet`` gives the stand-in that commands with a network mode ask."""

    def __init__(self, testnet: Callable[[], StandIn]) -> None:
        self._testnet = testnet
        self._shell: Shell | None = None

    def run(self, block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run ``block``'s commands, in order, in the current directory."""
        commands = _commands(block.text)
        for command in commands:
            with monkeypatch.context() as environ:
                status, lines = self._execute(command, pytester, environ)
            expected = block.exit_status if command is commands[-1] else 0
            assert status == expected, f"{command.text!r} ended with {status}:\n" + "\n".join(lines)
            if command.output:
                pytest.LineMatcher(lines).fnmatch_lines(
                    [_pattern(line) for line in command.output if line.strip()]
                )

    def _execute(
        self, command: _Command, pytester: pytest.Pytester, environ: pytest.MonkeyPatch
    ) -> tuple[int, list[str]]:
        words = command.words
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, _, value = words.pop(0).partition("=")
            environ.setenv(name, value)
        if _NETWORK.search(command.text):
            stand_in = self._testnet()
            for name, value in stand_in.environ.items():
                environ.setenv(name, value)
            environ.setenv("PYTEST_ADDOPTS", stand_in.arguments, prepend=" ")
        if words[0] == "pytest":
            if "-n" in words:
                # Only where a page speaks of it: it makes every other run slower to begin.
                environ.setenv("PYTEST_PLUGINS", "xdist.plugin", prepend=",")
            return _pytest(words[1:], pytester)
        if words[0] == "make":
            return _make(words[1:])
        if words[0] == "export":
            # What an account's owner would put there; the stand-in's account is used instead.
            assert all(re.fullmatch(r"BINANCE_[A-Z_]+=.*", word) for word in words[1:])
            return 0, []
        if "pip" in words[:3] and "install" in words[:4]:
            return _pip(words[words.index("install") + 1 :])
        if words[:2] == ["git", "clone"]:
            return 0, []
        word = "=" if re.match(r"[a-z_]+=", words[0]) else words[0]
        assert word in _IN_A_SHELL, f"nothing knows how to run {command.text!r}"
        for needed in sorted({word, *re.findall(r"\$\((\w+)", command.text)} & _MAY_BE_MISSING):
            if shutil.which(needed) is None:
                pytest.skip(f"there is no {needed} on this machine")
        if self._shell is None:
            self._shell = Shell(Path.cwd())
        return self._shell.run(command.text)

    def close(self) -> None:
        """End what the commands have left running."""
        if self._shell is not None:
            self._shell.close()


def _pattern(line: str) -> str:
    return line.replace("[", "[[]").replace("...", "*").replace("…", "*")


def _pytest(arguments: list[str], pytester: pytest.Pytester) -> tuple[int, list[str]]:
    here = Path.cwd()
    stock = None
    if not any(here.rglob("test_*.py")):
        stock = here / "test_stock.py"
        stock.write_text(_STOCK)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # and not "error", as in the suite
            result = pytester.runpytest(*arguments)
    finally:
        if stock is not None:
            stock.unlink()
    return int(result.ret), result.outlines + result.errlines


def _make(targets: list[str]) -> tuple[int, list[str]]:
    known = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert targets, "make without a target"
    assert set(targets) <= set(known), f"the Makefile has {', '.join(known)}"
    return 0, []


def _pip(words: list[str]) -> tuple[int, list[str]]:
    pyproject = (ROOT / "pyproject.toml").read_text()
    for word in words:
        found = re.fullmatch(r"([\w-]+)(?:\[([\w,-]+)\])?", word)
        if found is None or word.startswith("-"):
            continue
        if found[1] == "pytest-binance-options":
            extras = tomllib.loads(pyproject)["project"]["optional-dependencies"]
            assert not found[2] or set(found[2].split(",")) <= set(extras), (
                f"there are the extras {', '.join(extras)}"
            )
    return 0, []
