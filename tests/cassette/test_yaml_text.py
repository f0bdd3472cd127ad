from __future__ import annotations

import importlib

import pytest
import yaml

from pytest_binance_options._cassette import yaml_text
from pytest_binance_options._cassette.yaml_text import Loader, dump, line_of

TEXT = "a: 1\nb:\n- c: 2\n  d: [3, 4]\n- e\n"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 1),
        (("b",), 3),
        (("b", 0, "d"), 4),
        (("b", 0, "d", 1), 4),
        (("b", 1), 5),
        (("b", 1, "deeper"), 5),
        (("b", 9), 3),
        (("z",), 1),
    ],
)
def test_a_value_has_a_line_or_else_what_is_nearest_to_it(
    path: tuple[str | int, ...], line: int
) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("text", ["", "a: [", "# nothing"])
def test_where_there_is_no_yaml_there_are_no_lines(text: str) -> None:
    assert line_of(text, ("a",)) is None


def test_only_plain_values_are_made_and_dates_stay_text() -> None:
    text = (
        "a: 2026-01-01\nb: 2026-01-01T00:00:00Z\nc: !!timestamp 2026-01-01\nd: !!binary YQ==\ne:"
        " 1.5\nf: yes\n"
    )
    assert yaml.load(text, Loader=Loader) == {
        "a": "2026-01-01",
        "b": "2026-01-01T00:00:00Z",
        "c": "2026-01-01",
        "d": b"a",
        "e": 1.5,
        "f": True,
    }


@pytest.mark.parametrize(
    "tag",
    [
        "object:os.path",
        "object/apply:os.getcwd",
        "object/new:os.getcwd",
        "name:os.getcwd",
        "module:os",
    ],
)
def test_no_python_object_is_made(tag: str) -> None:
    with pytest.raises(yaml.constructor.ConstructorError):
        yaml.load(f"a: !!python/{tag} []", Loader=Loader)


def test_a_value_is_one_line_and_written_out_each_time_it_occurs() -> None:
    shared = ["x " * 100]
    assert dump({"b": shared, "a": shared}) == f"b:\n- '{'x ' * 100}'\na:\n- '{'x ' * 100}'\n"


def test_it_works_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    monkeypatch.delattr(yaml, "CSafeDumper")
    try:
        module = importlib.reload(yaml_text)
        assert issubclass(module.Loader, yaml.SafeLoader)
        assert yaml.load(module.dump({"a": ["b", 1, b"\xff"]}), Loader=module.Loader) == {
            "a": ["b", 1, b"\xff"]
        }
    finally:
        monkeypatch.undo()
        importlib.reload(yaml_text)
