"""The marker: the mark closest to the test wins, argument by argument, and one that can't work says
what would."""

from __future__ import annotations

import pytest

from pytest_binance_options._plugin.marker import AUTH_KINDS, MARKER, MarkerArguments
from pytest_binance_options.errors import UsageError
from pytest_binance_options.settings import Mode

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def mark(*args: object, **kwargs: object) -> pytest.Mark:
    return getattr(pytest.mark, MARKER).with_args(*args, **kwargs).mark


def test_without_a_mark_nothing_is_said() -> None:
    assert (
        MarkerArguments.of([])
        == MarkerArguments.of([mark()])
        == MarkerArguments(mode=None, cassette=None, auth=None)
    )


@pytest.mark.parametrize("auth", AUTH_KINDS)
def test_a_mark_says_mode_cassette_and_auth(auth: str) -> None:
    arguments = MarkerArguments.of([mark(mode="replay", cassette="flow", auth=auth)])

    assert arguments == MarkerArguments(mode=Mode.REPLAY, cassette="flow", auth=auth)
    assert isinstance(arguments.mode, Mode)


def test_a_mark_says_what_becomes_of_what_is_left() -> None:
    arguments = MarkerArguments.of([mark(unanswered="ignore"), mark(unplayed="fail")])

    assert arguments == MarkerArguments(unanswered="ignore", unplayed="fail")


def test_the_closest_mark_wins_argument_by_argument() -> None:
    on_the_test, on_the_class, on_the_module = (
        mark(auth="rsa"),
        mark(auth="hmac", cassette="b"),
        mark(cassette="c", mode="record"),
    )

    assert MarkerArguments.of([on_the_test, on_the_class, on_the_module]) == MarkerArguments(
        Mode.RECORD, "b", "rsa"
    )


def test_none_says_that_nothing_is_said_here_after_all() -> None:
    assert MarkerArguments.of([mark(mode=None), mark(mode="record")]).mode is None


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (
            mark("simulate", 1),
            (
                "@pytest.mark.binance_options takes no positional arguments, and got 'simulate', 1."
                " Name them: mode=, cassette=, auth=, unanswered=, unplayed=, chaos=."
            ),
        ),
        (
            mark(casette="flow"),
            (
                "@pytest.mark.binance_options has no argument 'casette'. It takes mode, cassette,"
                " auth, unanswered, unplayed, chaos."
            ),
        ),
        (
            mark(mode="sandbox"),
            (
                "@pytest.mark.binance_options(mode=...): 'sandbox' is not a mode. "
                "Use one of: offline, replay, simulate, testnet, record, verify."
            ),
        ),
        (
            mark(auth="ecdsa"),
            "@pytest.mark.binance_options(auth='ecdsa') won't do. Use one of: hmac, rsa, ed25519.",
        ),
        (
            mark(auth=["rsa"]),
            "@pytest.mark.binance_options(auth=['rsa']) won't do. Use one of: hmac, rsa, ed25519.",
        ),
        (
            mark(unplayed="never"),
            (
                "@pytest.mark.binance_options(unplayed=...) is 'never'. Give one of: ignore, warn,"
                " fail."
            ),
        ),
        (
            mark(unanswered=False),
            (
                "@pytest.mark.binance_options(unanswered=...) is False. Give one of: ignore, warn,"
                " fail."
            ),
        ),
        (
            mark(cassette=""),
            (
                "@pytest.mark.binance_options(cassette='') won't do. Give a name, as in"
                " cassette='flow'."
            ),
        ),
        (
            mark(cassette=" "),
            (
                "@pytest.mark.binance_options(cassette=' ') won't do. Give a name, as in"
                " cassette='flow'."
            ),
        ),
        (
            mark(cassette=3),
            (
                "@pytest.mark.binance_options(cassette=3) won't do. Give a name, as in"
                " cassette='flow'."
            ),
        ),
    ],
    ids=[
        "positional",
        "misspelt",
        "mode",
        "auth",
        "a list",
        "a word",
        "no word",
        "an empty name",
        "a blank name",
        "no name",
    ],
)
@pytest.mark.parametrize("closer", [[], [mark()]], ids=["on the test", "further away"])
def test_a_mark_that_cannot_work_says_what_would(
    bad: pytest.Mark, text: str, closer: list[pytest.Mark]
) -> None:
    with pytest.raises(UsageError) as caught:
        MarkerArguments.of([*closer, bad])

    assert str(caught.value) == text


@pytest.mark.parametrize(
    "bad", [mark(KEY), mark(**{KEY: 1}), mark(mode=KEY), mark(auth=KEY), mark(cassette=(KEY,))]
)
def test_a_key_in_the_wrong_place_is_not_shown(bad: pytest.Mark) -> None:
    with pytest.raises(UsageError) as caught:
        MarkerArguments.of([bad])

    assert "<hidden>" in str(caught.value)
    assert KEY not in str(caught.value)
