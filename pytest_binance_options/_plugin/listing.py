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
    answers: dict[pytest.Module | None, Config | str] = {}
    for item in items:
        # Through request a test comes to a fixture that it doesn't name.
        if not {"binance_options", "request"}.intersection(getattr(item, "fixturenames", ())):
            continue
        module = item.getparent(pytest.Module)
        if module not in answers:
            answers[module] = _settings(item, module)
        settings = answers[module]
        if isinstance(settings, str):
            unknown.add(f"{item.nodeid}: {settings}")
        else:
            cassettes.add(str(cassette_of(settings, describe(item))))
    return Listing(
        str(config.rootpath),
        frozenset(cassettes),
        frozenset(str(item.path) for item in items),
        frozenset(unknown),
    )


def _settings(item: pytest.Item, module: pytest.Module | None) -> Config | str:
    """The settings that a test of ``module`` runs with, or why they can't be known."""
    if not _overridden(item):
        return settings_of(item.config)
    if module is None:
        return f"the fixture {_CONFIG} is overridden, and asked for outside a module"
    said: list[object] = []

    def ask(binance_options_config: object) -> None:
        said.append(binance_options_config)

    # As any test would have it: fixtures are for the runner to set up.
    asking = pytest.Function.from_parent(module, name=_CONFIG, callobj=ask)
    item.ihook.pytest_runtest_protocol(item=asking, nextitem=None)
    if not said:
        return f"the fixture {_CONFIG} fails"
    try:
        return Config.coerced(said[0])
    except UsageError as error:
        return str(error)


def _overridden(item: pytest.Item) -> bool:
    """Whether a conftest.py, a plugin or the module has a fixture of its own for the settings."""
    fixtures = getattr(item, "_fixtureinfo", None)
    known = getattr(fixtures, "name2fixturedefs", None)
    # Where pytest doesn't say, they are asked for.
    return known is None or len(known.get(_CONFIG, "ab")) > 1
