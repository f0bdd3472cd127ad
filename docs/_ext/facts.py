# ruff: noqa: SLF001  what is drawn is the code's own, private or not
"""The tables of the reference, drawn from the code's own while the site is built: as Markdown.

Each function gives the lines that its name promises; ``{facts}`` on a page calls it by that name.
Nothing here needs Sphinx, so that the project's tests can ask whether anything is missing.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import importlib
import inspect
import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

import pytest_binance_options
from pytest_binance_options import _cli, settings
from pytest_binance_options._cli.access import TOKEN_VARIABLE
from pytest_binance_options._cli.control_routes import control_routes
from pytest_binance_options._cli.outside_life import (
    SPEED_VARIABLE,
    STREAM_URL_VARIABLE,
    URL_VARIABLE,
)
from pytest_binance_options._plugin import options
from pytest_binance_options._products import PRODUCTS
from pytest_binance_options.exchange import Exchange, events, fault, scenarios
from pytest_binance_options.exchange._endpoints import endpoints
from pytest_binance_options.exchange._event_fields import Object
from pytest_binance_options.exchange._event_table import TABLE

__all__ = ["FACTS", "GROUPS", "PACKAGE"]

PACKAGE = Path(pytest_binance_options.__file__).parent

FACTS: dict[str, Callable[..., str]] = {}

# The module that a scenario is of says what it is about.
_SCENARIOS = {
    "account": "_account_scenarios",
    "events": "_event_scenarios",
    "orders": "_order_scenarios",
    "rest": "scenarios",
    "streams": "_stream_scenarios",
}
#: Of scenarios, as pages ask for them.
GROUPS = tuple(_SCENARIOS)


def _fact(draw: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    FACTS[draw.__name__.replace("_", "-")] = lambda *words: "\n".join(draw(*words)) + "\n"
    return draw


def _table(*rows: Iterable[str]) -> Iterator[str]:
    head, *body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"


def _markdown(docstring: str | None) -> str:
    """A docstring's words as Markdown has them."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r":(?:py:)?(\w+):`([^`]+)`", r"{py:\1}`\2`", text)
    return text.replace("``", "`")


def _first_sentence(docstring: str | None) -> str:
    paragraph = " ".join(_markdown(docstring).partition("\n\n")[0].split())
    # A full stop within brackets, or after a version or an abbreviation, ends nothing.
    found = re.match(r"(?:\([^)]*\)|`[^`]*`|[^(`])*?[.:](?= [A-Z`]|$)", paragraph)
    return (found[0] if found else paragraph).rstrip(":")


def _public(module: str) -> list[tuple[str, object]]:
    home = importlib.import_module(f"pytest_binance_options.{module}")
    return [(name, getattr(home, name)) for name in home.__all__]


class _Options:
    """What a pytest parser is, as far as declaring goes: it takes note."""

    def __init__(self) -> None:
        self.options: dict[str, dict[str, object]] = {}
        self.inis: dict[str, str] = {}

    def getgroup(self, *_: object) -> _Options:
        return self

    def addoption(self, *names: str, **about: object) -> None:
        for name in names:
            self.options[name] = about

    def addini(self, name: str, help: str = "", *_: object, **__: object) -> None:  # noqa: A002
        self.inis[name] = help


def declared() -> _Options:
    """Every option and ini key that the plugin declares."""
    parser = _Options()
    options.add_options(parser)  # type: ignore[arg-type]
    return parser


