"""What happens on the exchange without a request: listen keys, connections, events, the clock, what
a test sets up.

A note keeps plain values; its text is made, and masked, when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Literal

from .._masking import known, mask
from ._clock import instant

__all__ = [
    "Begun",
    "Connected",
    "Ended",
    "Heard",
    "KeyNote",
    "Moved",
    "Note",
    "Refused",
    "Subscribed",
    "span",
    "time_of_day",
]

_LONGEST_REASON = 123  # bytes, of a close frame (RFC 6455, section 5.5)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms"))


def time_of_day(ms: int) -> str:
    """``ms`` since the epoch as a time of day in UTC, to the millisecond."""
    return instant(ms).time().isoformat(timespec="milliseconds")


def span(ms: int) -> str:
    """So many ms as people say them: "1 h 30 min"."""
    parts = []
    for size, unit in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 ms"


# What goes wrong goes wrong again and again, in the same words. How they are masked goes by what is
# known to be secret.
@lru_cache(maxsize=256)
def _shown(text: str, _known: object) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in mask(text))


class Note:
    """Something that happened on the exchange without a request, such as the end of a listen
    key."""

    __slots__ = ("_said", "account", "at_ms")

    #: Where a timeline has it: beside the requests, or across both lanes.
    lane: ClassVar[Literal["streams", "both"]] = "both"
    #: Which of a picture's lanes has it; one that is named for the first time is a lane more.
    track: ClassVar[str] = "test"

    def __init__(self, at_ms: int, account: str | None, said: str = "") -> None:
        self.at_ms = at_ms
        self.account = account
        self._said = said

    def _text(self) -> str:
        return self._said

    @property
    def text(self) -> str:
        """What happened, on one line and without secrets."""
        return _shown(self._text(), known())

    @property
    def key(self) -> object:
        """Equal for notes that say the same but for their time, and for which connection it was."""
        return (type(self), self.account, self._said)

    def to_json(self) -> dict[str, object]:
        """This note as a JSON object."""
        return {"at": self.at_ms, "account": self.account, "note": self.text}

    def __str__(self) -> str:
        at = instant(self.at_ms).replace(tzinfo=None)
        return (
            f"{at.isoformat(sep=' ', timespec='milliseconds')}  {self.account or '-'}  *"
            f" {self.text}"
        )

    def __repr__(self) -> str:
        return f"<Note {self}>"


class KeyNote(Note):
    """A listen key was made, or is no more. ``label`` is what it is called."""

    __slots__ = ("label", "until_ms", "what")

    lane = "streams"
    track = "keys"

    def __init__(
        self,
        at_ms: int,
        account: str,
        label: str,
        what: Literal["made", "expired", "closed"],
        until_ms: int = 0,
    ) -> None:
        super().__init__(at_ms, account, f"{label} {what}")
        self.label = label
        self.what = what
        #: When one that was made ends, unless it is renewed.
        self.until_ms = until_ms


class Moved(Note):
    """A test has moved the clock on, once or several times with nothing in between."""

    __slots__ = ("by_ms",)

    def __init__(self, at_ms: int, by_ms: int) -> None:
        super().__init__(at_ms, None)
        self.by_ms = by_ms

    def _text(self) -> str:
        return f"the clock moves on by {span(self.by_ms)}"

    @property
    def key(self) -> object:
        """As a note's."""
        return (Moved, self.by_ms)


class Begun(Note):
    """A test has begun a scenario."""

    __slots__ = ()

    track = "faults"


class Refused(Note):
    """A handshake that was refused, or got no answer."""

    __slots__ = ()

    lane = "streams"
    track = "connections"

    def __init__(self, at_ms: int, said: str) -> None:
        super().__init__(at_ms, None, said)


class Connected(Note):
    """A connection was made: the ``number``-th. ``hears`` are the accounts whose events it gets;
    ``silent``: there are none any more, at this address."""

    __slots__ = ("hears", "number", "private", "silent", "target")

    lane = "streams"
    track = "connections"

    def __init__(
        self,
        at_ms: int,
        number: int,
        target: str,
        hears: tuple[str, ...],
        *,
        private: bool,
        silent: bool = False,
    ) -> None:
        super().__init__(at_ms, None, target)
        self.number = number
        self.target = target
        self.hears = hears
        self.private = private
        self.silent = silent

    def _text(self) -> str:
        path = mask(self.target)
        heard = (
            f"hears {', '.join(self.hears)}" if self.hears else "subscribed to no live listen key"
        )
        if self.silent:
            heard = "an address of the past, where nothing is heard"
        return f"#{self.number} connected at {path}" + (f", {heard}" if self.private else "")

    @property
    def key(self) -> object:
        """As a note's."""
        return (Connected, self.target, self.hears)


class Subscribed(Note):
    """A connection that was there subscribed to something, or ceased to (``on`` is false)."""

    __slots__ = ("hears", "number", "on")

    lane = "streams"
    track = "connections"

    def __init__(
        self, at_ms: int, number: int, name: str, hears: tuple[str, ...], *, on: bool
    ) -> None:
        super().__init__(at_ms, None, name)
        self.number = number
        self.hears = hears
        self.on = on

    def _text(self) -> str:
        did = "subscribed to" if self.on else "unsubscribed from"
        # What has no "@" may be a listen key of any form, and is a secret then.
        named = "@" in self._said and "listenKey" not in self._said
        name = self._said if named else "a listen key"
        heard = f", hears {', '.join(self.hears)}" if self.hears else ", hears nobody's events"
        return f"#{self.number} {did} {name}" + (heard if self.on and not named else "")

    @property
    def key(self) -> object:
        """As a note's."""
        return (Subscribed, self._said, self.hears, self.on)


class Ended(Note):
    """A connection has ended: ``by`` the client or the exchange, with this close code, or None
    where there was no close frame."""

    __slots__ = ("because", "by", "code", "number")

    lane = "streams"
    track = "connections"

    def __init__(
        self,
        at_ms: int,
        number: int,
        by: Literal["client", "exchange"],
        code: int | None,
        because: str,
    ) -> None:
        super().__init__(at_ms, None)
        self.number = number
        self.by = by
        self.code = code
        self.because = because[:_LONGEST_REASON]

    def _text(self) -> str:
        if self.code is None:
            how = f"dropped by the {self.by}, without a close frame"
        else:
            how = f"closed by the {self.by}, {self.code}"
        return f"#{self.number} {how}" + (f": {self.because}" if self.because else "")

    @property
    def key(self) -> object:
        """As a note's."""
        return (Ended, self.by, self.code, self.because)


class Heard(Note):
    """An event, and the ``numbers`` of the connections that it was sent to. ``why`` says why these
    were none."""

    __slots__ = ("fields", "numbers", "type", "why")

    lane = "streams"
    track = "events"

    def __init__(
        self,
        at_ms: int,
        account: str,
        event_type: str,
        numbers: list[int],
        *,
        why: str = "",
        payload: Mapping[str, object] = _NOTHING,
    ) -> None:
        super().__init__(at_ms, account, event_type)
        self.type = event_type
        self.numbers = numbers
        self.why = why
        #: The names of the event's fields, in order; empty where it went to nobody.
        self.fields = tuple(payload)

    def _text(self) -> str:
        name = self.type[:_LONGEST_REASON] or "an event"
        if not self.numbers:
            return f"{name} -> nobody: {self.why or 'no connection hears it'}"
        return f"{name} -> {', '.join(f'#{number}' for number in self.numbers)}"

    @property
    def key(self) -> object:
        """As a note's."""
        return (Heard, self.account, self.type, len(self.numbers), self.why)
