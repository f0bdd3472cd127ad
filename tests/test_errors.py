"""The exceptions: the tree that the module draws is the tree that there is."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from pytest_binance_options import errors

CLASSES = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]


def test_the_drawing_shows_every_class_below_its_base() -> None:
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in inspect.getdoc(errors).splitlines():  # type: ignore[union-attr]
        found = re.match(r"([ │├└─]*)(\w+Error)\b", line)
        if found:
            depth = len(found[1]) // 4
            above[depth] = found[2]
            drawn[found[2]] = above[depth - 1] if depth else "Exception"

    assert drawn == {cls.__name__: cls.__bases__[0].__name__ for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: str(cls.__name__))
def test_one_except_clause_catches_them_all(cls: type[Exception]) -> None:
    assert issubclass(cls, errors.BinanceOptionsError)
    assert str(cls("what happened")) == "what happened"
    assert inspect.getdoc(cls)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: str(cls.__name__))
def test_they_cross_a_process_boundary(cls: type[Exception]) -> None:
    copied = pickle.loads(pickle.dumps(cls("what happened")))  # noqa: S301  our own bytes

    assert (type(copied), copied.args) == (cls, ("what happened",))


def test_what_is_no_error_is_a_warning_that_a_suite_can_filter() -> None:
    others = [name for name in errors.__all__ if not name.endswith("Error")]

    assert issubclass(errors.BinanceOptionsWarning, UserWarning)
    base = errors.BinanceOptionsWarning
    assert [name for name in others if not issubclass(getattr(errors, name), base)] == []
    assert others == [
        "BinanceOptionsWarning",
        "HostUnreachableWarning",
        "IncompleteJournalWarning",
        "LateRequestWarning",
        "MisspeltVariableWarning",
        "NotComparedWarning",
        "NothingRecordedWarning",
        "OnlyErrorsRecordedWarning",
        "StaleCassetteWarning",
        "StillRunningWarning",
        "UnansweredWarning",
        "UnplayedWarning",
        "UnwatchedClientWarning",
    ]


def test_a_setting_that_cannot_work_is_a_value_error_too() -> None:
    assert issubclass(errors.UsageError, ValueError)
    assert issubclass(errors.KeyMaterialError, errors.UsageError)


def test_a_refused_connection_is_no_os_error_that_clients_would_retry() -> None:
    assert not issubclass(errors.NetworkRefusedError, OSError)
