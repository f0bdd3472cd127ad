"""Tests that Hypothesis runs again and again with one handle: nothing of ``binance_options`` is
kept from one life to the next, so that is sound."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

__all__ = ["settle_search"]

#: The fixtures of which each ``live`` makes a world of its own.
_OURS = frozenset({"binance_options"})


def settle_search(item: pytest.Item) -> None:
    """Where ``item`` is a test of Hypothesis' and has the handle for its only fixture of function
    scope, Hypothesis has nothing against that. No day is too long for its deadline, and none is
    explained by the lines of code that ran, unless the test or a profile has other settings."""
    if "hypothesis" not in sys.modules:
        return
    from hypothesis import HealthCheck, Phase, settings

    test: Any = getattr(item, "obj", None)
    function: Any = getattr(test, "__func__", test)
    # hypothesis.is_hypothesis_test, which its older versions don't have, reads the same.
    if not getattr(function, "is_hypothesis_test", False):
        return
    asked = frozenset(inspect.signature(function).parameters)
    if not asked & _OURS:
        return
    given: Any = getattr(function, "_hypothesis_internal_use_settings", settings.default)
    changed: dict[str, Any] = {}
    if _only_ours(item, asked):
        check = HealthCheck.function_scoped_fixture
        changed["suppress_health_check"] = {*given.suppress_health_check, check}
    usual = settings.get_profile("default")
    if given.deadline == usual.deadline:
        changed["deadline"] = None
    if given.phases == usual.phases:
        # It would explain a failure by lines of ours, and live through more days for that.
        changed["phases"] = [each for each in given.phases if each is not Phase.explain]
    # As Hypothesis' own plugin does for a test that is parametrized.
    function._hypothesis_internal_use_settings = settings(parent=given, **changed)  # noqa: SLF001


def _only_ours(item: pytest.Item, asked: frozenset[str]) -> bool:
    # As Hypothesis' own plugin looks: what parametrize gives is no fixture to it.
    manager: Any = item.session._fixturemanager  # noqa: SLF001
    function = getattr(item, "function", None)
    definitions = manager.getfixtureinfo(node=item, func=function, cls=None).name2fixturedefs
    return all(
        name in _OURS or each.scope != "function"
        for name in asked
        for each in definitions.get(name, ())[-1:]
    )
