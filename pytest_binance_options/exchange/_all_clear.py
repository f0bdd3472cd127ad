"""What is said where nothing stands out: that the exchange saw nothing wrong, and what the fields
of the last event are called, in case one was read by another name.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from .._counts import many
from ._dropped import Dropped
from ._field_names import in_words
from ._journal import Entry
from ._notes import Ended, Heard, Note, time_of_day

__all__ = ["all_clear"]

_LONGEST = 240


def all_clear(lines: Sequence[Entry | Note], width: int) -> list[str]:
    """The journal's ``lines`` in a sentence or two, as lines of text; none where nothing was asked
    or heard."""
    said = ". ".join(filter(None, (_requests(lines), _events(lines))))
    return wrap(f"{said}.", width, break_on_hyphens=False) if said else []


def _requests(lines: Sequence[Entry | Note]) -> str:
    entries = [line for line in lines if isinstance(line, Entry)]
    if not entries:
        return ""
    asked = many(len(entries), "request")
    if isinstance(lines[0], Dropped):
        asked = f"of {lines[0].requests + len(entries):,} requests the last {len(entries):,}"
    refused = [entry for entry in entries if entry.status != 200]
    if refused:
        last = refused[-1]
        then = ", and no request came after it" if last is entries[-1] else ""
        return (
            f"{asked}, of which {len(refused):,} got no 200: the last at"
            f" {time_of_day(last.at_ms)}, {_cut(last.said)}{then}"
        )
    return f"Nothing stands out: {asked} got 200"


def _cut(said: str) -> str:
    return said.rstrip(".") if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."


def _events(lines: Sequence[Entry | Note]) -> str:
    heard = [n for n, line in enumerate(lines) if isinstance(line, Heard) and line.numbers]
    last = lines[heard[-1]] if heard else None
    if not isinstance(last, Heard):
        return ""
    ended = {line.number for line in lines if isinstance(line, Ended)}
    still = "" if ended.intersection(last.numbers) else ", still open"
    after = sum(isinstance(line, Entry) for line in lines[heard[-1] :])
    then = f"{after:,} of the requests came after it" if after else "no request came after it"
    words = in_words(last.type)
    fields = f" Its fields, should one be read by another name: {words}" if words else ""
    return (
        f"{'1 event was' if len(heard) == 1 else f'{len(heard):,} events were'} sent, the last"
        f" {last.text}{still}, at {time_of_day(last.at_ms)}; {then}.{fields}".rstrip(".")
    )
