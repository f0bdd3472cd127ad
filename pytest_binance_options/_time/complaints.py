"""What is said of a world that can't go on: who is in it, what each is doing, and what to do."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Protocol

from .._places import is_users

__all__ = ["despair", "lasts_too_long", "place", "restless"]


class Somebody(Protocol):
    """Who is in a world."""

    name: str
    awake: bool
    ident: int | None
    tasks: Callable[[], list[str]] | None


def restless(patience: float, everybody: Iterable[Somebody]) -> str:
    """Somebody keeps the world from coming to rest."""
    return (
        f"The world did not come to rest within {patience:g} s of real time, so the exchange's"
        f" clock can't go on.\n{_listed(everybody)}\nHave who is awake end, or wait by means that"
        " the clock knows: a sleep, a time-out, a lock or a queue made in the test. Where there is"
        " work for so long, set time_patience (as an ini key: binance_options_time_patience)."
    )


def despair(everybody: Iterable[Somebody]) -> str:
    """All wait for what can't come."""
    return (
        "Everybody waits, and nothing is due that could end it: no timer, no event, no time-out.\n"
        f"{_listed(everybody)}\nGive the waiting a time-out, or have something come."
    )


def lasts_too_long(days: float, everybody: Iterable[Somebody]) -> str:
    """Time has gone on for longer than a test can mean."""
    return (
        f"The test has waited for {days:g} days of the exchange's time, and what it waits for has"
        f" not come.\n{_listed(everybody)}\nGive that wait a time-out; where"
        " the test is to last so long, set time_horizon (as an ini key:"
        " binance_options_time_horizon)."
    )


def _listed(everybody: Iterable[Somebody]) -> str:
    frames = sys._current_frames()  # noqa: SLF001  the only way to see what a thread does
    lines = []
    for each in everybody:
        frame = frames.get(each.ident or -1)
        where = "" if frame is None else place(traceback.extract_stack(frame))
        lines.append(f"- {each.name} {'is awake' if each.awake else 'waits'}{where}")
        if each.tasks is not None:
            lines += [f"  - {line}" for line in each.tasks()]
    return "\n".join(lines)


def place(stack: traceback.StackSummary) -> str:
    """Where that is, for its reader: the innermost line that is somebody's own."""
    for each in reversed(stack):
        if is_users(each.filename):
            return f" in {each.name}, {each.filename}:{each.lineno}: {each.line}"
    return ""
