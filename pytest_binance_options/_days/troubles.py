"""What can go wrong on a day, as values: what, when, and which request or event it hits.

Each is made from plain arguments, knows itself in Python (``repr``) and in JSON, and equals another
one that is made the same. What becomes of the exchange then is its ``begin``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast

from .._checks import number, one_of, shown, text, whole, wrong
from ..errors import UsageError
from ..exchange import events, fault, scenarios
from ..exchange._faults import Fault
from ..exchange._limits import LONGEST_BAN_MS
from .trouble import Fired, Plain, Stage, Trouble

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = [
    "TROUBLES",
    "Ban",
    "EventTrouble",
    "HandshakesRefused",
    "OrderFilled",
    "RequestFault",
    "Scenario",
    "trouble_from_json",
]

_MOST = 1000

#: Those that end a sound bot for good, as nothing that it does can help.
_ENDING = (
    "api_key_revoked",
    "endpoint_moved",
    "key_of_the_other_environment",
    "options_not_enabled",
)


@dataclass(frozen=True, repr=False, init=False)
class Scenario(Trouble):
    """One of ``pytest_binance_options.exchange.scenarios``, by its ``name`` and plain
    ``arguments``.

    ``before``: it begins just before the ``nth`` request from then on with this method and path
    (``*`` stands for anything), as in ``"PUT *"``; left out, it begins at its time. An event that
    it needs is an ACCOUNT_UPDATE.
    """

    name: str
    before: str = ""
    nth: int = 1
    arguments: tuple[tuple[str, Plain], ...] = ()

    def __init__(
        self, at: str, name: str, *, before: str = "", nth: int = 1, **arguments: Plain
    ) -> None:
        _put(self, at=at, name=one_of("name", name, scenarios.__all__))
        _put(self, before=_pattern(before), nth=whole("nth", nth, 1, _MOST))
        _put(self, arguments=_fitting(f"The scenario {name}", _scenario(name), arguments))
        self.__post_init__()

    @property
    def kind(self) -> str:
        return self.name

    @property
    def ends_it(self) -> bool:
        return self.name in _ENDING

    @property
    def lasts_ms(self) -> int:  # type: ignore[override]
        given = dict(self.arguments)
        defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(_scenario(self.name)).parameters.items()
            if name in ("minutes", "after_minutes")
        }
        minutes = sum(
            float(cast(float, given.get(name, value))) for name, value in defaults.items()
        )
        # The rest of the minute, and the ban.
        limits = 180_000 if self.name == "rate_limited_then_banned" else 0
        return round(minutes * 60_000) + limits

    def begin(self, stage: Stage) -> Fired | None:
        def happen() -> object:
            begin = _scenario(self.name)
            needed = {
                name: events.account_update()
                for name, parameter in inspect.signature(begin).parameters.items()
                if parameter.annotation == "Event"
                and parameter.kind is not parameter.VAR_POSITIONAL
            }
            return begin(stage.exchange, **needed, **dict(self.arguments))

        if self.before:
            return stage.at_request(_matcher(self.before), self.nth, happen)
        begun = happen()
        return begun if isinstance(begun, Fault) else None


@dataclass(frozen=True, repr=False, init=False)
class RequestFault(Trouble):
    """A fault of :mod:`~pytest_binance_options.exchange.fault`, by its ``name`` and ``arguments``:
    it hits the ``nth`` request from then on with this ``method`` and ``path`` (None: any; ``*`` in
    a path stands for anything), and those that follow, ``times`` in all."""

    name: str
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    arguments: tuple[tuple[str, Plain], ...] = ()

    def __init__(
        self,
        at: str,
        name: str,
        *,
        method: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int = 1,
        **arguments: Plain,
    ) -> None:
        _put(self, at=at, name=one_of("name", name, fault.KINDS))
        _put(self, method=None if method is None else text("method", method).upper())
        _put(self, path=None if path is None else text("path", path))
        _put(self, nth=whole("nth", nth, 1, _MOST), times=whole("times", times, 1, _MOST))
        needed = _needed_by(name)
        fault.KINDS[name](**{**needed, **arguments})  # refuses what can't be
        _put(self, arguments=tuple(arguments.items()))
        self.__post_init__()

    @property
    def kind(self) -> str:
        return f"request {self.name}"

    def begin(self, stage: Stage) -> Fired:
        effect = fault.KINDS[self.name](**{**_needed_by(self.name), **dict(self.arguments)})
        return stage.exchange.faults.add(
            effect, method=self.method, path=self.path, after=self.nth - 1, times=self.times
        )


@dataclass(frozen=True, repr=False)
class EventTrouble(Trouble):
    """What becomes on its way of the ``nth`` event from then on. ``what``: "drop" (it is lost),
    "duplicate" (it comes twice), "reorder" (it comes after the next one, ``seconds`` later at the
    latest), "delay" (it and what follows come ``seconds`` late) or "cut" (it comes, and the
    connection breaks off)."""

    what: str
    nth: int = 1
    seconds: float = 60

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("what", self.what, EVENT_TROUBLES)
        whole("nth", self.nth, 1, _MOST)
        number("seconds", self.seconds, 0, 86_400, above=True)

    @property
    def kind(self) -> str:
        return f"event {self.what}"

    def begin(self, stage: Stage) -> Fired:
        return stage.at_event(
            self.nth, lambda: EVENT_TROUBLES[self.what](stage.exchange, self.seconds)
        )


def _duplicate(exchange: Exchange, _seconds: float) -> None:
    before, exchange.streams.copies = exchange.streams.copies, 2

    def restore() -> None:
        exchange.streams.copies = before

    exchange.clock.call_at(exchange.clock.now_ms, restore)


def _cut(exchange: Exchange, _seconds: float) -> None:
    # First thing when the clock goes on: after the event.
    exchange.clock.call_at(exchange.clock.now_ms, exchange.streams.drop)


EVENT_TROUBLES: Mapping[str, Callable[[Exchange, float], object]] = {
    "drop": lambda exchange, _seconds: exchange.streams.lose_next(),
    "duplicate": _duplicate,
    "reorder": lambda exchange, seconds: exchange.streams.hold_next(seconds=seconds),
    "delay": lambda exchange, seconds: exchange.streams.delay_next(seconds=seconds),
    "cut": _cut,
}


@dataclass(frozen=True, repr=False)
class Ban(Trouble):
    """This machine's address is banned for so many ``seconds``, as it may be without a request too
    many: another program's were."""

    seconds: int = 120

    def __post_init__(self) -> None:
        super().__post_init__()
        number("seconds", self.seconds, 0, LONGEST_BAN_MS // 1000, above=True)

    @property
    def kind(self) -> str:
        return "ban"

    @property
    def lasts_ms(self) -> int:  # type: ignore[override]
        return round(self.seconds * 1000)

    def begin(self, stage: Stage) -> None:
        stage.exchange.limits.ban(seconds=self.seconds)


@dataclass(frozen=True, repr=False)
class HandshakesRefused(Trouble):
    """The connections are lost, and the next ``times`` handshakes fail. ``how``: "reset" (the
    connection breaks off), "timeout" (no answer) or an HTTP status."""

    how: str | int = 503
    times: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.how not in ("reset", "timeout"):
            whole("how", self.how, 400, 599, hint='Or give "reset" or "timeout".')
        whole("times", self.times, 1, _MOST)

    @property
    def kind(self) -> str:
        return "handshakes refused"

    def begin(self, stage: Stage) -> Fired:
        refusal = stage.exchange.streams.refuse_handshakes(self.how, times=self.times)
        stage.exchange.streams.drop()
        return refusal


_WHEN = ("now", "disconnected", "request")


@dataclass(frozen=True, repr=False)
class OrderFilled(Trouble):
    """An order of the account, placed by another hand, is filled at an awkward moment. ``when``:
    "now", "disconnected" (as soon as a connection has ended) or "request" (just before the next
    request)."""

    when: str = "disconnected"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("when", self.when, _WHEN)

    @property
    def kind(self) -> str:
        return "order filled"

    def begin(self, stage: Stage) -> Fired | None:
        if self.when == "disconnected":
            return stage.at_disconnect(stage.trade)
        if self.when == "request":
            return stage.at_request(lambda _method, _path: True, 1, stage.trade)
        stage.trade()
        return None


#: Every kind of trouble, by its name.
TROUBLES: Mapping[str, type[Trouble]] = {
    kind.__name__: kind
    for kind in (Ban, EventTrouble, HandshakesRefused, OrderFilled, RequestFault, Scenario)
}


def trouble_from_json(form: object) -> Trouble:
    """The trouble that :meth:`Trouble.to_json` has written. Raises UsageError for what is none."""
    if not isinstance(form, Mapping):
        raise wrong("trouble", form, "a JSON object")
    kind = TROUBLES[one_of('"trouble"', form.get("trouble"), TROUBLES)]
    given = {name: value for name, value in form.items() if name != "trouble"}
    try:
        return kind(**given)
    except TypeError:
        raise UsageError(
            f"A {kind.__name__} can't be made of: {', '.join(map(shown, given))}. It takes:"
            f" {', '.join(inspect.signature(kind).parameters)}."
        ) from None


def _put(trouble: Trouble, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(trouble, name, value)


def _scenario(name: str) -> Callable[..., object]:
    return cast("Callable[..., object]", getattr(scenarios, name))


def _needed_by(name: str) -> dict[str, object]:
    """What a fault of that name needs that isn't plain."""
    return {"event": events.account_update()} if name == "event_before_reply" else {}


def _fitting(
    whose: str, function: Callable[..., object], given: Mapping[str, Plain]
) -> tuple[tuple[str, Plain], ...]:
    takes = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not parameter.VAR_POSITIONAL and name != "exchange"
    ]
    unknown = [shown(name) for name in given if name not in takes]
    if unknown:
        raise UsageError(
            f"{whose} has no {', '.join(unknown)}. It takes: {', '.join(takes) or 'nothing'}."
        )
    return tuple(given.items())


def _pattern(before: object) -> str:
    found = text("before", before)
    if found and len(found.split(" ")) != 2:
        raise wrong("before", before, 'a method and a path, as in "PUT *"')
    return found


def _matcher(pattern: str) -> Callable[[str, str], bool]:
    methods, paths = pattern.split(" ")
    return lambda method, path: fnmatchcase(method, methods) and fnmatchcase(path, paths)
