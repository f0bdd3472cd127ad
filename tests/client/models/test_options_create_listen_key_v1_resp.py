"""The model of a new listen key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pprint import pformat

import pytest

from pytest_binance_options.client.models.options_create_listen_key_v1_resp import (
    OptionsCreateListenKeyV1Resp,
)
from pytest_binance_options.errors import UsageError

from ..answering import LISTEN_KEY, in_reports, text_of

BOTH = OptionsCreateListenKeyV1Resp(LISTEN_KEY, 1_790_000_000_000)


def test_it_comes_from_the_exchanges_json_and_goes_back() -> None:
    content: dict[str, object] = {"listenKey": LISTEN_KEY, "expiration": 1_790_000_000_000}
    assert OptionsCreateListenKeyV1Resp.from_dict(content) == BOTH
    assert OptionsCreateListenKeyV1Resp.from_json(json.dumps(content)) == BOTH
    assert BOTH.to_dict() == content
    assert json.loads(BOTH.to_json()) == content


def test_expiration_is_optional_and_unknown_names_are_ignored() -> None:
    for content in (
        {"listenKey": "x"},
        {"listenKey": "x", "expiration": None},
        {"listenKey": "x", "new": [1]},
    ):
        model = OptionsCreateListenKeyV1Resp.from_dict(content)
        assert (model.listen_key, model.expiration, model.to_dict()) == (
            "x",
            None,
            {"listenKey": "x"},
        )


def test_no_text_form_shows_the_listen_key() -> None:
    for text in (
        repr(BOTH),
        str(BOTH),
        f"{BOTH}",
        BOTH.to_str(),
        pformat(BOTH),
        pformat({"a": [BOTH]}),
    ):
        assert LISTEN_KEY not in text
        assert "OptionsCreateListenKeyV1Resp(listen_key=<hidden>, expiration=1790000000000)" in text


def test_equality_is_by_content() -> None:
    assert OptionsCreateListenKeyV1Resp("x", 1) == OptionsCreateListenKeyV1Resp("x", 1)
    assert len({OptionsCreateListenKeyV1Resp("x", 1), OptionsCreateListenKeyV1Resp("x", 1)}) == 1
    assert OptionsCreateListenKeyV1Resp("x", 1) != OptionsCreateListenKeyV1Resp("x", 2)
    assert OptionsCreateListenKeyV1Resp("x") != OptionsCreateListenKeyV1Resp("y")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([LISTEN_KEY], "An answer with a listen key is a JSON object, and this is a list."),
        (LISTEN_KEY, "An answer with a listen key is a JSON object, and this is a string."),
        (None, "An answer with a listen key is a JSON object, and this is null."),
        (7, "An answer with a listen key is a JSON object, and this is a number."),
        (True, "An answer with a listen key is a JSON object, and this is a boolean."),
        ({"key": LISTEN_KEY}, 'An answer with a listen key has a "listenKey", and this has none.'),
        ({"listenKey": None}, "A listen key is a string, and this is null."),
        ({"listenKey": 1}, "A listen key is a string, and this is a number."),
        ({"listenKey": {"a": LISTEN_KEY}}, "A listen key is a string, and this is an object."),
        ({"listenKey": ""}, "A listen key has letters and digits, and this one is empty."),
        *(
            (
                {"listenKey": LISTEN_KEY, "expiration": value},
                (
                    "A listen key's expiration is an integer (ms since the epoch), and this is"
                    f" {what}."
                ),
            )
            for value, what in (
                ("1", "a string"),
                (1.5, "a number"),
                (True, "a boolean"),
                ([], "a list"),
                ({}, "an object"),
            )
        ),
    ],
)
def test_another_shape_is_refused_without_showing_it(content: object, text: str) -> None:
    made: tuple[Callable[[], object], ...] = (
        lambda: OptionsCreateListenKeyV1Resp.from_dict(content),
        lambda: OptionsCreateListenKeyV1Resp.from_json(json.dumps(content)),
    )
    for make in made:
        with pytest.raises(UsageError) as caught:
            make()
        assert str(caught.value) == text
        assert LISTEN_KEY not in in_reports(caught.value)


@pytest.mark.parametrize("text", ["", "<html>", '{"listenKey": "abc', "[" * 100_000])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    assert (
        text_of(lambda: OptionsCreateListenKeyV1Resp.from_json(text), UsageError)
        == "An answer with a listen key is JSON, and this text is not."
    )


def test_a_model_made_by_hand_is_checked_too() -> None:
    assert (
        text_of(lambda: OptionsCreateListenKeyV1Resp(""), UsageError)
        == "A listen key has letters and digits, and this one is empty."
    )