@_fact
def all_settings() -> Iterator[str]:
    """Every setting: how it is given, and what it is."""
    parser = declared()
    fields = {field.name: field for field in dataclasses.fields(settings.Config)}
    rows = []
    seen: set[str] = set()
    for option, about in parser.options.items():
        key = str(about["dest"])
        metavar = f"={about['metavar']}" if about.get("metavar") else ""
        ini = f" `{key}`" if key in parser.inis else ""
        rows.append((f"`{option}{metavar}`{ini}", key, str(about["help"])))
        seen.add(key)
    rows += [(f"`{key}`", key, text) for key, text in parser.inis.items() if key not in seen]
    table = [("command line, ini file", "in code", "what it is")]
    for given, key, text in rows:
        field = fields.pop(key.removeprefix("binance_options_"), None)
        table.append((given, f"`{field.name}`" if field else "", text))
    table += [
        ("", f"`{name}`", f"see {{py:class}}`Config`; by default `{field.default!r}`")
        for name, field in fields.items()
    ]
    yield from _table(*table)


@_fact
def variables() -> Iterator[str]:
    """Every environment variable that is read, or set for a bot."""
    yield from _table(
        ("variable", "what it is"),
        (f"`{options.MODE_VARIABLE}`", "the mode"),
        *((f"`{name}`", text) for name, text in settings.VARIABLES.items()),
        (f"`{TOKEN_VARIABLE}`", "`serve`: the token that its control interface demands"),
        (f"`{URL_VARIABLE}`", "set by `explore` for the bot: the REST base"),
        (f"`{STREAM_URL_VARIABLE}`", "set by `explore` for the bot: the stream base"),
        (f"`{SPEED_VARIABLE}`", "set by `explore` for the bot: how fast the clock goes"),
    )


@_fact
def fixtures() -> Iterator[str]:
    """Every fixture, with the type of what it gives."""
    tree = ast.parse((PACKAGE / "_plugin" / "fixtures.py").read_text(encoding="utf-8"))
    table = [("fixture", "gives", "what it is")]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("binance_options"):
            continue
        gives = ast.unparse(node.returns) if node.returns else ""
        gives = re.sub(r"^Iterator\[(.*)\]$", r"\1", gives)
        link = f"{{py:class}}`{gives}`" if gives in pytest_binance_options.__all__ else f"`{gives}`"
        text = " ".join(_markdown(ast.get_docstring(node)).split())
        if any("session" in ast.unparse(decorator) for decorator in node.decorator_list):
            text += " Of the session; all others are of a test."
        table.append((f"[`{node.name}`](#{node.name})", link, text))
    yield from _table(*table)


def _documented(role: str, module: str, name: str, signature: str = "") -> str:
    return f"{{py:{role}}}`{name}{signature} <pytest_binance_options.{module}.{name}>`"


def _entries(
    kind: str, module: str, names: Iterable[str], *, members: bool = True
) -> Iterator[str]:
    yield "```{eval-rst}"
    for name in names:
        yield f".. auto{kind}:: pytest_binance_options.{module}.{name}"
        if not members:
            yield "   :no-members:"
    yield "```"


def scenarios_of(group: str) -> list[str]:
    """The names of the scenarios of ``group``, in the order of their module."""
    home = importlib.import_module(f"pytest_binance_options.exchange.{_SCENARIOS[group]}")
    found = [n for n in scenarios.__all__ if getattr(scenarios, n).__module__ == home.__name__]
    source = inspect.getsource(home)
    return sorted(found, key=lambda name: source.index(f"\ndef {name}("))


def _seen(docstring: str | None) -> str:
    """What a scenario's docstring says that users see."""
    return _first_sentence(_markdown(docstring).partition("What users see: ")[2])


@_fact
def scenario_entries(group: str) -> Iterator[str]:
    """The scenarios of a group: first a row each, then all there is to say."""
    names = scenarios_of(group)
    table = [("scenario", "what happens", "what users see")]
    for name in names:
        said = getattr(scenarios, name).__doc__
        link = _documented("func", "exchange.scenarios", name)
        table.append((link, _first_sentence(said), _seen(said)))
    yield from _table(*table)
    yield ""
    yield from _entries("function", "exchange.scenarios", names)


@_fact
def fault_list() -> Iterator[str]:
    """Every fault, a line each."""
    yield from _table(
        ("fault", "what the client gets"),
        *(
            (_documented("func", "exchange.fault", name), _first_sentence(build.__doc__))
            for name, build in fault.KINDS.items()
        ),
    )


