"""A record of what happened as a picture: a plain value for whatever draws it, without I/O.

Repetitions are there once with a count, and a long record has its beginning and its end: so that
the picture of any record has a size that can be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .._masking import hide_known, mask
from ..exchange._runs import runs
from .steps import Lane, Step, lane, legible

__all__ = ["MOST", "Moment", "Picture", "Round", "Span", "picture"]

#: As many moments as one picture has.
MOST = 1000
#: Of these, the part that the beginning gets where not all have room.
_HEAD = 2 / 3
_LONGEST_LABEL, _LONGEST_TEXT, _LONGEST_DETAIL = 60, 600, 4000

JSON = dict[str, object]


@dataclass(frozen=True, slots=True)
class Moment:
    """A step as it is drawn. It came ``times`` times in a row, up to ``until_ms``. ``span`` is the
    name of what it begins, ends or happens to."""

    at_ms: int
    lane: str
    label: str
    sub: str
    tone: str
    text: str
    detail: str
    times: int
    until_ms: int
    span: str = ""
    joined: bool = False

    def to_json(self) -> JSON:
        """This moment without what goes without saying."""
        said: JSON = {"at": self.at_ms, "lane": self.lane, "label": self.label, "text": self.text}
        if self.sub:
            said["sub"] = self.sub
        if self.tone != "plain":
            said["tone"] = self.tone
        if self.detail:
            said["detail"] = self.detail
        if self.span:
            said["span"] = self.span
        if self.joined:
            said["joined"] = True
        if self.times > 1:
            said |= {"times": self.times, "until": self.until_ms}
        return said


@dataclass(frozen=True, slots=True)
class Round:
    """The moments from ``first`` to ``last`` came ``times`` times one after the other, up to
    ``until_ms``."""

    first: int
    last: int
    times: int
    until_ms: int

    def to_json(self) -> JSON:
        """This round."""
        return {
            "first": self.first,
            "last": self.last,
            "times": self.times,
            "until": self.until_ms,
        }


@dataclass(frozen=True, slots=True)
class Span:
    """What lasts, from moment ``first`` to moment ``last``; None: it lasts on. ``times`` such spans
    are one where their moments are."""

    lane: str
    name: str
    first: int
    last: int | None
    times: int = 1

    def to_json(self) -> JSON:
        """This span."""
        said: JSON = {"lane": self.lane, "name": self.name, "first": self.first, "last": self.last}
        return said | ({"times": self.times} if self.times > 1 else {})


@dataclass(frozen=True, slots=True)
class Picture:
    """Lanes, and what is in them. ``left_out`` steps were, after as many moments as ``gap`` says;
    ``steps`` is how many there were in all."""

    lanes: tuple[Lane, ...] = ()
    moments: tuple[Moment, ...] = ()
    rounds: tuple[Round, ...] = ()
    spans: tuple[Span, ...] = ()
    gap: int = 0
    left_out: int = 0
    steps: int = 0

    def to_json(self) -> JSON:
        """The picture as a JSON object."""
        return {
            "lanes": [{"key": each.key, "title": each.title} for each in self.lanes],
            "moments": [each.to_json() for each in self.moments],
            "rounds": [each.to_json() for each in self.rounds],
            "spans": [each.to_json() for each in self.spans],
            "gap": self.gap,
            "leftOut": self.left_out,
            "steps": self.steps,
        }


@dataclass(slots=True)
class _Drawing:
    steps: Sequence[Step]
    #: Of each step, the moment that shows it; None where it was left out.
    shown: list[int | None] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    gap: int = 0
    left_out: int = 0

    def moment(self, position: int, times: int, until_ms: int) -> None:
        step = self.steps[position]
        words = step.say()
        self.moments.append(
            Moment(
                step.at_ms,
                step.lane,
                legible(hide_known(words.label), _LONGEST_LABEL),
                legible(mask(words.sub), _LONGEST_LABEL),
                words.tone,
                legible(words.text, _LONGEST_TEXT),
                legible(words.detail, _LONGEST_DETAIL),
                times,
                until_ms,
                step.opens or step.closes or step.of,
                step.joined,
            )
        )


def picture(steps: Sequence[Step], most: int = MOST) -> Picture:
    """``steps``, in the order in which they happened, as a picture of ``most`` moments or a few
    less."""
    drawing = _drawn(steps, most)
    lanes = {step.lane: lane(step.lane) for step in steps}
    first_seen = {key: position for position, key in enumerate(lanes)}
    return Picture(
        tuple(
            found
            for position, found in sorted(
                lanes.values(), key=lambda each: (each[0], first_seen[each[1].key])
            )
        ),
        tuple(drawing.moments),
        tuple(drawing.rounds),
        tuple(_spans(drawing)),
        drawing.gap,
        drawing.left_out,
        len(steps),
    )


def _drawn(steps: Sequence[Step], most: int) -> _Drawing:
    drawing = _Drawing(steps)
    found = runs([step.key for step in steps])
    head = tail = len(found)
    if sum(run.length for run in found) > most:
        head, tail = 0, len(found)
        room = round(most * _HEAD)
        while found[head].length <= room:
            room -= found[head].length
            head += 1
        room += most - round(most * _HEAD)
        while found[tail - 1].length <= room:
            tail -= 1
            room -= found[tail].length
    for number, run in enumerate(found):
        if head <= number < tail:
            drawing.gap = len(drawing.moments)
            drawing.left_out += run.length * run.times
            drawing.shown += [None] * (run.length * run.times)
            continue
        first = len(drawing.moments)
        for offset in range(run.length):
            last = steps[run.end - run.length + offset]
            drawing.moment(run.start + offset, run.times if run.length == 1 else 1, last.at_ms)
        drawing.shown += list(range(first, first + run.length)) * run.times
        if run.times > 1 and run.length > 1:
            drawing.rounds.append(
                Round(first, first + run.length - 1, run.times, steps[run.end - 1].at_ms)
            )
    return drawing


def _spans(drawing: _Drawing) -> list[Span]:
    """What lasts. One that begins or ends where the picture leaves out does so at the edge."""
    begun: dict[str, tuple[Step, int]] = {}
    # A thousand connections of a loop are one; the first of them gives it its name.
    found: dict[tuple[str, int, int | None], tuple[str, int]] = {}

    def add(step: Step, first: int, last: int | None) -> None:
        name, times = found.get((step.lane, first, last), (step.opens, 0))
        found[step.lane, first, last] = name, times + 1

    edge = drawing.gap
    for step, shown in zip(drawing.steps, drawing.shown, strict=True):
        if step.closes in begun:
            opening, first = begun.pop(step.closes)
            last = shown if shown is not None else edge
            if not (first == last == edge and shown is None):
                add(opening, first, last)
        if step.opens:
            begun[step.opens] = (step, edge if shown is None else shown)
    for opening, first in begun.values():
        add(opening, first, None)
    return [
        Span(lane_, name, first, last, times)
        for (lane_, first, last), (name, times) in found.items()
    ]
