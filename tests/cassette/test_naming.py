from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options._cassette.naming import cassette_path, named_cassette_path
from pytest_binance_options.errors import UsageError

DIRECTORY = Path("cassettes")


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("test_bot", "test_it", "test_bot/test_it.yaml"),
        ("tests/unit/test_bot", "TestBot.test_it", "tests/unit/test_bot/TestBot.test_it.yaml"),
        (
            "tests/test_bot",
            "test_it[BTC-260925-50000-C]",
            "tests/test_bot/test_it[BTC-260925-50000-C].yaml",
        ),
        ("tests/test_bot", "test_it[a b, c=1.5]", "tests/test_bot/test_it[a b, c=1.5].yaml"),
        ("tests/test_bot", "test_it[]", "tests/test_bot/test_it[].yaml"),
        ("t", "x" * 250, f"t/{'x' * 250}.yaml"),
    ],
)
def test_an_ordinary_name_is_kept(module: str, name: str, expected: str) -> None:
    assert cassette_path(DIRECTORY, module, name) == DIRECTORY / expected


@pytest.mark.parametrize(
    "name",
    [
        "test_it[a/b]",
        "test_it[..]/..",
        "../../etc/passwd",
        "..",
        "test_it[\x00]",
        "test_it[a\\b]",
        "test_it[C:]",
        "test_it[é]",
        "test_it[😀]",
        "test_it[\ud800]",
        "test_it\n",
        "con",
        "NUL.test",
        " test",
        ".hidden",
        "test.",
        "test.yaml",
        "x" * 251,
        "x" * 5000,
        f"test_it[{'a1B2c3D4' * 8}]",
        "test~1",
    ],
)
def test_an_odd_name_is_tamed_and_still_its_own(name: str) -> None:
    path = cassette_path(DIRECTORY, "tests/test_bot", name)
    assert path.parent == DIRECTORY / "tests/test_bot"
    assert re.fullmatch(r"[A-Za-z0-9_.,;+=@()\[\]{}!#$%&'^ -]*~[0-9a-f]{16}\.yaml", path.name)
    assert len(path.name.encode()) < 255
    assert not re.match(r"(?i)(con|nul)[.~]", path.name)
    assert cassette_path(DIRECTORY, "tests/test_bot", name) == path
    assert cassette_path(DIRECTORY, "tests/test_bot", name + "x") != path


def test_a_key_in_a_name_is_not_in_the_files() -> None:
    key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    assert key not in str(cassette_path(DIRECTORY, "t", f"test_it[{key}]"))


@pytest.mark.parametrize(
    "module",
    ["../outside/test_x", "/abs/test_x", "C:\\tests\\test_x", "tests/../test_x", "a~b/test_x"],
)
def test_a_modules_path_never_leads_out_of_the_directory(module: str) -> None:
    path = cassette_path(DIRECTORY, module, "test_it")
    assert path.parts[0] == "cassettes"
    assert ".." not in path.parts
    assert path.is_relative_to(DIRECTORY)


names = st.text(st.sampled_from("aA._-/\\[]~ :\x00é0"), min_size=1, max_size=8)


@given(a=st.tuples(names, names), b=st.tuples(names, names))
def test_no_two_tests_share_a_file(a: tuple[str, str], b: tuple[str, str]) -> None:
    # On Windows a backslash is the separator in a module's path, elsewhere no module's name can
    # hold one.
    a, b = ((module.replace("\\", "/"), name) for module, name in (a, b))
    same = cassette_path(DIRECTORY, *a) == cassette_path(DIRECTORY, *b)
    assert same == (a == b)


@pytest.mark.parametrize("name", ["flow", "flows/happy", "Flow 1.2"])
def test_a_named_cassette_is_the_directorys_file_of_that_name(name: str) -> None:
    assert named_cassette_path(DIRECTORY, name) == DIRECTORY / f"{name}.yaml"


@pytest.mark.parametrize(
    "name", ["", "../x", "/x", "x/", "a//b", "a\\b", ".x", "nul", "x\0", "é", "x" * 251]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_cassette_path(DIRECTORY, name)
    shown = name if len(name) <= 80 else f"{name[:80]}…"
    assert (
        str(caught.value)
        == f"cassette={shown!r} can't be a file name everywhere. Use letters, digits, '-', '_' and"
        " '.', and '/' for a folder inside the cassette directory; no part may begin or end"
        " with a dot or be longer than 250 characters."
    )


def test_a_name_with_its_suffix_is_refused() -> None:
    with pytest.raises(
        UsageError,
        match=r"^cassette='flow\.yaml': give the name without its suffix, as in cassette='flow'\.$",
    ):
        named_cassette_path(DIRECTORY, "flow.yaml")
