"""What stands out of the streams in a journal: handshakes that were refused, connections that can't
hear, hear the same twice, or have ended and were not made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._masking import mask
from ._journal import Entry
from ._notes import Connected, Ended, Heard, Note, Refused, Subscribed, time_of_day

__all__ = ["deaf", "gone", "never_there", "refusals", "twice"]

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


def gone(lines: Lines) -> Iterator[str]:
    """The last connection ended, and none came after it. Where it was the client's wish, that is
    worth a word only when something was missed."""
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
    if end is None:
        return
    failed = end.by == "client" and end.code == _INTERNAL_ERROR
    if end.by == "client" and not missed and not failed:
        return
    events = "event" if missed == 1 else "events"
    lost = f"; {missed:,} {events} after that went to nobody" if missed else ""
    again = "" if end.by == "client" else ", and nobody connected again"
    yield f"{end.text} (at {time_of_day(end.at_ms)}){again}{lost}."
    if failed and before is not None and before.at_ms == end.at_ms:
        yield f"That was right after {before.text}: did the code that handles it raise?"


def never_there(lines: Lines) -> Iterator[str]:
    """Events that went to nobody, because nobody ever came to hear them."""
    if any(isinstance(line, Connected | Refused) for line in lines):
        return
    missed = sum(isinstance(line, Heard) and not line.numbers for line in lines)
    if missed:
        what = "1 event went" if missed == 1 else f"{missed:,} events went"
        yield f"{what} to nobody: no connection was made, and no handshake came."
