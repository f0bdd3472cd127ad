"""What the code under test gave away beside its requests: a connection that went astray, and an
exception that nobody saw, with what had come right before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ._code_notes import Raised, Strayed
from ._field_names import in_answer, in_event
from ._journal import Entry
from ._notes import Heard, Note, time_of_day

__all__ = ["astray", "explained", "unseen"]

Lines = Sequence[Entry | Note]
#: The names in the last answer to such a request that was not refused.
Fields = Callable[[Entry], Sequence[str]]

#: What comes so soon, in ms, may have to do with it.
_SOON = 1000
_LONGEST = 90
#: Names of fields in a sentence.
_MOST = 8


def astray(lines: Lines, *, advised: bool) -> Iterator[str]:
    """The hosts that were asked for in vain: those of which it is known what was meant, or the
    others."""
    counts: dict[tuple[str, str], int] = {}
    for line in lines:
        if isinstance(line, Strayed) and bool(line.advice) is advised:
            asked = line.where, line.advice
            counts[asked] = counts.get(asked, 0) + 1
    for (where, advice), count in counts.items():
        times = "once" if count == 1 else f"{count:,} times"
        said = f"A connection to {where} was asked for {times}, and refused: nothing leaves this"
        yield f"{said} machine.{' ' if advice else ''}{advice}"


@dataclass(slots=True)
class _Case:
    """The same exception at the same place, and what became of it."""

    first: Raised
    before: list[Entry | Heard]
    what: dict[str, str] = field(default_factory=dict)
    objects: set[tuple[int, int]] = field(default_factory=set)
    unseen: bool = False

    def told(self, fields: Fields) -> str:
        """What is known of it."""
        first = self.first
        at = time_of_day(first.at_ms)
        count = len(self.objects)
        times = f", {count:,} times from {at} on" if count > 1 else f" ({at})"
        after = ""
        for before in self.before[:1]:
            text = before.text if isinstance(before, Heard) else before.said
            after = f", after {text[:_LONGEST].rstrip('.')}"
        what = " and ".join(list(self.what.values())[:2])
        meant = (
            _meant(first, self.before, fields)
            or _listed(first, self.before)
            or _listed_answer(first, self.before, fields)
        )
        return f"{first.said} at {first.where} {what}{times}{after}. {meant}".rstrip()


def unseen(lines: Lines, fields: Fields, *, mistakes: bool) -> Iterator[str]:
    """The exceptions that nobody asked for, or that are a mistake in the code: those that are
    ``mistakes``, or the others."""
    cases: dict[tuple[str, str], _Case] = {}
    for line, before in _with_before(lines):
        if line.is_mistake is mistakes:
            case = cases.setdefault((line.said, line.where), _Case(line, before))
            # Where one task waits for another, both end with the same.
            case.what.setdefault(" ".join(line.what.split()[:3]), line.what)
            case.objects.add((line.at_ms, line.identity))
            case.unseen = case.unseen or mistakes or line.unseen()
    for case in cases.values():
        if case.unseen:
            yield case.told(fields)


def explained(raised: Raised, lines: Lines, fields: Fields) -> str:
    """What the test itself looked for by another name, at the end of ``lines``; empty where it did
    not, and where that isn't known."""
    meant = ""
    for line, before in _with_before([*lines, raised]):
        meant = _meant(line, before, fields) or _listed_answer(line, before, fields)
    return f"{raised.said} at {raised.where}: {meant}" if meant else ""


def _with_before(lines: Lines) -> Iterator[tuple[Raised, list[Entry | Heard]]]:
    """Each exception with the event and the answer that came right before it, the latest first."""
    event: Heard | None = None
    answer: Entry | None = None
    last: Entry | Heard | None = None
    for line in lines:
        if isinstance(line, Entry):
            last = answer = line
        elif isinstance(line, Heard) and line.numbers:
            last = event = line
        elif isinstance(line, Raised):
            both = (event, answer) if last is event else (answer, event)
            yield line, [each for each in both if each and line.at_ms - each.at_ms <= _SOON]


def _meant(raised: Raised, before: Sequence[Entry | Heard], fields: Fields) -> str:
    for each in before:
        if isinstance(each, Heard):
            meant = in_event(each.type, each.fields, raised.missed)
        elif each.status == 200:
            meant = in_answer(f"{each.method} {each.path}", fields(each), raised.missed)
        else:
            # Whoever looks for a field of the answer that there would have been.
            refused = raised.missed and each.code is not None and each is before[0]
            meant = "An error has code and msg, and no other field." if refused else ""
        if meant:
            return meant
    return ""


def _listed(raised: Raised, before: Sequence[Entry | Heard]) -> str:
    for each in before:
        if raised.error == "KeyError" and raised.missed and isinstance(each, Heard):
            return f"{each.type or 'The event'} has the fields {', '.join(each.fields)}."
    return ""


def _listed_answer(raised: Raised, before: Sequence[Entry | Heard], fields: Fields) -> str:
    latest = before[0] if before else None
    # An answer's fields begin with a small letter; what is asked of a bot's own tables seldom does.
    if raised.error != "KeyError" or not raised.missed[:1].islower():
        return ""
    if not isinstance(latest, Entry) or latest.status != 200:
        return ""
    names = list(fields(latest))
    if not names or raised.missed in names:
        return ""
    more = ", ..." if len(names) > _MOST else ""
    had = ", ".join(names[:_MOST])
    return (
        f'The answer to {latest.method} {latest.path} has no "{raised.missed}": it has {had}{more}.'
    )
