"""What stands out of the streams in a journal: handshakes that were refused, connections that can't
hear, hear the same twice, or have ended and were not made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from .._masking import mask
from .._products import OPTIONS
from ._journal import Entry
from ._notes import Connected, Ended, Heard, Note, Refused, Subscribed, time_of_day

__all__ = ["deaf", "gone", "refusals", "twice", "unheard"]

Lines = Sequence[Entry | Note]

_INTERNAL_ERROR = 1011  # what a client says whose own code failed (RFC 6455, section 7.4.1)


def refusals(lines: Lines) -> Iterator[str]:
    """Handshakes that were refused, unless the same address let the client in later."""
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, Refused):
            counts[line.text] = counts.get(line.text, 0) + 1
        elif isinstance(line, Connected):
            came_through = f"handshake {mask(line.target)[:200]} -> "
            for said in [said for said in counts if said.startswith(came_through)]:
                del counts[said]
    for said, count in counts.items():
        times = "once" if count == 1 else f"{count:,} times"
        yield f"Refused {times}: {said[:240]}{'...' if len(said) > 240 else ''}"


def deaf(lines: Lines) -> Iterator[str]:
    """A connection at which no event can come."""
    found: dict[int, Connected] = {}
    for line in lines:
        if isinstance(line, Connected) and line.silent and line.private:
            yield f"{line.text}. Today it is {OPTIONS.private_streams[0]}/ws/<listenKey>."
            return
        if isinstance(line, Connected) and line.private and not line.hears:
            found[line.number] = line
        elif isinstance(line, Subscribed) and line.hears:
            found.pop(line.number, None)
    for note in list(found.values())[:1]:
        yield (
            f"{note.text}: no event can come there. Is the path right, and the listen key in it the"
            " one that was given last?"
        )


def twice(lines: Lines) -> Iterator[str]:
    """Events that came several times, because several connections listened."""
    for line in lines:
        if isinstance(line, Heard) and len(line.numbers) > 1:
            numbers = " and ".join(f"#{number}" for number in line.numbers)
            yield (
                f"Connections {numbers} listened to the same account at once: each event came"
                f" {len(line.numbers)} times ({line.type} at {time_of_day(line.at_ms)})."
            )
            return


def gone(lines: Lines, *, by: Literal["client", "exchange"]) -> Iterator[str]:
    """The last connection was ended by this side, and none came after it. Where it was the client's
    wish, that is worth a word only when something was missed."""
    open_ = 0
    end: Ended | None = None
    event: Heard | None = None
    before: Heard | None = None
    missed = 0
    for line in lines:
        if isinstance(line, Connected):
            open_ += 1
            end, missed = None, 0
        elif isinstance(line, Ended):
            open_ -= 1
            end, before = (line, event) if open_ <= 0 else (end, before)
        elif isinstance(line, Heard):
            event = line if line.numbers else event
            missed += not line.numbers and end is not None
    if end is None or end.by != by:
        return
    if end.by == "client" and not missed:
        return
    events = "event" if missed == 1 else "events"
    lost = f"; {missed:,} {events} after that went to nobody" if missed else ""
    again = "" if end.by == "client" else ", and nobody connected again"
    yield f"{end.text} (at {time_of_day(end.at_ms)}){again}{lost}."
    # Who is cancelled ends so, too, but then there is seldom anything to miss.
    failed = end.by == "client" and end.code == _INTERNAL_ERROR
    if failed and before is not None and before.at_ms == end.at_ms:
        yield f"That was right after {before.text}: did the code that handles it raise?"


def unheard(lines: Lines) -> Iterator[str]:
    """Events that went to nobody, though a connection was there, or because none ever was."""
    there = 0
    came = False
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, Connected | Refused):
            came = True
            there += isinstance(line, Connected)
        elif isinstance(line, Ended):
            there -= 1
        elif isinstance(line, Heard) and not line.numbers and (there or not came):
            counts[line.why if came else ""] = counts.get(line.why if came else "", 0) + 1
    for why, count in counts.items():
        what = "1 event" if count == 1 else f"{count:,} events"
        yield f"{what} went to nobody: {why or 'no connection was made, and no handshake came'}."
