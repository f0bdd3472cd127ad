"""A trouble of a day, and the stage on which it happens: what all kinds of them have in common.

The kinds are :mod:`.troubles`'s; the stage that plays a day is :mod:`.stage`'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, ClassVar, Protocol

from .moments import moment, read_ms

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["Fired", "Plain", "Stage", "Trouble"]

Plain = str | int | float | bool | None


class Fired(Protocol):
    """What waits for something, and knows how often that has come."""

    @property
    def fired(self) -> int:
        """0: not yet."""


class Stage(ABC):
    """Where troubles happen: an exchange in the middle of its day."""

    exchange: Exchange

    @abstractmethod
    def at_request(
        self, matches: Callable[[str, str], bool], nth: int, do: Callable[[], object]
    ) -> Fired:
        """Have ``do`` called just before the ``nth`` request from now on whose method and path
        match."""

    @abstractmethod
    def at_event(self, nth: int, do: Callable[[], object]) -> Fired:
        """Have ``do`` called just before the ``nth`` event from now on is sent."""

    @abstractmethod
    def trade(self) -> None:
        """Have an order of the account, placed by another hand, be filled now."""

    @abstractmethod
    def at_disconnect(self, do: Callable[[], object]) -> Fired:
        """Have ``do`` called as soon as a connection has ended."""


@dataclass(frozen=True, repr=False)
class Trouble(ABC):
    """Something that goes wrong. ``at``: when it begins, from the beginning of the day on, as in
    "03:14" or "03:14:15.926"."""

    at: str

    #: How long, in ms, it goes on by itself once it has begun.
    lasts_ms: ClassVar[int] = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", moment(read_ms("at", self.at)))

    @property
    def at_ms(self) -> int:
        """``at``, in ms."""
        return read_ms("at", self.at)

    @property
    @abstractmethod
    def kind(self) -> str:
        """What it is, by its name in ``KINDS``."""

    @property
    def ends_it(self) -> bool:
        """Whether a sound bot may stop for it: nothing that it could do would help."""
        return False

    @abstractmethod
    def begin(self, stage: Stage) -> Fired | None:
        """It begins, at its time. Gives what it waits for from then on; None: for nothing. Raises
        UsageError where there is nothing yet that it could happen to."""

    def to_json(self) -> dict[str, object]:
        """This as a JSON object, as ``BadDay.from_json`` takes it in its list."""
        return {"trouble": type(self).__name__, **dict(self._arguments())}

    def _arguments(self) -> list[tuple[str, Plain]]:
        given: list[tuple[str, Plain]] = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "arguments":
                given += value
            elif each.default is MISSING or value != each.default:
                given.append((each.name, value))
        return given

    def __repr__(self) -> str:
        plain = {each.name for each in fields(self) if each.default is MISSING}
        given = [
            repr(value) if name in plain else f"{name}={value!r}"
            for name, value in self._arguments()
        ]
        return f"{type(self).__name__}({', '.join(given)})"
