"""What streams said, by kind: the shape of each type of event at each form of address, and of the
answers to each command.

Order, number and times don't count, nor do pings, pongs and how a connection ends: they depend on
who reads, and on real time.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field

from .._frames import Binary, Direction, Frame, Text
from .._masking import mask
from .._urls import target as split
from .model import Cassette
from .shapes import Shape

__all__ = ["Heard", "Kind", "Said", "heard_in"]

_RAW, _WRAPPED = "raw", "wrapped in stream and data"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is compared with its like: ``address`` is a stream's without keys and names, ``event``
    the type of an event, empty for what is none."""

    address: str
    what: str
    event: str = ""

    def __str__(self) -> str:
        return f"stream {self.address}, {self.what}"


@dataclass(slots=True)
class Said:
    """What was said of one kind."""

    shape: Shape = field(default_factory=Shape)
    envelopes: dict[str, None] = field(default_factory=dict)


class Heard:
    """Everything that came over streams, taken together."""

    def __init__(self) -> None:
        #: In the order in which each kind came first.
        self.said: dict[Kind, Said] = {}
        # By connection: which command had which id.
        self._commands: dict[Hashable, dict[str, str]] = {}

    def add(self, connection: Hashable, target: str, direction: Direction, frame: Frame) -> None:
        """A frame on ``connection``, which was opened at ``target``, a path with its query."""
        if not isinstance(frame, Text | Binary):
            return
        try:
            value = json.loads(frame.data)
        except (ValueError, RecursionError):
            value, is_json = None, False
        else:
            is_json = True
        commands = self._commands.setdefault(connection, {})
        if direction == "out":
            if isinstance(value, dict) and isinstance(value.get("method"), str):
                commands[_identity(value)] = mask(value["method"])[:40]
            return
        address = _form(target)
        if not is_json:
            binary = "binary" if isinstance(frame, Binary) else "text"
            self.said.setdefault(Kind(address, f"{binary} that is no JSON"), Said())
            return
        payload, envelope = _unwrapped(value)
        said = self.said.setdefault(_kind(address, payload, commands), Said())
        said.envelopes[envelope] = None
        # Deeper than Python goes: what fitted is kept.
        with contextlib.suppress(RecursionError):
            said.shape.add(payload)

    def differences(self, now: Heard, documented: Collection[str]) -> list[str]:
        """In what ``now`` differs from this, the recorded; one sentence each.

        What was heard both times is compared. What is heard now and was not recorded is a
        difference too, unless it is an event of a type that is ``documented``: which events there
        are depends on what happens to the account, and when.
        """
        found: list[str] = []
        for kind, said in now.said.items():
            recorded = self.said.get(kind)
            if recorded is not None:
                found += [f"{kind}: {problem}" for problem in _compared(recorded, said)]
            elif kind.event not in documented:
                found.append(f"{kind}: the cassette has none")
        return found

    def not_compared(self, now: Heard, documented: Collection[str]) -> list[str]:
        """What only one of the two has, and is no difference for that; one phrase each."""
        return [
            *(f"{kind} (recorded, not heard now)" for kind in self.said if kind not in now.said),
            *(
                f"{kind} (heard now, not recorded)"
                for kind in now.said
                if kind not in self.said and kind.event in documented
            ),
        ]


def heard_in(cassette: Cassette, test: str | None) -> Heard:
    """What was recorded in ``cassette``; by ``test``, where it has recorded frames there, and else
    by anybody."""
    own = [frame for frame in cassette.frames if frame.test is not None and frame.test == test]
    heard = Heard()
    targets: dict[Hashable, str] = {}
    for frame in own or cassette.frames:
        connection = (frame.test, frame.connection)
        target = targets.setdefault(connection, frame.target or "")
        heard.add(connection, target, frame.direction, frame.frame)
    return heard


def _compared(recorded: Said, now: Said) -> Iterable[str]:
    new = [envelope for envelope in now.envelopes if envelope not in recorded.envelopes]
    if new:
        yield f"it comes {new[0]}, recorded was {' or '.join(recorded.envelopes)}"
    try:
        yield from recorded.shape.differences(now.shape)
    except RecursionError:
        yield "it is nested too deeply to be compared"


def _form(target: str) -> str:
    """An address up to /ws or /stream: what follows are keys, or the names of streams."""
    segments = split(target)[0].split("/")
    for form in ("ws", "stream"):
        if form in segments:
            return mask("/".join(segments[: segments.index(form) + 1]))
    return "elsewhere"


def _unwrapped(value: object) -> tuple[object, str]:
    if isinstance(value, dict) and value.keys() == {"stream", "data"}:
        return value["data"], _WRAPPED
    return value, _RAW


def _kind(address: str, payload: object, commands: dict[str, str]) -> Kind:
    if isinstance(payload, dict):
        event = payload.get("e")
        if isinstance(event, str):
            return Kind(address, mask(event)[:100], event)
        if {"result", "error"} & payload.keys():
            command = commands.get(_identity(payload))
            return Kind(address, f"the answer to {command}" if command else "an answer")
    return Kind(address, "something without a type")


def _identity(message: dict[str, object]) -> str:
    return json.dumps(message.get("id"), sort_keys=True)
