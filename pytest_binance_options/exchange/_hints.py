"""What the journal gives away about a failure: hints that only somebody who saw both sides can
give, the most telling first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from textwrap import wrap

from ._all_clear import all_clear
from ._code_hints import Fields, astray, explained, unseen
from ._code_notes import Raised, Strayed
from ._journal import Entry
from ._key_hints import key_hints, posts
from ._notes import Connected, Note, Refused
from ._request_hints import clues, misnamed, too_often
from ._stream_hints import deaf, gone, refusals, twice, unheard

__all__ = ["hints", "sentences"]

_WIDTH = 80

Lines = Sequence[Entry | Note]


def hints(
    lines: Lines,
    most: int = 9,
    *,
    fields: Fields = lambda entry: (),
    failure: Sequence[Raised] = (),
) -> list[str]:
    """What stands out in the journal's ``lines``, as ``most`` lines of text at most: the first ones
    that have room, whole.

    ``fields`` are those in the last answer to such a request; ``failure`` are the exceptions that
    the test itself has failed with: of these there is no more to say than what was meant.
    """
    others = _without(lines, failure)
    found: list[str] = []
    for hint in _all(others, fields, failure):
        wrapped = wrap(f"* {hint}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        if len(found) + len(wrapped) > most:
            break
        found += wrapped
    return found or all_clear(others, _WIDTH)[:most]


def sentences(
    lines: Lines,
    most: int = 6,
    *,
    fields: Fields = lambda entry: (),
    failure: Sequence[Raised] = (),
) -> list[str]:
    """As :func:`hints`, for who has room: ``most`` sentences, each on one line."""
    return list(islice(_all(_without(lines, failure), fields, failure), most))


def _without(lines: Lines, failure: Sequence[Raised]) -> Lines:
    own = {(raised.identity, raised.said) for raised in failure}
    return [
        line
        for line in lines
        if not isinstance(line, Raised) or (line.identity, line.said) not in own
    ]


def _all(lines: Lines, fields: Fields, failure: Sequence[Raised]) -> Iterator[str]:
    entries = [line for line in lines if isinstance(line, Entry)]
    yield from astray(lines, advised=True)
    if not entries and not any(isinstance(line, Refused | Connected | Strayed) for line in lines):
        yield (
            "No request and no handshake came to the simulated exchange. Does the code under test"
            " ask another host, or did it not get that far?"
        )
    yield from clues(entries)
    yield from misnamed(entries)
    yield from refusals(lines)
    yield from filter(None, (explained(raised, lines, fields) for raised in failure))
    yield from unseen(lines, fields, mistakes=True)
    yield from gone(lines, by="exchange")
    yield from key_hints(lines)
    yield from posts(lines)
    yield from deaf(lines)
    yield from twice(lines)
    yield from unseen(lines, fields, mistakes=False)
    yield from gone(lines, by="client")
    yield from unheard(lines)
    yield from too_often(entries)
    yield from astray(lines, advised=False)
