"""A cassette as the steps of a picture, on the recording's own time.

It goes through redaction first, whoever wrote the file: one can follow a key by its alias, and sees
none.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._cassette.aliases import without_padding
from .._cassette.content import readable
from .._cassette.model import Cassette, StreamFrame
from .._cassette.redaction import Redactor
from .picture import picture
from .record import Record
from .steps import Step
from .traffic import Traffic

__all__ = ["record_of"]


def record_of(name: str, cassette: Cassette) -> Record:
    """The record of ``cassette``, called ``name``.

    Raises :class:`~pytest_binance_options.errors.CassetteError` where a body can't be read, so that
    it could hide a key.
    """
    cassette = readable(Redactor().redact(cassette))
    return Record(
        name,
        "recording",
        clock="recording",
        facts=tuple(_facts(cassette)),
        picture=picture(list(_steps(cassette))),
    )


def _facts(cassette: Cassette) -> Iterator[str]:
    facts = cassette.facts
    if facts is None:
        yield "Written by another tool: when and where it was recorded is not known."
    else:
        yield (
            f"Recorded {facts.recorded_at or 'at an unknown time'} from"
            f" {facts.host or 'an unknown host'} ({facts.source or 'unknown'}), by version"
            f" {facts.recorded_by or 'unknown'}."
        )
    tests = dict.fromkeys(each.test for each in cassette.interactions if each.test)
    yield from (f"Recorded by {test}." for test in tests)


def _steps(cassette: Cassette) -> Iterator[Step]:
    """In the order of the file: a frame stands after the interactions that it followed."""
    traffic = Traffic(without_padding, bodies=True)
    frames = list(cassette.frames)
    begun: dict[int, int] = {}
    now = 0

    def played(frame: StreamFrame) -> Iterator[Step]:
        # A connection counts its own time; it began when the interactions before it were done.
        nonlocal now
        number = frame.connection + 1
        if number not in begun:
            begun[number] = max(0, now - frame.offset_ms)
            yield traffic.connected(now, number, frame.target or "?")
        now = max(now, begun[number] + frame.offset_ms)
        step = traffic.frame(now, number, frame.direction, frame.frame)
        if step is not None:
            yield step

    for position, interaction in enumerate(cassette.interactions):
        while frames and frames[0].after[0] <= position:
            yield from played(frames.pop(0))
        now = max(now, interaction.at_ms or 0)
        yield from traffic.asked(now, interaction.request, interaction.response)
    for frame in frames:
        yield from played(frame)
