from __future__ import annotations

import pytest

from pytest_binance_options._cassette.model import Cassette, Facts, Interaction
from pytest_binance_options._messages import Request, Response


def made(*calls: tuple[str, str | None]) -> Cassette:
    return Cassette(
        tuple(
            Interaction(Request(method, "/eapi/v1/listenKey"), Response(200), test=test)
            for method, test in calls
        )
    )


def test_the_index_gives_the_places_of_equal_requests_in_file_order() -> None:
    cassette = made(("PUT", None), ("POST", None), ("PUT", None))
    assert [(key[0], places) for key, places in cassette.index.items()] == [
        ("PUT", (0, 2)),
        ("POST", (1,)),
    ]


def test_the_index_is_made_once() -> None:
    cassette = made(("PUT", None))
    assert cassette.index is cassette.index


def test_recordings_are_found_by_their_test() -> None:
    assert made(("PUT", "a"), ("PUT", None), ("PUT", "b"), ("PUT", "a")).tests == {
        "a": (0, 3),
        "b": (2,),
    }


def test_a_recording_without_facts_has_the_digest_of_one_with_empty_facts() -> None:
    # Reading gives empty facts where the file has our key and nothing under it.
    assert Cassette().digest == Cassette(facts=Facts()).digest


def test_a_recording_can_not_be_changed_by_one_test_under_another() -> None:
    with pytest.raises(AttributeError):
        made(("PUT", None)).interactions = ()  # type: ignore[misc]


def test_its_repr_shows_no_body() -> None:
    cassette = Cassette(
        (
            Interaction(
                Request("POST", "/eapi/v1/listenKey"), Response(200, {}, b'{"listenKey":"abc"}')
            ),
        )
    )
    assert "abc" not in repr(cassette)
