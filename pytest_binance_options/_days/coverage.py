"""Which troubles have met a bot in which state of its session: what so many days are worth.

Days are counted where they are lived; whoever reports on them takes the count from time to time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from .._counts import many
from .stage import SESSIONS

if TYPE_CHECKING:
    from .stage import Struck

__all__ = ["Coverage", "lived"]


class Coverage:
    """``days``: how many were lived. ``met``: how often each kind of trouble, by its name in
    ``KINDS``, has met a bot, by the state of its session when it began, as in ``{"key_lost":
    {"listening": 3}}``. What waited for a request, an event or a handshake in vain has met none."""

    def __init__(self) -> None:
        self.days = 0
        self.met: dict[str, dict[str, int]] = {}

    def add(self, struck: Iterable[Struck]) -> None:
        """One more day, on which ``struck`` have begun, and which is over."""
        self.days += 1
        for each in struck:
            if each.met:
                self._count(each.trouble.kind, each.session, 1)

    def include(self, days: int, met: Mapping[str, Mapping[str, int]]) -> None:
        """What was counted elsewhere."""
        self.days += days
        for kind, sessions in met.items():
            for session, times in sessions.items():
                self._count(kind, session, times)

    def take(self) -> Coverage:
        """What there is, which is counted anew from now on."""
        taken = Coverage()
        taken.days, taken.met = self.days, self.met
        self.days, self.met = 0, {}
        return taken

    def of_sessions(self) -> dict[str, tuple[int, int]]:
        """How many kinds have met each state of a session, and how often."""
        found = {}
        for session in SESSIONS:
            times = [sessions[session] for sessions in self.met.values() if session in sessions]
            found[session] = (len(times), sum(times))
        return found

    def lines(self) -> Iterator[str]:
        """That, a line for each state, below a heading that ends in "the bot was then"."""
        of_sessions = self.of_sessions()
        width = max(map(len, of_sessions))
        for session, (kinds, times) in of_sessions.items():
            yield f"  {session:{width}}  {many(times, 'time')}, {many(kinds, 'kind')}"

    def _count(self, kind: str, session: str, times: int) -> None:
        sessions = self.met.setdefault(kind, {})
        sessions[session] = sessions.get(session, 0) + times


#: The days of this process.
lived = Coverage()
