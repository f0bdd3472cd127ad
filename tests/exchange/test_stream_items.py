"""Items as clients write them: in an address's query, and in SUBSCRIBE."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_binance_options.exchange._stream_items import in_query, item


@pytest.mark.parametrize(
    ("name", "key", "events"),
    [
        ("abc", "abc", None),
        ("btcusdt@trade", "btcusdt@trade", None),
        ("listenKey=abc", "abc", None),
        ("listenKey=abc&events=", "abc", None),
        ("listenKey=abc&events=A", "abc", {"A"}),
        ("listenKey=abc&events=A/B/", "abc", {"A", "B"}),
        ("listenKey=abc&events=A%2FB", "abc", {"A", "B"}),
        ("listenKey=", "", None),
    ],
)
def test_an_item_is_a_key_and_the_events_that_come(
    name: str, key: str, events: set[str] | None
) -> None:
    found = item(name)
    assert (found.key, found.events) == (key, events)


def test_without_a_list_every_event_comes_and_with_one_only_what_is_on_it() -> None:
    assert item("abc").has("ACCOUNT_UPDATE")
    assert item("listenKey=abc&events=A/B").has("B")
    assert not item("listenKey=abc&events=A/B").has("listenKeyExpired")


def test_showing_an_item_shows_no_key() -> None:
    assert "secret" not in repr(item("listenKey=secret&events=A"))


keys = st.text("abcXYZ019", min_size=1, max_size=8)
types = st.lists(st.sampled_from(["ACCOUNT_UPDATE", "GREEK_UPDATE", "x"]), max_size=3, unique=True)


@given(st.lists(st.tuples(keys, types), max_size=4))
def test_what_a_query_asks_for_can_be_read_from_its_names(
    wanted: list[tuple[str, list[str]]],
) -> None:
    pairs = [
        pair
        for key, events in wanted
        for pair in (("listenKey", key), ("events", "/".join(events)))
    ]
    found = [item(name) for name in in_query(pairs)]
    assert [(one.key, one.events) for one in found] == [
        (key, frozenset(events) or None) for key, events in wanted
    ]
