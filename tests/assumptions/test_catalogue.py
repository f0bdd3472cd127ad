"""The catalogue of questions is in step with docs/reference/assumptions.md: every bullet has its entry, and
every entry its bullet."""

from __future__ import annotations

import pytest

from pytest_binance_options._assumptions.catalogue import ENTRIES
from pytest_binance_options._assumptions.question import Entry, Question
from tests.docs.test_assumptions import ASSUMPTIONS

STATEMENTS = [bullet.rpartition(" — ")[0] for bullet in ASSUMPTIONS]

_TO_DO = (
    "docs/reference/assumptions.md has a bullet that the command `assumptions` does not know:\n  {}\nAdd an"
    " entry whose text begins as the bullet does: a Question in the module of its subject in"
    " pytest_binance_options/_assumptions/ where the exchange can be asked (and a row that turns it"
    " round in tests/assumptions/test_questions.py), else a line under its reason in"
    " pytest_binance_options/_assumptions/unasked.py."
)
_OUTDATED = (
    "The entry {!r} of pytest_binance_options/_assumptions/ begins as {} bullets of"
    " docs/reference/assumptions.md do; it has to be one. Change its text as the bullet was changed, or"
    " remove it with its bullet."
)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda text: text[:40])
def test_every_assumption_is_asked_or_listed_as_not_to_be_settled(statement: str) -> None:
    entries = [entry for entry in ENTRIES if statement.startswith(entry.assumption)]

    assert len(entries) == 1, _TO_DO.format(statement)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.assumption)[:40])
def test_every_entry_is_the_beginning_of_an_assumption(entry: Entry) -> None:
    found = [text for text in STATEMENTS if text.startswith(entry.assumption)]

    assert len(found) == 1, _OUTDATED.format(entry.assumption, len(found))
    assert not found[0][len(entry.assumption) :][:1].isalnum(), "it ends within a word"


def test_most_of_what_can_be_asked_over_the_wire_is_asked() -> None:
    assert sum(isinstance(entry, Question) for entry in ENTRIES) >= 40
