"""Which cassettes a suite's tests use: for ``--binance-options-list-cassettes``, and so for prune.

Whatever deselects tests has no say in it, and settings made in code are asked for: somebody is
going to remove what isn't on the list.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from .._cassette.listing import Listing
from ..errors import UsageError
from ..settings import Config
from .choice import cassette_of
from .items import describe, settings_of

__all__ = ["listing_of", "note_items"]

_CONFIG = "binance_options_config"
_ITEMS = pytest.StashKey[list[pytest.Item]]()


def note_items(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Keep what was collected, before anybody deselects."""
    config.stash[_ITEMS] = list(items)


def listing_of(config: pytest.Config) -> Listing:
    """Which cassettes the tests that were collected use."""
    items = config.stash[_ITEMS]
    cassettes, unknown = set(), set()
    # By who has a fixture of its own for the settings; None: nobody has.
    answers: dict[str | pytest.Module | None, Config | str] = {}
    for item in items:
        # Through request a test comes to a fixture that it doesn't name.
        if not {"binance_options", "request"}.intersection(getattr(item, "fixturenames", ())):
            continue
        asked = _who_says(item)
        if asked not in answers:
            answers[asked] = _settings(item, asked)
        settings = answers[asked]
        if isinstance(settings, str):
            unknown.add(f"{item.nodeid}: {settings}")
        else:
            cassettes.add(str(cassette_of(settings, describe(item))))
    return Listing(
        str(config.rootpath),
        frozenset(cassettes),
        frozenset(str(item.path) for item in items),
        frozenset(unknown),
        frozenset(config.getini("python_files")),
        frozenset(
            f"{item.path}::{item.name.partition('[')[0]}"
            for item in items
            if not _stands_for_none(item)
        ),
    )


def _stands_for_none(item: pytest.Item) -> bool:
    """Whether its parameters are an empty set, which pytest makes one test of, to be skipped."""
    reasons = (mark.kwargs.get("reason") for mark in item.iter_markers("skip"))
    return any(str(reason).startswith("got empty parameter set") for reason in reasons)


def _settings(item: pytest.Item, asked: str | pytest.Module | None) -> Config | str:
    """The settings that ``item`` runs with, or why they can't be known."""
    if asked is None:
        return settings_of(item.config)
    if isinstance(asked, str):
        return f"the fixture {_CONFIG} is overridden in {asked}, where it can't be asked for"
    said: list[object] = []

    def ask(binance_options_config: object) -> None:
        said.append(binance_options_config)

    # As any test would have it: fixtures are for the runner to set up.
    asking = pytest.Function.from_parent(asked, name=_CONFIG, callobj=ask)
    item.ihook.pytest_runtest_protocol(item=asking, nextitem=None)
    if not said:
        return f"the fixture {_CONFIG} fails"
    try:
        return Config.coerced(said[0])
    except UsageError as error:
        return str(error)


def _who_says(item: pytest.Item) -> str | pytest.Module | None:
    """Where the settings of ``item`` come from: None where no conftest.py, plugin, module or class
    has a fixture of its own for them; its module, which can be asked; or what can't be."""
    module = item.getparent(pytest.Module)
    fixtures = getattr(item, "_fixtureinfo", None)
    known = getattr(fixtures, "name2fixturedefs", None)
    # Where pytest doesn't say, they are asked for.
    if known is not None:
        found = known.get(_CONFIG, ())
        if len(found) < 2 and found:
            return None
        if found and "::" in found[-1].baseid:
            return str(found[-1].baseid)
    return module or item.nodeid