def _fields(fields: Object, within: str = "") -> Iterator[tuple[str, str]]:
    for field in fields._fields:
        if isinstance(field.kind, Object):
            yield from _fields(field.kind, f"{within}{field.wire}.")
        else:
            yield f"{within}{field.wire}", field.word


@_fact
def event_list() -> Iterator[str]:
    """Every event, with its builder and its fields."""
    table = [("event", "builder", "fields, and the builder's words for them")]
    for name, row in TABLE.items():
        fields = ", ".join(f"`{wire}` {word}" for wire, word in _fields(row.fields))
        table.append((f"`{name}`", _documented("func", "exchange.events", row.builder), fields))
    yield from _table(*table)


@_fact
def entries(module: str) -> Iterator[str]:
    """All that a module offers, from its docstrings."""
    for name, thing in sorted(_public(module), key=lambda each: inspect.isclass(each[1])):
        if inspect.isclass(thing):
            kind = "exception" if issubclass(thing, BaseException) else "class"
        else:
            kind = "function" if callable(thing) else "data"
        if kind != "data":
            yield from _entries(kind, module, [name], members=not dataclasses.is_dataclass(thing))


@_fact
def errors() -> Iterator[str]:
    """The tree of exceptions and warnings, as the module draws it."""
    text = inspect.cleandoc(importlib.import_module("pytest_binance_options.errors").__doc__ or "")
    _, _, drawn = text.partition("\n\n")
    tree, _, _ = drawn.rpartition("\n\n")
    yield "```text"
    yield tree.replace("``", "")
    yield "```"


@_fact
def rest_endpoints() -> Iterator[str]:
    """Every REST endpoint of the simulated exchange."""
    table = [("endpoint", "security", "weight")]
    for path, methods in endpoints(PRODUCTS).items():
        for method, endpoint in methods.items():
            signed = getattr(endpoint, "signed", None)
            security = "none" if signed is None else "signed" if signed else "API key"
            table.append((f"`{method} {path}`", security, str(endpoint.weight)))
    yield from _table(*table)


class _NoPace:
    name = "frozen"

    def catch_up(self) -> None: ...
    def reset(self) -> None: ...


@_fact
def control_requests() -> Iterator[str]:
    """What ``serve``'s control interface takes, as it says itself."""
    table = [("request", "does", "its body")]
    for route in control_routes(Exchange(), _NoPace()).explained():
        fields = cast("dict[str, str]", route.get("body", {}))
        body = [f"`{name}`: {takes}" for name, takes in fields.items()]
        more = str(route.get("more", ""))
        table.append((f"`{route['request']}`", str(route["does"]), "; ".join(body) or more))
    yield from _table(*table)


def commands() -> list[str]:
    """Every command of the command line, with the actions of those that have some."""
    found = []
    for name in _cli._COMMANDS:
        parser = argparse.ArgumentParser()
        importlib.import_module(f"pytest_binance_options._cli.{name}").add_arguments(parser)
        actions = [
            action
            for each in parser._actions
            if isinstance(each, argparse._SubParsersAction)
            for action in each.choices
        ]
        found += [f"{name} {action}" for action in actions] or [name]
    return found


@_fact
def command_line() -> Iterator[str]:
    """What each command says of itself."""
    for command in commands():
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            _cli.main([*command.split(), "--help"])
        yield f"**{command}**"
        yield ""
        yield "```text"
        yield said.getvalue().rstrip()
        yield "```"
        yield ""


@_fact
def words() -> Iterator[str]:
    """What an order, an event or an account can be said to be."""
    names = [name for name in events.__all__ if name.isupper()]
    yield from _table(
        ("of `events`", "one of"),
        *((f"`{name}`", ", ".join(f"`{one}`" for one in getattr(events, name))) for name in names),
    )
