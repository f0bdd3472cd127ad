"""What the journal has of streams: handshakes, connections, and who heard which event.

Pings and pongs are left out: a day has hundreds of them, and nobody looks for one.
"""

from __future__ import annotations

from .._messages import Answer
from .._refusals import handshake_refused
from ._clock import Clock
from ._event_values import Event
from ._journal import Journal
from ._listen_key import ListenKey
from ._notes import Connected, Ended, Heard, Refused, Subscribed
from ._stream_connection import DROPPED, StreamConnection

__all__ = ["StreamRecord"]


class StreamRecord:
    """Writes into ``journal`` what becomes of streams, at the time of ``clock``."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._made = 0
        self._last_refusal = ""

    @property
    def next_number(self) -> int:
        """The number of a connection that is being made."""
        return self._made + 1

    def refused(self, target: str, answer: Answer) -> None:
        """The handshake at ``target`` was refused, or got no answer."""
        said = handshake_refused(target, answer)
        # A loop that is refused for ever keeps one text, and not a copy of it each time.
        if said != self._last_refusal:
            self._last_refusal = said
        said = self._last_refusal
        self._journal.write(Refused(self._clock.now_ms, said))

    def connected(self, connection: StreamConnection, target: str) -> None:
        """``connection`` was made at ``target``."""
        self._made += 1
        self._journal.write(
            Connected(
                self._clock.now_ms,
                connection.number,
                target,
                tuple(sorted(connection.account_names)),
                private=connection.route.private,
                silent=connection.is_silent,
            )
        )

    def subscribed(self, connection: StreamConnection, name: str, *, on: bool) -> None:
        """``connection`` has subscribed to ``name``, or ceased to."""
        hears = tuple(sorted(connection.account_names))
        self._journal.write(Subscribed(self._clock.now_ms, connection.number, name, hears, on=on))

    def ended(self, connection: StreamConnection) -> None:
        """``connection`` has ended."""
        # Else it is said already by whom it was ended, and how.
        told = not connection.ended_by_client and connection.ended_because != DROPPED
        self._journal.write(
            Ended(
                self._clock.now_ms,
                connection.number,
                "client" if connection.ended_by_client else "exchange",
                connection.close_code,
                connection.ended_because if told else "",
            )
        )

    def heard(
        self, event: Event, account: str, payload: dict[str, object], numbers: list[int]
    ) -> Heard:
        """``event`` is on its way, to the connections whose ``numbers`` are going to stand
        there."""
        note = Heard(self._clock.now_ms, account, event.type, numbers, payload=payload)
        self._journal.write(note)
        return note

    def unheard(self, event: Event, listen_key: ListenKey, *, connected: int) -> None:
        """``event`` happened, and nobody was there to hear it."""
        if not connected:
            why = "nobody is connected"
        elif listen_key.value is None:
            why = f"there is no {listen_key.label}"
        else:
            why = f"no connection has subscribed to the {listen_key.label}"
        self._journal.write(Heard(self._clock.now_ms, listen_key.account, event.type, [], why=why))

    def lost(self, event: Event, account: str) -> None:
        """``event`` was lost on the way, as a test wanted it."""
        why = "lost on the way, as the test set up"
        self._journal.write(Heard(self._clock.now_ms, account, event.type, [], why=why))

    def reset(self) -> None:
        """Connections are counted from 1 again."""
        self._made = 0
