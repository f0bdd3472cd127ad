from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pytest_binance_options._transports.interception.patching import Patches, call_on_import
from pytest_binance_options.errors import UsageError


class Base:
    def greet(self) -> str:
        return "hello"

    @classmethod
    def kind(cls) -> str:
        return cls.__name__


class Derived(Base):
    pass


def louder(original: object) -> object:
    assert callable(original)
    return lambda self: f"{original(self)}!"


GREET = Base.__dict__["greet"]
KIND = Base.__dict__["kind"]


@pytest.fixture(autouse=True)
def everything_is_put_back() -> Iterator[None]:
    yield
    assert Base.__dict__["greet"] is GREET
    assert Base.__dict__["kind"] is KIND
    assert "greet" not in Derived.__dict__


def test_an_attribute_is_replaced_and_put_back() -> None:
    patches = Patches()
    patches.put(Base, "greet", louder)
    assert Base().greet() == "hello!"
    patches.lift()
    assert Base().greet() == "hello"
    assert patches.covered == ()


def test_a_class_method_arrives_as_its_descriptor() -> None:
    patches = Patches()
    seen: list[object] = []
    patches.put(Base, "kind", lambda original: seen.append(original) or original)
    patches.lift()
    assert seen == [KIND]


def test_an_inherited_attribute_is_inherited_again() -> None:
    patches = Patches()
    patches.put(Derived, "greet", louder)
    assert (Derived().greet(), Base().greet()) == ("hello!", "hello")
    patches.lift()
    assert Derived().greet() == "hello"


def test_an_attribute_that_was_not_there_goes_again() -> None:
    patches = Patches()
    patches.add(Derived, "extra", 1)
    patches.lift()
    assert not hasattr(Derived, "extra")


def test_an_attribute_that_is_missing_is_told_by_library_and_name() -> None:
    patches = Patches()
    with pytest.raises(UsageError) as caught:
        patches.put(Base, "wave", louder)
    assert (
        str(caught.value)
        == "pytest-binance-options can't intercept beside this version of tests (it doesn't say"
        " which): Base.wave is not there. Use another version of tests, or of"
        " pytest-binance-options."
    )
    with pytest.raises(
        UsageError, match=r"version of Python \([0-9.]+\): importlib\.wave is not there"
    ):
        patches.put(importlib, "wave", louder)


def anything(*args: object, **kwargs: object) -> None: ...
def nothing() -> None: ...
def a_b(a: object, b: object) -> None: ...
def a_c(a: object, c: object) -> None: ...
def a_b_by_place(a: object, b: object, /) -> None: ...
def a_then_rest(a: object, *rest: object, **named: object) -> None: ...
def a_b_named(a: object, *, b: object = None) -> None: ...
def a_named(a: object, **named: object) -> None: ...


@pytest.mark.parametrize(
    ("theirs", "ours", "alike"),
    [
        (a_b, a_b, True),
        (a_b, a_c, False),
        (a_c, a_b_by_place, True),
        (a_b, nothing, False),
        (nothing, a_b, False),
        (anything, a_b, True),
        (a_b, a_then_rest, True),
        (a_b_named, a_b, False),
        (a_b_named, a_b_named, True),
        (a_b_named, a_named, True),
        (a_b, a_named, True),
        (a_b_named, a_then_rest, True),
    ],
)
def test_a_replacement_has_to_be_called_as_the_original_is(
    theirs: Callable[..., None], ours: Callable[..., None], alike: bool
) -> None:
    owner = type("Owner", (), {"function": theirs})
    patches = Patches()

    if alike:
        patches.put(owner, "function", lambda _: ours)
        assert vars(owner)["function"] is ours
    else:
        with pytest.raises(UsageError, match=r"Owner\.function is called another way"):
            patches.put(owner, "function", lambda _: ours)
        assert vars(owner)["function"] is theirs


def test_what_somebody_else_has_put_there_may_call_its_parameters_as_it_likes() -> None:
    patches = Patches()
    patches.put(type("Owner", (), {"function": pytest.fail}), "function", lambda _: a_b)
    patches.put(type("Owner", (), {"function": len}), "function", lambda _: a_b)
    patches.lift()


def test_the_same_replacement_serves_again() -> None:
    patches = Patches()
    seen = []
    for _ in range(2):
        patches.put(Base, "greet", louder)
        seen.append(Base.greet)
        patches.lift()
    assert seen[0] is seen[1]


def test_a_patch_on_top_of_ours_stays_and_ours_goes_after_it() -> None:
    patches = Patches()
    patches.put(Base, "greet", louder)
    ours = Base.greet
    theirs = louder(ours)
    Base.greet = theirs  # type: ignore[method-assign,assignment]
    patches.lift()
    assert Base.__dict__["greet"] is theirs
    assert patches.covered == ("Base.greet",)
    Base.greet = ours  # type: ignore[method-assign]
    patches.lift()
    assert patches.covered == ()


def test_a_patch_that_undoes_ours_leaves_nothing_to_do() -> None:
    patches = Patches()
    patches.put(Base, "greet", louder)
    Base.greet = GREET  # type: ignore[method-assign]
    patches.lift()
    assert patches.covered == ()


def test_ours_twice_with_theirs_between_is_undone_in_any_order() -> None:
    patches = Patches()
    patches.put(Base, "greet", louder)
    ours = Base.greet
    Base.greet = louder(ours)  # type: ignore[method-assign,assignment]
    patches.lift()
    patches.put(Base, "greet", louder)
    Base.greet = ours  # type: ignore[method-assign]
    patches.lift()
    assert patches.covered == ()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "imported_in_the_middle_of_a_test"
    (tmp_path / f"{name}.py").write_text("loader = __spec__.loader\nready = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_a_module_that_is_imported_later_is_seen_when_it_is_whole(module: str) -> None:
    seen: list[object] = []
    end = call_on_import([(module, lambda: seen.append(vars(sys.modules[module]).get("ready")))])
    try:
        imported = importlib.import_module(module)
    finally:
        end()
    assert seen == [True]
    assert "exec_module" not in vars(imported.loader)


def test_several_may_wait_for_the_same_module(module: str) -> None:
    seen: list[int] = []
    ends = [call_on_import([(module, partial(seen.append, n))]) for n in range(3)]
    try:
        imported = importlib.import_module(module)
    finally:
        for end in ends:
            end()
    assert sorted(seen) == [0, 1, 2]
    assert "exec_module" not in vars(imported.loader)


def test_the_watch_ends(module: str) -> None:
    before = list(sys.meta_path)
    seen: list[str] = []
    end: Callable[[], None] = call_on_import([(module, lambda: seen.append(module))])
    end()
    end()
    assert sys.meta_path == before
    importlib.import_module(module)
    assert seen == []


def test_a_module_that_does_not_exist_is_still_not_found() -> None:
    end = call_on_import([("no_such_module_anywhere", lambda: None)])
    try:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("no_such_module_anywhere")
    finally:
        end()
