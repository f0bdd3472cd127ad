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
    scope: Hypothesis has nothing against that, and no day is too long for its deadline, unless the
    test or a profile has set one."""
    if "hypothesis" not in sys.modules:
        return
    from hypothesis import HealthCheck, is_hypothesis_test, settings

    test = getattr(item, "obj", None)
    if test is None or not is_hypothesis_test(test):
        return
    function = getattr(test, "__func__", test)
    asked = frozenset(inspect.signature(function).parameters)
    if not asked & _OURS:
        return
    given: Any = getattr(function, "_hypothesis_internal_use_settings", settings.default)
    changed: dict[str, Any] = {}
    if _only_ours(item, asked):
        check = HealthCheck.function_scoped_fixture
        changed["suppress_health_check"] = {*given.suppress_health_check, check}
    if given.deadline == settings.get_profile("default").deadline:
        changed["deadline"] = None
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
