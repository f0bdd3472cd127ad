"""What the site draws from the code leaves nothing out."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from pytest_binance_options import plugin
from pytest_binance_options._plugin import options
from pytest_binance_options.exchange import events, fault, scenarios
from pytest_binance_options.exchange._event_table import TABLE
from pytest_binance_options.settings import Config

from .markdown import ROOT, Block, pages

EXTENSION = ROOT / "docs" / "_ext"
DRAWN = [
    block
    for page in pages()
    for block in page.blocks
    if block.language in ("{facts}", "{eval-rst}")
]


@pytest.fixture(scope="module")
def facts() -> Iterator[ModuleType]:
    sys.path.insert(0, str(EXTENSION))
    try:
        yield importlib.import_module("facts")
    finally:
        sys.path.remove(str(EXTENSION))


def drawn(facts: ModuleType, name: str, *words: str) -> str:
    """What a page shows that asks for the fact; that one does is part of it."""
    asked = " ".join((name, *words))
    assert any(asked == block.info for block in DRAWN), f"no page has {{facts}} {asked}"
    text: str = facts.FACTS[name](*words)
    return text


def test_every_option_and_ini_key_is_there(facts: ModuleType) -> None:
    table = drawn(facts, "all-settings")

    for option in options.options():
        assert re.search(rf"`{option}(=\S+)?`", table), option
    for key in facts.declared().inis:
        assert f"`{key}`" in table
    for field in dataclasses.fields(Config):
        assert f"`{field.name}`" in table


def test_every_environment_variable_that_the_code_names_is_there(facts: ModuleType) -> None:
    table = drawn(facts, "variables")
    named = {
        found
        for path in facts.PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in re.findall(r"\bBINANCE_[A-Z]+(?:_[A-Z]+)+\b", node.value)
    }

    assert {"BINANCE_API_KEY", "BINANCE_OPTIONS_MODE"} <= named
    assert [name for name in sorted(named) if f"`{name}`" not in table] == []


def test_every_fixture_is_there_with_what_it_gives(facts: ModuleType) -> None:
    table = drawn(facts, "fixtures")

    for name in plugin.__all__:
        (row,) = re.findall(rf"^\| \[`{name}`\]\(#{name}\) \| (.+?) \|", table, re.M)
        assert re.fullmatch(r"(\{py:class\})?`\w+`", row), f"{name} gives {row}"


@pytest.mark.parametrize("group", ["rest", "account", "streams", "events", "orders"])
def test_a_scenario_has_a_row_and_an_entry(facts: ModuleType, group: str) -> None:
    text = drawn(facts, "scenario-entries", group)

    for name in facts.scenarios_of(group):
        (row,) = re.findall(rf"^\| {{py:func}}`{name} <.+?>` \| (.+) \| (.+) \|$", text, re.M)
        assert all(row), f"{name}: what happens, and what users see"
        assert f".. autofunction:: pytest_binance_options.exchange.scenarios.{name}\n" in text


def test_every_scenario_is_of_a_group(facts: ModuleType) -> None:
    groups = [facts.scenarios_of(group) for group in facts.GROUPS]

    assert sorted(name for group in groups for name in group) == sorted(scenarios.__all__)


def test_every_fault_and_every_event_is_there(facts: ModuleType) -> None:
    assert re.findall(r"^\| \{py:func\}`(\w+)", drawn(facts, "fault-list"), re.M) == [*fault.KINDS]
    assert re.findall(r"^\| `(\w+)`", drawn(facts, "event-list"), re.M) == [*TABLE]
    for word in (name for name in events.__all__ if name.isupper()):
        assert f"`{word}`" in drawn(facts, "words")


def test_every_error_is_in_the_tree(facts: ModuleType) -> None:
    errors = importlib.import_module("pytest_binance_options.errors")

    assert set(re.findall(r"\b\w+(?:Error|Warning)\b", drawn(facts, "errors"))) >= set(
        errors.__all__
    )


def test_every_command_says_what_it_takes(facts: ModuleType) -> None:
    text = drawn(facts, "command-line")

    for command in (
        "serve",
        "explore",
        "cassettes check",
        "cassettes show",
        "cassettes prune",
        "assumptions",
    ):
        assert f"usage: pytest-binance-options {command} [-h]" in text


def test_every_request_to_the_control_interface_is_there(facts: ModuleType) -> None:
    table = drawn(facts, "control-requests")

    for request, field in (("POST /clock/advance", "seconds"), ("POST /orders/fill", "price")):
        assert re.search(rf"^\| `{request}` \|.*`{field}`: ", table, re.M)


@pytest.mark.parametrize("block", DRAWN, ids=str)
def test_what_a_page_asks_for_there_is(facts: ModuleType, block: Block) -> None:
    if block.language == "{facts}":
        name, *words = block.info.split()
        assert facts.FACTS[name](*words).strip()
        return
    for name in re.findall(r"^\.\. auto\w+:: (\S+)$", block.text, re.M):
        assert pkgutil.resolve_name(name)
