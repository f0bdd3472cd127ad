"""The shape of the package: what each module offers, which floor it stands on, and what merely
being installed costs."""

from __future__ import annotations

import ast
import functools
import graphlib
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_binance_options

ROOT = Path(pytest_binance_options.__file__).parent
NAME = "pytest_binance_options"

# From the ground up: nothing imports from a line below its own. What is named nowhere stands on
# top: plugin, fixtures...
FLOORS = (
    (
        "_checks",
        "_counts",
        "_environment",
        "_forks",
        "_frames",
        "_here",
        "_hosts",
        "_key_material",
        "_locking",
        "_masking",
        "_messages",
        "_misses",
        "_modes",
        "_own_secrets",
        "_places",
        "_products",
        "_refusals",
        "_urls",
        "_version",
        "errors",
        "settings",
        "wire",
    ),
    ("client",),
    ("_cassette",),
    ("exchange",),
    ("_backends",),
    ("_transports",),
    ("_time",),
    ("_days",),
    ("_world",),
    ("_assumptions",),
    ("_picture",),
    ("_cli",),
    ("_plugin", ""),
)

HEAVY = (
    "requests",
    "urllib3",
    "vcr",
    "cryptography",
    "aiohttp",
    "httpx",
    "httpcore",
    "yaml",
    "websockets",
)


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((NAME, *(part for part in parts if part != "__init__")))


MODULES = {dotted(path): path for path in sorted(ROOT.rglob("*.py"))}
# A package whose file is empty offers its modules and no names.
OFFERING = {
    name: path for name, path in MODULES.items() if path.read_text(encoding="utf-8").strip()
}


def floor_of(module: str) -> int:
    part = [*module.split("."), ""][1]
    return next((number for number, parts in enumerate(FLOORS) if part in parts), len(FLOORS))


def order(name: str) -> tuple[int, list[str | int]]:
    """As the linter sorts: constants, classes, the rest; 2 before 10."""
    kind = 0 if re.fullmatch("[A-Z][A-Z0-9_]*", name) else 1 if name[:1].isupper() else 2
    return kind, [int(piece) if piece.isdigit() else piece for piece in re.split("([0-9]+)", name)]


def imports(name: str, path: Path) -> Iterator[tuple[int, str]]:
    """The line and the module of each import of ours in a module, at its top or later, for the type
    checker or for all."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (
                (node.lineno, alias.name)
                for alias in node.names
                if alias.name.split(".")[0] == NAME
            )
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            if base.split(".")[0] == NAME:
                for alias in node.names:
                    below = f"{base}.{alias.name}"
                    yield node.lineno, below if below in MODULES else base


@functools.cache
def all_imports() -> dict[str, list[tuple[int, str]]]:
    return {name: list(imports(name, path)) for name, path in MODULES.items()}


def test_a_module_says_what_it_offers_in_order_and_has_it() -> None:
    wrong = []
    for name in OFFERING:
        module = importlib.import_module(name)
        offered = module.__all__
        if list(offered) != sorted(offered, key=order):
            wrong.append(f"{name}: not in order")
        if len(set(offered)) != len(offered):
            wrong.append(f"{name}: one of them twice")
        wrong += [f"{name}: has no {each}" for each in offered if not hasattr(module, each)]
        wrong += [f"{name}: offers {each}" for each in offered if each.startswith("_")]

    assert not wrong, "\n".join(wrong)


def test_a_module_says_what_it_is_for() -> None:
    silent = [name for name in OFFERING if not importlib.import_module(name).__doc__]

    assert not silent, "\n".join(silent)


def test_a_module_imports_nothing_from_a_floor_above_its_own() -> None:
    above = [
        f"{name}, line {line}: {other}"
        for name, found in all_imports().items()
        for line, other in found
        if floor_of(other) > floor_of(name)
    ]

    assert not above, "\n".join(above)


def test_no_imports_go_in_a_circle() -> None:
    """Those count too that are for the type checker, or wait until they are needed."""
    graph = {name: {other for _, other in found} for name, found in all_imports().items()}

    graphlib.TopologicalSorter(graph).prepare()  # its error shows the circle


def test_a_server_s_library_is_wanted_where_the_server_is() -> None:
    """Replaying a stream, or simulating one, takes nothing but the core."""
    extra = re.compile(r"^\s*(?:import|from) (?:aiohttp|trustme)\b", re.M)
    server = f"{NAME}._transports.server."
    door = f"{NAME}._transports.interception.doors.aiohttp"

    wanted = {
        name for name, path in MODULES.items() if extra.search(path.read_text(encoding="utf-8"))
    }

    assert door in wanted
    assert [name for name in wanted if not name.startswith(server) and name != door] == []


def test_the_imports_are_found_in_every_notation(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(
        "import os, pytest_binance_options.wire\n"
        "from .. import _urls\n"
        "from ..wire import Request\n"
        "from . import base\n"
        "from pytest_binance_options.client import ApiClient\n"
        "from pytest_binance_options import settings\n"
        "if TYPE_CHECKING:\n    from .. import errors\n"
        "def f():\n    from .base import Forward\n",
        encoding="utf-8",
    )

    assert sorted(imports(f"{NAME}._backends.module", source)) == [
        (1, f"{NAME}.wire"),
        (2, f"{NAME}._urls"),
        (3, f"{NAME}.wire"),
        (4, f"{NAME}._backends.base"),
        (5, f"{NAME}.client"),
        (6, f"{NAME}.settings"),
        (8, f"{NAME}.errors"),
        (10, f"{NAME}._backends.base"),
    ]


def test_the_plugin_loads_nothing_heavy() -> None:
    code = f"import {NAME}.plugin, sys; print([name for name in {HEAVY} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_run_that_does_not_use_us_loads_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other plugins of this environment load these themselves.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        test_other=f"""
        import sys

        def test_nothing_of_it_is_here():
            assert [name for name in {HEAVY} if name in sys.modules] == []
        """,
        test_using=f"""
        import sys

        def test_here_it_is(binance_options_client):
            # and what draws a report is where one was asked for
            assert [name for name in sys.modules if "._picture" in name] == []
            assert {{"requests", "urllib3"}} <= {{name for name in {HEAVY} if name in sys.modules}}
        """,
    )

    result = pytester.runpytest_subprocess("-p", f"{NAME}.plugin", "test_other.py", "test_using.py")

    result.assert_outcomes(passed=2)
