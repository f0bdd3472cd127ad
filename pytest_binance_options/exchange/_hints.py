"""What the journal gives away about a failure: hints that only somebody who saw both sides can
give, the most telling first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from .._products import PRODUCTS
from ._journal import Entry
from ._listen_key import LISTEN_KEY_VALIDITY_MS
from ._notes import Connected, Ended, Heard, KeyNote, Note, Refused, Subscribed, span, time_of_day

__all__ = ["hints"]

_WIDTH = 80
_LABELS = {
    product.listen_key_path: "listen key" if n == 0 else f"{product.name} listen key"
    for n, product in enumerate(PRODUCTS)
}
#: Requests in one second; a bot that has a pause anywhere stays below.
_MANY = 100

Lines = Sequence[Entry | Note]


def hints(lines: Lines, most: int = 9) -> list[str]:
    """What stands out in the journal's ``lines``, as ``most`` lines of text at most: the first ones
    that have room, whole."""
    found: list[str] = []
    for hint in _all(lines):
        wrapped = wrap(f"* {hint}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        if len(found) + len(wrapped) > most:
            break
        found += wrapped
    return found


def _all(lines: Lines) -> Iterator[str]:
    entries = [line for line in lines if isinstance(line, Entry)]
    if not entries and not any(isinstance(line, Refused | Connected) for line in lines):
        yield (
            "No request and no handshake came to the simulated exchange. Does the code under test"
            " ask another host, or did it not get that far?"
        )
    yield from _clues(entries)
    yield from _refusals(lines)
    yield from _late_keepalives(lines)
    yield from _posts(lines)
    yield from _deaf(lines)
    yield from _twice(lines)
    yield from _gone(lines)
    yield from _too_often(entries)


def _clues(entries: Sequence[Entry]) -> Iterator[str]:
    yield from dict.fromkeys(entry.clue for entry in entries if entry.clue)


def _refusals(lines: Lines) -> Iterator[str]:
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, Refused):
            counts[line.text] = counts.get(line.text, 0) + 1
    for said, count in counts.items():
        times = "once" if count == 1 else f"{count:,} times"
        yield f"Refused {times}: {said[:240]}{'...' if len(said) > 240 else ''}"


def _late_keepalives(lines: Lines) -> Iterator[str]:
    keys: dict[tuple[str | None, str], _Key] = {}
    for line in lines:
        if isinstance(line, KeyNote):
            if line.what == "made":
                keys[line.account, line.label] = _Key(line.at_ms)
            else:
                keys.setdefault((line.account, line.label), _Key()).end = line
        elif isinstance(line, Entry) and line.path in _LABELS:
            key = keys.setdefault((line.account, _LABELS[line.path]), _Key())
            if line.status == 200 and line.method in ("PUT", "POST"):
                key.renewed_ms = line.at_ms
            elif line.method == "PUT" and line.code == -1125:
                key.late.append(line)
    for key in keys.values():
        yield from key.hints()


@dataclass(slots=True)
class _Key:
    """What became of a listen key: when it was made or renewed last, how it ended, and which
    keepalives came after that."""

    renewed_ms: int | None = None
    end: KeyNote | None = None
    late: list[Entry] = field(default_factory=list)

    def hints(self) -> Iterator[str]:
        """What stands out."""
        end, last = self.end, self.renewed_ms
        if self.late:
            at = time_of_day(self.late[0].at_ms)
            if end is None or last is None:
                yield f"PUT at {at} came where there was no listen key. POST makes one."
            else:
                yield (
                    f"PUT at {at} came after the {end.label} had {end.what}, at"
                    f" {time_of_day(end.at_ms)}: it was {span(self.late[0].at_ms - last)} since it"
                    " was made or renewed."
                )
            if len(self.late) > 1:
                yield f"-1125 came {len(self.late):,} times: only a POST gives a new listen key."
        elif end is not None and end.what == "expired" and last is not None:
            yield from self._died(end, last)

    def _died(self, end: KeyNote, last: int) -> Iterator[str]:
        # Before its time: a test has let it expire, and no keepalive would have helped.
        if end.at_ms - last >= LISTEN_KEY_VALIDITY_MS:
            yield (
                f"The {end.label} expired at {time_of_day(end.at_ms)}: it was made or renewed last"
                f" at {time_of_day(last)}, and no keepalive came after that."
            )


def _posts(lines: Lines) -> Iterator[str]:
    live: set[str | None] = set()
    again = 0
    for position, line in enumerate(lines):
        if isinstance(line, KeyNote):
            (live.add if line.what == "made" else live.discard)(line.account)
        elif isinstance(line, Entry) and line.path in _LABELS:
            if line.method == "PUT":
                return
            made = lines[position + 1 : position + 2]
            is_new = bool(made) and isinstance(made[0], KeyNote)
            again += (
                line.method == "POST" and line.status == 200 and line.account in live and not is_new
            )
    if again:
        times = "time more" if again == 1 else "more times"
        yield (
            f"POST came {again:,} {times} while the listen key was alive, and no PUT: a"
            " keepalive is a PUT."
        )


def _deaf(lines: Lines) -> Iterator[str]:
    deaf: dict[int, Connected] = {}
    for line in lines:
        if isinstance(line, Connected) and line.private and not line.hears:
            deaf[line.number] = line
        elif isinstance(line, Subscribed) and line.hears:
            deaf.pop(line.number, None)
    for note in list(deaf.values())[:1]:
        yield (
            f"{note.text}: no event can come there. Is the path right, and the listen key in it the"
            " one that was given last?"
        )


def _twice(lines: Lines) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Heard) and len(line.numbers) > 1:
            numbers = " and ".join(f"#{number}" for number in line.numbers)
            yield (
                f"Connections {numbers} listened to the same account at once: each event came"
                f" {len(line.numbers)} times ({line.type} at {time_of_day(line.at_ms)})."
            )
            return


def _gone(lines: Lines) -> Iterator[str]:
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
    events = "event" if missed == 1 else "events"
    lost = f"; {missed:,} {events} after that went to nobody" if missed else ""
    yield f"{end.text} (at {time_of_day(end.at_ms)}), and nobody connected again{lost}."
    if end.by == "client" and before is not None and before.at_ms == end.at_ms:
        yield f"That was right after {before.text}: did the code that handles it raise?"


def _too_often(entries: Sequence[Entry]) -> Iterator[str]:
    seconds: dict[int, int] = {}
    for entry in entries:
        second = entry.at_ms // 1000
        seconds[second] = seconds.get(second, 0) + 1
    if seconds:
        second, count = max(seconds.items(), key=lambda item: item[1])
        if count >= _MANY:
            at = time_of_day(second * 1000)
            yield (
                f"{count:,} requests came within one second of the exchange's clock, from {at} on."
            )
