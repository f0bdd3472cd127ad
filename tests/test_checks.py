"""The checks of what arrives: what each takes, and the one way in which all of them refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_binance_options._checks import (
    flag,
    instance,
    number,
    one_of,
    shown,
    text,
    whole,
    wrong,
)
from pytest_binance_options.errors import UsageError

KEY = "k3Y" * 22


def said(check: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as caught:
        check()
    return str(caught.value)


@pytest.mark.parametrize(
    ("bounds", "value"),
    [((), -(10**30)), ((1,), 1), ((1,), 10**30), ((1, 3), 1), ((1, 3), 3)],
)
def test_a_whole_number_within_its_bounds_is_taken(bounds: tuple[int, ...], value: int) -> None:
    assert whole("n", value, *bounds) == value


@pytest.mark.parametrize("value", [0, 4, 2.0, True, "2", None, [2], math.nan])
def test_any_other_is_no_whole_number(value: object) -> None:
    assert (
        said(lambda: whole("n", value, 1, 3)) == f"n is {value!r}. Give a whole number from 1 to 3."
    )


@pytest.mark.parametrize("value", ["1", "03", "-0"])
def test_a_whole_number_may_be_written_where_it_comes_as_text(value: str) -> None:
    assert whole("n", value, 0, 3, written=True) == int(value)


@pytest.mark.parametrize(
    "value", ["", "4", "1.0", "1_0", " 1", "1\n", "٣", "9" * 5000, "one", None]
)
def test_what_says_no_whole_number_is_refused_as_it_was_written(value: object) -> None:
    assert (
        said(lambda: whole("n", value, 0, 3, written=True))
        == f"n is {shown(value)}. Give a whole number from 0 to 3."
    )


@pytest.mark.parametrize("value", [0, 0.5, 2, 1e-300])
def test_a_number_within_its_bounds_is_taken(value: float) -> None:
    assert number("n", value, 0, 2) == value


@pytest.mark.parametrize(
    "value", [-0.1, 2.1, math.nan, math.inf, -math.inf, True, "1", None, 10**400]
)
def test_any_other_is_no_number(value: object) -> None:
    assert (
        said(lambda: number("n", value, 0, 2)) == f"n is {shown(value)}. Give a number from 0 to 2."
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_without_an_upper_bound_is_finite_all_the_same(value: float) -> None:
    assert said(lambda: number("n", value, 0)) == f"n is {value}. Give a number from 0 up."


def test_a_number_above_its_bound_is_not_the_bound() -> None:
    assert number("n", 0.001, 0, above=True) == 0.001
    assert said(lambda: number("n", 0, 0, above=True)) == "n is 0. Give a number above 0."


@pytest.mark.parametrize(
    ("value", "read"), [("1", 1), ("1.5", 1.5), (".5", 0.5), ("1e1", 10), (2, 2)]
)
def test_a_number_may_be_written_where_it_comes_as_text(value: object, read: float) -> None:
    assert number("n", value, 0, 10, written=True) == read


@pytest.mark.parametrize("value", ["", "nan", "inf", "1_0", "1e999", "0x1", "11", "1,5", " 1"])
def test_what_says_no_number_is_refused_as_it_was_written(value: str) -> None:
    assert (
        said(lambda: number("n", value, 0, 10, of="days", written=True))
        == f"n is {value!r}. Give a number of days from 0 to 10."
    )


@pytest.mark.parametrize("value", [0, 1, None, "true"])
def test_only_true_and_false_are_flags(value: object) -> None:
    assert (flag("f", True), flag("f", False)) == (True, False)
    assert said(lambda: flag("f", value)) == f"f is {value!r}. Give true or false."


@pytest.mark.parametrize("value", [b"x", 1, None, ["x"]])
def test_only_text_is_text(value: object) -> None:
    assert text("t", "") == ""
    assert said(lambda: text("t", value)) == f"t is {value!r}. Give text."


@pytest.mark.parametrize("value", ["A", "", 1, None, ["a"], {}])
def test_one_of_some_words(value: object) -> None:
    assert one_of("w", "a", ("a", "b")) == "a"
    assert (
        said(lambda: one_of("w", value, ("a", "b"), hint="Or leave it out."))
        == f"w is {value!r}. Give one of: a, b. Or leave it out."
    )


def test_an_instance_and_one_that_must_not_be_shown() -> None:
    assert instance("p", Path("x"), (str, Path), "a path") == Path("x")
    assert said(lambda: instance("p", 1, (str, Path), "a path")) == "p is 1. Give a path."
    assert (
        said(lambda: instance("p", {"a": "short"}, (str,), "a path", secret=True))
        == "p is of type dict. Give a path."
    )


def test_a_hint_follows_what_would_do() -> None:
    assert str(wrong("n", 1, "two", "As in 2.")) == "n is 1. Give two. As in 2."
    assert said(lambda: whole("n", 1, 2, hint="As in 2.")).endswith("from 2 up. As in 2.")
    assert said(lambda: number("n", 1, 2, hint="As in 2.")).endswith("from 2 up. As in 2.")


@pytest.mark.parametrize("check", [whole, flag, text])
def test_no_check_shows_a_key(check: Callable[[str, object], object]) -> None:
    assert KEY not in said(lambda: check("n", [KEY]))
    assert "<hidden>" in said(lambda: check("n", [KEY]))


def test_what_is_long_is_shown_in_part_and_what_is_endless_not_at_all() -> None:
    assert shown("x y " * 50) == "'" + ("x y " * 50)[:99] + "..."
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "an endless list"
    while deep:
        deep = deep.pop()  # type: ignore[assignment]
