"""The kinds of value that an event's fields hold: how each is checked and written, read back from
JSON, and filled in by the exchange where it was left out.

Which event has which fields is in :mod:`pytest_binance_options.exchange._event_table`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar, cast, get_type_hints

from .._checks import flag, instance, one_of, shown, text, whole, wrong
from ..errors import UsageError

__all__ = [
    "AMOUNT",
    "FILLED_AMOUNT",
    "FLAG",
    "LISTEN_KEY",
    "TEXT",
    "TIME",
    "TIME_AS_TEXT",
    "TRADE_ID",
    "WHOLE",
    "Amount",
    "Entry",
    "Field",
    "Kind",
    "Object",
    "Part",
    "amount",
    "choice",
    "entries",
    "known",
]

Amount = Decimal | str | int
"""A decimal quantity as a caller may write it. It goes over the wire as a string."""

E = TypeVar("E", bound="Entry")

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    ``write`` takes the builder's word for the field and its argument, and gives what is sent, or
    raises UsageError. ``read`` takes the word and what was sent, and gives the argument. ``fill``,
    where there is one, takes the time in ms since the epoch and the listen key, and gives what the
    exchange sends where the field was left out. ``entry`` is what a list of entries has.
    """

    write: Callable[[str, object], object]
    read: Callable[[str, object], object] = lambda word, value: value
    fill: Callable[[int, str], object] | None = None
    entry: type[Entry] | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the exchange's name for it, the builder's word, and what it holds.

    The fields of an object go by words of their own; the field's word is for errors.
    """

    wire: str
    word: str
    kind: Kind | Object


class Object:
    """A JSON object with these fields, and no other."""

    def __init__(self, *fields: Field) -> None:
        self._fields = fields
        self.wires = tuple(field.wire for field in fields)
        # What is asked for of the fields whenever an event is sent.
        self._within = [
            (field.wire, field.kind) for field in fields if isinstance(field.kind, Object)
        ]
        self._fillers = [
            (field.wire, field.kind.fill)
            for field in fields
            if isinstance(field.kind, Kind) and field.kind.fill is not None
        ]
        # To be copied: that is quicker than to make one, field by field.
        self._in_order: dict[str, object] = dict.fromkeys(self.wires)
        #: The builder's words for all the fields, those of objects within included.
        self.words = tuple(self._words())
        for names in (self.wires, self.words):
            if len(set(names)) < len(names):
                raise AssertionError(f"One name for two fields: {', '.join(names)}.")

    def _words(self) -> Iterator[str]:
        for field in self._fields:
            yield from field.kind.words if isinstance(field.kind, Object) else (field.word,)

    def paths(self, above: str = "") -> Iterator[tuple[str, str]]:
        """Where each field is, as in ``o.X`` and ``B[].a``, and the builder's word for it."""
        for field in self._fields:
            path = f"{above}{field.wire}"
            yield path, field.word
            if isinstance(field.kind, Object):
                yield from field.kind.paths(f"{path}.")
            elif field.kind.entry is not None:
                yield from _parts(field.kind.entry).paths(f"{path}[].")

    def write(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """The object with the ``arguments``, which go by the builder's words. What else is among
        them is nothing of this object's."""
        written: dict[str, object] = {}
        for field in self._fields:
            word, kind = field.word, field.kind
            if isinstance(kind, Object):
                written[field.wire] = kind.write(arguments)
                continue
            value = arguments.get(word)
            if value is not None or kind.fill is None:
                written[field.wire] = kind.write(word, value)
        return written

    def read(self, place: str, value: object) -> dict[str, object]:
        """The arguments that ``value`` was written with; ``place`` is what errors call it."""
        if not isinstance(value, dict):
            raise UsageError(
                f"{place} is {shown(value)} where a JSON object is wanted, with the fields"
                f" {', '.join(self.wires)}."
            )
        for name in value:
            if name not in self.wires:
                raise UsageError(
                    f"{place} has a field {shown(name)} that the exchange does not send. It has:"
                    f' {", ".join(self.wires)}. An event with another "e" is sent as it is.'
                )
        arguments: dict[str, object] = {}
        for field in self._fields:
            if field.wire not in value:
                continue
            if isinstance(field.kind, Object):
                arguments |= field.kind.read(f"The {field.word}", value[field.wire])
            else:
                arguments[field.word] = field.kind.read(field.word, value[field.wire])
        return arguments

    def fill(
        self, written: Mapping[str, object], now_ms: int, listen_key: str
    ) -> dict[str, object]:
        """What :meth:`write` gave, with what was left out filled in. Lists are the same ones."""
        filled = self._in_order.copy()
        filled.update(written)
        for wire, fill in self._fillers:
            if wire not in written:
                filled[wire] = fill(now_ms, listen_key)
        for wire, inner in self._within:
            filled[wire] = inner.fill(cast("dict[str, object]", written[wire]), now_ms, listen_key)
        return filled


def amount(word: str, value: object) -> str:
    """``value`` as the decimal string the exchange sends; raises UsageError naming ``word``."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    hint = ""
    if isinstance(value, float) and math.isfinite(value):
        exact = format(Decimal(repr(value)), "f")
        hint = (
            "A float can't hold most decimals exactly, and the exchange sends them as strings:"
            f' write {word}="{exact}" or {word}=Decimal("{exact}").'
        )
    wanted = 'a decimal: a string such as "0.10", a finite Decimal or an int'
    raise wrong(word, value, wanted, hint)


def known(word: str, value: object, allowed: Collection[str]) -> str:
    """``value`` where it is one of the words that the exchange has; else raises UsageError that
    lists them."""
    hint = "To send something else on purpose, build the event with events.raw({...})."
    return one_of(word, value, allowed, hint=hint)


def choice(*allowed: str) -> Kind:
    """One of some words."""
    return Kind(lambda word, value: known(word, value, allowed))


def _number(word: str, value: object) -> int:
    return whole(word, value, 0, _LARGEST)


AMOUNT = Kind(amount)
#: An id: an int from 0 to 2**63 - 1.
WHOLE = Kind(_number)
TEXT = Kind(text)
FLAG = Kind(flag)
#: In ms since the epoch.
TIME = Kind(_number, fill=lambda now_ms, listen_key: now_ms)
#: The same, as a string on the wire.
TIME_AS_TEXT = Kind(
    lambda word, value: str(_number(word, value)),
    lambda word, value: value if value is None else whole(word, value, 0, _LARGEST, written=True),
    lambda now_ms, listen_key: str(now_ms),
)
#: What an order update says of a fill: none, where it is left out and there was no trade.
FILLED_AMOUNT = Kind(amount, fill=lambda now_ms, listen_key: "0")
TRADE_ID = Kind(_number, fill=lambda now_ms, listen_key: 0)
LISTEN_KEY = Kind(text, fill=lambda now_ms, listen_key: listen_key)


@dataclass(frozen=True, slots=True)
class Part:
    """What the annotation of an entry's field says: the exchange's name for it, what it holds."""

    wire: str
    kind: Kind


class Entry:
    """What events have lists of: a dataclass whose fields are ``Annotated`` with a :class:`Part`
    each."""

    __slots__ = ()

    def fields(self) -> dict[str, object]:
        """The entry under the exchange's field names."""
        parts = _parts(type(self))
        return parts.write({word: getattr(self, word) for word in parts.words})


def _parts(entry: type[Entry]) -> Object:
    if entry not in _PARTS:
        hints = get_type_hints(entry, include_extras=True)
        named = [(word, annotation.__metadata__[0]) for word, annotation in hints.items()]
        _PARTS[entry] = Object(*(Field(part.wire, word, part.kind) for word, part in named))
    return _PARTS[entry]


_PARTS: dict[type[Entry], Object] = {}


def entries(entry: type[E]) -> Kind:
    """A list of such entries."""

    def write(word: str, value: object) -> object:
        wanted = f"a list of events.{entry.__name__}(...)"
        if not isinstance(value, Iterable):
            raise wrong(word, value, wanted)
        return [instance(word, each, (entry,), wanted).fields() for each in value]

    def read(word: str, value: object) -> list[E]:
        if not isinstance(value, list):
            raise wrong(word, value, "a list of JSON objects")
        return [entry(**_parts(entry).read(f"An entry of {word}", each)) for each in value]

    return Kind(write, read, entry=entry)
