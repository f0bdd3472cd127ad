"""What is left when a test that replays has passed: requests that its cassette had no answer for,
and recordings that nobody asked for. Neither is kept quiet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import (
    CassetteError,
    RequestNotRecordedError,
    UnansweredWarning,
    UnplayedError,
    UnplayedWarning,
)
from .setup import Setup

__all__ = ["LISTED", "complain"]

#: How many lines of an error list what the cassette still has.
LISTED = 12


def complain(setup: Setup, *, unanswered: Sequence[str], left_over: Sequence[str]) -> None:
    """Say what is left, as the settings have it: with RequestNotRecordedError, UnplayedError, or a
    warning.

    A shared cassette's recordings are not missed here: another test may play them.
    """
    if unanswered:
        setup.remarks.unanswered = len(unanswered)
        _react(
            setup,
            setup.unanswered,
            "\n".join(_unanswered(setup, unanswered)),
            RequestNotRecordedError,
            UnansweredWarning,
        )
    if left_over and not setup.shared:
        setup.remarks.unplayed = len(left_over)
        _react(
            setup,
            setup.unplayed,
            "\n".join(_left_over(setup, left_over)),
            UnplayedError,
            UnplayedWarning,
        )


def _react(
    setup: Setup, reaction: str, text: str, error: type[CassetteError], warning: type[UserWarning]
) -> None:
    if reaction == "fail":
        raise error(text)
    if reaction == "warn":
        setup.warn(warning(text))


def _unanswered(setup: Setup, unanswered: Sequence[str]) -> Iterator[str]:
    yield "the test passed, but its cassette had no answer for what was asked here:"
    yield from _listed(unanswered)
    yield f"  cassette:  {setup.cassette}"
    yield "The error was raised where it was asked, and somebody there swallowed it."
    yield f"To record the test again:\n  {setup.record_command}"
    yield from _or_else("unanswered", "If the test means it")


def _left_over(setup: Setup, left_over: Sequence[str]) -> Iterator[str]:
    yield "the test passed, and this part of its cassette was not played:"
    yield from _listed(left_over)
    yield f"  cassette:  {setup.cassette}"
    yield f"Where the code has changed, record the test again:\n  {setup.record_command}"
    yield from _or_else("unplayed", "Where it is a matter of time, as with a keepalive")


def _listed(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  - {line}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"  - and {len(lines) - LISTED} more"


def _or_else(name: str, when: str) -> Iterator[str]:
    yield (
        f"{when}: @pytest.mark.binance_options({name}='ignore'), or binance_options_{name} in the"
        " ini file for all tests."
    )
