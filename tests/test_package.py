"""The package itself: what the fixtures give can be had from it with one import."""

from __future__ import annotations

import inspect
import typing
from importlib import metadata

import pytest

import pytest_binance_options
from pytest_binance_options import plugin


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_fixture_is_annotated_with_what_the_package_exports(name: str) -> None:
    fixture = (
        getattr(plugin, name).__wrapped__
        if hasattr(getattr(plugin, name), "__wrapped__")
        else getattr(plugin, name)._get_wrapped_function()
    )
    exported = {
        each: getattr(pytest_binance_options, each) for each in pytest_binance_options.__all__
    }
    hints = typing.get_type_hints(
        fixture,
        {**inspect.getmodule(fixture).__dict__, **exported},  # type: ignore[union-attr]
    )
    given = hints["return"]
    (given, *_) = typing.get_args(given) or (given,)

    assert given is str or given in exported.values()


def test_a_name_that_it_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'pytest_binance_options' has no attribute 'Handel'"):
        pytest_binance_options.Handel  # type: ignore[attr-defined]  # noqa: B018


def test_what_it_offers_can_be_listed() -> None:
    assert set(pytest_binance_options.__all__) <= set(dir(pytest_binance_options))


def test_it_says_its_version_as_the_distribution_does() -> None:
    assert pytest_binance_options.__version__ == metadata.version("pytest-binance-options")
    assert "__version__" in dir(pytest_binance_options)


def test_a_source_tree_that_is_not_installed_has_no_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert pytest_binance_options.__version__ == "unknown"
