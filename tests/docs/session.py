"""Runs a page's blocks in a directory of the page's own, each as what it shows itself to be.

A block finds what the blocks before it have left: files they name, what their commands wrote, and
for a program the names of the programs before. What is run by a shell is in
:mod:`tests.docs.commands`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .commands import Console, runs
from .markdown import ROOT, Block, Page

__all__ = ["Session"]

_CONFIG_FILES = {"ini": "pytest.ini", "toml": "pyproject.toml"}
_SECTIONS = ("pytest", "tool.pytest.ini_options")

# A program is run while the fixture is in use, as a reader's would be in a test; the environment
# names an account.
_PROGRAM = """\
import doctest, sys

PROGRAM = {program!r}
KEY_FILE = {key_file!r}

def test_program(binance_options, monkeypatch):
    auth = binance_options.auth
    monkeypatch.setenv("BINANCE_API_KEY", auth.api_key)
    monkeypatch.setenv("BINANCE_SECRET_KEY", auth.secret_key)
    monkeypatch.setenv("BINANCE_PRIVATE_KEY_PATH", KEY_FILE)
    names = {{"__name__": __name__}}
    for language, page, line, text in PROGRAM:
        if language == "python":
            exec(compile("\\n" * (line - 1) + text, page, "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(text, names, page, page, line - 1)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=sys.stderr.write, clear_globs=False)
        assert runner.failures == 0, "the output is another one"
        names.update(test.globs)
"""


class Session:
    """One page being run in ``directory``; ``key_file`` holds a private key that programs can
    use."""

    def __init__(self, page: Page, directory: Path, console: Console, key_file: Path) -> None:
        self._page = page
        self._directory = directory
        self._console = console
        self._key_file = key_file
        self._done = 0  # the line of the last block that was run
        self._config: Block | None = None
        for example in (ROOT / "examples").glob("*.py"):
            self._write(example.name, example.read_text(encoding="utf-8"))

    def run(self, block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run ``block``, after what it needs of those before it."""
        monkeypatch.chdir(self._directory)
        for earlier in self._page.before(block):
            if earlier.line > self._done:
                self._prepare(earlier, pytester, monkeypatch)
        self._done = block.line
        if block.file_name is not None:
            self._write(block.file_name, block.text)
        with self._configured(block):
            self._run(block, pytester, monkeypatch)

    def _prepare(
        self, earlier: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if earlier.file_name is not None:
            self._write(earlier.file_name, earlier.text)
        elif earlier.not_run is None and earlier.language in _CONFIG_FILES:
            self._config = earlier
        elif earlier.not_run is None and earlier.language == "console":
            with self._configured(earlier):
                self._console.run(earlier, pytester, monkeypatch)

    def _run(
        self, block: Block, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if block.is_test:
            self._run_test(block, pytester)
        elif block.language in ("python", "pycon"):
            if block.file_name is not None:
                self._run_file(block, pytester)
            elif block.fixtures:
                self._run_alone(
                    f"{block.padded}\ndef test_it({', '.join(block.fixtures)}): pass\n", pytester
                )
            else:
                self._run_program(block, pytester)
        elif block.language in _CONFIG_FILES:
            self._check_config(block, pytester)
        elif block.language == "console":
            self._console.run(block, pytester, monkeypatch)
        elif block.language == "yaml":
            assert yaml.safe_load(block.text) is not None
        elif block.language == "json":
            json.loads(block.text)
        else:
            raise AssertionError(
                f"{block}: nothing knows how to run this. Give it a language that can be run, or"
                " say why not."
            )

    def _run_test(self, block: Block, pytester: pytest.Pytester) -> None:
        name = block.file_name or f"test_line_{block.line}.py"
        with self._written(name, block.padded):
            result = pytester.runpytest("-W", "error", name)
        outcomes = result.parseoutcomes()
        assert result.ret == block.exit_status, f"{block} has {outcomes}"
        assert block.exit_status or set(outcomes) == {"passed"}, f"{block} has {outcomes}"

    def _run_program(self, block: Block, pytester: pytest.Pytester) -> None:
        until = self._page.blocks[: self._page.blocks.index(block) + 1]
        program = [
            (b.language, b.page, b.line, b.text)
            for b in until
            if b.language in ("python", "pycon")
            and not (b.is_test or b.fixtures or b.file_name or b.not_run)
        ]
        text = _PROGRAM.format(program=program, key_file=str(self._key_file))
        self._run_alone(text, pytester)

    def _run_file(self, block: Block, pytester: pytest.Pytester) -> None:
        # A conftest.py is imported by the run itself.
        module = Path(str(block.file_name)).stem
        self._run_alone(
            (
                "def test_it(): pass"
                if module == "conftest"
                else f"import {module}\ndef test_it(): pass"
            ),
            pytester,
        )

    def _run_alone(self, text: str, pytester: pytest.Pytester) -> None:
        with self._written("test_of_the_documentation.py", text):
            result = pytester.runpytest("-W", "error", "test_of_the_documentation.py")
        result.assert_outcomes(passed=1)

    def _check_config(self, block: Block, pytester: pytest.Pytester) -> None:
        with self._written(_CONFIG_FILES[block.language], block.text):
            result = pytester.runpytest(
                "--strict-config", "--strict-markers", "--collect-only", "-W", "error"
            )
        assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), "\n".join(
            result.errlines
        )
        assert any(f"[{section}]" in block.text for section in _SECTIONS), (
            "pytest finds no configuration in it"
        )
        if block.file_name is None:
            self._config = block

    @contextlib.contextmanager
    def _configured(self, block: Block) -> Iterator[None]:
        """With the configuration that the block before this one shows, if it does, and with no
        other afterwards."""
        config = self._config
        if config is None or config is block or not runs(block):
            yield
            return
        self._config = None
        with self._written(_CONFIG_FILES[config.language], config.text):
            yield

    @contextlib.contextmanager
    def _written(self, name: str, text: str) -> Iterator[None]:
        """With the file there; afterwards it is as it was."""
        path = self._directory / name
        before = path.read_text(encoding="utf-8") if path.exists() else None
        self._write(name, text)
        try:
            yield
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before, encoding="utf-8")

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        assert path.resolve().is_relative_to(self._directory.resolve()), (
            f"{name} is outside the page's directory"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
