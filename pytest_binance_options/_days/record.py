"""What a life looked like, read from the journal: when there was a key, which streams there were,
and when something went wrong that was none of the bot's doing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..exchange._journal import Entry
from ..exchange._notes import Connected, Ended, Heard, KeyNote, Note, Refused

if TYPE_CHECKING:
    from .stage import Struck

__all__ = ["NO_SUCH_KEY", "Record", "Stream"]

NO_SUCH_KEY = -1125
#: Refusals that say what a bot can mend by itself: with another key, with the exchange's time.
_CLEAR = (NO_SUCH_KEY, -1021)
#: How a connection ends for what the client did, or didn't do.
_OWN_FAULT = ("no pong in time", "more messages", "the client")
#: How the exchange refuses a handshake for what it asks: with a code of its own, for an address
#: that there isn't or a key that is dead.
_OWN_REFUSALS = (" -> 404 -", " -> 400 -")
#: So many seconds, and a client may not wait for an answer any more.
_LATE_S = 5
_DELAYED = re.compile(r"delay of ([\d.e+]+) s")


@dataclass(slots=True)
class Stream:
    """A connection for user data, from ``since_ms`` to ``until_ms`` (None: it is open still), both
    since the epoch."""

    number: int
    since_ms: int
    until_ms: int | None = None


def _is_own(refused: Refused) -> bool:
    return any(each in refused.text for each in _OWN_REFUSALS)


def _comes_late(entry: Entry) -> bool:
    found = (match for note in entry.notes if (match := _DELAYED.search(note)))
    return any(float(match[1]) >= _LATE_S for match in found)


class Record:
    """The ``lines`` of a journal, from ``began_ms`` to ``ended_ms`` (since the epoch), and the
    troubles that had ``struck`` meanwhile. ``key_label`` is what the listen key is called."""

    def __init__(
        self,
        lines: Sequence[Entry | Note],
        struck: Sequence[Struck],
        *,
        began_ms: int,
        ended_ms: int,
        key_label: str = "listen key",
    ) -> None:
        self.lines = lines
        self.struck = struck
        self.began_ms = began_ms
        self.ended_ms = ended_ms
        self._key_label = key_label

    @cached_property
    def entries(self) -> list[Entry]:
        """The requests."""
        return [line for line in self.lines if isinstance(line, Entry)]

    @cached_property
    def events(self) -> list[Heard]:
        """The events of the account, heard or not; none that the exchange sends of streams."""
        return [
            line
            for line in self.lines
            if isinstance(line, Heard) and line.type not in ("listenKeyExpired", "serverShutdown")
        ]

    @cached_property
    def without_key(self) -> list[tuple[int, int]]:
        """From when to when there was no live listen key, in ms since the epoch."""
        gaps: list[tuple[int, int]] = []
        since: int | None = self.began_ms
        for line in self.lines:
            if not isinstance(line, KeyNote) or line.label != self._key_label:
                continue
            if line.what == "made":
                if since is not None:
                    gaps.append((since, line.at_ms))
                since = None
            elif since is None:
                since = line.at_ms
        if since is not None:
            gaps.append((since, self.ended_ms))
        return gaps

    @cached_property
    def ran_out(self) -> list[int]:
        """When the listen key was over because nobody had renewed it, in ms since the epoch."""
        return [
            line.at_ms
            for line in self.lines
            if isinstance(line, KeyNote)
            and line.label == self._key_label
            and line.what == "expired"
        ]

    @cached_property
    def streams(self) -> list[Stream]:
        """The connections for user data, in the order in which they were made."""
        found: dict[int, Stream] = {}
        for line in self.lines:
            if isinstance(line, Connected) and line.private:
                found[line.number] = Stream(line.number, line.at_ms)
            elif isinstance(line, Ended) and line.number in found:
                found[line.number].until_ms = line.at_ms
        return list(found.values())

    @cached_property
    def connected(self) -> list[int]:
        """When connections for user data were made, in ms since the epoch."""
        return [each.since_ms for each in self.streams]

    @cached_property
    def disturbances(self) -> list[int]:
        """When something went wrong, or was still going wrong, that was none of the bot's doing, in
        ms since the epoch, in order."""
        found = [self.began_ms]
        for each in self.struck:
            until = min(each.at_ms + each.trouble.lasts_ms, self.ended_ms)
            # What lasts is a disturbance all the time: once a minute.
            found += [*range(each.at_ms, until, 60_000), until]
        for line in self.lines:
            if isinstance(line, Entry):
                told = line.status == 200 or line.code in _CLEAR
                if line.notes and (not told or _comes_late(line)):
                    found.append(line.at_ms)
            elif (isinstance(line, Refused) and not _is_own(line)) or (
                isinstance(line, Ended)
                and line.by == "exchange"
                and not line.because.startswith(_OWN_FAULT)
            ):
                found.append(line.at_ms)
        return sorted(found)

    def last_disturbance(self, at_ms: int) -> int:
        """The last one by ``at_ms``; the beginning, where there was none."""
        place = bisect_right(self.disturbances, at_ms)
        return self.disturbances[place - 1] if place else self.began_ms
