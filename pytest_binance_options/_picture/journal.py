"""The journal of a simulated exchange as the steps of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, singledispatch

from .._products import PRODUCTS
from ..exchange._code_notes import Raised, Strayed
from ..exchange._journal import Entry
from ..exchange._notes import (
    Begun,
    Connected,
    Ended,
    Heard,
    KeyNote,
    Moved,
    Note,
    Refused,
    Subscribed,
    span,
    time_of_day,
)
from ..exchange._order_notes import OrderNote
from .steps import Step, Tone, Words

__all__ = ["Failed", "steps_of"]

_LISTEN_KEYS = {
    product.listen_key_path: "listen key" if n == 0 else f"{product.name} listen key"
    for n, product in enumerate(PRODUCTS)
}
_NORMAL_CLOSURE = 1000
_ORDER_TONES: dict[str, Tone] = {
    "placed": "good",
    "filled": "good",
    "expired": "warn",
    "rejected": "bad",
}


class Failed(Note):
    """The test has failed: this is what it said."""

    __slots__ = ()


def steps_of(lines: Sequence[Entry | Note]) -> list[Step]:
    """The journal's ``lines``, oldest first, as steps."""
    several = len({line.account for line in lines if line.account is not None}) > 1
    steps: list[Step] = []
    before: Entry | Note | None = None
    for position, line in enumerate(lines):
        if isinstance(line, Entry):
            following = lines[position + 1] if position + 1 < len(lines) else None
            steps += _asked(line, renews=not _follows(following, line), several=several)
        else:
            steps.append(_noted(line, joined=_follows(line, before), several=several))
        before = line
    return steps


def _follows(note: Entry | Note | None, entry: Entry | Note | None) -> bool:
    """Whether ``note`` tells what the request ``entry`` did to a listen key."""
    return (
        isinstance(note, KeyNote)
        and isinstance(entry, Entry)
        and (note.at_ms, note.account) == (entry.at_ms, entry.account)
    )


def _whose(account: str | None, *, several: bool) -> str:
    return f"{account}: " if several and account else ""


def _asked(entry: Entry, *, renews: bool, several: bool) -> Iterator[Step]:
    yield Step(entry.at_ms, "requests", entry.key, partial(_request, entry, several=several))
    label = _LISTEN_KEYS.get(entry.path)
    if label and entry.method in ("POST", "PUT") and entry.status == 200 and renews:
        name = _whose(entry.account, several=several) + label
        words = Words("renewed", f"{name} renewed", tone="good")
        yield Step(entry.at_ms, "keys", ("renewed", name), lambda: words, of=name, joined=True)
    if entry.notes:
        key = (Entry, entry.notes)
        yield Step(entry.at_ms, "faults", key, partial(_fault, entry), joined=True)


def _request(entry: Entry, *, several: bool) -> Words:
    outcome = entry.failure.name.lower() if entry.failure else str(entry.status or "no answer yet")
    tone: Tone = "good" if entry.status is not None and entry.status < 400 else "bad"
    if entry.outcome is None:
        tone = "warn"
    if entry.code is not None:
        outcome += f" {entry.code}"
    last = entry.path.rstrip("/").rpartition("/")[2] or "/"
    text = _whose(entry.account, several=several) + entry.said
    return Words(f"{entry.method} {last}", text, sub=outcome, tone=tone, detail=entry.clue)


def _fault(entry: Entry) -> Words:
    text = f"{entry.method} {entry.path}: {'; '.join(entry.notes)}"
    return Words(entry.notes[0].removeprefix("fault: "), text, sub=entry.method, tone="warn")


def _noted(note: Note, *, joined: bool, several: bool) -> Step:
    opens = closes = of = ""
    if isinstance(note, Connected):
        opens = f"#{note.number}"
    elif isinstance(note, Ended):
        closes = f"#{note.number}"
    elif isinstance(note, Subscribed):
        of = f"#{note.number}"
    elif isinstance(note, KeyNote):
        name = _whose(note.account, several=several) + note.label
        opens, closes = (name, "") if note.what == "made" else ("", name)
    elif isinstance(note, OrderNote) and note.order_id is not None:
        name = f"order {note.order_id}"
        if note.what == "placed":
            opens = name
        elif note.alive:
            of = name
        else:
            closes = name
    return Step(
        note.at_ms,
        note.track,
        note.key,
        partial(_noted_words, note, several=several),
        opens=opens,
        closes=closes,
        of=of,
        joined=joined,
    )


def _noted_words(note: Note, *, several: bool) -> Words:
    words = _words(note)
    who = _whose(note.account, several=several)
    return replace(words, text=who + words.text) if who else words


@singledispatch
def _words(note: Note) -> Words:
    return Words(note.text, note.text)


@_words.register
def _(note: Failed) -> Words:
    return Words("failed", note.text, tone="bad")


@_words.register
def _(note: KeyNote) -> Words:
    tone: Tone = "bad" if note.what == "expired" else "good" if note.what == "made" else "plain"
    until = f", until {time_of_day(note.until_ms)} unless renewed" if note.what == "made" else ""
    return Words(note.what, note.text + until, tone=tone)


@_words.register
def _(note: Connected) -> Words:
    deaf = note.private and not note.hears
    sub = "hears nobody" if deaf else "connected"
    return Words(f"#{note.number}", note.text, sub=sub, tone="warn" if deaf else "good")


@_words.register
def _(note: Subscribed) -> Words:
    sub = "subscribed" if note.on else "unsubscribed"
    return Words(f"#{note.number}", note.text, sub=sub)


@_words.register
def _(note: Ended) -> Words:
    tone: Tone = "bad" if note.code is None else "warn"
    if note.by == "client" and note.code == _NORMAL_CLOSURE:
        tone = "plain"
    how = "dropped" if note.code is None else f"closed {note.code}"
    return Words(f"#{note.number}", note.text, sub=how, tone=tone)


@_words.register
def _(note: Refused) -> Words:
    return Words("refused", note.text, tone="bad")


@_words.register
def _(note: Heard) -> Words:
    names = [f"#{number}" for number in note.numbers[:3]] or ["nobody"]
    more = len(note.numbers) - len(names)
    return Words(
        note.type or "an event",
        note.text,
        sub=f"to {', '.join(names)}" + (f" and {more} more" if more > 0 else ""),
        tone="good" if note.numbers else "warn",
    )


@_words.register
def _(note: OrderNote) -> Words:
    tone = _ORDER_TONES.get(note.what, "plain")
    name = "position" if note.order_id is None else f"order {note.order_id}"
    return Words(name, note.text, sub=note.what, tone=tone)


@_words.register
def _(note: Raised) -> Words:
    return Words(note.error, note.text, sub=note.what, tone="bad" if note.is_mistake else "warn")


@_words.register
def _(note: Strayed) -> Words:
    return Words("went astray", note.text, sub=note.where, tone="bad")


@_words.register
def _(note: Begun) -> Words:
    return Words(note.text.removeprefix("scenario "), note.text, sub="scenario", tone="warn")


@_words.register
def _(note: Moved) -> Words:
    return Words(f"+ {span(note.by_ms)}", note.text, sub="clock")
